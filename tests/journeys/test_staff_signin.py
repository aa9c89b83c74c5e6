"""Signing in with a second factor by keyboard alone, its pages and those of accounts and the audit trail for everybody."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pyotp
import pytest
from conftest import DESKTOP, PHONE, Served
from playwright.sync_api import Page, expect
from sqlalchemy import select
from staff_driver import PASSWORD, hire, log_in
from test_staff_accessibility import Shots

import second_factor
from accounts import Role, StaffRow
from authentication import member_of
from database import now
from factor_codes import Vault

pytestmark = pytest.mark.journey
WIDTHS = pytest.mark.parametrize("viewport", [PHONE, DESKTOP], ids=["390", "1280"])


@pytest.fixture(scope="module")
def office(serve: Callable[..., Served]) -> Served:
    """A desk that demands a second factor of approvers."""
    served = serve(rate_limit_logins="10000/minute", second_factor_roles="approver")
    hire(served, "hanako", "佐藤 花子")
    hire(served, "shonin", "田中 承認", Role.APPROVER)
    hire(served, "kanri", "山本 管理", Role.ADMINISTRATOR, department="general")
    return served


def type_code(page: Page, secret: str) -> None:
    page.keyboard.type(pyotp.TOTP(secret).now())
    page.keyboard.press("Enter")


def wait_for_new_code(secret: str, used: str) -> None:
    deadline = time.monotonic() + 35
    while pyotp.TOTP(secret).now() == used:
        assert time.monotonic() < deadline
        time.sleep(0.5)


def test_a_demanded_factor_is_set_up_and_asked_for_by_keyboard_alone(page: Page, office: Served) -> None:
    page.goto(f"{office.url}/staff/login")
    page.get_by_label("ログインID").focus()
    page.keyboard.type("shonin")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("2段階認証")
    expect(page.get_by_text("設定が必要です")).to_be_visible()
    expect(page.locator("nav.places")).to_have_count(0)
    drawn = page.get_by_role("img", name="QRコード")
    assert drawn.evaluate("image => image.complete && image.naturalWidth") > 100
    secret = page.locator(".secret code").inner_text().replace(" ", "")
    while page.evaluate("document.activeElement.id") != "code":
        page.keyboard.press("Tab")
    used = pyotp.TOTP(secret).now()
    page.keyboard.type(used)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("回復コード")
    expect(page.locator(".codes li")).to_have_count(10)
    page.get_by_role("link", name="保管したので続ける").focus()
    page.keyboard.press("Enter")
    expect(page.locator("nav.places")).to_be_visible()
    page.get_by_role("button", name="ログアウト", exact=True).focus()
    page.keyboard.press("Enter")
    page.get_by_label("ログインID").focus()
    page.keyboard.type("shonin")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_label("確認コード")).to_be_focused()
    page.goto(f"{office.url}/staff/password")  # the first step alone opens nothing
    expect(page.get_by_role("heading", level=1)).to_have_text("職員ログイン")
    page.goto(f"{office.url}/staff/login/code")
    wait_for_new_code(secret, used)
    type_code(page, secret)
    expect(page.locator("nav.places")).to_be_visible()


def equip(office: Served, login: str, key: str) -> list[str]:
    """A factor whose recovery codes are known."""
    secret, at = pyotp.random_base32(), now() - timedelta(minutes=5)
    with office.database.read() as session:
        member = member_of(session.scalars(select(StaffRow).where(StaffRow.login == login)).one())
    return second_factor.enrol(office.database, member, secret, pyotp.TOTP(secret).at(at), at, Vault(key))[1]


@WIDTHS
def test_every_page_of_signing_in_is_sound_at_every_width(
    new_page: Callable[..., Page], office: Served, viewport: dict[str, int], tmp_path: Path
) -> None:
    hire(office, f"wide{viewport['width']}", "鈴木 次郎")
    page = new_page(viewport)
    shots = Shots(page, tmp_path)
    log_in(page, office, f"wide{viewport['width']}")
    page.goto(f"{office.url}/staff/factor")
    shots.check("factor-begin")
    secret = page.locator(".secret code").inner_text().replace(" ", "")
    page.get_by_label("確認コード").fill("000000")
    page.get_by_role("button", name="登録する").click()
    shots.check("factor-wrong")
    page.get_by_label("確認コード").fill(pyotp.TOTP(secret).now())
    page.get_by_role("button", name="登録する").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("回復コード")
    shots.check("factor-codes")
    code = page.locator(".codes code").first.inner_text()
    page.goto(f"{office.url}/staff/factor")
    shots.check("factor-set-up")
    page.get_by_role("button", name="ログアウト", exact=True).click()
    log_in(page, office, f"wide{viewport['width']}")
    shots.check("code")
    page.get_by_label("確認コード").fill("000000")
    page.get_by_role("button", name="ログイン", exact=True).click()
    shots.check("code-wrong")
    page.get_by_label("確認コード").fill(code)
    page.get_by_role("button", name="ログイン", exact=True).click()
    expect(page.get_by_text("回復コードでログインしました")).to_be_visible()
    shots.check("factor-recovery")


@WIDTHS
def test_the_administrators_pages_are_sound_at_every_width_and_in_english(
    new_page: Callable[..., Page], office: Served, viewport: dict[str, int], tmp_path: Path
) -> None:
    equip(office, "hanako", "another key")
    page = new_page(viewport)
    shots = Shots(page, tmp_path)
    log_in(page, office, "kanri")
    page.goto(f"{office.url}/staff/accounts")
    shots.check("accounts")
    page.get_by_role("link", name="佐藤 花子さんの登録内容を変更").click()
    page.locator("summary").first.click()
    shots.check("account-edit")
    page.get_by_label("メールアドレス").fill("hanako@city.midorino.example")
    page.get_by_label("所属").select_option(label="市民課")
    page.get_by_role("button", name="保存する").click()
    expect(page.get_by_text("アカウントを変更しました")).to_be_visible()
    page.goto(f"{office.url}/staff/audit")
    shots.check("audit")
    page.get_by_label("操作した人").fill("kanri")
    page.get_by_role("button", name="探す", exact=True).click()
    expect(page.locator(".trail h3").first).to_be_visible()
    page.get_by_role("button", name="すべての記録を確認する").click()
    expect(page.get_by_text("変更は見つかりませんでした")).to_be_visible()
    shots.check("audit-verified")
    with page.expect_download() as downloading:
        page.get_by_role("button", name="CSVで書き出す").click()
    assert Path(downloading.value.path()).read_bytes().startswith(b"\xef\xbb\xbf")
    page.get_by_role("button", name="English").click()
    for name in ("audit", "factor", "accounts"):
        page.goto(f"{office.url}/staff/{name}")
        shots.check(f"{name}-en")
