"""A resident asks in a real browser and gets every kind of ending."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from conftest import PHONE, Served, Watched
from playwright.sync_api import Page, expect
from widget_driver import Resident

pytestmark = pytest.mark.journey


@pytest.fixture
def resident(page: Page, desk_server: Served) -> Resident:
    return Resident(page).arrive(desk_server.url)


def test_the_greeting_says_whose_desk_it_is_and_that_it_answers_automatically(resident: Resident) -> None:
    resident.open()
    expect(resident.dialog).to_have_accessible_name("みどり野市 お問い合わせ窓口")
    expect(resident.dialog.get_by_text("AIによる自動応答", exact=True)).to_be_visible()
    expect(resident.log.locator(".choice")).not_to_have_count(0)


def test_a_suggestion_asks_by_one_press(resident: Resident) -> None:
    resident.open()
    resident.log.get_by_role("button", name="住民票の写しがほしい").click()
    expect(resident.log.locator(".message.resident")).to_contain_text("住民票の写しがほしい")
    expect(resident.log.locator("[data-status=answered]")).to_be_visible()


def test_an_answer_shows_its_facts_source_and_contact(resident: Resident) -> None:
    answer = resident.open().ask("住民票の写しの手数料はいくらですか")
    first_fact = answer.locator(".facts > div").first
    expect(first_fact).to_contain_text("手数料")
    expect(first_fact).to_contain_text("お尋ねの項目")
    expect(answer.get_by_text("委任状（代理の方）")).to_be_hidden()
    answer.get_by_text("そのほかの要点を見る").click()
    expect(answer.get_by_text("委任状（代理の方）")).to_be_visible()
    source = answer.locator(".source").get_by_role("link")
    expect(source).to_have_attribute("href", "https://www.city.midorino.example/life/residence-certificate.html")
    expect(source).to_have_attribute("rel", "noopener noreferrer")
    expect(answer.locator(".source")).to_contain_text("市民課")
    expect(answer.locator(".source")).to_contain_text("2026年10月15日")
    expect(answer.locator(".contact").get_by_role("link", name="099-000-1110")).to_have_attribute("href", "tel:0990001110")
    expect(answer.locator(".contact")).to_contain_text("ただいま受付中")


def test_what_was_not_asked_is_folded_and_opens(resident: Resident) -> None:
    answer = resident.open().ask("住民票の写しの手数料はいくらですか")
    expect(answer.get_by_text("定額小為替を用意します")).to_be_hidden()
    answer.get_by_text("郵送で取る場合").click()
    expect(answer.get_by_text("定額小為替を用意します")).to_be_visible()
    answer.get_by_text("この手続きのあらまし").click()
    expect(answer.get_by_text("住所や世帯を証明する書類です")).to_be_visible()
    expect(answer.locator("ol ul li")).to_have_text("郵便局で買えます。")
    expect(answer.locator("table th")).to_have_text(["取り方", "手数料", "時間"])


def test_two_questions_get_two_answers(resident: Resident) -> None:
    answer = resident.open().ask("住民票の写しの手数料と、ふとんの捨て方を教えてください")
    expect(answer.get_by_role("heading", level=4)).to_contain_text(["ご質問1：住民票の写しの手数料", "ご質問2：ふとんの捨て方"])
    expect(answer.locator(".source")).to_have_count(2)
    expect(answer.locator(".contact")).to_have_count(2)
    expect(answer.locator(".contact").nth(1)).to_contain_text("ただいま受付時間外")


def test_a_choice_sends_the_article_it_stands_for(resident: Resident, desk_server: Served) -> None:
    asked_back = resident.open().ask("印鑑について")
    asked_back.get_by_role("button", name="印鑑登録証明書を取る").click()
    expect(resident.log.locator("[data-status=answered]")).to_be_visible()
    assert desk_server.desk.asked[-1].choice == "residence-certificate"
    assert desk_server.desk.asked[-1].text == "印鑑登録証明書を取る"


def test_my_number_is_masked_on_the_screen_and_the_resident_is_told(resident: Resident) -> None:
    answer = resident.open().ask("住民票 123456789018 ほしい")
    expect(answer.locator(".masked")).to_contain_text("個人番号を伏せて")
    expect(resident.log).not_to_contain_text("123456789018")


def test_an_unsure_desk_names_a_department_and_offers_a_person(resident: Resident) -> None:
    answer = resident.open().ask("宇宙に行きたい")
    expect(answer.locator(".contact")).to_contain_text("市民課")
    answer.get_by_role("button", name="職員に相談する").click()
    expect(resident.dialog.locator(".handoff-form")).to_contain_text("市民課")


def test_a_failure_inside_the_desk_still_answers(resident: Resident) -> None:
    answer = resident.open().ask("例外を起こす")
    expect(answer).to_have_attribute("data-status", "failed")
    expect(answer.get_by_role("button", name="職員に相談する")).to_be_visible()


def test_feedback_is_taken_once_and_no_leads_to_a_person(resident: Resident) -> None:
    answer = resident.open().ask("ふとんの捨て方")
    answer.get_by_role("button", name="解決しなかった").click()
    expect(answer.locator(".feedback p").first).to_be_focused()
    answer.get_by_text("わかりにくかった点を知らせる").click()
    answer.get_by_role("textbox").fill("処理券をどこで買うのか書いてありません")
    answer.get_by_role("button", name="意見を送る").click()
    expect(answer.get_by_text("ご意見を受け付けました")).to_be_focused()
    resident.page.reload()
    resident.open()
    expect(resident.log.locator(".feedback")).to_contain_text("お役に立てず申し訳ありません")
    expect(resident.log.get_by_role("button", name="解決した")).to_have_count(0)


def test_an_answer_is_announced_exactly_once(resident: Resident) -> None:
    resident.open().listen()
    resident.ask("ふとんの捨て方")
    resident.page.wait_for_timeout(300)
    said = [text for text in resident.heard() if "ふとんは粗大ごみです" in text]
    assert said == ["回答です。 ふとんは粗大ごみです。電話かインターネットで申し込んでください。"]


def test_waiting_is_shown_and_a_long_wait_is_said(resident: Resident, desk_server: Served) -> None:
    desk_server.desk.release.clear()
    resident.open().listen()
    resident.send("遅い質問")
    expect(resident.log.locator(".typing")).to_contain_text("回答を用意しています")
    expect(resident.log.locator(".typing")).to_contain_text("お時間をいただいています", timeout=12_000)
    assert [text for text in resident.heard() if "お時間をいただいています" in text][1:] == []
    desk_server.desk.release.set()
    expect(resident.log.locator("[data-status=unsure]")).to_be_visible()
    expect(resident.log.locator(".typing")).to_have_count(0)


def test_each_message_carries_its_language(resident: Resident) -> None:
    resident.open()
    resident.dialog.get_by_role("button", name="English").click()
    expect(resident.dialog.get_by_role("heading", level=2)).to_have_text("みどり野市 inquiry desk")
    answer = resident.ask("住民票 fee please")
    expect(answer).to_have_attribute("lang", "en")
    expect(answer.locator(".topic-words")).to_have_attribute("lang", "ja")
    expect(answer).to_contain_text("available in Japanese only")
    expect(answer.locator(".source")).to_contain_text("October 15, 2026")


def test_changing_the_language_keeps_what_was_said(resident: Resident, desk_server: Served) -> None:
    resident.open().ask("ふとんの捨て方")
    resident.dialog.get_by_role("button", name="やさしい日本語").click()
    expect(resident.dialog.get_by_role("button", name="やさしい日本語")).to_have_attribute("aria-pressed", "true")
    expect(resident.dialog.get_by_role("button", name="やさしい日本語")).to_be_focused()
    resident.ask("住民票")
    expect(resident.log.locator(".message.resident")).to_have_count(2)
    assert desk_server.desk.asked[-1].language == "yasashii"
    resident.page.reload()
    resident.open()
    expect(resident.log.locator(".message.resident")).to_have_count(2)
    expect(resident.dialog.get_by_role("button", name="やさしい日本語")).to_have_attribute("aria-pressed", "true")


def test_hostile_text_from_an_article_is_inert(resident: Resident, watched: Watched) -> None:
    answer = resident.open().ask("罠を見せて")
    expect(answer).to_contain_text("<img src=x onerror=")
    expect(answer).to_contain_text("<script>alert(1)</script>")
    assert answer.locator("img, script, b, i:not(.icon), u").count() == 0
    assert answer.locator("a").count() == 0
    resident.page.wait_for_timeout(200)
    assert resident.page.evaluate("() => window.pwned") is None
    assert watched.problems == []


def test_nothing_is_asked_of_another_server_and_the_policy_is_never_broken(
    resident: Resident, desk_server: Served, watched: Watched
) -> None:
    resident.open().ask("住民票の写しの手数料と、ふとんの捨て方")
    resident.ask("印鑑について")
    resident.ask_for_person()
    outside = [url for url in watched.requests if not url.startswith(desk_server.url)]
    assert outside == []
    assert watched.problems == []
    assert len(watched.requests) > 20


def test_a_long_answer_is_shown_from_its_beginning(new_page: Callable[..., Page], desk_server: Served) -> None:
    resident = Resident(new_page(PHONE)).arrive(desk_server.url).open()
    resident.ask("住民票の写しの手数料と、ふとんの捨て方")
    expect(resident.log.locator(".message.resident")).to_be_in_viewport()


def test_the_home_page_asks_the_widget(resident: Resident) -> None:
    resident.page.get_by_label("知りたいこと").fill("ふとんの捨て方")
    resident.page.get_by_role("main").get_by_role("button", name="質問する").click()
    expect(resident.log.locator("[data-status=answered]")).to_contain_text("粗大ごみ")
    resident.page.get_by_role("button", name="証明書", exact=False).first.click()
    expect(resident.log.locator("[data-status=answered]")).to_have_count(2)
