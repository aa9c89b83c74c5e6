"""What did not help a resident becomes a task, an article draft, and is settled; every page of it is sound at every width."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import DESKTOP, PHONE, Served
from playwright.sync_api import Page, expect
from sqlalchemy import select
from staff_driver import Resident, hire, log_in, overflow, violations

from accounts import Role
from bot.tables import FindingRow, ImpactRunRow, MessageRow, TaskRow
from knowledge import drafts, store
from knowledge.articles import Article, State
from settings import DEMO_MUNICIPALITY as CODE

pytestmark = pytest.mark.journey
WIDTHS = pytest.mark.parametrize("viewport", [PHONE, DESKTOP], ids=["390", "1280"])
ARTICLE = Article(
    CODE, "residence-certificate", "住民票の写しを取る", "窓口で1通300円です。", department="citizens", state=State.PUBLISHED
)  # fmt: skip


@pytest.fixture(scope="module")
def office(serve: Callable[..., Served]) -> Served:
    served = serve(rate_limit_logins="10000/minute")
    hire(served, "yoko", "高橋 洋子", Role.EDITOR, department="")
    hire(served, "ichiro", "鈴木 一郎", Role.EDITOR)
    with served.database.write() as session:
        store.upsert(session, ARTICLE)
    return served


def press_not_resolved(served: Served, text: str) -> None:
    """A resident asks and presses 解決しなかった."""
    resident = Resident(served)
    resident.ask(text)
    with served.database.read() as session:
        query = select(MessageRow.id).where(MessageRow.conversation == resident.conversation, MessageRow.role == "desk")
        message = session.scalars(query).one()
    data = json.dumps({"resolved": False, "comment": "日曜のことが書いてありません"}).encode()
    path = f"/api/v1/conversations/{resident.conversation}/messages/{message}/feedback"
    request = urllib.request.Request(f"{served.url}{path}", data, {"Content-Type": "application/json"})
    urllib.request.urlopen(request).close()


def test_what_did_not_help_is_taken_drafted_and_closed_with_the_keyboard_and_without_javascript(
    new_page: Callable[..., Page], office: Served
) -> None:
    press_not_resolved(office, "日曜に住民票は取れますか")
    page = new_page(java_script_enabled=False)
    log_in(page, office, "yoko")
    page.goto(f"{office.url}/staff/health")
    page.get_by_role("link", name="「解決しなかった」の課題を見る").press("Enter")
    page.get_by_role("link", name="日曜に住民票は取れますか").press("Enter")
    expect(page.get_by_text("日曜のことが書いてありません")).to_be_visible()
    expect(page.get_by_text("鈴木 一郎", exact=True).first).to_be_visible()  # the department's editor has it from the start
    page.get_by_role("button", name="自分が担当する").press("Enter")
    expect(page.get_by_text("あなたが担当になりました")).to_be_visible()

    page.get_by_role("button", name="「住民票の写しを取る」の改訂案を作る").press("Enter")
    expect(page).to_have_url(f"{office.url}/staff/articles/residence-certificate/edit")
    with office.database.read() as session:
        row = drafts.find_draft(session, CODE, "residence-certificate")
        assert row is not None
        assert row.origin["kind"] == "task"

    page.goto(f"{office.url}/staff/tasks?owner=mine")
    page.get_by_role("link", name="日曜に住民票は取れますか").press("Enter")
    page.get_by_label("完了の理由").select_option("repaired")
    page.get_by_label("メモ").fill("日曜の受付を書き足しました")
    page.get_by_role("button", name="完了にする").press("Enter")
    expect(page.get_by_text("課題を完了にしました")).to_be_visible()
    expect(page.get_by_text("日曜の受付を書き足しました")).to_be_visible()
    page.goto(f"{office.url}/staff/tasks")
    expect(page.get_by_role("link", name="日曜に住民票は取れますか")).to_have_count(0)


def test_a_question_left_open_becomes_an_article_draft_in_one_click(page: Page, office: Served) -> None:
    Resident(office).ask("宇宙港の開港はいつですか")
    log_in(page, office, "ichiro")
    page.goto(f"{office.url}/staff/health")
    entry = page.locator(".findings .entry").filter(has_text="宇宙港の開港はいつですか")
    entry.get_by_role("button", name="この質問から新しい記事の下書きを作る").click()
    expect(page.get_by_role("textbox", name="題名").or_(page.get_by_label("題名")).first).to_have_value(
        "宇宙港の開港はいつですか"
    )


def check(page: Page, folder: Path, name: str) -> None:
    """No barrier axe-core knows, nothing wider than the window; a picture is kept to be looked at."""
    width = (page.viewport_size or {})["width"]
    page.screenshot(path=folder / f"{name}-{width}.png", full_page=True)
    assert violations(page) == [], name
    assert overflow(page) <= 0, name


@pytest.fixture(scope="module")
def planted(office: Served) -> None:
    """A finding, a task of each origin, a working copy and a finished comparison."""
    press_not_resolved(office, "土曜に住民票は取れますか")
    Resident(office).ask("宇宙旅行の申し込み")
    fee = {
        "of": "fee", "subject": "住民票の写し", "way": "", "text": "住民票の写しは1通350円です", "value": "350",
        "other_text": "窓口で1通300円です", "other_value": "300", "other_title": "住民票の写しを取る",
    }  # fmt: skip
    side = {"status": "answered", "articles": ["residence-certificate"], "text": "窓口で1通300円です。\nとても長い回答です。" * 8}
    line = {
        "question": "住民票はいくらですか", "message": None, "earlier": [], "origin": "evaluation", "change": "moved", "verdict": "worse",
        "before": side, "after": {**side, "status": "unsure", "articles": []},
    }  # fmt: skip
    counts = dict.fromkeys(("reworded", "gained", "better"), 0) | {"same": 399, "moved": 1, "lost": 0, "worse": 1}
    with office.database.write() as session:
        store.upsert(session, Article(CODE, "house", "家を買ったとき", "…", department="citizens", state=State.PUBLISHED))
        session.add(FindingRow(municipality=CODE, kind="contradiction", key="k", article="house", other=ARTICLE.id, detail=fee))
        session.flush()
        if drafts.find_draft(session, CODE, ARTICLE.id) is None:
            drafts.save_draft(session, ARTICLE, "yoko")
        session.add(
            ImpactRunRow(municipality=CODE, article=ARTICLE.id, draft_version=1, state="done", total=400, done=400, by="yoko",
                         counts=counts, result=[line], seconds=21.0)
        )  # fmt: skip


@WIDTHS
def test_the_pages_are_sound_at_every_width_and_in_both_languages(
    new_page: Callable[..., Page], office: Served, planted: None, viewport: dict[str, int], tmp_path: Path
) -> None:
    page = new_page(viewport)
    log_in(page, office, "yoko")
    with office.database.read() as session:
        ids = session.scalars(select(TaskRow.id).where(TaskRow.state == "open").order_by(TaskRow.id)).all()
    paths = {
        "health": "/staff/health", "health-kind": "/staff/health/contradiction", "tasks": "/staff/tasks",
        **{f"task-{number}": f"/staff/tasks/{number}" for number in ids}, "trial": f"/staff/trial?article={ARTICLE.id}",
        "impact": f"/staff/trial/impact?article={ARTICLE.id}",
    }  # fmt: skip
    for language in ("ja", "en"):
        for name, path in paths.items():
            page.goto(f"{office.url}{path}")
            check(page, tmp_path, f"{name}-{language}")
        if language == "ja":
            page.get_by_role("button", name="English").click()


def test_typing_tries_the_question_without_the_button(page: Page, office: Served) -> None:
    log_in(page, office, "yoko")
    page.goto(f"{office.url}/staff/trial")
    page.get_by_label("質問").press_sequentially("住民票はいくら")
    expect(page.get_by_text("検索の準備がまだできていません")).to_be_visible()  # this desk answers by rule: it has no index
    expect(page.get_by_label("質問")).to_be_focused()
    expect(page.get_by_label("質問")).to_have_value("住民票はいくら")
