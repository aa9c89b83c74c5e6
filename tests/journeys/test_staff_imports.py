"""A clerk brings a table in, looks at it, makes drafts of it and takes them back; and saves articles as a file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import DESKTOP, PHONE, Served
from playwright.sync_api import Page, expect
from sqlalchemy import select
from staff_driver import hire, log_in, overflow, violations

from accounts import Role
from knowledge.tables import ArticleDraftRow

pytestmark = pytest.mark.journey
CSV = (
    "ことがら,こたえ,番地,確認した日\n"
    "転入届はいつまでに出しますか,引っ越した日から14日以内に出してください。,1階,2026-10-01\n"
    "住民票の写しはいくらですか,,1階,2026-10-01\n"
    "プールの開館時間はいつですか,10時?20時です。,,令和8年4月1日\n"
)
SMALL = """() => [...document.querySelectorAll('a, button, input:not([type=hidden]):not([type=radio]), select, textarea, summary')]
  .filter(e => e.checkVisibility() && !e.matches('.skip'))
  .map(e => [e.getBoundingClientRect(), e.outerHTML.slice(0, 120)])
  .filter(([box]) => box.height < 44 || box.width < 44).map(([box, html]) => `${box.width}x${box.height} ${html}`)"""


@pytest.fixture(scope="module")
def office(serve: Callable[..., Served]) -> Served:
    served = serve(rate_limit_logins="10000/minute")
    hire(served, "yoko", "高橋 洋子", Role.EDITOR, department="")
    return served


def drafts(served: Served) -> set[str]:
    with served.database.read() as session:
        return {row.content["title"] for row in session.scalars(select(ArticleDraftRow))}


def sound(page: Page, folder: Path, name: str) -> None:
    width = page.viewport_size["width"] if page.viewport_size else 0
    page.screenshot(path=folder / f"{name}-{width}.png", full_page=True)
    assert violations(page) == [], name
    assert overflow(page) == 0, name
    assert page.evaluate(SMALL) == [], name


@pytest.mark.parametrize("viewport", [PHONE, DESKTOP], ids=["390", "1280"])
def test_a_table_becomes_drafts_and_is_taken_back(
    new_page: Callable[..., Page], office: Served, viewport: dict[str, int], tmp_path: Path
) -> None:
    page = new_page(viewport)
    log_in(page, office, "yoko")
    page.goto(f"{office.url}/staff/imports")
    sound(page, tmp_path, "list")
    file = tmp_path / "よくある質問.csv"
    file.write_text(CSV, encoding="cp932")
    page.get_by_label("ファイル", exact=True).set_input_files(file)
    page.get_by_role("button", name="読み取って確認する").click()
    expect(page.get_by_text("確認待ち")).to_be_visible(timeout=30_000)
    page.get_by_label("列「ことがら」", exact=True).select_option(label="質問（タイトル）")
    page.get_by_label("列「こたえ」", exact=True).select_option(label="回答（本文）")
    page.get_by_label("列「確認した日」", exact=True).select_option(label="最終確認日")
    sound(page, tmp_path, "mapping")
    page.get_by_role("button", name="この対応で計算し直す").click()
    expect(page.get_by_text("「回答（本文）」が空です。")).to_be_visible()
    expect(page.get_by_text("文字が「?」に化けているようです")).to_be_visible()
    sound(page, tmp_path, "preview")
    assert drafts(office) == set()
    page.get_by_role("button", name="2件を下書きにする").click()
    expect(page.locator("summary", has_text="取り消す")).to_be_visible(timeout=30_000)
    assert drafts(office) == {"転入届はいつまでに出しますか", "プールの開館時間はいつですか"}
    sound(page, tmp_path, "applied")
    page.locator("summary", has_text="取り消す").click()
    page.get_by_role("button", name="この取り込みを取り消す").click()
    expect(page.get_by_text("取り消しました").first).to_be_visible(timeout=30_000)
    expect(page.locator(".badge", has_text="取り消し中")).to_have_count(0, timeout=30_000)
    assert drafts(office) == set()


@pytest.mark.parametrize("viewport", [PHONE, DESKTOP], ids=["390", "1280"])
def test_articles_are_saved_as_a_file(
    new_page: Callable[..., Page], office: Served, viewport: dict[str, int], tmp_path: Path
) -> None:
    page = new_page(viewport)
    log_in(page, office, "yoko")
    page.goto(f"{office.url}/staff/exports")
    sound(page, tmp_path, "exports")
    with page.expect_download() as saved:
        page.get_by_role("button", name="ファイルを保存する").click()
    assert saved.value.suggested_filename.endswith(".csv")
