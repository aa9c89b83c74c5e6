"""A resident asks for a person and gets one: the inbox in a real browser."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from conftest import PHONE, Served, Watched
from playwright.sync_api import Browser, Page, expect
from staff_driver import PASSWORD, Resident, end_sessions, hire, log_in

from accounts import Role

pytestmark = pytest.mark.journey


@pytest.fixture(scope="module")
def office(serve: Callable[..., Served]) -> Served:
    """A desk with two agents and an administrator."""
    served = serve(rate_limit_logins="10000/minute")
    hire(served, "hanako", "佐藤 花子")
    hire(served, "ichiro", "鈴木 一郎", department="waste")
    hire(served, "kanri", "山本 管理", Role.ADMINISTRATOR, department="general")
    return served


@pytest.fixture
def resident(office: Served) -> Resident:
    person = Resident(office)
    person.ask("住民票の写しの手数料はいくらですか")
    return person


def test_a_request_appears_by_itself_is_taken_answered_and_resolved(
    office: Served, page: Page, resident: Resident, watched: Watched
) -> None:
    log_in(page, office, "hanako")
    expect(page).to_have_title(re.compile("受付一覧"))
    resident.want_person(contact={"kind": "phone", "value": "090-1234-5678", "consent": True})
    entry = page.get_by_role("listitem").filter(has_text=resident.receipt)
    expect(entry).to_contain_text("住民票の写しの手数料はいくらですか", timeout=15_000)
    expect(page).to_have_title(re.compile(r"^\(\d+\) 受付一覧"))
    entry.get_by_role("link").click()
    expect(page.get_by_role("log")).to_contain_text("住民票の写しを取る")
    expect(page.get_by_role("link", name="09012345678")).to_be_visible()
    page.get_by_role("button", name="対応を始める").click()
    page.get_by_role("textbox", name="返信").fill("窓口では1通300円です。")
    page.get_by_role("button", name="返信を送る").click()
    expect(page.get_by_text("返信を送りました。")).to_be_visible()
    assert ("staff", "窓口では1通300円です。") in resident.reads()
    resident.ask("ありがとうございます。コンビニでも取れますか")
    expect(page.get_by_role("log")).to_contain_text("コンビニでも取れますか", timeout=15_000)
    expect(page).to_have_title(re.compile(r"^\(1\) 受付"))
    page.get_by_text("対応を終える", exact=True).click()
    page.get_by_role("button", name="対応を終える（確定）").click()
    expect(page.get_by_text("この受付は終了しています。")).to_be_visible()
    assert resident.reads()[-1][0] == "notice"
    assert watched.problems == []
    assert all(address.startswith(office.url) for address in watched.requests)


def test_typed_words_and_opened_parts_outlive_the_refreshing_page(office: Served, page: Page, resident: Resident) -> None:
    resident.want_person()
    log_in(page, office, "hanako")
    _open(page, office, resident)
    page.get_by_role("button", name="対応を始める").click()
    box = page.get_by_role("textbox", name="返信")
    box.fill("書いている途中の返信")
    page.get_by_text("ほかの課に引き継ぐ").click()
    page.get_by_label("引き継ぐ課").select_option("waste")
    box.focus()
    resident.ask("もう一つ聞いてもいいですか")
    expect(page.get_by_role("log")).to_contain_text("もう一つ聞いてもいいですか", timeout=15_000)
    expect(box).to_have_value("書いている途中の返信")
    expect(box).to_be_focused()
    expect(page.get_by_label("引き継ぐ課")).to_have_value("waste")


def test_words_typed_when_a_colleague_takes_over_are_shown_as_not_sent(
    office: Served, new_page: Callable[..., Page], resident: Resident
) -> None:
    resident.want_person()
    mine, theirs = new_page(), new_page()
    log_in(mine, office, "hanako")
    _open(mine, office, resident)
    mine.get_by_role("button", name="対応を始める").click()
    mine.get_by_role("textbox", name="返信").fill("半分まで書きました")
    log_in(theirs, office, "kanri")
    _open(theirs, office, resident)
    theirs.get_by_text("返事待ちに戻す", exact=True).first.click()
    theirs.get_by_role("button", name="返事待ちに戻す").click()
    expect(mine.get_by_role("button", name="対応を始める")).to_be_visible(timeout=15_000)
    expect(mine.get_by_label("送信されていない文章")).to_have_value("半分まで書きました")


def test_the_second_of_two_agents_is_told_who_was_first(
    office: Served, new_page: Callable[..., Page], resident: Resident
) -> None:
    resident.want_person()
    pages = {"hanako": new_page(), "ichiro": new_page()}
    for login, page in pages.items():
        log_in(page, office, login)
        _open(page, office, resident)
    pages["hanako"].get_by_role("button", name="対応を始める").click()
    expect(pages["hanako"].get_by_text("対応を始めました。").first).to_be_visible()
    pages["ichiro"].get_by_role("button", name="対応を始める").click()
    expect(pages["ichiro"].get_by_role("alert")).to_contain_text("ほかの職員が対応しています")
    expect(pages["ichiro"].get_by_text("佐藤 花子さんが対応しています。")).to_be_visible()
    assert [role for role, _ in resident.reads()].count("notice") == 1


def test_words_sent_after_the_session_ended_are_in_the_box_after_the_log_in(
    office: Served, page: Page, resident: Resident
) -> None:
    resident.want_person()
    log_in(page, office, "hanako")
    _open(page, office, resident)
    page.get_by_role("button", name="対応を始める").click()
    page.get_by_role("textbox", name="返信").fill("1行目です。\n2行目です。")
    end_sessions(office, "hanako")
    expect(page.get_by_text("ログインの有効期限が切れました")).to_be_visible(timeout=15_000)
    expect(page.get_by_role("textbox", name="返信")).to_have_value("1行目です。\n2行目です。")
    page.get_by_role("button", name="返信を送る").click()
    expect(page.get_by_text("入力していた文章は残っています。")).to_be_visible()
    page.get_by_label("ログインID").fill("hanako")
    page.get_by_label("パスワード").fill(PASSWORD)
    page.get_by_role("button", name="ログイン", exact=True).click()
    expect(page.get_by_role("textbox", name="返信")).to_have_value("1行目です。\n2行目です。")
    expect(page).to_have_url(re.compile(r"/staff/handoffs/\d+$"))
    page.get_by_role("button", name="返信を送る").click()
    assert ("staff", "1行目です。\n2行目です。") in resident.reads()


def test_everything_works_without_javascript(office: Served, browser: Browser, resident: Resident) -> None:
    resident.want_person()
    context = browser.new_context(java_script_enabled=False, locale="ja-JP")
    page = context.new_page()
    log_in(page, office, "hanako")
    page.get_by_label("担当課").select_option("")
    page.get_by_role("button", name="表示").click()
    page.get_by_label("受付番号で探す").fill(resident.receipt)
    page.get_by_role("button", name="探す").click()
    page.get_by_role("button", name="対応を始める").click()
    page.get_by_role("textbox", name="返信").fill("承知しました。")
    page.get_by_role("button", name="返信を送る").click()
    assert ("staff", "承知しました。") in resident.reads()
    page.get_by_text("ほかの課に引き継ぐ").click()
    page.get_by_label("引き継ぐ課").select_option("waste")
    page.get_by_role("button", name="引き継ぐ", exact=True).click()
    expect(page.get_by_text("引き継ぎました。", exact=True)).to_be_visible()
    context.close()


def test_a_request_is_handled_by_the_keyboard_alone(office: Served, new_page: Callable[..., Page], resident: Resident) -> None:
    resident.want_person()
    page = new_page(PHONE)
    page.goto(f"{office.url}/staff/login")
    _tab_to(page, page.get_by_label("ログインID"))
    page.keyboard.type("hanako")
    page.keyboard.press("Tab")
    page.keyboard.insert_text(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/staff/")
    _tab_to(page, page.get_by_role("listitem").filter(has_text=resident.receipt).get_by_role("link"))
    page.keyboard.press("Enter")
    _tab_to(page, page.get_by_role("button", name="対応を始める"))
    page.keyboard.press("Enter")
    _tab_to(page, page.get_by_role("textbox", name="返信"))
    page.keyboard.insert_text("お待たせしました。")
    _tab_to(page, page.get_by_role("button", name="返信を送る"))
    page.keyboard.press("Enter")
    expect(page.get_by_text("返信を送りました。")).to_be_visible()
    _tab_to(page, page.locator("summary").filter(has_text="対応を終える"))
    page.keyboard.press("Enter")
    _tab_to(page, page.get_by_role("button", name="対応を終える（確定）"))
    page.keyboard.press("Space")
    expect(page.get_by_text("この受付は終了しています。")).to_be_visible()
    assert ("staff", "お待たせしました。") in resident.reads()


def test_markup_a_resident_sends_does_nothing(office: Served, page: Page) -> None:
    cruel = Resident(office)
    cruel.ask("<img src=x onerror=window.pwned=1><script>window.pwned=1</script>")
    cruel.want_person()
    log_in(page, office, "hanako")
    _open(page, office, cruel)
    expect(page.get_by_role("log")).to_contain_text("<script>window.pwned=1</script>")
    assert page.evaluate("window.pwned") is None


def _open(page: Page, office: Served, resident: Resident) -> None:
    page.goto(f"{office.url}/staff/find?receipt={resident.receipt}")
    expect(page.get_by_role("heading", level=1)).to_contain_text(resident.receipt)


def _tab_to(page: Page, target: object, at_most: int = 60) -> None:
    for _ in range(at_most):
        page.keyboard.press("Tab")
        if target.evaluate("element => element === document.activeElement"):  # type: ignore[attr-defined]
            return
    raise AssertionError(f"the Tab key does not reach {target}")
