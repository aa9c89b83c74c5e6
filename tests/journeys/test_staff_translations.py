"""An editor writes やさしい日本語 with the linter beside, an approver approves it; small screens, keyboard, axe."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from conftest import PHONE, Served
from playwright.sync_api import Page, expect
from staff_driver import hire, log_in, overflow, violations

from accounts import Role
from knowledge import store
from knowledge.articles import Article, State
from settings import DEMO_MUNICIPALITY

ARTICLE = Article(
    DEMO_MUNICIPALITY, "certificate", "住民票の写し", "手数料は1通300円です。", department="citizens", state=State.PUBLISHED
)


@pytest.fixture
def office(serve: Callable[..., Served]) -> Served:
    served = serve()
    hire(served, "yoko", "高橋 洋子", Role.EDITOR)
    hire(served, "kida", "木田 恵", Role.APPROVER)
    with served.database.write() as session:
        store.upsert(session, ARTICLE)
    return served


def test_one_writes_with_the_linter_beside_and_another_approves(new_page: Callable[..., Page], office: Served) -> None:
    writer = new_page()
    log_in(writer, office, "yoko")
    writer.goto(f"{office.url}/staff/translations")
    writer.get_by_role("link", name="やさしい日本語：未作成").click()
    writer.get_by_label("題名").fill("住民票（住んで いる ところの 紙）")
    writer.get_by_label("本文").fill("お金を300円払わなければなりません。")
    finding = writer.locator("[data-plain-findings] li.required")
    expect(finding).to_contain_text("否定が二つ重なっています")
    finding.get_by_role("button").press("Enter")
    assert writer.evaluate("document.activeElement.value.slice(document.activeElement.selectionStart, document.activeElement.selectionEnd)") == (
        "なければなりません"
    )  # fmt: skip
    writer.get_by_label("本文").fill("お金は 1枚 300円です。")
    expect(writer.locator("[data-plain-counts]")).to_contain_text("見つかりませんでした")
    writer.get_by_role("button", name="保存する").click()
    expect(writer.get_by_role("status").first).to_contain_text("保存しました")
    assert violations(writer) == []
    approver = new_page(PHONE)
    log_in(approver, office, "kida")
    approver.goto(f"{office.url}/staff/translations?language=yasashii&standing=waiting")
    assert overflow(approver) == 0
    assert violations(approver) == []
    approver.get_by_role("link", name="やさしい日本語：承認待ち").click()
    expect(approver.locator("ruby").first).to_be_visible()
    assert overflow(approver) == 0
    approver.get_by_role("button", name="承認して住民に表示する").press("Enter")
    expect(approver.get_by_role("status").first).to_contain_text("承認しました")
    expect(approver.locator(".badge.new")).to_contain_text("表示中")
    assert violations(approver) == []


def test_the_editor_of_an_article_tells_what_is_hard_to_read(new_page: Callable[..., Page], office: Served) -> None:
    page = new_page()
    log_in(page, office, "yoko")
    page.goto(f"{office.url}/staff/articles/certificate/edit")
    page.locator("#body").fill("避難勧告が出たら、手数料は1通300円です。")
    expect(page.locator("[data-plain-findings] li.required").first).to_contain_text("警戒レベル4 避難指示")
    assert violations(page) == []
