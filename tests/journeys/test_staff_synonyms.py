"""An editor keeps residents' words with the keyboard alone, without JavaScript, on a phone and at a desk."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import DESKTOP, PHONE, Served
from playwright.sync_api import Page, expect
from staff_driver import hire, log_in, overflow, violations

from accounts import Role
from bot.wording import say

pytestmark = pytest.mark.journey
WIDTHS = pytest.mark.parametrize("viewport", [PHONE, DESKTOP], ids=["390", "1280"])


@pytest.fixture(scope="module")
def office(serve: Callable[..., Served]) -> Served:
    served = serve(rate_limit_logins="10000/minute")
    hire(served, "yoko", "高橋 洋子", Role.EDITOR, department="")
    hire(served, "hanako", "佐藤 花子")
    return served


def check(page: Page, folder: Path, name: str) -> None:
    """No barrier axe-core knows, nothing wider than the window; a picture is kept to be looked at."""
    width = (page.viewport_size or {})["width"]
    page.screenshot(path=folder / f"{name}-{width}.png", full_page=True)
    assert violations(page) == [], name
    assert overflow(page) <= 0, name


def test_words_are_added_tried_changed_and_deleted_with_the_keyboard_and_without_javascript(
    new_page: Callable[..., Page], office: Served
) -> None:
    page = new_page(java_script_enabled=False)
    log_in(page, office, "yoko")
    page.get_by_role("link", name="ナレッジ", exact=True).press("Enter")
    page.get_by_role("link", name="言い換え", exact=True).press("Enter")
    page.get_by_text("言い換えを追加する", exact=True).press("Enter")
    page.get_by_label("行政の言葉").fill("みどりバス")
    page.keyboard.press("Tab")
    page.keyboard.type("ぐるりん号")
    page.keyboard.press("Enter")
    page.keyboard.type("はんこ")
    page.keyboard.press("Tab")
    page.keyboard.type("広報で募集した愛称")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_text("言い換えを保存しました")).to_be_visible()
    expect(page.get_by_text("「はんこ」は「印鑑」の言い換えにも登録されています。")).to_be_visible()

    page.get_by_label("住民の質問").fill("ぐるりん号は何時に来ますか")
    page.keyboard.press("Enter")
    expect(page.locator(".pairs")).to_contain_text("みどりバス")

    page.get_by_label("言葉で探す").fill("ぐるりん")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="「みどりバス」の言い換えを編集").press("Enter")
    page.get_by_label("住民の言葉").fill("ぐるりん号\nくるくるバス")
    page.get_by_role("button", name="保存する").press("Enter")
    expect(page.locator(".synonyms")).to_contain_text("ぐるりん号、くるくるバス")

    page.get_by_role("link", name="「みどりバス」の言い換えを編集").press("Enter")
    page.get_by_text("この言い換えを削除する", exact=True).press("Enter")
    page.get_by_role("button", name="削除する（確定）").press("Enter")
    expect(page.get_by_text("言い換えを削除しました")).to_be_visible()


def test_a_shared_group_is_switched_off_and_on_again(page: Page, office: Served) -> None:
    log_in(page, office, "yoko")
    page.goto(f"{office.url}/staff/synonyms?q=ハンコ")
    entry = page.locator(".synonyms .entry").filter(has=page.get_by_role("heading", name="印鑑", exact=True))
    entry.get_by_role("button", name="「印鑑」の言い換えを使わない").click()
    expect(page.locator(".closed")).to_contain_text("使っていません")
    page.get_by_role("button", name="「印鑑」の言い換えを使う", exact=True).click()
    expect(page.locator(".closed")).to_have_count(0)


@WIDTHS
def test_the_pages_of_words_are_sound_at_every_width_and_in_both_languages(
    new_page: Callable[..., Page], office: Served, viewport: dict[str, int], tmp_path: Path
) -> None:
    page = new_page(viewport)
    log_in(page, office, "yoko")
    page.goto(f"{office.url}/staff/synonyms?try=先週引っ越してきました。国保と学童の手続きにはんこはいりますか")
    check(page, tmp_path, "synonyms")
    page.get_by_text("言い換えを追加する", exact=True).click()
    page.get_by_label("行政の言葉").fill("印鑑登録証明書の交付申請")
    page.get_by_label("住民の言葉").fill("何時まで")
    page.get_by_role("button", name="追加する", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("見分けられる言葉が残らない")
    check(page, tmp_path, "synonyms-refused")
    page.goto(f"{office.url}/staff/synonyms/edit?official=印鑑")
    check(page, tmp_path, "synonym-shared")
    page.get_by_label("住民の言葉").fill(f"はんこ\nハンコ\n判子\nぽんこ{viewport['width']}")
    page.get_by_role("button", name="保存する").click()
    check(page, tmp_path, "synonyms-saved")
    page.goto(f"{office.url}/staff/synonyms/edit?official=印鑑")
    page.locator("summary").click()
    check(page, tmp_path, "synonym-changed")
    page.get_by_role("button", name="English").click()
    page.goto(f"{office.url}/staff/synonyms?try=はんこ&q=印鑑")
    expect(page.get_by_role("heading", level=1)).to_have_text(say("console.synonyms_title", "en"))
    check(page, tmp_path, "synonyms-en")


def test_somebody_who_may_not_change_words_reads_and_tries_them(page: Page, office: Served) -> None:
    log_in(page, office, "hanako")
    page.goto(f"{office.url}/staff/synonyms?try=はんこ")
    expect(page.locator(".pairs")).to_contain_text("印鑑")
    assert page.locator("main form[method=post]").count() == 0
