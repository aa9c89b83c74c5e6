"""JIS X 8341-3 AA and WCAG 2.2 AA, measured on the live page in every state of the widget."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from conftest import DESKTOP, PHONE, Served
from playwright.sync_api import Page, expect
from widget_driver import Resident, violations

pytestmark = pytest.mark.journey

NARROW = {"width": 320, "height": 640}
ZOOMED = {"width": 320, "height": 256}
"""1280 x 1024 at 400 %."""
TOO_WIDE = "() => document.scrollingElement.scrollWidth > document.scrollingElement.clientWidth"
SIZES = """(root) => [...root.shadowRoot.querySelectorAll('button, summary, input, textarea, .number, .dial')]
  .filter((node) => node.checkVisibility() && !node.matches('[type=radio], [type=checkbox]'))
  .map((node) => [node.textContent.trim() || node.id, node.getBoundingClientRect().height, node.getBoundingClientRect().width])
  .filter(([, height, width]) => height < 44 || width < 44)"""


def _ask_all(resident: Resident) -> None:
    resident.ask("住民票の写しの手数料と、ふとんの捨て方 123456789018")
    resident.ask("印鑑について")
    resident.ask("宇宙に行きたい")


@pytest.mark.parametrize("viewport", [PHONE, DESKTOP], ids=["phone", "desktop"])
@pytest.mark.parametrize("language", ["ja", "en"])
def test_axe_finds_nothing_wrong_in_any_state(
    new_page: Callable[..., Page], desk_server: Served, viewport: dict[str, int], language: str
) -> None:
    resident = Resident(new_page(viewport, reduced_motion="reduce")).arrive(desk_server.url)
    assert violations(resident.page) == [], "closed"
    resident.open()
    if language == "en":
        resident.dialog.get_by_role("button", name="English").click()
        expect(resident.log).to_contain_text("Frequent questions")
    assert violations(resident.page) == [], "open"
    _ask_all(resident)
    assert violations(resident.page) == [], "answers and choices"
    resident.ask("夫に殴られた")
    assert violations(resident.page) == [], "emergency"
    resident.dialog.locator("[data-tool=person]").click()
    resident.dialog.locator("input[value=email]").check()
    resident.page.locator(".handoff-form [type=submit]").click()
    expect(resident.page.locator("#person-contact")).to_be_focused()
    assert violations(resident.page) == [], "hand-over with an error"
    resident.dialog.locator("input[value=none]").check()
    resident.page.locator(".handoff-form [type=submit]").click()
    expect(resident.dialog.locator(".handoff-state")).to_be_visible()
    assert violations(resident.page) == [], "waiting for a person"
    resident.dialog.locator("[data-tool=clear]").click()
    assert violations(resident.page) == [], "asked whether to delete"


@pytest.mark.parametrize("viewport", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_axe_finds_nothing_wrong_on_the_page_without_javascript(
    new_page: Callable[..., Page], desk_server: Served, viewport: dict[str, int]
) -> None:
    page = new_page(viewport)
    page.goto(f"{desk_server.url}/ask")
    assert violations(page) == [], "empty"
    page.locator("#text").fill("住民票の写しの手数料と、ふとんの捨て方 123456789018")
    page.get_by_role("button", name="送信").click()
    expect(page.locator(".source").first).to_be_visible()
    page.locator("summary").last.click()
    assert violations(page) == [], "answered"
    page.locator("#text").fill("夫に殴られた")
    page.get_by_role("button", name="送信").click()
    expect(page.locator(".emergency")).to_be_visible()
    assert violations(page) == [], "emergency"


@pytest.mark.parametrize("viewport", [NARROW, ZOOMED], ids=["320 px", "400 %"])
def test_nothing_has_to_be_scrolled_sideways(
    new_page: Callable[..., Page], desk_server: Served, viewport: dict[str, int]
) -> None:
    resident = Resident(new_page(viewport)).arrive(desk_server.url)
    assert not resident.page.evaluate(TOO_WIDE)
    resident.open()
    _ask_all(resident)
    resident.ask("夫に殴られた")
    for selector in (".panel", ".log", ".panel .head", ".composer"):
        node = resident.page.locator(selector)
        assert node.evaluate("(node) => node.scrollWidth <= node.clientWidth + 1"), selector
    resident.dialog.locator("[data-tool=person]").click()
    form = resident.page.locator(".handoff-form")
    assert form.evaluate("(node) => node.scrollWidth <= node.clientWidth + 1")
    assert not resident.page.evaluate(TOO_WIDE)


def test_at_400_percent_the_question_can_still_be_written_and_read(new_page: Callable[..., Page], desk_server: Served) -> None:
    resident = Resident(new_page(ZOOMED)).arrive(desk_server.url).open()
    answer = resident.ask("ふとんの捨て方")
    resident.question.scroll_into_view_if_needed()
    expect(resident.question).to_be_in_viewport()
    answer.locator(".source").scroll_into_view_if_needed()
    expect(answer.locator(".source")).to_be_in_viewport()


@pytest.mark.parametrize("path", ["/", "/ask"])
def test_the_pages_reflow_at_320_px(new_page: Callable[..., Page], desk_server: Served, path: str) -> None:
    page = new_page(NARROW)
    page.goto(desk_server.url + path)
    assert not page.evaluate(TOO_WIDE)


@pytest.mark.parametrize("viewport", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_every_target_is_44_px_or_more(new_page: Callable[..., Page], desk_server: Served, viewport: dict[str, int]) -> None:
    resident = Resident(new_page(viewport)).arrive(desk_server.url).open()
    _ask_all(resident)
    resident.ask("もう死にたい")
    assert resident.page.locator("madoguchi-chat").evaluate(SIZES) == []
    resident.dialog.locator("[data-tool=person]").click()
    expect(resident.page.locator(".handoff-form")).to_be_visible()
    assert resident.page.locator("madoguchi-chat").evaluate(SIZES) == []


def test_text_grows_in_two_steps_and_stays_grown(page: Page, desk_server: Served) -> None:
    resident = Resident(page).arrive(desk_server.url).open()

    def size() -> float:
        return float(resident.dialog.evaluate("(node) => parseFloat(getComputedStyle(node).fontSize)"))

    sizes = [size()]
    for _ in range(2):
        resident.dialog.locator("[data-tool=size]").click()
        sizes.append(size())
    assert sizes[0] == 16
    assert sizes[1] > sizes[0] * 1.15
    assert sizes[2] > sizes[1] * 1.15
    expect(resident.dialog.locator("[data-tool=size]")).to_be_focused()
    page.reload()
    resident.open()
    assert size() == sizes[2]


def test_nothing_moves_for_those_who_asked_for_less_motion(new_page: Callable[..., Page], desk_server: Served) -> None:
    resident = Resident(new_page(DESKTOP, reduced_motion="reduce")).arrive(desk_server.url).open()
    desk_server.desk.release.clear()
    resident.send("遅い質問")
    dot = resident.log.locator(".dots i").first
    assert dot.evaluate("(node) => getComputedStyle(node).animationName") == "none"
    desk_server.desk.release.set()


def test_in_forced_colours_every_control_keeps_an_edge(new_page: Callable[..., Page], desk_server: Served) -> None:
    resident = Resident(new_page(DESKTOP, forced_colors="active")).arrive(desk_server.url).open()
    for selector in (".send", ".close", "[data-language=en]"):
        edge = resident.page.locator(selector).evaluate(
            "(node) => [getComputedStyle(node).borderStyle, getComputedStyle(node).borderWidth]"
        )
        assert edge == ["solid", "1px"], selector


def test_a_printed_conversation_holds_all_of_its_text(page: Page, desk_server: Served) -> None:
    resident = Resident(page).arrive(desk_server.url).open()
    answer = resident.ask("住民票の写しの手数料はいくらですか")
    page.evaluate("() => dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    expect(answer.get_by_text("定額小為替を用意します")).to_be_visible()
    expect(resident.question).to_be_hidden()
    expect(page.get_by_role("main")).to_be_hidden()
    assert resident.dialog.evaluate("(node) => getComputedStyle(node).position") == "static"
