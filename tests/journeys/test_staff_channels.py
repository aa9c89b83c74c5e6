"""A member of staff raises a banner and residents' open screens show it; the kill switch; keyboard, axe, small screens."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from conftest import PHONE, Served
from playwright.sync_api import Page, expect
from staff_driver import hire, log_in, overflow, violations
from widget_driver import Resident

from accounts import Role

WITHIN_A_MINUTE = 60_000


@pytest.fixture
def office(serve: Callable[..., Served]) -> Served:
    served = serve()
    hire(served, "kida", "木田 花子", Role.APPROVER)
    return served


@pytest.fixture
def staff(new_page: Callable[..., Page], office: Served) -> Page:
    page = new_page()
    log_in(page, office, "kida")
    page.goto(f"{office.url}/staff/channels")
    return page


def raise_banner(staff: Page, template: str = "警戒レベル4 避難指示") -> None:
    staff.get_by_role("link", name=template).click()
    staff.get_by_role("button", name="表示を確認する").click()
    expect(staff.get_by_role("heading", name="表示の確認")).to_be_visible()
    staff.get_by_role("button", name="この内容で住民に表示する").click()
    expect(staff.get_by_role("status")).to_contain_text("お知らせを表示しました")


def test_a_banner_appears_on_an_open_screen_within_a_minute_and_goes_again(
    staff: Page, new_page: Callable[..., Page], office: Served
) -> None:
    resident = Resident(new_page()).arrive(office.url).open().listen()
    elsewhere = new_page()
    elsewhere.route("**/widget/home.js", lambda route: route.abort())  # as on a page that shows no banners itself
    embedded = Resident(elsewhere).arrive(office.url)
    raise_banner(staff)
    shown = resident.dialog.locator(".notice.level-emergency")
    expect(shown).to_contain_text("警戒レベル4「避難指示」", timeout=WITHIN_A_MINUTE)
    expect(shown.get_by_role("link")).to_have_attribute("href", "https://www.city.midorino.example/")
    assert any("警戒レベル4" in said for said in resident.heard())
    expect(resident.page.locator("[data-notices] .notice.level-emergency")).to_contain_text("警戒レベル4")
    expect(embedded.page.locator(".floating .notice.level-emergency")).to_be_visible(timeout=WITHIN_A_MINUTE)
    assert violations(resident.page) == []
    assert violations(embedded.page) == []
    staff.get_by_role("button", name="お知らせの表示を終える").click()
    expect(resident.dialog.locator(".notice")).to_have_count(0, timeout=WITHIN_A_MINUTE)
    expect(resident.page.locator("[data-notices]")).to_be_hidden()
    expect(embedded.page.locator(".floating")).to_be_hidden(timeout=WITHIN_A_MINUTE)


def test_a_notice_can_be_put_away_and_an_emergency_cannot(staff: Page, new_page: Callable[..., Page], office: Served) -> None:
    raise_banner(staff, "受付時間の変更")
    page = new_page(PHONE)
    page.route("**/widget/home.js", lambda route: route.abort())
    resident = Resident(page).arrive(office.url)
    notice = page.locator(".floating .notice.level-info")
    expect(notice).to_be_visible()
    assert overflow(page) == 0
    notice.get_by_role("button", name="このお知らせを閉じる").press("Enter")
    expect(page.locator(".floating")).to_be_hidden()
    expect(resident.launcher).to_be_focused()
    page.reload()
    expect(resident.launcher).to_be_visible()
    page.wait_for_timeout(1_000)
    expect(page.locator(".floating")).to_be_hidden()
    raise_banner(staff, "警戒レベル5 緊急安全確保")
    page.reload()
    expect(page.locator(".floating .notice.level-emergency")).to_be_visible()
    expect(page.locator(".floating .notice.level-emergency button")).to_have_count(0)


def test_with_the_kill_switch_on_a_resident_is_led_to_a_person(
    staff: Page, new_page: Callable[..., Page], office: Served
) -> None:
    staff.get_by_role("link", name="自動回答を止める（ウェブ").click()
    staff.get_by_label("止める理由").fill("誤った回答の確認")
    staff.get_by_label("止めてよいことを確かめました").check()
    staff.get_by_role("button", name="自動回答を止める").click()
    expect(staff.locator("[data-switched-off]")).to_contain_text("ウェブ")
    assert violations(staff) == []
    resident = Resident(new_page()).arrive(office.url).open()
    answer = resident.ask("住民票がほしい")
    expect(answer).to_have_attribute("data-status", "switched_off")
    expect(answer).to_contain_text("自動の回答を休止しています")
    expect(answer.get_by_role("link", name="099-000-1100")).to_be_visible()
    answer.locator(".person-offer").click()
    expect(resident.page.locator(".handoff-form")).to_be_visible()
    staff.goto(f"{office.url}/staff/channels")
    staff.get_by_role("button", name="自動回答を再開する").click()
    expect(staff.locator("[data-switched-off]")).to_have_count(0)


def test_the_page_works_with_the_keyboard_and_on_a_phone(new_page: Callable[..., Page], office: Served) -> None:
    page = new_page(PHONE)
    log_in(page, office, "kida")
    page.goto(f"{office.url}/staff/channels?template=level3")
    assert overflow(page) == 0
    assert violations(page) == []
    page.get_by_role("button", name="表示を確認する").press("Enter")
    expect(page.get_by_role("heading", name="表示の確認")).to_be_visible()
    assert overflow(page) == 0
    assert violations(page) == []
    page.get_by_role("button", name="直す").press("Enter")
    assert "警戒レベル3" in page.get_by_label("日本語の文章（必須").input_value()
