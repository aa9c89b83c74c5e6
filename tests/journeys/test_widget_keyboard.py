"""The widget by keyboard alone, and with a Japanese input method."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from conftest import PHONE, Served
from playwright.sync_api import Page, expect
from widget_driver import Resident

pytestmark = pytest.mark.journey


@pytest.fixture
def resident(page: Page, desk_server: Served) -> Resident:
    return Resident(page).arrive(desk_server.url)


def _tab_to(resident: Resident, selector: str, most: int = 60) -> None:
    target = resident.page.locator(selector)
    for _ in range(most):
        resident.page.keyboard.press("Tab")
        if target.evaluate("(node) => node === node.getRootNode().activeElement"):
            return
    raise AssertionError(f"{selector} was not reached by Tab")


def test_everything_is_done_by_keyboard_alone(resident: Resident) -> None:
    keyboard = resident.page.keyboard
    _tab_to(resident, ".launcher")
    keyboard.press("Enter")
    expect(resident.question).to_be_focused()
    keyboard.type("印鑑について")
    keyboard.press("Enter")
    expect(resident.log.locator("[data-status=asked_back]")).to_be_visible()
    _tab_to(resident, "[data-status=asked_back] .choice >> nth=1")
    keyboard.press("Space")
    expect(resident.log.locator("[data-status=answered]")).to_be_visible()
    _tab_to(resident, "[data-feedback=yes]")
    keyboard.press("Enter")
    expect(resident.log.get_by_text("お知らせいただき、ありがとうございます")).to_be_focused()
    _tab_to(resident, "[data-tool=person]")
    keyboard.press("Enter")
    expect(resident.dialog.get_by_role("heading", name="職員に相談する")).to_be_focused()
    _tab_to(resident, ".handoff-form [type=submit]")
    keyboard.press("Enter")
    expect(resident.dialog.locator(".handoff-state summary")).to_be_focused()
    keyboard.press("Escape")
    expect(resident.dialog).to_be_hidden()
    expect(resident.launcher).to_be_focused()


def test_every_focused_control_shows_where_it_is(resident: Resident) -> None:
    resident.open()
    for _ in range(14):
        resident.page.keyboard.press("Tab")
        outline = resident.page.evaluate(
            """() => {
              let at = document.activeElement;
              while (at.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
              const style = getComputedStyle(at);
              return at === document.body ? null : [style.outlineStyle, style.outlineWidth, style.outlineColor];
            }"""
        )
        assert outline is None or outline == ["solid", "4px", "rgb(0, 0, 0)"]


def test_escape_closes_the_hand_over_first_and_then_the_panel(resident: Resident) -> None:
    resident.open()
    resident.dialog.locator("[data-tool=person]").click()
    expect(resident.dialog.locator(".handoff-form")).to_be_visible()
    resident.page.keyboard.press("Escape")
    expect(resident.dialog.locator(".handoff-form")).to_have_count(0)
    expect(resident.dialog).to_be_visible()
    resident.page.keyboard.press("Escape")
    expect(resident.dialog).to_be_hidden()


def test_beside_the_page_the_panel_does_not_keep_the_keyboard(resident: Resident) -> None:
    resident.open()
    assert not resident.dialog.evaluate("(node) => node.matches(':modal')")
    resident.page.get_by_label("知りたいこと").focus()
    expect(resident.page.get_by_label("知りたいこと")).to_be_focused()
    expect(resident.dialog).to_be_visible()


def test_on_a_phone_the_panel_is_modal_and_escape_leaves_it(new_page: Callable[..., Page], desk_server: Served) -> None:
    resident = Resident(new_page(PHONE)).arrive(desk_server.url).open()
    assert resident.dialog.evaluate("(node) => node.matches(':modal')")
    expect(resident.dialog.get_by_role("heading", level=2)).to_be_focused()
    box = resident.dialog.bounding_box()
    assert box is not None
    assert (box["width"], box["height"]) == (PHONE["width"], PHONE["height"])
    resident.page.keyboard.press("Escape")
    expect(resident.dialog).to_be_hidden()
    expect(resident.launcher).to_be_focused()


def test_turning_the_phone_keeps_the_panel_and_the_text(resident: Resident) -> None:
    resident.open()
    resident.question.fill("書きかけ")
    resident.page.set_viewport_size(PHONE)
    expect(resident.question).to_have_value("書きかけ")
    assert resident.dialog.evaluate("(node) => node.matches(':modal')")
    resident.page.set_viewport_size({"width": 1280, "height": 900})
    assert not resident.dialog.evaluate("(node) => node.matches(':modal')")
    expect(resident.dialog).to_be_visible()


def test_enter_that_confirms_a_conversion_does_not_send(resident: Resident) -> None:
    resident.open()
    resident.question.focus()
    client = resident.page.context.new_cdp_session(resident.page)
    client.send("Input.imeSetComposition", {"text": "ふとん", "selectionStart": 3, "selectionEnd": 3})
    enter = {"key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 229, "nativeVirtualKeyCode": 229}
    client.send("Input.dispatchKeyEvent", {"type": "rawKeyDown", **enter})
    client.send("Input.dispatchKeyEvent", {"type": "keyUp", **enter})
    client.send("Input.insertText", {"text": "布団"})
    expect(resident.question).to_have_value("布団")
    expect(resident.log.locator(".message.resident")).to_have_count(0)
    resident.page.keyboard.press("Enter")
    expect(resident.log.locator(".message.resident")).to_contain_text("布団")


@pytest.mark.parametrize("how", ["{isComposing: true}", "{keyCode: 229}"])
def test_both_signs_of_a_conversion_are_known(resident: Resident, how: str) -> None:
    resident.open()
    resident.question.fill("ふとん")
    resident.question.evaluate(
        f"(node) => node.dispatchEvent(new KeyboardEvent('keydown', {{key: 'Enter', bubbles: true, cancelable: true, ...{how}}}))"
    )
    resident.page.wait_for_timeout(200)
    expect(resident.log.locator(".message.resident")).to_have_count(0)
    expect(resident.question).to_have_value("ふとん")


def test_shift_and_enter_make_a_new_line(resident: Resident) -> None:
    resident.open()
    resident.question.focus()
    resident.page.keyboard.type("一行目")
    resident.page.keyboard.press("Shift+Enter")
    resident.page.keyboard.type("二行目")
    expect(resident.question).to_have_value("一行目\n二行目")
    expect(resident.log.locator(".message.resident")).to_have_count(0)
