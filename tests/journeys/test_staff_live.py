"""Resident and staff talk to each other in two browsers: taken, typed, read, resolved, rated, and learnt from."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import DESKTOP, PHONE, Served, Watched
from playwright.sync_api import Page, expect
from sqlalchemy import select
from staff_driver import hire, log_in, overflow, violations
from widget_driver import Resident
from widget_driver import violations as widget_violations

from bot import canned
from bot.tables import HandoffRow
from knowledge.articles import Article, State
from knowledge.store import upsert
from knowledge.tables import ArticleDraftRow
from settings import DEMO_MUNICIPALITY

pytestmark = pytest.mark.journey
WIDTHS = pytest.mark.parametrize("viewport", [PHONE, DESKTOP], ids=["390", "1280"])


@pytest.fixture(scope="module")
def office(serve: Callable[..., Served]) -> Served:
    """Two agents, a canned reply and a published article."""
    served = serve(rate_limit_logins="10000/minute")
    hire(served, "hanako", "佐藤 花子")
    hire(served, "ichiro", "鈴木 一郎")
    with served.database.write() as session:
        canned.save(
            session, DEMO_MUNICIPALITY, "受付時間の案内", "{department}の受付時間は{hours}です。電話は{phone}です。", "", "hanako"
        )
        article = Article(
            DEMO_MUNICIPALITY, "certificate-post", "住民票の写しを郵送で請求する", "請求書を市民課へお送りください。",
            department="citizens", source_url="https://www.city.midorino.example/certificate-post.html", state=State.PUBLISHED,
        )  # fmt: skip
        upsert(session, article, keep_state=False)
    return served


@pytest.fixture
def resident(new_page: Callable[..., Page], office: Served) -> Resident:
    return Resident(new_page(PHONE)).arrive(office.url).open()


def handed_over(resident: Resident) -> str:
    """The resident asks, then asks for a person; the receipt number."""
    resident.ask("住民票の写しの手数料はいくらですか")
    state = resident.ask_for_person("郵送でも取れますか")
    found = re.search(r"M-[2-9A-Z]{4}-[2-9A-Z]{2}", state.inner_text())
    assert found
    return found[0]


def opened(page: Page, office: Served, receipt: str) -> Page:
    page.goto(f"{office.url}/staff/find?receipt={receipt}")
    expect(page.get_by_role("heading", level=1)).to_contain_text(receipt)
    return page


def test_from_the_question_to_the_draft_of_an_article(resident: Resident, page: Page, office: Served, watched: Watched) -> None:
    receipt = handed_over(resident)
    expect(resident.log.locator(".message.resident").last).to_contain_text("郵送でも取れますか")
    log_in(page, office, "hanako")
    opened(page, office, receipt).get_by_role("button", name="対応を始める").click()
    expect(resident.dialog.locator("[data-state=taken]")).to_be_visible()
    expect(resident.log.locator(".read-mark")).to_have_text(re.compile("既読"))

    resident.question.press_sequentially("急いで", delay=30)
    expect(page.get_by_text("住民が入力しています")).to_be_visible()
    resident.send("急いでいます")
    expect(page.get_by_role("log")).to_contain_text("急いでいます", timeout=15_000)
    expect(page.get_by_text("住民が入力しています")).to_have_count(0)
    expect(resident.log.locator(".message.resident").filter(has_text="急いでいます").locator(".read-mark")).to_be_visible(
        timeout=15_000
    )

    resident.listen()
    box = page.get_by_role("textbox", name="返信")
    box.press_sequentially("はい、郵送でも", delay=30)
    expect(resident.log.locator(".staff-typing")).to_have_text(re.compile("職員が入力しています"))
    resident.page.wait_for_timeout(300)
    assert resident.heard().count("職員が入力しています") == 1
    box.fill("はい、郵送でも請求できます。")
    page.get_by_role("button", name="返信を送る").click()
    reply = resident.log.locator(".message.staff")
    expect(reply).to_contain_text("はい、郵送でも請求できます。")
    expect(resident.log.locator(".staff-typing")).to_have_count(0, timeout=15_000)
    expect(page.get_by_role("log").get_by_text("既読")).to_be_visible(timeout=15_000)

    page.get_by_text("対応を終える", exact=True).click()
    page.get_by_role("button", name="対応を終える（確定）").click()
    expect(page.get_by_text("この受付は終了しています。")).to_be_visible()
    rating = resident.log.locator(".rating")
    expect(rating).to_contain_text("職員の対応はいかがでしたか")
    assert watched.problems == []
    assert widget_violations(resident.page) == []
    watched.problems.clear()  # axe itself adds styles, which the policy refuses
    rating.get_by_text("とても満足").check()
    rating.get_by_role("textbox").fill("早くて助かりました")
    rating.get_by_role("button", name="評価を送る").click()
    expect(rating).to_contain_text("ご回答ありがとうございました")
    page.reload()
    expect(page.get_by_text("5（とても満足）")).to_be_visible()
    expect(page.get_by_text("早くて助かりました")).to_be_visible()

    page.get_by_role("button", name="記事の下書きを作る").click()
    expect(page.get_by_text("記事の下書きを作りました。")).to_be_visible()
    expect(page.get_by_text("この対応を使った記事：")).to_be_visible()
    with office.database.read() as session:
        row = session.scalars(select(HandoffRow).where(HandoffRow.receipt == receipt)).one()
        draft = session.get_one(ArticleDraftRow, (DEMO_MUNICIPALITY, row.article))
    assert draft.origin == {"kind": "handoff", "id": row.id}
    assert draft.content["title"] == "郵送でも取れますか"
    assert draft.content["body"] == "はい、郵送でも請求できます。"
    assert watched.problems == []


def test_a_canned_reply_and_an_article_reach_the_resident(resident: Resident, page: Page, office: Served) -> None:
    receipt = handed_over(resident)
    log_in(page, office, "hanako")
    opened(page, office, receipt).get_by_role("button", name="対応を始める").click()
    box = page.get_by_role("textbox", name="返信")
    box.fill("お問い合わせありがとうございます。\n")
    page.get_by_label("定型文").select_option("受付時間の案内")
    page.get_by_role("button", name="入れる", exact=True).click()
    expect(box).to_have_value(re.compile(r"^お問い合わせありがとうございます。\n市民課の受付時間は.*099-"))
    page.get_by_label("記事を探して添える").fill("郵送")
    page.get_by_label("記事を探して添える").press("Enter")  # searches; it must never send what is in the box
    expect(page.get_by_role("list", name="見つかった記事")).to_contain_text("住民票の写しを郵送で請求する")
    expect(resident.log.locator(".message.staff")).to_have_count(0)
    page.get_by_role("button", name="添える").click()
    expect(page.get_by_role("list", name="返信に添える記事")).to_contain_text("住民票の写しを郵送で請求する")
    expect(box).to_have_value(re.compile("受付時間は"))
    page.get_by_role("button", name="返信を送る").click()
    reply = resident.log.locator(".message.staff")
    expect(reply).to_contain_text("市民課の受付時間は")
    expect(reply.get_by_role("link", name=re.compile("住民票の写しを郵送で請求する"))).to_have_attribute(
        "href", "https://www.city.midorino.example/certificate-post.html"
    )


def test_a_draft_is_put_in_on_request_and_sent_only_by_hand(resident: Resident, page: Page, office: Served) -> None:
    receipt = handed_over(resident)
    log_in(page, office, "hanako")
    opened(page, office, receipt).get_by_role("button", name="対応を始める").click()
    resident.send("住民票の写しの手数料はいくらですか")
    expect(page.get_by_role("log")).to_contain_text("手数料はいくらですか", timeout=15_000)
    page.get_by_role("button", name="AIの下書きを入れる").click()
    expect(page.get_by_text("AIが記事から作った下書きが入っています")).to_be_visible()
    expect(page.get_by_role("textbox", name="返信")).to_have_value(re.compile("300円"))
    resident.page.wait_for_timeout(1_500)
    expect(resident.log.locator(".message.staff")).to_have_count(0)


def test_a_colleague_accepts_and_the_resident_is_never_without_somebody(
    resident: Resident, new_page: Callable[..., Page], office: Served
) -> None:
    receipt = handed_over(resident)
    mine, theirs = new_page(), new_page()
    log_in(mine, office, "hanako")
    opened(mine, office, receipt).get_by_role("button", name="対応を始める").click()
    mine.get_by_text("ほかの職員に引き継ぐ", exact=True).click()
    mine.get_by_label("引き継ぐ職員").select_option(label="鈴木 一郎（市民課）")
    mine.get_by_role("button", name="引き継ぎを依頼する").click()
    expect(mine.get_by_text("鈴木 一郎さんに引き継ぎを依頼しています")).to_be_visible()
    expect(mine.get_by_role("textbox", name="返信")).to_be_visible()
    log_in(theirs, office, "ichiro")
    expect(theirs.get_by_role("heading", name=re.compile("あなたへの引き継ぎ依頼"))).to_be_visible()
    theirs.get_by_role("region", name=re.compile("あなたへの引き継ぎ依頼")).get_by_role("link").click()
    theirs.get_by_role("button", name="引き受ける", exact=True).click()
    expect(theirs.get_by_text("引き受けました。")).to_be_visible()
    expect(mine.get_by_text("鈴木 一郎さんが対応しています。")).to_be_visible(timeout=15_000)
    expect(resident.log.locator(".divider").last).to_contain_text("担当者が交代しました")
    expect(resident.dialog.locator("[data-state=taken]")).to_be_visible()


def test_two_tabs_of_one_resident_show_the_same_words_once(
    resident: Resident, new_page: Callable[..., Page], office: Served
) -> None:
    handed_over(resident)
    stored = resident.page.evaluate("() => Object.entries(sessionStorage)")
    second = Resident(resident.page.context.new_page())
    second.page.goto(office.url)
    second.page.evaluate("(entries) => entries.forEach(([key, value]) => sessionStorage.setItem(key, value))", stored)
    second.page.reload()
    second.launcher.click()
    number = office.take()
    for tab in (resident, second):
        expect(tab.dialog.locator("[data-state=taken]")).to_be_visible()
    second.send("もう一つのタブからです")
    office.reply(number, "承知しました")
    for tab in (resident, second):
        expect(tab.log.locator(".message.staff")).to_have_count(1)
        expect(tab.log.locator(".message.resident").filter(has_text="もう一つのタブからです")).to_have_count(1)
        expect(tab.log.locator(".message.resident").filter(has_text="郵送でも取れますか")).to_have_count(1)


@WIDTHS
def test_the_pages_are_sound_at_every_width(
    resident: Resident, new_page: Callable[..., Page], office: Served, viewport: dict[str, int], tmp_path: Path
) -> None:
    receipt = handed_over(resident)
    page = new_page(viewport)
    log_in(page, office, "hanako")
    for name, path in (("queue", "/staff/?department="), ("canned", "/staff/canned"), ("canned-edit", "/staff/canned/1")):
        page.goto(f"{office.url}{path}")
        check(page, tmp_path / f"{name}.png")
    opened(page, office, receipt).get_by_role("button", name="対応を始める").click()
    page.get_by_label("メモを書く").fill("内線3120で確認済み")
    page.get_by_role("button", name="メモを残す").click()
    page.get_by_label("記事を探して添える").fill("郵送")
    page.get_by_role("button", name="探す").click()
    page.get_by_role("button", name="添える").click()
    page.get_by_label("記事を探して添える").fill("住民票")
    page.get_by_role("button", name="探す").click()
    page.get_by_text("ほかの職員に引き継ぐ", exact=True).click()
    check(page, tmp_path / "handoff.png")
    page.get_by_role("textbox", name="返信").fill("お答えします。")
    page.get_by_role("button", name="返信を送る").click()
    page.get_by_text("対応を終える", exact=True).click()
    page.get_by_role("button", name="対応を終える（確定）").click()
    check(page, tmp_path / "resolved.png")


def check(page: Page, picture: Path) -> None:
    page.screenshot(path=picture, full_page=True)
    assert violations(page) == []
    assert overflow(page) == 0
