"""The simulated year: as many questions as asked for, with the seasons it claims, and counted like a town's own."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import func, select, text

from bot import fact_days
from bot.fact_tables import HandoffFactRow, QuestionFactRow
from database import Database
from evaluation import __main__ as command
from evaluation import life_check, life_view, simulated_demand, simulated_year
from evaluation.analytics import by_week, days, figures, handoff_figures, reach, span, topics
from settings import DEMO_MUNICIPALITY as CODE

LAST = date(2026, 11, 24)
TODAY = date(2026, 11, 25)


def test_the_last_year_has_exactly_the_questions_asked_for(database: Database) -> None:
    filled = simulated_year.fill(database, 3_000, LAST, years=2)
    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(QuestionFactRow)) == filled.questions
        first = date(2025, 11, 25)
        assert session.scalar(select(func.count()).where(QuestionFactRow.day >= first)) == filled.last_year == 3_000
        assert session.scalar(select(func.max(QuestionFactRow.day))) == LAST
        assert simulated_year.found(database) == filled
        assert session.scalar(select(func.count()).select_from(HandoffFactRow)) == filled.handoffs > 0
        assert fact_days.differences(session, CODE) == []
        assert session.scalar(select(func.count()).where(QuestionFactRow.conversation.is_not(None))) == 0


def test_a_database_that_holds_questions_is_left_alone(database: Database) -> None:
    simulated_year.fill(database, 200, LAST, years=1)
    with pytest.raises(simulated_year.NotEmpty):
        simulated_year.fill(database, 200, LAST, years=1)


def test_people_move_in_march_and_towns_grow() -> None:
    demand = simulated_demand.draw(("住民登録", "証明書"), 50_000, LAST, 2, np.random.default_rng(1))
    months = np.array([day.month for day in demand.days])
    moving = demand.counts[:, 0]
    assert moving[months == 3].mean() > 1.8 * moving[months == 6].mean()
    assert 1.05 < demand.counts[365:].sum() / demand.counts[:365].sum() < 1.5
    sunday = np.array([day.weekday() == 6 for day in demand.days])
    assert demand.counts[sunday].sum() / sunday.sum() < 0.6 * demand.counts[~sunday].sum() / (~sunday).sum()


def test_the_same_seed_draws_the_same_year() -> None:
    drawn = [simulated_demand.draw(("税",), 500, LAST, 1, np.random.default_rng(7)).counts for _ in range(2)]
    assert (drawn[0] == drawn[1]).all()


def test_what_is_shown_equals_a_direct_count(database: Database) -> None:
    simulated_year.fill(database, 2_500, LAST, years=1)
    for asked in ({}, {"period": "52"}, {"period": "52", "channel": "line", "topic": "税"}):
        assert differing(database, asked) == {}, asked


def differing(database: Database, asked: dict[str, str]) -> dict[life_check.Key, float | None]:
    """The figures counted directly that the files show otherwise."""
    wanted = span(asked.get("period", "4"), TODAY, asked.get("channel", ""), asked.get("topic", ""))
    with database.read() as session:
        direct = life_check.direct(session, CODE, asked, TODAY)
        found = days(session, CODE, wanted)
        articles, count = reach(session, CODE, wanted, 0, 10_000)
        tables = [
            life_view.figures(figures(found, TODAY, 5.0) + handoff_figures(session, CODE, wanted), _say),
            life_view.weeks(by_week(found, wanted)),
            life_view.topics(topics(session, CODE, wanted), _say),
            life_view.articles(articles, {}),
        ]
    assert count == len(articles)
    assert len(direct) > 20
    shown = {key: value for table in tables for key, value in life_check.read(table.name, _file(table)).items()}
    return {key: value for key, value in direct.items() if not life_check.same(shown[key], value)}


def test_a_figure_that_differs_is_found(database: Database) -> None:
    simulated_year.fill(database, 300, LAST, years=1)
    with database.read() as session:
        before = life_check.direct(session, CODE, {"period": "52"}, TODAY)
    with database.write() as session:
        session.execute(text("DELETE FROM question_fact WHERE day = '2026-11-16'"))
    with database.read() as session:
        after = life_check.direct(session, CODE, {"period": "52"}, TODAY)
    assert before != after


def test_the_command_fills_a_folder_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given = ["simulate-year", "--questions", "150", "--years", "1", "--instance", str(tmp_path), "--last", "2026-11-24"]
    assert command.main(given) == 0
    assert "150 questions in the year up to 2026-11-24" in capsys.readouterr().out
    assert command.main(given) == 2
    assert "give the folder of an empty one" in capsys.readouterr().err


def _say(entry: str, **slots: object) -> str:
    from bot.wording import say

    return say(f"staff_life.{entry}", **slots)


def _file(table: life_view.Table) -> list[list[str]]:
    import csv
    import io

    return list(csv.reader(io.StringIO(life_view.to_csv(table, _say).removeprefix("\ufeff"))))
