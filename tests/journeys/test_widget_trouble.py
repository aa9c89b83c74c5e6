"""What a resident wrote is never lost, whatever the network or the desk does."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from conftest import Served
from playwright.sync_api import Page, Route, expect
from widget_driver import Resident

from bot.tables import ConversationRow, MessageRow

pytestmark = pytest.mark.journey
MESSAGES = "**/messages"


@pytest.fixture
def resident(page: Page, desk_server: Served) -> Resident:
    return Resident(page).arrive(desk_server.url).open()


def test_a_message_that_could_not_be_sent_is_marked_and_sent_again_by_one_press(resident: Resident) -> None:
    resident.page.route(MESSAGES, lambda route: route.abort())
    resident.send("ふとんの捨て方")
    question = resident.log.locator(".message.resident")
    expect(question.locator(".unsent")).to_contain_text("未送信", timeout=15_000)
    expect(resident.dialog.get_by_role("alert").filter(has_text="送信できませんでした")).to_be_visible()
    resident.page.unroute(MESSAGES)
    question.get_by_role("button", name="もう一度送る").click()
    expect(resident.log.locator("[data-status=answered]")).to_be_visible()
    expect(question).to_have_count(1)
    expect(question.locator(".unsent")).to_have_count(0)
    expect(resident.question).to_be_focused()


def test_a_reply_lost_on_the_way_is_asked_for_again_and_answered_once(resident: Resident, desk_server: Served) -> None:
    lost: list[str] = []

    def lose_first(route: Route) -> None:
        response = route.fetch()
        if not lost:
            lost.append(str(route.request.post_data_json["client_message_id"]))
            route.abort()
            return
        assert route.request.post_data_json["client_message_id"] == lost[0]
        route.fulfill(response=response)

    before = len(desk_server.desk.asked)
    resident.page.route(MESSAGES, lose_first)
    resident.ask("ふとんの捨て方")
    assert lost
    assert len(desk_server.desk.asked) == before + 1
    expect(resident.log.locator(".message.desk[data-status]")).to_have_count(1)


def test_pressing_send_twice_asks_once(resident: Resident, desk_server: Served) -> None:
    before = len(desk_server.desk.asked)
    resident.question.fill("ふとんの捨て方")
    resident.dialog.get_by_role("button", name="送信").dblclick()
    expect(resident.log.locator("[data-status=answered]")).to_be_visible()
    resident.page.wait_for_timeout(300)
    assert len(desk_server.desk.asked) == before + 1


def test_what_is_written_while_an_answer_is_under_way_stays_in_the_field(resident: Resident, desk_server: Served) -> None:
    desk_server.desk.release.clear()
    resident.send("遅い質問")
    resident.send("次の質問")
    expect(resident.question).to_have_value("次の質問")
    expect(resident.log.locator(".message.resident")).to_have_count(1)
    desk_server.desk.release.set()
    expect(resident.log.locator("[data-status=unsure]")).to_be_visible()
    resident.question.press("Enter")
    expect(resident.log.locator(".message.resident")).to_have_count(2)


def test_offline_is_said_and_what_was_written_goes_out_by_itself(resident: Resident) -> None:
    resident.page.context.set_offline(True)
    expect(resident.dialog.get_by_text("インターネットにつながっていません")).to_be_visible()
    resident.send("ふとんの捨て方")
    expect(resident.log.locator(".unsent")).to_be_visible()
    resident.page.context.set_offline(False)
    expect(resident.log.locator("[data-status=answered]")).to_be_visible()
    expect(resident.dialog.get_by_text("インターネットにつながっていません")).to_be_hidden()
    expect(resident.log.locator(".unsent")).to_have_count(0)


def test_too_many_questions_are_answered_with_how_long_to_wait(
    serve: Callable[..., Served], new_page: Callable[..., Page]
) -> None:
    strict = serve(rate_limit_messages="1/minute")
    resident = Resident(new_page()).arrive(strict.url).open()
    resident.ask("ふとんの捨て方")
    resident.send("住民票")
    expect(resident.dialog.get_by_role("alert").filter(has_text="待ってから、もう一度")).to_be_visible()
    expect(resident.log.locator(".message.resident").last).to_contain_text("未送信")
    expect(resident.log.locator(".message.resident").last).to_contain_text("住民票")


@pytest.mark.parametrize("status", [500, 503])
def test_a_broken_desk_keeps_the_text_and_says_what_to_do(resident: Resident, status: int) -> None:
    resident.page.route(MESSAGES, lambda route: route.fulfill(status=status, body="<html>bad gateway</html>"))
    resident.send("ふとんの捨て方")
    expect(resident.dialog.get_by_role("alert").filter(has_text="ただいまお答えできません")).to_be_visible(timeout=15_000)
    expect(resident.log.locator(".unsent")).to_be_visible()


def test_a_conversation_that_is_gone_is_replaced_and_the_question_answered(resident: Resident, desk_server: Served) -> None:
    resident.ask("ふとんの捨て方")
    kept = resident.stored()
    with desk_server.database.write() as session:
        for row in session.query(ConversationRow).all():
            if row.id in kept:
                session.query(MessageRow).filter(MessageRow.conversation == row.id).delete()
                session.delete(row)
    resident.ask("住民票の写し")
    expect(resident.log.locator(".divider")).to_contain_text("新しい会話を始めました")
    expect(resident.log.locator(".message.resident")).to_have_count(2)


def test_a_desk_that_cannot_be_reached_can_be_tried_again(page: Page, desk_server: Served) -> None:
    resident = Resident(page).arrive(desk_server.url)
    page.route("**/api/v1/conversations", lambda route: route.abort())
    resident.launcher.click()
    expect(resident.dialog.get_by_role("alert").filter(has_text="窓口につながりませんでした")).to_be_visible(timeout=15_000)
    page.unroute("**/api/v1/conversations")
    resident.dialog.get_by_role("button", name="もう一度つなぐ").click()
    expect(resident.log.locator(".message.desk")).to_contain_text("みどり野市のお問い合わせ窓口です")
    expect(resident.dialog.locator(".alert")).to_have_count(0)


def test_the_counter_appears_near_the_limit_and_too_much_is_not_sent(resident: Resident) -> None:
    counter = resident.dialog.locator("#question-count")
    resident.question.fill("あ" * 850)
    expect(counter).to_have_text("")
    resident.question.fill("あ" * 950)
    expect(counter).to_have_text("あと50文字")
    resident.question.fill("𠮷" * 1001)
    expect(counter).to_have_text("1文字多すぎます。1000文字以内で入力してください。")
    expect(resident.question).to_have_attribute("aria-invalid", "true")
    resident.question.press("Enter")
    expect(resident.log.locator(".message.resident")).to_have_count(0)
    resident.question.fill("𠮷" * 1000)
    resident.question.press("Enter")
    expect(resident.log.locator(".message.resident")).to_have_count(1)


def test_a_refused_text_goes_back_to_where_it_can_be_changed(resident: Resident) -> None:
    refusal = {"error": {"code": "too_long", "message": "入力できるのは50文字までです。"}}
    resident.page.route(MESSAGES, lambda route: route.fulfill(status=422, json=refusal))
    resident.send("長すぎる質問")
    expect(resident.dialog.get_by_role("alert").filter(has_text="入力できるのは50文字までです。")).to_be_visible()
    expect(resident.question).to_have_value("長すぎる質問")
    expect(resident.log.locator(".message.resident")).to_have_count(0)


def test_an_empty_question_is_not_sent(resident: Resident) -> None:
    resident.send("　 \n")
    expect(resident.question).to_be_focused()
    expect(resident.log.locator(".message.resident")).to_have_count(0)


def test_deleting_asks_first_and_then_deletes_for_good(resident: Resident, desk_server: Served) -> None:
    resident.ask("ふとんの捨て方")
    kept = resident.stored()
    resident.dialog.locator("[data-tool=clear]").click()
    expect(resident.dialog.get_by_role("button", name="やめる")).to_be_focused()
    resident.page.keyboard.press("Enter")
    expect(resident.log.locator(".message.resident")).to_have_count(1)
    resident.dialog.locator("[data-tool=clear]").click()
    resident.dialog.get_by_role("button", name="消す", exact=True).click()
    expect(resident.log.locator(".message.resident")).to_have_count(0)
    expect(resident.log.locator(".message.desk")).to_have_count(1)
    with desk_server.database.read() as session:
        assert [row.id for row in session.query(ConversationRow).all() if row.id in kept] == []
    resident.page.reload()
    resident.open()
    expect(resident.log.locator(".message.resident")).to_have_count(0)


def test_blocked_storage_does_not_stop_the_widget(new_page: Callable[..., Page], desk_server: Served) -> None:
    page = new_page()
    page.add_init_script(
        "Object.defineProperty(window, 'sessionStorage', {get() { throw new DOMException('blocked', 'SecurityError'); }})"
    )
    resident = Resident(page).arrive(desk_server.url).open()
    expect(resident.ask("ふとんの捨て方")).to_contain_text("粗大ごみ")


def test_labels_older_than_the_script_do_not_cost_the_answer(page: Page, desk_server: Served) -> None:
    def older(route: Route) -> None:
        served = route.fetch().json()
        for key in ("facts", "source", "feedback"):
            del served["labels"][key]
        route.fulfill(json=served)

    page.route("**/widget/texts/*.json", older)
    resident = Resident(page).arrive(desk_server.url).open()
    expect(resident.ask("ふとんの捨て方")).to_contain_text("粗大ごみの出し方")
    expect(resident.log.locator(".unsent")).to_have_count(0)


def test_an_answer_that_cannot_be_shown_in_full_is_shown_in_plain_words(page: Page, desk_server: Served) -> None:
    def damaged(route: Route) -> None:
        reply = route.fetch().json()
        reply["answer"]["topics"] = [{}]
        route.fulfill(json=reply)

    resident = Resident(page).arrive(desk_server.url).open()
    page.route(MESSAGES, damaged)
    resident.send("ふとんの捨て方")
    expect(resident.log.locator(".divider")).to_contain_text("ふとんは粗大ごみです")
    expect(resident.log.locator(".unsent")).to_have_count(0)
