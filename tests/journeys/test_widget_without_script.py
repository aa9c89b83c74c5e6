"""The desk in a browser that runs no script."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from conftest import DESKTOP, Served, Watched
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.journey


@pytest.fixture
def page(new_page: Callable[..., Page]) -> Page:
    return new_page(DESKTOP, java_script_enabled=False)


def test_the_home_page_leads_to_an_answer(page: Page, desk_server: Served, watched: Watched) -> None:
    page.goto(desk_server.url)
    expect(page.get_by_role("link", name="文字だけの質問ページ").first).to_have_attribute("href", "/ask")
    page.get_by_label("知りたいこと").fill("住民票の写しの手数料はいくらですか")
    page.get_by_role("main").get_by_role("button", name="質問する").click()
    expect(page.locator(".talk-message.desk")).to_contain_text("1通300円")
    expect(page.locator(".source")).to_contain_text("2026年10月15日")
    assert page.url == f"{desk_server.url}/ask"
    assert [url for url in watched.requests if not url.startswith(desk_server.url)] == []


def test_a_menu_entry_asks_too(page: Page, desk_server: Served) -> None:
    page.goto(desk_server.url)
    page.get_by_role("button", name="証明書").click()
    expect(page.locator(".talk-message.desk")).to_contain_text("1通300円")


def test_the_whole_way_to_a_person_and_back(page: Page, desk_server: Served) -> None:
    page.goto(f"{desk_server.url}/ask")
    page.get_by_label("質問を入力してください").fill("住民票の写しの手数料はいくらですか")
    page.get_by_role("button", name="送信").click()
    page.locator("summary", has_text="職員に相談を申し込む").click()
    page.get_by_label("伝えたいこと").fill("郵送でお願いできますか")
    page.get_by_role("button", name="職員に相談を申し込む").click()
    expect(page.locator(".state")).to_contain_text("受付済み")
    handoff = desk_server.take()
    desk_server.reply(handoff, "郵送でも受け付けています")
    page.get_by_role("button", name="返信を確かめる").click()
    expect(page.locator(".state")).to_contain_text("担当者が対応中")
    expect(page.locator(".talk-message.staff")).to_contain_text("郵送でも受け付けています")
    page.get_by_label("職員へのメッセージを入力してください").fill("ありがとうございます")
    page.get_by_role("button", name="送信").click()
    expect(page.locator(".talk-message").filter(has_text="担当者にお伝えしました")).to_be_visible()
    assert page.url.startswith(desk_server.url)
    assert "conversation" not in page.url


def test_choices_are_pressed_without_a_script(page: Page, desk_server: Served) -> None:
    page.goto(f"{desk_server.url}/ask")
    page.get_by_label("質問を入力してください").fill("印鑑について")
    page.get_by_role("button", name="送信").click()
    page.get_by_role("button", name="印鑑登録証明書を取る").click()
    expect(page.locator(".talk-message.desk").last).to_contain_text("1通300円")
    assert desk_server.desk.asked[-1].choice == "residence-certificate"
