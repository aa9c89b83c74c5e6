"""Two evaluators score twenty answers with the keyboard, a third settles what they disagree on, and the agreement is right."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from conftest import DESKTOP, PHONE, Served
from playwright.sync_api import Page, expect
from staff_driver import hire, log_in, overflow, violations

from accounts import Role
from evaluation import ratings, set_store
from evaluation.agreement import weighted_kappa
from evaluation.items import Item
from evaluation.sampling import Sample
from settings import DEMO_MUNICIPALITY

pytestmark = pytest.mark.journey
ANSWERS = 20
FIRST = [4, 3, 4, 2, 4, 3, 4, 4, 3, 4, 4, 2, 4, 3, 4, 4, 3, 4, 1, 4]
SECOND = [4, 3, 3, 2, 4, 4, 4, 4, 3, 4, 4, 2, 4, 3, 4, 4, 3, 4, 4, 2]
"""Levels for all five questions; on the last two answers they are far apart."""


@pytest.fixture(scope="module")
def office(serve: Callable[..., Served]) -> Served:
    served = serve(rate_limit_logins="10000/minute")
    for login, name in (("aoki", "青木 一"), ("baba", "馬場 二"), ("chiba", "千葉 三")):
        hire(served, login, name, Role.EVALUATOR, department="")
    with served.database.write() as session:
        samples = [
            Sample("answer", f"住民票は{n}通でいくらですか", ({"text": f"住民票の写しは1通300円です。{n}通では{300 * n}円です。", "sources": ["住民票の写し"]},),
                   {"system": "ひみつの版"})
            for n in range(1, ANSWERS + 1)
        ]  # fmt: skip
        ratings.make_batch(session, DEMO_MUNICIPALITY, "11月の採点", ratings.RUBRIC, samples, {}, "aoki")
        row = set_store.create(
            session, DEMO_MUNICIPALITY, "窓口の質問", "aoki", [Item("q1", "市長に会いたいのですが", hand_over=True, split="test")]
        )
        set_store.freeze(session, DEMO_MUNICIPALITY, row.id)
    return served


def score_all(page: Page, office: Served, levels: list[int]) -> None:
    """Every answer by digits and Ctrl+Enter alone, as the help on the page says."""
    page.goto(f"{office.url}/staff/evaluation/ratings")
    page.get_by_role("link", name="採点する 11月の採点").click()
    for number, level in enumerate(levels, 1):
        expect(page.get_by_text(f"住民票は{number}通でいくらですか")).to_be_visible()
        expect(page.get_by_text("1〜4で点を選ぶと")).to_be_visible()
        for _ in range(5):
            page.keyboard.press(str(level))
        page.keyboard.press("Control+Enter")
        expect(page.locator("[data-done]")).to_be_visible()


def test_two_score_a_third_settles_and_the_agreement_is_right(new_page: Callable[..., Page], office: Served) -> None:
    first, second, third = new_page(), new_page(), new_page()
    for page, login in ((first, "aoki"), (second, "baba"), (third, "chiba")):
        log_in(page, office, login)
    score_all(first, office, FIRST)
    second.goto(f"{office.url}/staff/evaluation/ratings/1")
    assert "ひみつの版" not in second.content()
    expect(second.get_by_text("採点を終了してから表示します")).to_be_visible()
    score_all(second, office, SECOND)
    expect(second.get_by_text("あなたが採点する回答はありません")).to_be_visible()
    third.goto(f"{office.url}/staff/evaluation/ratings/1/score")
    for _ in range(2):
        expect(third.get_by_text("2人の意見が分かれた回答です")).to_be_visible()
        expect(third.get_by_text("1〜4で点を選ぶと")).to_be_visible()
        for _ in range(5):
            third.keyboard.press("3")
        with third.expect_navigation():
            third.keyboard.press("Control+Enter")
    third.goto(f"{office.url}/staff/evaluation/ratings/1")
    third.get_by_role("button", name="採点を終了して結果を見る").click()
    expect(third.get_by_text("ひみつの版").first).to_be_attached()
    kappa = weighted_kappa(list(zip(FIRST, SECOND, strict=True)))
    row = third.get_by_role("row", name="正確さ")
    expect(row).to_contain_text(f"{kappa:.2f}［")
    final = [3 if abs(a - b) > 1 else (a + b) / 2 for a, b in zip(FIRST, SECOND, strict=True)]
    expect(row).to_contain_text(f"{sum(final) / ANSWERS:.2f}［")


@pytest.mark.parametrize("viewport", [PHONE, DESKTOP], ids=["390", "1280"])
def test_every_page_of_evaluation_is_sound_at_every_width(
    new_page: Callable[..., Page], office: Served, viewport: dict[str, int]
) -> None:
    page = new_page(viewport)
    log_in(page, office, "chiba")
    for path in ("sets", "sets/1", "sets/1/items/1", "sets/1/items/new", "sets/1/contamination", "runs", "ratings", "ratings/1",
                 "ratings/1/score"):  # fmt: skip
        page.goto(f"{office.url}/staff/evaluation/{path}")
        assert violations(page) == [], path
        assert overflow(page) <= 0, path
