"""The figures from life once more, by plain SQL over the facts themselves: what the pages show has to equal it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from math import ceil
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from bot.wording import say

Key = tuple[str, str, str]
"""Table, row, column."""

FIGURES = """
SELECT count(*), sum(CASE WHEN first THEN 1 ELSE 0 END),
  sum(CASE WHEN outcome = 'answer' THEN 1 ELSE 0 END), sum(CASE WHEN handed_over THEN 1 ELSE 0 END),
  sum(CASE WHEN outcome = 'answer' AND resolved IS NOT NULL THEN 1 ELSE 0 END), sum(CASE WHEN outcome = 'answer' AND resolved THEN 1 ELSE 0 END),
  sum(CASE WHEN abandoned IS NOT NULL THEN 1 ELSE 0 END), sum(CASE WHEN abandoned THEN 1 ELSE 0 END),
  sum(CASE WHEN outcome = 'answer' AND day <= :settled THEN 1 ELSE 0 END), sum(CASE WHEN again AND day <= :settled THEN 1 ELSE 0 END)
FROM question_fact WHERE {where}
"""
WEEKS = "SELECT day, count(*), sum(CASE WHEN outcome = 'answer' THEN 1 ELSE 0 END) FROM question_fact WHERE {where} GROUP BY day"
TOPICS = (
    "SELECT topic, count(*), sum(CASE WHEN outcome = 'answer' THEN 1 ELSE 0 END) FROM question_fact WHERE {where} GROUP BY topic"
)
ARTICLES = """
SELECT article, count(*), sum(CASE WHEN resolved IS NOT NULL THEN 1 ELSE 0 END), sum(CASE WHEN resolved THEN 1 ELSE 0 END)
FROM question_fact WHERE {where} AND outcome = 'answer' AND article <> '' GROUP BY article
"""
WAITING = "SELECT waiting FROM handoff_fact WHERE {where} AND waiting IS NOT NULL ORDER BY waiting"
RATINGS = "SELECT rating FROM handoff_fact WHERE {where} AND rating IS NOT NULL"
COLUMNS: Mapping[str, tuple[int, Mapping[str, int]]] = {
    "figures": (0, {"value": 1, "n": 4}),
    "weeks": (0, {"questions": 1, "answered": 2}),
    "topics": (0, {"questions": 1, "answer_rate": 2}),
    "articles": (1, {"answers": 2, "resolution": 3, "judged": 4}),
}
"""Of each file: the column of the row's name, and those compared."""


def direct(session: Session, municipality: str, asked: Mapping[str, str], today: date) -> dict[Key, float | None]:
    """Every figure compared, counted from the facts for what an address asks for."""
    monday = today - timedelta(days=today.weekday())
    period = asked.get("period", "4")
    first, last = (monday, today) if period == "now" else (monday - timedelta(weeks=int(period)), monday - timedelta(days=1))
    values = {"town": municipality, "first": first.isoformat(), "last": last.isoformat()}
    where = "municipality = :town AND day >= :first AND day <= :last"
    for name in ("channel", "topic"):
        if asked.get(name):
            where, values[name] = f"{where} AND {name} = :{name}", asked[name]
    settled = (today - timedelta(days=8)).isoformat()

    def rows(statement: str, **more: str) -> Sequence[Any]:
        return session.execute(text(statement.format(where=where)), {**values, **more}).all()

    found: dict[Key, float | None] = {}
    for name, value, n in _figures(rows(FIGURES, settled=settled)[0], rows(WAITING), rows(RATINGS)):
        label = say(f"staff_life.figure_{name}")
        found[("figures", label, "value")], found[("figures", label, "n")] = value, n
    for week, questions, answered in _weeks(rows(WEEKS), first, last):
        found[("weeks", week, "questions")], found[("weeks", week, "answered")] = questions, answered
    for topic, questions, answered in rows(TOPICS):
        label = topic or say("staff_life.no_topic")
        found[("topics", label, "questions")], found[("topics", label, "answer_rate")] = questions, answered / questions
    for article, answers, judged, resolved in rows(ARTICLES):
        found[("articles", article, "answers")], found[("articles", article, "judged")] = answers, judged
        found[("articles", article, "resolution")] = resolved / judged if judged else None
    return found


def read(name: str, lines: Sequence[Sequence[str]]) -> dict[Key, float | None]:
    """The compared figures of a file of the pages."""
    row_name, columns = COLUMNS[name]
    return {
        (name, line[row_name], column): float(line[place]) if line[place] else None
        for line in lines[1:]
        for column, place in columns.items()
    }


def same(shown: float | None, counted: float | None) -> bool:
    """Equal but for the six decimals of a file."""
    if shown is None or counted is None:
        return shown is counted
    return abs(shown - counted) <= 1e-6


def _figures(
    sums: Sequence[Any], waiting: Sequence[Any], ratings: Sequence[Any], minutes: float = 5.0
) -> list[tuple[str, float | None, int]]:
    questions, began, answered, handed, judged, resolved, could, left, old, again = (int(value or 0) for value in sums)
    waits, rated = [float(row[0]) for row in waiting], [int(row[0]) for row in ratings]
    return [
        ("questions", questions, questions),
        ("conversations", began, began),
        ("answer_rate", _share(answered, questions), questions),
        ("resolution", _share(resolved, judged), judged),
        ("resolution_all", _share(resolved, answered), answered),
        ("handover", _share(handed, questions), questions),
        ("abandonment", _share(left, could), could),
        ("recontact", _share(again, old), old),
        ("waiting_median", waits[ceil(0.5 * len(waits)) - 1] if waits else None, len(waits)),
        ("waiting_p90", waits[ceil(0.9 * len(waits)) - 1] if waits else None, len(waits)),
        ("satisfaction", _share(sum(r >= 4 for r in rated), len(rated)), len(rated)),
        ("rating", sum(rated) / len(rated) if rated else None, len(rated)),
    ]


def _weeks(days: Sequence[Any], first: date, last: date) -> list[tuple[str, int, int]]:
    found = {first + timedelta(weeks=n): [0, 0] for n in range((last - first).days // 7 + 1)}
    for day, questions, answered in days:
        at = date.fromisoformat(str(day))
        counted = found[at - timedelta(days=at.weekday())]
        counted[0] += questions
        counted[1] += answered
    return [(week.isoformat(), *counts) for week, counts in found.items()]  # type: ignore[misc]


def _share(hits: int, n: int) -> float | None:
    return hits / n if n else None
