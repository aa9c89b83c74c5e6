"""A resident of やさしい日本語 switches readings on: they stand over what is there and over what comes."""

from __future__ import annotations

from conftest import Served
from playwright.sync_api import Page, expect
from widget_driver import Resident, violations


def test_readings_are_shown_on_request_and_stay_on(page: Page, desk_server: Served) -> None:
    resident = Resident(page).arrive(desk_server.url).open()
    expect(resident.dialog.locator("[data-tool=readings]")).to_have_count(0)
    resident.dialog.locator("[data-language=yasashii]").click()
    switch = resident.dialog.locator("[data-tool=readings]")
    expect(switch).to_have_attribute("aria-pressed", "false")
    switch.press("Enter")
    expect(switch).to_have_attribute("aria-pressed", "true")
    expect(switch).to_be_focused()
    expect(resident.log.locator("ruby").first).to_be_visible()
    answer = resident.ask("住民票がほしい")
    expect(answer.locator("rt", has_text="じゅうみんひょう").first).to_be_visible()
    expect(resident.log.locator(".message.resident ruby")).to_have_count(0)
    assert violations(page) == []
    page.reload()
    resident.launcher.click()
    expect(resident.log.locator("rt", has_text="じゅうみんひょう").first).to_be_visible()
    resident.dialog.locator("[data-tool=readings]").click()
    expect(resident.log.locator("rt").first).to_be_hidden()
