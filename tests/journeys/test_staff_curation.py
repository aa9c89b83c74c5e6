"""Curation in a real browser at a really served desk: what an editor writes and an approver publishes is answered at once."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from conftest import DESKTOP, PHONE, Served
from playwright.sync_api import Page, expect
from rule_desk import RuleDesk
from staff_driver import end_sessions, hire, log_in, overflow, violations

from accounts import Role
from database import Database
from evaluation.installation import Installation, Server
from settings import DEMO_MUNICIPALITY, ROOT, Settings

pytestmark = [pytest.mark.journey, pytest.mark.process]
WITHIN_SECONDS = 10
QUESTION = "空飛ぶ自転車の試乗会に参加したい"
ANSWER = "試乗会は毎月第3日曜日に、みどり野公園の東広場で開きます。"
NewPage = Callable[..., Page]


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """The demo town, loaded and indexed as an administrator does it."""
    made = Installation(tmp_path_factory.mktemp("curation") / "instance", DEMO_MUNICIPALITY, ner="false", keep_index="true")
    made.folder.mkdir()
    made.run("knowledge", "load", str(ROOT / "knowledge" / "samples" / "midorino"))
    made.run("indexer", "build")
    return made


@pytest.fixture(scope="module")
def server(town: Installation) -> Iterator[Server]:
    with town.server(rate_limit_logins="1000/minute") as running:
        yield running


@pytest.fixture(scope="module")
def desk(town: Installation, server: Server) -> Iterator[Served]:
    settings = Settings(instance=town.folder, database_url="")
    database = Database(settings.resolved_database_url)
    served = Served(f"http://127.0.0.1:{server.port}", RuleDesk(), database, settings)
    hire(served, "tanaka", "田中", Role.EDITOR, "")
    hire(served, "kato", "加藤", Role.EDITOR, "")
    hire(served, "suzuki", "鈴木", Role.APPROVER, "")
    yield served
    database.dispose()


def write(page: Page, served: Served, title: str, body: str) -> str:
    """A new article up to its review; the address of its page."""
    page.goto(f"{served.url}/staff/articles")
    page.get_by_role("link", name="新しい記事を書く").click()
    page.get_by_label("題名（住民が知りたいこと）").fill(title)
    page.get_by_label("本文").fill(body)
    page.get_by_label("担当部署").select_option(label="市民課")
    page.get_by_role("button", name="保存して確認を依頼する").first.click()
    expect(page.get_by_text("確認を依頼しました。")).to_be_visible()
    return page.url.split("?")[0]


def ask(page: Page, served: Served, question: str) -> str:
    """What the widget shows a resident who asks."""
    page.goto(served.url)
    page.locator(".launcher").click()
    page.locator(".message").first.wait_for()
    page.locator("#question").fill(question)
    page.locator("#question").press("Enter")
    return page.locator(".message[data-status]").last.inner_text()


def test_an_editor_writes_an_approver_publishes_and_a_resident_gets_the_answer(new_page: NewPage, desk: Served) -> None:
    editor, approver, resident = new_page(), new_page(), new_page(PHONE)
    assert ANSWER not in ask(resident, desk, QUESTION)
    log_in(editor, desk, "tanaka")
    address = write(editor, desk, "空飛ぶ自転車の試乗会", f"{ANSWER}\n\n## 申し込み\n\n- 前日までに電話で申し込みます")
    log_in(approver, desk, "suzuki")
    approver.goto(f"{desk.url}/staff/article-queue")
    approver.get_by_role("link", name="空飛ぶ自転車の試乗会").click()
    expect(approver.locator(".resident-view")).to_contain_text(ANSWER)
    approver.get_by_role("button", name="承認して公開する").click()
    clicked = time.monotonic()
    expect(approver.locator(".index")).to_contain_text("回答に反映")
    while ANSWER not in ask(resident, desk, QUESTION):
        assert time.monotonic() - clicked < WITHIN_SECONDS
    assert time.monotonic() - clicked < WITHIN_SECONDS
    expect(approver.locator(".index-live")).to_contain_text(re.compile(r"\d\d:\d\d:\d\d から"))
    assert approver.url.split("?")[0] == address


def test_what_is_withdrawn_is_no_longer_answered(new_page: NewPage, desk: Served) -> None:
    approver, resident = new_page(), new_page()
    log_in(approver, desk, "suzuki")
    approver.goto(f"{desk.url}/staff/articles?q=空飛ぶ自転車")
    approver.locator(".articles h3 a").click()
    approver.locator("summary", has_text="公開を終了する").click()
    approver.get_by_role("button", name="公開を終了する").click()
    expect(approver.locator(".index-gone")).to_be_visible(timeout=15_000)
    time.sleep(1.5)  # each process takes the new index up within a second
    assert ANSWER not in ask(resident, desk, QUESTION)


def test_what_is_typed_is_kept_and_shown_while_it_is_typed(new_page: NewPage, desk: Served) -> None:
    page = new_page()
    log_in(page, desk, "tanaka")
    page.goto(f"{desk.url}/staff/articles/new")
    page.get_by_label("題名（住民が知りたいこと）").fill("星空観察会")
    page.get_by_label("本文").fill("**望遠鏡**をお貸しします。")
    expect(page.locator("[data-preview-region] strong", has_text="望遠鏡")).to_be_visible()
    expect(page.locator("[data-saved]")).to_have_text(re.compile(r"保存しました \d\d:\d\d"))
    page.reload()
    assert page.get_by_label("本文").input_value() == "**望遠鏡**をお貸しします。"


def test_two_editors_at_once_lose_nothing(new_page: NewPage, desk: Served) -> None:
    first, second = new_page(), new_page()
    for page, login in ((first, "tanaka"), (second, "kato")):
        log_in(page, desk, login)
        page.goto(f"{desk.url}/staff/articles?q=星空観察会")
        page.locator(".articles h3 a").click()
        page.get_by_role("link", name="続きを書く").click()
    first.get_by_label("期限").fill("前日の正午まで")
    first.get_by_role("button", name="保存する", exact=True).first.click()
    expect(first.get_by_text("保存しました。")).to_be_visible()
    second.get_by_label("手数料").fill("無料です")
    expect(second.locator("[data-saved]")).to_contain_text("ほかの人が先に変更")
    second.get_by_role("button", name="保存する", exact=True).first.click()
    expect(second.get_by_role("alert")).to_contain_text("田中 さんが先に変更しました")
    expect(second.locator(".conflict")).to_contain_text("前日の正午まで")
    assert second.get_by_label("手数料").input_value() == "無料です"
    second.get_by_label("期限").fill("前日の正午まで")
    second.get_by_role("button", name="保存する", exact=True).first.click()
    expect(second.get_by_text("保存しました。")).to_be_visible()
    assert second.get_by_label("手数料").input_value() == "無料です"


def test_a_session_that_ends_while_writing_brings_the_text_back(new_page: NewPage, desk: Served) -> None:
    page = new_page()
    log_in(page, desk, "kato")
    page.goto(f"{desk.url}/staff/articles/new")
    page.get_by_label("題名（住民が知りたいこと）").fill("川の生き物調べ")
    end_sessions(desk, "kato")
    page.get_by_label("本文").fill("網と長靴をお持ちください。")
    page.get_by_role("button", name="保存する", exact=True).first.click()
    page.get_by_label("ログインID").fill("kato")
    page.get_by_label("パスワード").fill("みどりの 自転車と 桃 77")
    page.get_by_role("button", name="ログイン", exact=True).click()
    assert page.get_by_label("本文").input_value() == "網と長靴をお持ちください。"
    page.get_by_role("button", name="保存する", exact=True).first.click()
    expect(page.get_by_text("保存しました。")).to_be_visible()


def test_the_keyboard_alone_writes_and_submits(new_page: NewPage, desk: Served) -> None:
    page = new_page()
    log_in(page, desk, "tanaka")
    page.goto(f"{desk.url}/staff/articles")
    reach(page, "新しい記事を書く")
    page.keyboard.press("Enter")
    page.wait_for_url("**/articles/new")
    for label, text in (("題名（住民が知りたいこと）", "夜の図書館"), ("本文", "金曜日は午後9時まで開いています。")):
        reach(page, label)
        page.keyboard.type(text)
    reach(page, "担当部署")
    page.keyboard.press("ArrowDown")
    reach(page, "保存して確認を依頼する")
    page.keyboard.press("Enter")
    expect(page.get_by_text("確認を依頼しました。")).to_be_visible()


def reach(page: Page, name: str) -> None:
    """Press Tab until the focus is on what has this name."""
    for _ in range(120):
        page.keyboard.press("Tab")
        if name in page.evaluate("(document.activeElement.labels?.[0] ?? document.activeElement).textContent"):
            return
    pytest.fail(f"{name} cannot be reached by Tab")


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_every_page_of_articles_is_accessible_and_fits(
    new_page: NewPage, desk: Served, viewport: dict[str, int], tmp_path: Path
) -> None:
    page = new_page(viewport)
    log_in(page, desk, "suzuki")
    page.goto(f"{desk.url}/staff/articles?q=空飛ぶ自転車")
    one = page.locator(".articles h3 a").get_attribute("href")
    assert one
    for path in ("/staff/articles", "/staff/article-queue", "/staff/articles/new", one, *(one.replace("/show", p) for p in ("/edit", "/history", "/history/1"))):  # fmt: skip
        page.goto(f"{desk.url}{path}")
        assert violations(page) == [], path
        assert overflow(page) <= 0, path
