"""An evaluator reads the figures of a simulated year, narrows them, takes a table home, and looks at the forecast."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from conftest import DESKTOP, PHONE, Served, Watched
from playwright.sync_api import Page, expect
from staff_driver import hire, log_in, overflow, violations

from accounts import Role
from database import now
from evaluation import forecast_store, simulated_year
from settings import DEMO_MUNICIPALITY

pytestmark = pytest.mark.journey
QUESTIONS = 6_000


@pytest.fixture(scope="module")
def office(serve: Callable[..., Served]) -> Served:
    served = serve(rate_limit_logins="10000/minute")
    last = now().astimezone(served.settings.zone).date() - timedelta(days=1)
    simulated_year.fill(served.database, QUESTIONS, last, years=1)
    forecast_store.make(served.database, served.settings, DEMO_MUNICIPALITY, now())
    hire(served, "hara", "原 花子", Role.EVALUATOR, department="")
    hire(served, "mori", "森 太郎", Role.VIEWER, department="")
    return served


def test_figures_are_narrowed_and_taken_home(
    new_page: Callable[..., Page], office: Served, watched: Watched, tmp_path: Path
) -> None:
    page = new_page()
    log_in(page, office, "hara")
    page.get_by_role("link", name="評価", exact=True).click()
    page.get_by_role("link", name="利用状況と成果").click()
    page.get_by_label("期間", exact=True).select_option("52")
    page.get_by_label("分野", exact=True).select_option("税")
    page.get_by_role("button", name="表示する").click()
    card = page.get_by_role("listitem").filter(has_text="質問の数").filter(has_text="窓口が返事をした")
    shown = int(card.locator(".value").inner_text().replace(",", ""))
    assert 0 < shown < QUESTIONS
    expect(page.get_by_text("記事から回答したもの")).to_be_visible()
    page.get_by_text("表で見る").click()
    with page.expect_download() as download:
        page.get_by_role("link", name=re.compile("CSV.*週ごとの質問")).click()
    path = tmp_path / "weeks.csv"
    download.value.save_as(path)
    rows = list(csv.reader(io.StringIO(path.read_text(encoding="utf-8-sig"))))
    assert sum(int(row[1]) for row in rows[1:]) == shown
    assert watched.problems == []


def test_the_assumption_is_changed_by_keyboard(new_page: Callable[..., Page], office: Served) -> None:
    page = new_page()
    log_in(page, office, "mori")
    page.goto(f"{office.url}/staff/evaluation/life?period=52")
    before = page.locator(".figure", has_text="減らせた職員の時間").locator(".value").inner_text()
    page.get_by_label("1問あたりの職員の時間（分）").focus()
    page.keyboard.press("Control+a")
    page.keyboard.type("10")
    page.keyboard.press("Enter")
    expect(page.get_by_text("職員が1問に 10 分かける場合")).to_be_visible()
    after = page.locator(".figure", has_text="減らせた職員の時間").locator(".value").inner_text()
    hours = [float(text.split()[0].replace(",", "")) for text in (before, after)]
    assert hours[1] == pytest.approx(2 * hours[0], abs=1)


def test_the_forecast_is_read_with_its_error(new_page: Callable[..., Page], office: Served) -> None:
    page = new_page()
    log_in(page, office, "mori")
    page.goto(f"{office.url}/staff/evaluation/life/forecast")
    expect(page.get_by_role("img", name="すべての分野の質問数のこれまでと見通しの図")).to_be_visible()
    expect(page.get_by_role("row").filter(has_text="すべての分野")).to_have_count(5)  # four weeks, and the errors
    page.get_by_label("分野", exact=True).select_option("証明書")
    page.get_by_role("button", name="表示する").click()
    expect(page.get_by_role("img", name="証明書の質問数のこれまでと見通しの図")).to_be_visible()


@pytest.mark.parametrize("viewport", [PHONE, DESKTOP], ids=["390", "1280"])
def test_every_page_is_sound_at_every_width(
    new_page: Callable[..., Page], office: Served, watched: Watched, viewport: dict[str, int]
) -> None:
    page = new_page(viewport)
    log_in(page, office, "mori")
    for path in (
        "life",
        "life?period=52",
        "life?period=now&channel=line",
        "life/topics?period=12",
        "life/articles?period=52",
        "life/forecast",
    ):
        page.goto(f"{office.url}/staff/evaluation/{path}")
        assert violations(page) == [], path
        assert overflow(page) <= 0, path
    assert watched.problems == []
