"""The staff pages for everybody: axe-core, widths, sizes of targets, the focus to be seen."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import DESKTOP, PHONE, Served
from playwright.sync_api import Page, expect
from sqlalchemy import update
from staff_driver import Resident, hire, log_in, make_late, overflow, violations

from accounts import Role, StaffRow

pytestmark = pytest.mark.journey
WIDTHS = pytest.mark.parametrize("viewport", [PHONE, DESKTOP], ids=["390", "1280"])

SMALL = """() => [...document.querySelectorAll('a, button, input:not([type=hidden]), select, textarea, summary')]
  .filter(e => e.checkVisibility() && !e.closest('.skip') && !e.matches('.skip'))
  .map(e => [(e.matches('[type=checkbox], [type=radio]') ? e.labels[0] ?? e : e).getBoundingClientRect(), e.outerHTML.slice(0, 120)])
  .filter(([box]) => box.height < 44 || box.width < 44).map(([box, html]) => `${box.width}x${box.height} ${html}`)"""


@pytest.fixture(scope="module")
def office(serve: Callable[..., Served]) -> Served:
    """A desk in the middle of a working day: waiting, late, taken and finished requests."""
    served = serve(rate_limit_logins="10000/minute")
    hire(served, "hanako", "佐藤 花子")
    hire(served, "ichiro", "鈴木 一郎", department="waste")
    hire(served, "yoko", "高橋 洋子", Role.EDITOR, department="")
    hire(served, "kanri", "山本 管理", Role.ADMINISTRATOR, department="general")
    with served.database.write() as session:
        session.execute(update(StaffRow).where(StaffRow.login == "yoko").values(must_change_password=True))
        session.execute(update(StaffRow).where(StaffRow.login == "sato").values(active=False))
    return served


@pytest.fixture(scope="module")
def residents(office: Served) -> list[Resident]:
    asked = []
    for text, department in (
        (
            "先週引っ越してきました。住民票の写しは、転入届を出したその日に取れますか。手数料と、代理で母が行くときに必要なものも教えてください。",
            "citizens",
        ),
        ("ふとんの捨て方を教えてください", "waste"),
        ("住民票の写しの手数料はいくらですか", "citizens"),
    ):
        resident = Resident(office)
        resident.ask(text)
        resident.want_person(department=department, contact={"kind": "email", "value": "hanako@example.jp", "consent": True})
        asked.append(resident)
    make_late(office, asked[0].receipt)
    return asked


@WIDTHS
def test_every_staff_page_is_sound_at_every_width(
    new_page: Callable[..., Page], office: Served, residents: list[Resident], viewport: dict[str, int], tmp_path: Path
) -> None:
    page = new_page(viewport)
    shots = Shots(page, tmp_path)
    page.goto(f"{office.url}/staff/login")
    shots.check("login")
    log_in(page, office, "hanako", "wrong")
    shots.check("login-refused")
    log_in(page, office, "hanako")
    page.goto(f"{office.url}/staff/?department=")
    shots.check("queue")
    page.goto(f"{office.url}/staff/find?receipt={residents[0].receipt}")
    shots.check("handoff-late")
    page.goto(f"{office.url}/staff/find?receipt={residents[2].receipt}")
    if page.get_by_role("button", name="対応を始める").is_visible():
        page.get_by_role("button", name="対応を始める").click()
        page.get_by_role("textbox", name="返信").fill("窓口では1通300円です。\nご本人の確認書類をお持ちください。")
        page.get_by_role("button", name="返信を送る").click()
    page.locator("summary").first.click()
    shots.check("handoff-taken")
    page.goto(f"{office.url}/staff/")
    shots.check("queue-mine")
    page.goto(f"{office.url}/staff/password")
    shots.check("password")
    page.goto(f"{office.url}/staff/accounts")
    expect(page.get_by_role("heading", level=1)).to_have_text("表示できません")
    shots.check("refusal")


@WIDTHS
def test_the_administrators_pages_are_sound_in_both_languages(
    new_page: Callable[..., Page], office: Served, residents: list[Resident], viewport: dict[str, int], tmp_path: Path
) -> None:
    page = new_page(viewport)
    shots = Shots(page, tmp_path)
    log_in(page, office, "kanri")
    page.goto(f"{office.url}/staff/accounts")
    page.locator("summary").first.click()
    shots.check("accounts")
    page.get_by_role("button", name="高橋 洋子さんのパスワードを再発行").click()
    expect(page.get_by_role("heading", name="高橋 洋子さんの初回パスワード")).to_be_visible()
    shots.check("accounts-one-time")
    page.get_by_role("button", name="English").click()
    for name, path in (("queue-en", "/staff/"), ("accounts-en", "/staff/accounts"), ("account-en", "/staff/password")):
        page.goto(f"{office.url}{path}")
        shots.check(name)


def test_the_focus_is_a_thick_black_line_with_a_yellow_ring(page: Page, office: Served) -> None:
    page.goto(f"{office.url}/staff/login")
    button = page.get_by_role("button", name="ログイン", exact=True)
    page.get_by_label("パスワード").focus()
    page.keyboard.press("Tab")
    expect(button).to_be_focused()
    style = button.evaluate("e => { const s = getComputedStyle(e); return [s.outline, s.outlineOffset, s.boxShadow]; }")
    assert style == ["rgb(0, 0, 0) solid 4px", "2px", "rgb(255, 212, 61) 0px 0px 0px 2px"]


def test_the_page_can_be_used_at_four_times_the_size(
    new_page: Callable[..., Page], office: Served, residents: list[Resident]
) -> None:
    page = new_page({"width": 320, "height": 256})
    log_in(page, office, "hanako")
    for path in ("/staff/", f"/staff/find?receipt={residents[0].receipt}", "/staff/password"):
        page.goto(f"{office.url}{path}")
        assert overflow(page) <= 0


class Shots:
    """Checks a page and keeps a picture of it in pytest's folder of this test, to be looked at."""

    def __init__(self, page: Page, folder: Path) -> None:
        self._page = page
        self._folder = folder

    def check(self, name: str) -> None:
        width = (self._page.viewport_size or {})["width"]
        self._page.screenshot(path=self._folder / f"{name}-{width}.png", full_page=True)
        assert violations(self._page) == [], name
        assert overflow(self._page) <= 0, name
        assert self._page.evaluate(SMALL) == [], name
