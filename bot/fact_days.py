"""Facts counted up by day and by week, so that a year is read in milliseconds.

`python -m bot.fact_days` counts what has changed; with `--verify` it compares every day with a direct count of the facts.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Integer, cast, delete, func, insert, select, text
from sqlalchemy.orm import InstrumentedAttribute, Session

from bot import question_facts
from bot.answer import Outcome
from bot.fact_tables import ArticleWeekRow, FactChangeRow, QuestionDayRow, QuestionFactRow
from database import Database, now
from settings import load_settings

MOST_CHANGES = 20_000
"""Changes read at once; the days of more than that are counted in the next round."""
_ADVISORY_LOCK = 991_005
_F = QuestionFactRow
DAY_KEY = ("channel", "topic")
WEEK_KEY = ("channel", "topic", "article")


def monday(day: date) -> date:
    """The first day of its week."""
    return day - timedelta(days=day.weekday())


def tick(database: Database, at: datetime) -> int:
    """Settle what was abandoned and count up the days that have changed; how many days were counted."""
    with database.write() as session:
        question_facts.settle(session, at)
    with database.read() as session:
        if session.scalar(select(FactChangeRow.id).limit(1)) is None:
            return 0
    with database.write() as session:
        return count_changed(session)


def count_changed(session: Session) -> int:
    """Count up the days that have changed; how many. Another process that is at it is left to it."""
    alone = text("SELECT pg_try_advisory_xact_lock(:key)")
    if session.get_bind().dialect.name == "postgresql" and not session.scalar(alone, {"key": _ADVISORY_LOCK}):
        return 0
    # What is read here as changed is seen by the counting below: both read what is committed when they begin.
    rows = session.execute(
        select(FactChangeRow.id, FactChangeRow.municipality, FactChangeRow.day).order_by(FactChangeRow.id).limit(MOST_CHANGES)
    ).all()
    days = sorted({(row.municipality, row.day) for row in rows})
    for municipality, day in days:
        _replace(session, QuestionDayRow, municipality, day=day, rows=by_day(session, municipality, day, day))
    for municipality, week in sorted({(code, monday(day)) for code, day in days}):
        _replace(session, ArticleWeekRow, municipality, week=week, rows=by_week(session, municipality, week))
    ids = [row.id for row in rows]
    for first in range(0, len(ids), 500):
        session.execute(delete(FactChangeRow).where(FactChangeRow.id.in_(ids[first : first + 500])))
    return len(days)


def count_all(session: Session, municipality: str) -> None:
    """Count every day of a municipality anew."""
    session.execute(delete(FactChangeRow).where(FactChangeRow.municipality == municipality))
    for row in (QuestionDayRow, ArticleWeekRow):
        session.execute(delete(row).where(row.municipality == municipality))
    _insert(session, QuestionDayRow, by_day(session, municipality, date.min, date.max))
    days = session.execute(select(_F.day).where(_F.municipality == municipality).group_by(_F.day)).scalars()
    for week in sorted({monday(day) for day in days}):
        _insert(session, ArticleWeekRow, by_week(session, municipality, week))


def by_day(session: Session, municipality: str, first: date, last: date) -> list[dict[str, Any]]:
    """The rows of question_day for these days, counted from the facts themselves."""
    answered = _F.outcome == Outcome.ANSWER.value
    query = select(
        _F.municipality, _F.day, _F.channel, _F.topic, func.count().label("questions"), _sum(_F.first, "conversations"),
        _sum(answered, "answered"), _sum(_F.outcome == Outcome.ASK_BACK.value, "asked_back"),
        _sum(_F.outcome == Outcome.HAND_OVER.value, "unanswered"), _sum(_F.handed_over, "handed_over"),
        _sum(answered & _F.resolved.is_not(None), "judged"), _sum(answered & _F.resolved.is_(True), "resolved"),
        _sum(_F.abandoned.is_not(None), "could_abandon"), _sum(_F.abandoned.is_(True), "abandoned"), _sum(_F.again, "again"),
    )  # fmt: skip
    query = query.where(_F.municipality == municipality, _F.day >= first, _F.day <= last)
    return [dict(row) for row in session.execute(query.group_by(_F.municipality, _F.day, _F.channel, _F.topic)).mappings()]


def by_week(session: Session, municipality: str, week: date) -> list[dict[str, Any]]:
    """The rows of article_week for the week that begins on this Monday, counted from the facts themselves."""
    query = select(
        _F.municipality, _F.channel, _F.topic, _F.article, func.count().label("answered"), _sum(_F.resolved.is_not(None), "judged"),
        _sum(_F.resolved.is_(True), "resolved"), _sum(_F.again, "again"),
    )  # fmt: skip
    query = query.where(
        _F.municipality == municipality, _F.day >= week, _F.day < week + timedelta(days=7),
        _F.outcome == Outcome.ANSWER.value, _F.article != "",
    )  # fmt: skip
    rows = session.execute(query.group_by(_F.municipality, _F.channel, _F.topic, _F.article)).mappings()
    return [{**row, "week": week} for row in rows]


def differences(session: Session, municipality: str) -> list[str]:
    """Where the counted-up rows do not equal a direct count of the facts; days not counted yet are not looked at."""
    waiting = set(session.scalars(select(FactChangeRow.day).where(FactChangeRow.municipality == municipality)))
    days = _stored(session, QuestionDayRow, municipality, "day", DAY_KEY)
    direct = {_key(row, "day", DAY_KEY): row for row in by_day(session, municipality, date.min, date.max)}
    found = _compared("day", days, direct, waiting)
    weeks = _stored(session, ArticleWeekRow, municipality, "week", WEEK_KEY)
    mondays = {monday(key[0]) for key in direct} | {key[0] for key in weeks}
    counted = [row for week in sorted(mondays) for row in by_week(session, municipality, week)]
    return found + _compared("week", weeks, {_key(row, "week", WEEK_KEY): row for row in counted}, {monday(d) for d in waiting})


def _sum(condition: Any, name: str) -> Any:
    """How often a condition holds; NULL counts as no."""
    return func.coalesce(func.sum(cast(condition, Integer)), 0).label(name)


def _replace(session: Session, table: Any, municipality: str, *, rows: list[dict[str, Any]], **when: date) -> None:
    name, value = next(iter(when.items()))
    column: InstrumentedAttribute[date] = getattr(table, name)
    session.execute(delete(table).where(table.municipality == municipality, column == value))
    _insert(session, table, rows)


def _insert(session: Session, table: Any, rows: list[dict[str, Any]]) -> None:
    if rows:
        session.execute(insert(table), rows)


def _stored(session: Session, table: Any, municipality: str, when: str, key: Sequence[str]) -> dict[Any, Any]:
    rows = session.execute(select(table.__table__).where(table.municipality == municipality)).mappings()
    return {_key(row, when, key): dict(row) for row in rows}


def _key(row: Any, when: str, key: Sequence[str]) -> tuple[Any, ...]:
    return (row[when], *(row[name] for name in key))


def _compared(name: str, stored: dict[Any, Any], direct: dict[Any, Any], waiting: set[date]) -> list[str]:
    keys = sorted(key for key in stored.keys() | direct.keys() if key[0] not in waiting)
    return [f"{name} {key}: {stored.get(key)} is not {direct.get(key)}" for key in keys if stored.get(key) != direct.get(key)]


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bot.fact_days", description=__doc__)
    parser.add_argument("--municipality", metavar="CODE", help="団体コード; left out, the one of the settings")
    parser.add_argument("--verify", action="store_true", help="compare with a direct count instead; 1 when something differs")
    parser.add_argument("--all", action="store_true", help="count every day anew")
    given = parser.parse_args(arguments)
    settings = load_settings()
    code = given.municipality or settings.municipality
    database = Database(settings.resolved_database_url)
    if given.verify:
        with database.read() as session:
            found = differences(session, code)
        print("\n".join(found) or "every day and week equals the direct count")
        return 1 if found else 0
    if given.all:
        with database.write() as session:
            count_all(session, code)
    print(f"days counted: {tick(database, now())}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
