"""A request in the evening, an e-mail; a reply the next day, an e-mail; and its link opens the conversation."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from conftest import PHONE, Served
from mail_server import Keeper, mail_server
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select
from staff_driver import hire, log_in
from widget_driver import Resident, violations

from bot import retention
from bot.channels import web
from bot.tables import HandoffRow
from database import now

pytestmark = pytest.mark.journey
PUBLIC = "https://desk.midorino.example"


@pytest.fixture(scope="module")
def post() -> Iterator[tuple[Keeper, int]]:
    with mail_server() as running:
        yield running


@pytest.fixture(scope="module")
def office(serve: Callable[..., Served], post: tuple[Keeper, int]) -> Served:
    served = serve(
        smtp_host="127.0.0.1", smtp_port=post[1], smtp_security="none",
        mail_from="desk@city.midorino.example", public_url=PUBLIC, rate_limit_logins="10000/minute",
    )  # fmt: skip
    hire(served, "hanako", "佐藤 花子")
    return served


@pytest.fixture
def evening(monkeypatch: pytest.MonkeyPatch) -> None:
    """Requests arrive on a Saturday at ten in the evening."""
    at = datetime.now(ZoneInfo("Asia/Tokyo"))
    saturday = (at + timedelta(days=(5 - at.weekday()) % 7)).replace(hour=22, minute=0)
    monkeypatch.setattr(web, "now", lambda: saturday)


def arrived(keeper: Keeper, count: int, seconds: float = 20) -> None:
    """Wait until so many e-mails have been taken; the server sends them by itself."""
    ends = time.monotonic() + seconds
    while len(keeper.taken) < count and time.monotonic() < ends:
        time.sleep(0.2)
    assert len(keeper.taken) == count


def test_from_the_evening_to_the_reply_of_the_next_day(
    new_page: Callable[..., Page],
    office: Served,
    post: tuple[Keeper, int],
    evening: None,
    monkeypatch: pytest.MonkeyPatch,
    browser: Browser,
) -> None:
    keeper, _ = post
    resident = Resident(new_page(PHONE)).arrive(office.url).open()
    resident.ask("住民票の写しの手数料はいくらですか")
    resident.dialog.locator("[data-tool=person]").click()
    resident.page.locator("#person-message").fill("郵送で取りたいです")
    resident.dialog.get_by_label("メール", exact=True).check()
    resident.dialog.get_by_label("メールアドレス").fill("midori@example.jp")
    resident.dialog.get_by_label("この連絡先を").check()
    resident.page.locator(".handoff-form [type=submit]").click()
    state = resident.dialog.locator(".handoff-state")
    expect(state).to_contain_text("ただいま受付時間外です")
    receipt = re.search(r"M-[2-9A-Z]{4}-[2-9A-Z]{2}", state.inner_text())
    assert receipt
    arrived(keeper, 1)
    assert keeper.taken[0]["To"] == "midori@example.jp"
    assert receipt[0] in str(keeper.taken[0]["Subject"])
    assert "月曜日）9時ごろまでにお返事します" in keeper.text(0)
    assert "郵送で取りたいです" not in keeper.text(0)
    resident.page.context.close()
    monkeypatch.undo()
    with office.database.write() as session:  # the night goes by
        session.scalars(select(HandoffRow)).one().requested_at = now() - timedelta(hours=12)

    staff = new_page()
    log_in(staff, office, "hanako")
    staff.goto(f"{office.url}/staff/find?receipt={receipt[0]}")
    staff.get_by_role("button", name="対応を始める").click()
    expect(staff.get_by_text("5分たっても読まれないときは")).to_be_visible()
    staff.get_by_role("textbox", name="返信").fill("請求書をお送りください。手数料は1通300円です。")
    staff.get_by_role("button", name="返信を送る").click()
    retention.tick(office.database, office.settings, now() + timedelta(minutes=6))
    arrived(keeper, 2)
    retention.tick(office.database, office.settings, now() + timedelta(minutes=7))
    assert "請求書をお送りください。手数料は1通300円です。" in keeper.text(1)
    staff.reload()
    expect(staff.get_by_role("region", name="住民へのメール").get_by_text("送信済み")).to_have_count(2)

    link = re.search(rf"{PUBLIC}(/resume/\S+)", keeper.text(1))
    assert link
    assert link[1] in keeper.text(0)
    later = Resident(new_page())
    later.page.goto(f"{office.url}{link[1]}")
    expect(later.log.locator(".message.staff")).to_contain_text("手数料は1通300円です。")
    expect(later.log.locator(".message.resident").last).to_contain_text("郵送で取りたいです")
    assert "/resume/" not in later.page.url
    later.send("ありがとうございます")
    expect(staff.get_by_role("log")).to_contain_text("ありがとうございます", timeout=15_000)
    expect(staff.get_by_role("log").get_by_text("既読")).to_be_visible(timeout=15_000)

    staff.get_by_text("対応を終える", exact=True).click()
    staff.get_by_role("button", name="対応を終える（確定）").click()
    arrived(keeper, 3)
    assert "対応が終わりました" in keeper.text(2)
    assert "手数料は1通300円です。" not in keeper.text(2)  # it was read
    plain = browser.new_context(java_script_enabled=False, locale="ja-JP").new_page()
    plain.goto(f"{office.url}{link[1]}")
    plain.get_by_role("button", name="会話を開く").click()
    expect(plain.get_by_text("請求書をお送りください。")).to_be_visible()
    plain.get_by_label("満足", exact=True).check()
    plain.get_by_role("button", name="評価を送る").click()
    expect(plain.get_by_text("ご回答ありがとうございました。")).to_be_visible()
    plain.context.close()
    staff.reload()
    expect(staff.get_by_text("4（満足）")).to_be_visible()


def test_a_link_that_leads_nowhere_says_whom_to_call(page: Page, office: Served) -> None:
    page.goto(f"{office.url}/resume/{'x' * 43}")
    expect(page.get_by_role("heading", level=1)).to_have_text("会話が見つかりません")
    expect(page.get_by_role("main")).to_contain_text("099-")
    assert violations(page) == []
