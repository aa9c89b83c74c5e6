"""Emergencies: the card at once, numbers to dial, and a way out that leaves nothing on the device."""

from __future__ import annotations

import re

import pytest
from conftest import Served
from playwright.sync_api import Page, expect
from widget_driver import Resident

from bot.tables import MessageRow

pytestmark = pytest.mark.journey
NEUTRAL = "https://www.jma.go.jp/"


@pytest.fixture
def resident(page: Page, desk_server: Served) -> Resident:
    page.route(f"{NEUTRAL}**", lambda route: route.fulfill(body="<title>天気</title>", content_type="text/html; charset=utf-8"))
    return Resident(page).arrive(desk_server.url).open()


def test_the_card_says_first_what_to_do_and_its_numbers_dial(resident: Resident) -> None:
    answer = resident.ask("もう死にたい")
    expect(answer.locator(".emergency > *").first).to_have_text("今すぐ119に電話してください。")
    numbers = answer.locator(".number")
    expect(numbers).to_have_count(2)
    expect(numbers.nth(0)).to_have_attribute("href", "tel:119")
    expect(numbers.nth(1)).to_have_attribute("href", "tel:0120279338")
    expect(numbers.nth(1)).to_have_accessible_name("よりそいホットライン 0120-279-338に電話する 24時間")
    expect(answer.locator(".feedback")).to_have_count(0)
    expect(answer.locator(".exit")).to_have_count(0)


def test_the_card_interrupts_a_screen_reader_once(resident: Resident) -> None:
    resident.listen()
    resident.ask("もう死にたい")
    resident.page.wait_for_timeout(300)
    assert len([text for text in resident.heard() if "今すぐ119に電話してください" in text]) == 1
    expect(resident.page.locator("[data-announcer=urgent]")).to_contain_text("今すぐ119")


def test_violence_at_home_is_forgotten_by_the_device(resident: Resident, desk_server: Served) -> None:
    resident.ask("ふとんの捨て方")
    answer = resident.ask("夫に殴られた")
    expect(answer.locator(".number").last).to_have_attribute("href", "tel:%238008")
    expect(answer).to_contain_text("この会話は、このページを閉じると残りません")
    assert '"conversations":[]' in resident.stored().replace("\\", "")
    resident.page.reload()
    resident.open()
    expect(resident.log.locator(".message.resident")).to_have_count(0)
    with desk_server.database.read() as session:
        assert session.query(MessageRow).filter(MessageRow.text.contains("殴られ")).count() == 0


def test_nothing_later_in_that_conversation_is_remembered_either(resident: Resident) -> None:
    resident.ask("夫に殴られた")
    resident.ask("ふとんの捨て方")
    assert '"conversations":[]' in resident.stored().replace("\\", "")


def test_the_way_out_deletes_the_conversation_and_leaves_no_way_back(resident: Resident, desk_server: Served) -> None:
    resident.ask("ふとんの捨て方")
    kept = re.findall(r"[A-Za-z0-9_-]{32}", resident.stored())
    assert len(kept) == 1
    resident.ask("夫に殴られた")
    resident.dialog.get_by_role("button", name="このページを今すぐ離れる").click()
    resident.page.wait_for_url(f"{NEUTRAL}**")
    expect(resident.page).to_have_title("天気")
    for _ in range(20):
        with desk_server.database.read() as session:
            if session.query(MessageRow).filter(MessageRow.conversation == kept[0]).count() == 0:
                break
        resident.page.wait_for_timeout(100)
    else:
        raise AssertionError("the conversation is still stored")
    resident.page.go_back()
    assert not resident.page.url.startswith(desk_server.url)
