"""From the machine to a person and back, with the state shown at every moment."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from conftest import Served
from playwright.sync_api import Page, Route, expect
from widget_driver import Resident

from bot.tables import HandoffRow

pytestmark = pytest.mark.journey


@pytest.fixture
def resident(page: Page, desk_server: Served) -> Resident:
    return Resident(page).arrive(desk_server.url)


def test_before_any_question_the_form_shows_the_receptions_hours(resident: Resident) -> None:
    resident.open()
    resident.dialog.locator("[data-tool=person]").click()
    form = resident.dialog.locator(".handoff-form")
    expect(form).to_contain_text("総合案内")
    expect(form.locator(".badge")).to_have_text(re.compile("ただいま受付(中|時間外)"))
    expect(form).to_contain_text("ご相談の内容に合わせて、担当課におつなぎします")


def test_the_whole_way_from_request_to_the_end(resident: Resident, desk_server: Served) -> None:
    resident.open().ask("住民票の写しの手数料はいくらですか")
    state = resident.ask_for_person("窓口に行けないので郵送したいです")
    expect(state).to_contain_text("受付済み")
    expect(state).to_contain_text(re.compile(r"M-[2-9A-Z]{4}-[2-9A-Z]{2}"))
    expect(state).to_contain_text("市民課")
    expect(resident.dialog.locator("[data-tool=person]")).to_have_count(0)
    handoff = desk_server.take()
    expect(resident.dialog.locator("[data-state=taken]")).to_contain_text("担当者が対応中")
    expect(resident.dialog.get_by_label("職員へのメッセージを入力してください")).to_be_visible()
    resident.listen()
    desk_server.reply(handoff, "市民課です。請求書をお送りします。")
    reply = resident.log.locator(".message.staff")
    expect(reply).to_contain_text("市民課です。請求書をお送りします。")
    expect(reply).to_contain_text("職員（市民課）")
    resident.page.wait_for_timeout(300)
    assert [text for text in resident.heard() if "請求書をお送りします" in text] == [
        "職員からの返信です。 市民課です。請求書をお送りします。"
    ]
    resident.send("ありがとうございます")
    expect(resident.log.locator(".divider").last).to_contain_text("担当者にお伝えしました")
    desk_server.resolve(handoff)
    expect(resident.dialog.locator("[data-state=resolved]")).to_contain_text("終了")
    resident.ask("ふとんの捨て方")
    expect(resident.dialog.locator("[data-tool=person]")).to_be_visible()


def test_a_reply_arrives_once_although_the_stream_is_renewed(resident: Resident, desk_server: Served) -> None:
    resident.open()
    resident.ask_for_person()
    handoff = desk_server.take()
    desk_server.reply(handoff, "一通目です")
    expect(resident.log.locator(".message.staff")).to_have_count(1)
    resident.page.wait_for_timeout(7_000)  # a stream lasts 5 seconds here
    desk_server.reply(handoff, "二通目です")
    expect(resident.log.locator(".message.staff")).to_have_text([re.compile("一通目"), re.compile("二通目")])


@pytest.mark.parametrize("status", [503, 0], ids=["streams are full", "streams are cut"])
def test_without_a_stream_replies_are_fetched(resident: Resident, desk_server: Served, status: int) -> None:
    def refuse(route: Route) -> None:
        if status:
            route.fulfill(status=status, body="")
        else:
            route.abort()

    resident.page.route("**/events?*", refuse)
    resident.open()
    resident.ask_for_person()
    handoff = desk_server.take()
    expect(resident.dialog.locator("[data-state=taken]")).to_be_visible()
    desk_server.reply(handoff, "返信です")
    expect(resident.log.locator(".message.staff")).to_have_count(1)
    desk_server.reply(handoff, "続きです")
    expect(resident.log.locator(".message.staff")).to_have_count(2)


def test_a_lost_connection_is_shown_and_taken_up_again(resident: Resident, desk_server: Served) -> None:
    resident.open()
    resident.page.route("**/events?*", lambda route: route.abort())
    resident.page.route("**/updates?*", lambda route: route.abort())
    resident.ask_for_person()
    expect(resident.dialog.locator(".handoff-state")).to_contain_text("つなぎ直しています", timeout=15_000)
    handoff = desk_server.take()
    desk_server.reply(handoff, "お待たせしました")
    resident.page.unroute("**/updates?*")
    expect(resident.log.locator(".message.staff")).to_contain_text("お待たせしました", timeout=15_000)
    expect(resident.dialog.locator(".handoff-state")).not_to_contain_text("つなぎ直しています")


def test_the_conversation_and_its_state_are_there_after_a_reload(resident: Resident, desk_server: Served) -> None:
    resident.open().ask("住民票の写しの手数料はいくらですか")
    resident.ask_for_person("急いでいます")
    handoff = desk_server.take()
    desk_server.reply(handoff, "市民課です")
    expect(resident.log.locator(".message.staff")).to_have_count(1)
    resident.page.reload()
    expect(resident.launcher).to_contain_text("会話の続き")
    resident.launcher.click()
    expect(resident.dialog.locator("[data-state=taken]")).to_be_visible()
    expect(resident.log.locator(".message.resident")).to_have_count(2)
    expect(resident.log.locator("[data-status=answered]")).to_have_count(1)
    expect(resident.log.locator(".message.staff")).to_have_count(1)
    desk_server.reply(handoff, "追伸です")
    expect(resident.log.locator(".message.staff")).to_have_count(2)


def test_a_reply_to_a_closed_panel_shows_on_the_launcher(resident: Resident, desk_server: Served) -> None:
    resident.open()
    resident.ask_for_person()
    handoff = desk_server.take()
    expect(resident.dialog.locator("[data-state=taken]")).to_be_visible()
    resident.dialog.get_by_role("button", name="閉じる").click()
    desk_server.reply(handoff, "お待たせしました")
    expect(resident.launcher).to_have_accessible_name("会話の続き （新しいお返事が1件あります）")
    resident.launcher.click()
    resident.dialog.get_by_role("button", name="閉じる").click()
    expect(resident.launcher).to_have_accessible_name("会話の続き")


def test_a_contact_is_kept_only_with_consent(resident: Resident, desk_server: Served) -> None:
    resident.open()
    resident.dialog.locator("[data-tool=person]").click()
    resident.dialog.get_by_label("メール", exact=True).check()
    submit = resident.page.locator(".handoff-form [type=submit]")
    submit.click()
    expect(resident.dialog.locator("#person-problem")).to_contain_text("メールアドレスを")
    resident.dialog.get_by_label("メールアドレス").fill("ｎａｍｅ@example.jp")
    submit.click()
    expect(resident.dialog.locator("#person-problem")).to_contain_text("同意のチェックが必要です")
    expect(resident.dialog.get_by_label("この連絡先を")).to_be_focused()
    resident.dialog.get_by_label("この連絡先を").check()
    submit.click()
    expect(resident.dialog.locator(".handoff-state")).to_contain_text("連絡先にもお送りします")
    with desk_server.database.read() as session:
        newest = session.query(HandoffRow).order_by(HandoffRow.id.desc()).first()
    assert newest is not None
    assert (newest.contact_kind, newest.contact) == ("email", "name@example.jp")


@pytest.mark.parametrize("number", ["０９０ー１２３４ー５６７８", "099-000-1110", "09012345678"])
def test_phone_numbers_are_taken_as_people_write_them(resident: Resident, number: str) -> None:
    resident.open()
    resident.dialog.locator("[data-tool=person]").click()
    resident.dialog.get_by_label("電話", exact=True).check()
    resident.dialog.get_by_label("電話番号").fill(number)
    resident.dialog.get_by_label("この連絡先を").check()
    resident.page.locator(".handoff-form [type=submit]").click()
    expect(resident.dialog.locator(".handoff-state")).to_be_visible()


def test_a_request_that_fails_keeps_what_was_written(resident: Resident) -> None:
    resident.open()
    resident.dialog.locator("[data-tool=person]").click()
    resident.page.locator("#person-message").fill("大切な相談です")
    resident.page.route(
        "**/handoffs",
        lambda route: route.fulfill(status=429, headers={"Retry-After": "30"}, json={"error": {"code": "x", "message": "y"}}),
    )
    resident.page.locator(".handoff-form [type=submit]").click()
    expect(resident.dialog.locator("#person-problem")).to_contain_text("30秒ほど待ってから")
    expect(resident.page.locator("#person-message")).to_have_value("大切な相談です")
    resident.page.unroute("**/handoffs")
    resident.page.locator(".handoff-form [type=submit]").click()
    expect(resident.dialog.locator(".handoff-state")).to_be_visible()


def test_pressing_twice_asks_for_one_person(resident: Resident, desk_server: Served) -> None:
    resident.open()
    resident.dialog.locator("[data-tool=person]").click()
    with desk_server.database.read() as session:
        before = session.query(HandoffRow).count()
    resident.page.locator(".handoff-form [type=submit]").dblclick()
    expect(resident.dialog.locator(".handoff-state")).to_be_visible()
    with desk_server.database.read() as session:
        assert session.query(HandoffRow).count() == before + 1


def test_while_a_person_works_on_it_the_conversation_cannot_be_deleted(resident: Resident) -> None:
    resident.open()
    resident.ask_for_person()
    resident.dialog.locator("[data-tool=clear]").click()
    resident.dialog.get_by_role("button", name="消す", exact=True).click()
    expect(resident.dialog.locator(".alert")).to_contain_text("職員との会話が続いているあいだは消せません")
    expect(resident.dialog.locator(".handoff-state")).to_be_visible()


def test_changing_the_language_keeps_the_person(resident: Resident, desk_server: Served) -> None:
    resident.open()
    resident.ask_for_person()
    resident.dialog.get_by_role("button", name="English").click()
    expect(resident.dialog.locator(".handoff-state")).to_contain_text("Received")
    handoff = desk_server.take()
    desk_server.reply(handoff, "Hello")
    expect(resident.log.locator(".message.staff")).to_contain_text("Hello")


def test_two_residents_never_see_each_others_replies(new_page: Callable[..., Page], desk_server: Served) -> None:
    first = Resident(new_page()).arrive(desk_server.url).open()
    second = Resident(new_page()).arrive(desk_server.url).open()
    first.ask_for_person()
    handoff = desk_server.take()
    second.ask_for_person()
    desk_server.reply(handoff, "お一人目への返信")
    expect(first.log.locator(".message.staff")).to_have_count(1)
    second.page.wait_for_timeout(1_500)
    expect(second.log.locator(".message.staff")).to_have_count(0)
