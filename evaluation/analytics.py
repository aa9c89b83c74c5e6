"""Figures from life: what became of residents' questions. Every definition is here, once; its text is staff_life.means_<name>.

All of it is read from the counted-up days (bot/fact_days.py) and the hand-overs' facts; a figure without cases is
undefined, never 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date, timedelta
from math import ceil
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.fact_days import monday
from bot.fact_tables import ArticleWeekRow, HandoffFactRow, QuestionDayRow
from bot.question_facts import AGAIN_WITHIN
from evaluation import shares
from evaluation.shares import Change

PERIODS = ("4", "12", "26", "52", "now")
"""Whole weeks up to last Sunday, or the present week so far."""
CONTENT_FROM = 4
"""Ratings from here on, of 1 to 5, count as content."""
NO_TOPIC = "-"
"""The filter for questions whose topic is not known."""


@dataclass(frozen=True)
class Span:
    """Which questions: days from `first` to `last`, a channel and a topic where they are not empty."""

    first: date
    last: date
    channel: str = ""
    topic: str = ""

    @property
    def weeks(self) -> list[date]:
        """The Mondays of its weeks."""
        start = monday(self.first)
        return [start + timedelta(weeks=n) for n in range(((self.last - start).days // 7) + 1)]


@dataclass(frozen=True)
class Counts:
    """Sums over days; as in question_day."""

    questions: int = 0
    conversations: int = 0
    answered: int = 0
    asked_back: int = 0
    unanswered: int = 0
    handed_over: int = 0
    judged: int = 0
    resolved: int = 0
    could_abandon: int = 0
    abandoned: int = 0
    again: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(Counts)))


@dataclass(frozen=True)
class Figure:
    """`kind`: count, share, minutes or mean. `n`: the cases it is taken over; `value` is None when there are none.

    `low` and `high`: 95 % interval of a share (Wilson).
    """

    name: str
    kind: str
    value: float | None
    n: int
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Reach:
    """How often an article was answered from, what residents said of that, and how often they came back."""

    article: str
    answered: int
    judged: int
    resolved: int
    again: int

    @property
    def share(self) -> Figure:
        return share("resolution", self.resolved, self.judged)


def span(period: str, today: date, channel: str = "", topic: str = "") -> Span:
    """The days of one of PERIODS, seen from today; anything else is the first of them."""
    this_week = monday(today)
    if period == "now":
        return Span(this_week, today, channel, topic)
    weeks = int(period) if period in PERIODS else int(PERIODS[0])
    return Span(this_week - timedelta(weeks=weeks), this_week - timedelta(days=1), channel, topic)


def days(session: Session, municipality: str, asked: Span) -> dict[date, Counts]:
    """The sums of every day that has questions."""
    sums = [func.sum(getattr(QuestionDayRow, f.name)) for f in fields(Counts)]
    query = select(QuestionDayRow.day, *sums).where(*_within(QuestionDayRow, municipality, asked)).group_by(QuestionDayRow.day)
    return {row[0]: Counts(*(int(value) for value in row[1:])) for row in session.execute(query)}


def total(found: dict[date, Counts], until: date | None = None) -> Counts:
    """Everything together, up to a day."""
    return sum((c for day, c in found.items() if until is None or day <= until), Counts())


def by_week(found: dict[date, Counts], asked: Span) -> dict[date, Counts]:
    """Monday -> sums; weeks without a question have zeros."""
    weeks = {week: Counts() for week in asked.weeks}
    for day, counted in found.items():
        weeks[monday(day)] += counted
    return weeks


def figures(found: dict[date, Counts], today: date, minutes_per_question: float) -> list[Figure]:
    """What became of the questions of these days."""
    c = total(found)
    # Whether a resident comes back within a week is known of answers older than that only.
    old = total(found, today - AGAIN_WITHIN - timedelta(days=1))
    resolution = share("resolution", c.resolved, c.judged)
    saved = None if resolution.value is None else (c.answered - c.again) * resolution.value * minutes_per_question
    return [
        Figure("questions", "count", c.questions, c.questions),
        Figure("conversations", "count", c.conversations, c.conversations),
        share("answer_rate", c.answered, c.questions),
        resolution,
        share("resolution_all", c.resolved, c.answered),
        share("handover", c.handed_over, c.questions),
        share("abandonment", c.abandoned, c.could_abandon),
        share("recontact", old.again, old.answered),
        Figure("saved", "minutes", saved, c.judged),
    ]


def handoff_figures(session: Session, municipality: str, asked: Span) -> list[Figure]:
    """Waiting times of those somebody took, and how content residents were."""
    where = _within(HandoffFactRow, municipality, asked)
    count, mean, content, rated = session.execute(
        select(
            func.count(HandoffFactRow.waiting), func.avg(HandoffFactRow.rating),
            func.count().filter(HandoffFactRow.rating >= CONTENT_FROM), func.count(HandoffFactRow.rating),
        ).where(*where)
    ).one()  # fmt: skip
    return [
        Figure("waiting_median", "minutes", _quantile(session, where, count, 0.5), count),
        Figure("waiting_p90", "minutes", _quantile(session, where, count, 0.9), count),
        share("satisfaction", content, rated),
        Figure("rating", "mean", None if mean is None else float(mean), rated),
    ]


def share(name: str, hits: int, n: int) -> Figure:
    """A share with its interval; undefined without a case."""
    if not n:
        return Figure(name, "share", None, 0)
    return Figure(name, "share", hits / n, n, *shares.wilson(hits / n, n))


def topics(session: Session, municipality: str, asked: Span) -> dict[str, Counts]:
    """Topic -> sums, the most asked first."""
    sums = [func.sum(getattr(QuestionDayRow, f.name)) for f in fields(Counts)]
    query = select(QuestionDayRow.topic, *sums).where(*_within(QuestionDayRow, municipality, asked))
    rows = session.execute(query.group_by(QuestionDayRow.topic))
    found = {row[0]: Counts(*(int(value) for value in row[1:])) for row in rows}
    return dict(sorted(found.items(), key=lambda item: (-item[1].questions, item[0])))


def changes(session: Session, municipality: str, today: date, channel: str = "") -> list[Change]:
    """Every topic's last four whole weeks beside the four before, the surest rises first."""
    both = Span(monday(today) - timedelta(weeks=2 * shares.WEEKS), monday(today) - timedelta(days=1), channel)
    query = select(QuestionDayRow.topic, QuestionDayRow.day, func.sum(QuestionDayRow.questions))
    query = query.where(*_within(QuestionDayRow, municipality, both)).group_by(QuestionDayRow.topic, QuestionDayRow.day)
    weeks = both.weeks
    counted: dict[str, list[int]] = {}
    for topic, day, questions in session.execute(query):
        counted.setdefault(topic, [0] * len(weeks))[(day - weeks[0]).days // 7] += int(questions)
    sums = [sum(column) for column in zip(*counted.values(), strict=True)] or [0] * len(weeks)
    half = shares.WEEKS
    compared = [shares.change(t, x[:half], x[half:], sums[:half], sums[half:]) for t, x in sorted(counted.items()) if t]
    return sorted(shares.adjusted(compared), key=lambda c: (c.adjusted is None, (c.ratio or 0) <= 1, c.adjusted, c.topic))


def reach(session: Session, municipality: str, asked: Span, first: int, count: int) -> tuple[list[Reach], int]:
    """The articles most answered from, and how many there are; whole weeks only."""
    where = [ArticleWeekRow.municipality == municipality, ArticleWeekRow.week >= monday(asked.first)]
    where += [ArticleWeekRow.week <= asked.last, *_chosen(ArticleWeekRow, asked)]
    sums = [func.sum(getattr(ArticleWeekRow, name)) for name in ("answered", "judged", "resolved", "again")]
    query = select(ArticleWeekRow.article, *sums).where(*where).group_by(ArticleWeekRow.article)
    rows = session.execute(query.order_by(sums[0].desc(), ArticleWeekRow.article)).all()
    return [Reach(row[0], *(int(value) for value in row[1:])) for row in rows[first : first + count]], len(rows)


def choices(session: Session, municipality: str, asked: Span) -> tuple[list[str], list[str]]:
    """The channels and topics there are in these days."""
    where = _within(QuestionDayRow, municipality, Span(asked.first, asked.last))
    query = select(QuestionDayRow.channel, QuestionDayRow.topic).where(*where).distinct()
    found = session.execute(query).all()
    return sorted({row[0] for row in found}), sorted({row[1] for row in found if row[1]})


def _within(table: Any, municipality: str, asked: Span) -> list[Any]:
    return [table.municipality == municipality, table.day >= asked.first, table.day <= asked.last, *_chosen(table, asked)]


def _chosen(table: Any, asked: Span) -> list[Any]:
    topic = "" if asked.topic == NO_TOPIC else asked.topic
    return ([table.channel == asked.channel] if asked.channel else []) + ([table.topic == topic] if asked.topic else [])


def _quantile(session: Session, where: Sequence[Any], n: int, q: float) -> float | None:
    """The smallest waiting time that at least the share q of all do not exceed (nearest rank)."""
    if not n:
        return None
    query = select(HandoffFactRow.waiting).where(*where, HandoffFactRow.waiting.is_not(None))
    return session.scalar(query.order_by(HandoffFactRow.waiting).offset(ceil(q * n) - 1).limit(1))
