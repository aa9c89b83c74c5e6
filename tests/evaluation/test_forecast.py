"""The forecast: what it learns from made-up weeks, what it is worth beside the baseline, and intervals that hold."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from life_fixture import CODE, OTHER, TODAY, counted, question, towns

from database import Database
from evaluation import forecast, forecast_model, forecast_store, simulated_demand
from evaluation.forecast import ALL, Errors, History
from evaluation.life_tables import ForecastRow
from settings import Settings

MONDAY = date(2023, 11, 27)


def weeks(count: int, first: date = MONDAY) -> tuple[date, ...]:
    return tuple(first + timedelta(weeks=n) for n in range(count))


def made_up(count: int = 156, seed: int = 3) -> History:
    """Five topics of the simulated town, whose seasons the forecast does not know."""
    generator = np.random.default_rng(seed)
    topics = ("証明書", "住民登録", "税", "ごみ・リサイクル", "防災")
    days = weeks(count)[-1] + timedelta(days=6)
    demand = simulated_demand.draw(topics, 60_000, days, 3, generator)
    by_week = demand.counts[-7 * count :].reshape(count, 7, len(topics)).sum(axis=1).astype(float)
    return History(weeks(count), {ALL: by_week.sum(axis=1), **dict(zip(topics, by_week.T, strict=True))})


@pytest.fixture(scope="module")
def past() -> History:
    return made_up()


@pytest.fixture(scope="module")
def errors(past: History) -> Errors:
    return forecast.backtest(past)


def test_a_steady_topic_is_forecast_as_it_was() -> None:
    fitted = forecast_model.fit(weeks(30, date(2026, 5, 4)), np.full(30, 50.0))
    assert fitted.expected(weeks(4, date(2026, 11, 30))) == pytest.approx([50] * 4, rel=0.05)


def test_a_topic_nobody_asks_about_is_forecast_as_nothing() -> None:
    said = forecast_model.fit(weeks(40), np.zeros(40)).expected(weeks(4, MONDAY + timedelta(weeks=40)))
    assert (said < 0.2).all()


def test_a_season_seen_twice_is_expected_again() -> None:
    history = weeks(140)
    peak = np.array([300.0 if week.month in (3, 4) else 100.0 for week in history])
    fitted = forecast_model.fit(history[:118], peak[:118])  # up to late February
    assert fitted.expected(history[118:124])[3:] == pytest.approx(peak[121:124], rel=0.35)


def test_a_new_level_is_followed_and_fades() -> None:
    counts = np.array([100.0] * 40 + [200.0] * 6)
    said = forecast_model.fit(weeks(46), counts).expected(weeks(4, MONDAY + timedelta(weeks=46)))
    assert said[0] > 150
    assert said[3] < said[0]


def test_it_beats_the_same_week_of_the_year_before(past: History, errors: Errors) -> None:
    found = forecast.measures(errors, past)
    assert errors.baseline == "seasonal"
    assert found["wape"] < 0.75 * found["naive_wape"]
    assert found["wape"] < found["grown_wape"]
    together = forecast.measures(errors, past, ALL)
    assert together["mase"] < 1 < together["naive_mase"] * 1.5


def test_intervals_hold_what_they_say_on_weeks_not_seen(errors: Errors) -> None:
    found = forecast.coverage(errors)
    assert found["covered_n"] > 900
    assert found["cover80"] == pytest.approx(0.80, abs=0.07)
    assert found["cover95"] == pytest.approx(0.95, abs=0.04)


def test_an_interval_uses_only_errors_known_at_the_time(errors: Errors) -> None:
    origin = sorted(set(errors.origins))[30]
    known = forecast.spread(errors, origin)
    later = [i for i, o in enumerate(errors.origins) if o + errors.steps[i] >= origin]
    changed = Errors(errors.baseline, errors.topics, errors.origins, errors.steps, errors.said, list(errors.came))
    for i in later:
        changed.came[i] *= 10
    assert forecast.spread(changed, origin) == known
    assert forecast.spread(changed) != forecast.spread(errors)


def test_errors_worked_out_by_hand() -> None:
    past = History(weeks(14), {"税": np.array([10.0, 12, 10, 12, 10, 12, 10, 12, 10, 12, 10, 12, 20, 30])})
    found = Errors("last", ["税", "税"], [12, 13], [0, 0], [16.0, 25.0], [20.0, 30.0], [12.0, 20.0], [12.0, 20.0])
    # off by 4 and 5 of 50 questions; the last week was off by 8 and 10; within the first 12 weeks it was off by 2 each week
    assert forecast.measures(found, past, "税") == {
        "n": 2, "wape": 0.18, "mase": 2.25, "naive_wape": 0.36, "naive_mase": 4.5, "grown_wape": 0.36, "grown_mase": 4.5,
    }  # fmt: skip
    assert forecast.measures(found, past, "年金")["wape"] is None


def test_without_a_year_the_last_week_is_the_baseline() -> None:
    short = History(weeks(24), {ALL: np.random.default_rng(1).poisson(40, 24).astype(float)})
    found = forecast.make(short)
    assert found["backtest"]["baseline"] == "last"
    assert found["backtest"]["cover80"] is None
    assert found["topics"][0]["forecast"][0]["low80"] < found["topics"][0]["forecast"][0]["mean"]


@pytest.mark.parametrize(("count", "said"), [(0, False), (7, False), (8, True)])
def test_too_few_weeks_say_nothing(count: int, said: bool) -> None:
    found = forecast.make(History(weeks(count), {ALL: np.full(count, 9.0)} if count else {}))
    assert bool(found) is said
    if said:
        assert found["backtest"] is None


def test_intervals_are_in_order_and_never_below_nothing(past: History, errors: Errors) -> None:
    known = forecast.spread(errors)
    assert known is not None
    for mean in (0.1, 3.0, 500.0):
        low95, high95 = known.bounds("税", 3, mean, "95")
        low80, high80 = known.bounds("税", 3, mean, "80")
        assert 0 <= low95 <= low80 <= mean <= high80 <= high95


def test_history_is_whole_weeks_without_gaps_of_the_own_town(database: Database) -> None:
    towns(database)
    with database.write() as session:
        question(session, date(2026, 10, 28), count=5)  # a Wednesday: its week is not whole
        question(session, date(2026, 11, 2), count=30)
        question(session, date(2026, 11, 22), count=2, topic="税")
        question(session, date(2026, 11, 23), count=9)  # this week
        question(session, date(2026, 11, 3), count=9, municipality=OTHER)
        counted(session)
    with database.read() as session:
        found = forecast.history(session, CODE, TODAY)
        assert forecast.history(session, "000000", TODAY) == History((), {})
    assert found.weeks == (date(2026, 11, 2), date(2026, 11, 9), date(2026, 11, 16))
    assert {topic: c.tolist() for topic, c in found.counts.items()} == {ALL: [30, 0, 2], "証明書": [30, 0, 0]}


def test_it_is_made_once_a_day_by_one_process_and_stored(database: Database, tmp_path: Path) -> None:
    towns(database)
    at = datetime(2026, 11, 25, 3, tzinfo=UTC)
    assert forecast_store.claim(database, CODE, at)
    assert not forecast_store.claim(database, CODE, at + timedelta(hours=23))
    assert forecast_store.claim(database, CODE, at + timedelta(hours=24))
    with database.write() as session:
        for number in range(10):
            question(session, TODAY - timedelta(weeks=number + 1), count=3)
        counted(session)
    assert forecast_store.make(database, Settings(instance=tmp_path), CODE, at) == 9
    with database.read() as session:
        row = session.get_one(ForecastRow, CODE)
    assert row.last_week == date(2026, 11, 16)
    assert [one["topic"] for one in row.content["topics"]] == [ALL, "証明書"]


def test_the_process_beside_the_server_makes_it(sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MADOGUCHI_DATABASE_URL", sqlite_url)
    monkeypatch.setenv("MADOGUCHI_INSTANCE", str(tmp_path))
    database = Database(sqlite_url)
    towns(database)
    at = datetime(2026, 11, 25, tzinfo=UTC)
    assert forecast_store.tick(database, Settings(instance=tmp_path, database_url=sqlite_url), at) == [CODE, OTHER]
    with database.read() as session:
        assert session.get_one(ForecastRow, CODE).content == {}
    database.dispose()
