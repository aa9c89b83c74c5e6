"""The pages of figures from life: definitions beside figures, filters, files, and nobody else's questions."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from staff_fixture import CRUEL, Person
from town_fixture import CODE, OTHER_TOWN

from bot import fact_days
from bot.console import pages
from bot.fact_tables import HandoffFactRow, QuestionFactRow
from bot.wording import entries, say
from database import Database, now
from evaluation.life_tables import ForecastRow
from knowledge.tables import ArticleRow
from settings import Settings

LIFE = "/staff/evaluation/life"


@pytest.fixture
def last_week(settings: Settings) -> date:
    return fact_days.monday(now().astimezone(settings.zone).date()) - timedelta(days=7)


@pytest.fixture
def counted(lite: Database, last_week: date) -> None:
    """Ten questions of last week, four on a topic with a hostile name, and three of another town."""
    common: dict[str, Any] = {
        "day": last_week,
        "hour": 9,
        "language": "ja",
        "channel": "web",
        "status": "answered",
        "outcome": "answer",
    }
    with lite.write() as session:
        session.add(ArticleRow(municipality=CODE, id="a1", title=CRUEL, body="b", category="証明書", digest="x"))
        for number in range(6):
            session.add(QuestionFactRow(municipality=CODE, topic="証明書", article="a1", resolved=number < 3 or None, **common))
        for _ in range(4):
            session.add(QuestionFactRow(municipality=CODE, topic=CRUEL, article="gone", **common))
        for _ in range(3):
            session.add(QuestionFactRow(municipality=OTHER_TOWN.code, topic="よその分野", article="x", **common))
        session.add(
            HandoffFactRow(municipality=CODE, day=last_week, hour=9, channel="web", state="resolved", waiting=12.5, rating=5)
        )
        session.flush()
        for code in (CODE, OTHER_TOWN.code):
            fact_days.count_all(session, code)


def rows(person: Person, name: str, **asked: str) -> list[list[str]]:
    answer = person.get(f"{LIFE}/{name}.csv", query_string=asked)
    assert answer.status_code == 200
    assert answer.data.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))


def test_every_figure_has_its_definition_beside_it(log_in: Callable[[str], Person], counted: None) -> None:
    page = log_in("viewer").get(LIFE).text
    names = [entry.removeprefix("figure_") for entry in entries("staff_life") if entry.startswith("figure_")]
    assert len(names) == 13
    for name in names:
        assert say(f"staff_life.figure_{name}") in page
        assert say(f"staff_life.means_{name}") in page


def test_a_figure_without_cases_is_undefined_with_its_n(log_in: Callable[[str], Person]) -> None:
    page = log_in("evaluator").get(LIFE).text
    assert page.count("算出できません（n=0）") >= 9
    assert "0.0 %" not in page


def test_figures_are_those_of_the_facts(log_in: Callable[[str], Person], counted: None) -> None:
    found = {row[0]: row for row in rows(log_in("approver"), "figures")[1:]}
    assert found["質問の数"][1] == "10"
    assert found["解決率（評価のあった回答）"][1] == "1.0"
    assert (found["解決率（すべての回答）"][1], found["解決率（すべての回答）"][4]) == ("0.3", "10")
    assert found["職員が応じるまでの時間（中央値）"][1] == "12.5"
    assert found["途中でやめた割合"][1] == ""
    assert found["減らせた職員の時間（推計）"][1] == "50.0"


def test_the_assumption_can_be_changed_and_nonsense_is_the_settings(log_in: Callable[[str], Person], counted: None) -> None:
    person = log_in("evaluator")
    assert "100.0 分" in person.get(f"{LIFE}?minutes=10").text
    for nonsense in ("0", "-3", "1e9", "nan", "x"):
        assert "50.0 分" in person.get(f"{LIFE}?minutes={nonsense}").text


def test_a_filter_narrows_page_and_file(log_in: Callable[[str], Person], counted: None) -> None:
    person = log_in("evaluator")
    assert [row[0] for row in rows(person, "topics", topic="証明書")[1:]] == ["証明書"]
    assert len(rows(person, "weeks", period="12")) == 13
    assert rows(person, "topics", channel="line")[1:] == []


def test_another_towns_questions_are_in_no_page(log_in: Callable[[str], Person], counted: None) -> None:
    person = log_in("administrator")
    for page in ("", "/topics", "/articles", "/topics.csv", "/articles.csv"):
        assert "よその分野" not in person.get(f"{LIFE}{page}").text


def test_hostile_names_are_shown_escaped(log_in: Callable[[str], Person], counted: None) -> None:
    person = log_in("evaluator")
    for page in ("", "/topics", "/articles"):
        text = person.get(f"{LIFE}{page}", query_string={"topic": CRUEL, "channel": CRUEL}).text
        assert "<script>window" not in text
        assert "<img src=x" not in text
    assert "&lt;script&gt;" in person.get(f"{LIFE}/articles").text


def test_no_style_and_no_script_is_written_into_a_page(log_in: Callable[[str], Person], counted: None, lite: Database) -> None:
    forecast(lite)
    person = log_in("evaluator")
    for page in ("", "/topics", "/articles", "/forecast"):
        text = person.get(f"{LIFE}{page}").text
        assert not re.search(r"\sstyle=|<style|<script(?![^>]*src=)", text)


def test_the_diagram_and_its_table_say_the_same(log_in: Callable[[str], Person], counted: None, last_week: date) -> None:
    page = log_in("evaluator").get(LIFE).text
    assert '<svg class="chart"' in page
    assert page.count("<rect x=") == 1  # one week has questions, all of them answered
    assert f'<th scope="row">{last_week}</th><td class="number">10</td>' in page


def test_an_article_that_is_gone_is_named_by_its_id(log_in: Callable[[str], Person], counted: None) -> None:
    page = log_in("evaluator").get(f"{LIFE}/articles").text
    assert '<th scope="row">gone</th>' in page
    assert 'href="/staff/articles/a1/show"' in page


def test_whoever_may_not_read_tasks_is_not_led_to_them(log_in: Callable[[str], Person]) -> None:
    assert "やることの一覧で見る" not in log_in("viewer").get(LIFE).text
    assert "やることの一覧で見る" in log_in("evaluator").get(LIFE).text


def forecast(database: Database) -> None:
    weeks = [
        {"week": f"2026-11-{day}", "mean": 12.0, "low80": 9.0, "high80": 15.0, "low95": 7.0, "high95": 18.0} for day in (23, 30)
    ]
    one = {"topic": "*", "weeks": ["2026-11-09", "2026-11-16"], "history": [11, 13], "forecast": weeks}
    two = {**one, "topic": CRUEL, "wape": 0.2, "naive_wape": 0.3, "mase": 0.7, "naive_mase": 1.1}
    backtest = {
        "baseline": "seasonal",
        "origins": 9,
        "wape": 0.11,
        "naive_wape": 0.21,
        "n": 36,
        "cover80": 0.8,
        "cover95": 0.95,
        "covered_n": 36,
    }
    with database.write() as session:
        session.add(
            ForecastRow(municipality=CODE, last_week=date(2026, 11, 16), content={"topics": [one, two], "backtest": backtest, "history_weeks": 120})
        )  # fmt: skip


def test_the_forecast_is_shown_with_its_error(log_in: Callable[[str], Person], lite: Database) -> None:
    person = log_in("viewer")
    assert "見通しはまだありません" in person.get(f"{LIFE}/forecast").text
    forecast(lite)
    page = person.get(f"{LIFE}/forecast").text
    assert "誤差（WAPE）は 11.0 %" in page
    assert "80％の幅で 80.0 %" in page
    assert "<script>window" not in person.get(f"{LIFE}/forecast", query_string={"topic": CRUEL}).text
    assert rows(person, "forecast")[1][:3] == ["すべての分野", "2026-11-23", "12.0"]
    assert "見通しはまだありません" in logged_in_elsewhere(person).get(f"{LIFE}/forecast").text


def logged_in_elsewhere(person: Person) -> Person:
    other = Person(person.client.application.test_client())
    assert other.log_in("stranger_administrator", town=OTHER_TOWN.code).status_code == 302
    return other


@pytest.mark.parametrize("name", ["figures", "weeks", "topics", "changes", "articles", "forecast", "errors"])
def test_every_table_is_a_file_in_both_languages(
    log_in: Callable[[str], Person], counted: None, lite: Database, name: str
) -> None:
    forecast(lite)
    person = log_in("evaluator")
    heads = rows(person, name)[0]
    person.post("/staff/language", language="en")
    assert pages.LANGUAGES == ("ja", "en")
    english = rows(person, name)[0]
    assert len(english) == len(heads)
    assert english != heads


def test_a_file_that_does_not_exist_is_not_found(log_in: Callable[[str], Person]) -> None:
    assert log_in("evaluator").get(f"{LIFE}/secrets.csv").status_code == 404


def test_no_cell_of_a_file_begins_a_formula(log_in: Callable[[str], Person], lite: Database, last_week: date) -> None:
    with lite.write() as session:
        session.add(
            QuestionFactRow(municipality=CODE, day=last_week, hour=9, language="ja", channel="web", status="answered", outcome="answer",
                            topic="=1+1", article="@a")
        )  # fmt: skip
        session.flush()
        fact_days.count_all(session, CODE)
    assert rows(log_in("evaluator"), "topics")[1][0] == "'=1+1"
    assert rows(log_in("evaluator"), "articles")[1][:2] == ["'@a", "'@a"]
