"""A made-up year of questions in a throw-away database: facts as the desk writes them, without conversations and words.

`python -m evaluation simulate-year` fills a database; `life-bench` measures the pages on one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from accounts import Role, StaffRow
from bot import fact_days
from bot.answer import OUTCOME_OF, Status
from bot.fact_tables import HandoffFactRow, QuestionFactRow
from database import Database
from evaluation import scale_town, simulated_demand
from evaluation.simulated_demand import Demand
from evaluation.staff_town import ADMINISTRATOR, PASSWORD
from knowledge import store
from passwords import hashed
from settings import DEMO_MUNICIPALITY as CODE

QUESTIONS, YEARS = 1_000_000, 3
CHUNK_DAYS = 14
COLUMNS = (
    "municipality", "day", "hour", "channel", "language", "topic", "article", "status", "outcome", "probability", "ms", "first",
    "resolved", "handed_over", "settling", "abandoned", "again",
)  # fmt: skip
HANDOFF_COLUMNS = ("municipality", "day", "hour", "channel", "topic", "state", "waiting", "closing", "rating")
STATUSES = (
    Status.ANSWERED,
    Status.ANSWERED_IN_PART,
    Status.ASKED_BACK,
    Status.UNSURE,
    Status.OUT_OF_SCOPE,
    Status.SMALL_TALK,
    Status.FAILED,
)
SHARES = (0.60, 0.06, 0.15, 0.12, 0.03, 0.035, 0.005)
CHANNELS, CHANNEL_SHARES = ("web", "line"), (0.82, 0.18)
LANGUAGES, LANGUAGE_SHARES = ("ja", "yasashii", "en", "zh-Hans", "vi"), (0.90, 0.04, 0.03, 0.02, 0.01)
BY_HOUR = np.array([1, 0.6, 0.4, 0.3, 0.3, 0.5, 1, 2, 4, 6, 6.5, 6, 5.5, 5, 5, 5, 5, 4.5, 4, 4, 4.5, 4.5, 3.5, 2])
JUDGED, HELPED, LEFT, CAME_BACK, BEGAN = 0.12, 0.80, 0.35, 0.09, 0.68
ASKED_PERSON = np.array([0.02, 0.05, 0.05, 0.30, 0.10, 0.0, 0.25])
"""Share of each of STATUSES after which the resident asks for a person."""


class NotEmpty(RuntimeError):
    """The database holds questions already; a simulated year must never be mixed with a town's own."""


@dataclass(frozen=True)
class Filled:
    """Rows made, and those of the last year."""

    questions: int
    last_year: int
    handoffs: int


def fill(database: Database, questions: int, last: date, years: int = YEARS, seed: int = 0) -> Filled:
    """Fill an empty database and count its days up. Raises NotEmpty."""
    generator = np.random.default_rng(seed)
    with database.write() as session:
        if session.scalar(select(QuestionFactRow.id).limit(1)) is not None:
            raise NotEmpty("the database holds questions already: give the folder of an empty one")
        articles = _town(session)
    demand = simulated_demand.draw(sorted(articles), questions, last, years, generator)
    handoffs = 0
    for first in range(0, len(demand.days), CHUNK_DAYS):
        facts, handed = _chunk(demand, first, articles, generator)
        with database.write() as session:
            _copy(session, QuestionFactRow.__tablename__, COLUMNS, facts)
            _copy(session, HandoffFactRow.__tablename__, HANDOFF_COLUMNS, handed)
        handoffs += len(handed)
    with database.write() as session:
        fact_days.count_all(session, CODE)
        session.connection().exec_driver_sql("ANALYZE")
    return Filled(int(demand.counts.sum()), questions, handoffs)


def found(database: Database) -> Filled:
    """What an earlier `fill` has put there; its last year is the 365 days up to the last question."""
    with database.read() as session:
        last = session.scalar(select(func.max(QuestionFactRow.day)))
        if last is None:
            raise ValueError("the database holds no simulated questions")
        first = last - timedelta(days=simulated_demand.DAYS - 1)
        counted = [
            session.scalar(select(func.count()).select_from(QuestionFactRow)) or 0,
            session.scalar(select(func.count()).select_from(QuestionFactRow).where(QuestionFactRow.day >= first)) or 0,
            session.scalar(select(func.count()).select_from(HandoffFactRow)) or 0,
        ]
    return Filled(*counted)


def _town(session: Session) -> dict[str, list[str]]:
    """The demo municipality with an administrator; category -> its articles."""
    content = scale_town.demo()
    store.save_municipality(session, content.municipality)
    store.save_departments(session, CODE, content.departments)
    found: dict[str, list[str]] = {}
    for article in content.articles:
        store.upsert(session, article)
        found.setdefault(article.category, []).append(article.id)
    store.publish(session, CODE, [article.id for article in content.articles])
    if session.scalar(select(func.count()).select_from(StaffRow).where(StaffRow.login == ADMINISTRATOR)) == 0:
        row = StaffRow(
            municipality=CODE, login=ADMINISTRATOR, name="測定", role=Role.ADMINISTRATOR.value, password_hash=hashed(PASSWORD)
        )
        row.must_change_password = False
        session.add(row)
    return found


def _chunk(
    demand: Demand, first: int, articles: dict[str, list[str]], generator: np.random.Generator
) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
    """The facts of some days, and their hand-overs."""
    counts = demand.counts[first : first + CHUNK_DAYS]
    days = [day.isoformat() for day in demand.days[first : first + CHUNK_DAYS]]
    pairs = np.repeat(np.arange(counts.size), counts.ravel())
    n, topic = len(pairs), pairs % counts.shape[1]
    day, drawn = pairs // counts.shape[1], _draws(n, generator)
    status = drawn["status"]
    answered = status <= 1
    asked_back_or_unsure = (status == 2) | (status == 3)
    handed = generator.random(n) < ASKED_PERSON[status]
    judged = answered & (generator.random(n) < JUDGED)
    helped = generator.random(n) < HELPED
    again = answered & ((generator.random(n) < CAME_BACK) | handed)
    left = generator.random(n) < LEFT
    facts = [
        (
            CODE, days[d], hour, CHANNELS[channel], LANGUAGES[language], demand.topics[t],
            _article(articles[demand.topics[t]], place) if a else "", STATUSES[s].value, OUTCOME_OF[STATUSES[s]].value, p, ms, f,
            bool(h) if j else None, handed_over, False, bool(le) and not handed_over if u else None, ag,
        )
        for d, hour, channel, language, t, place, a, s, p, ms, f, h, j, handed_over, le, u, ag in zip(
            day.tolist(), drawn["hour"].tolist(), drawn["channel"].tolist(), drawn["language"].tolist(), topic.tolist(),
            drawn["place"].tolist(), answered.tolist(), status.tolist(), drawn["probability"].tolist(), drawn["ms"].tolist(),
            (generator.random(n) < BEGAN).tolist(), helped.tolist(), judged.tolist(), handed.tolist(), left.tolist(),
            asked_back_or_unsure.tolist(), again.tolist(), strict=True,
        )
    ]  # fmt: skip
    return facts, _handoffs([facts[row] for row in np.flatnonzero(handed).tolist()], generator)


def _draws(n: int, generator: np.random.Generator) -> dict[str, NDArray[Any]]:
    """What is independent of topic and day."""
    return {
        "status": generator.choice(len(STATUSES), n, p=SHARES),
        "hour": generator.choice(24, n, p=BY_HOUR / BY_HOUR.sum()),
        "channel": generator.choice(len(CHANNELS), n, p=CHANNEL_SHARES),
        "language": generator.choice(len(LANGUAGES), n, p=LANGUAGE_SHARES),
        "place": generator.geometric(0.25, n) - 1,
        "probability": np.round(generator.beta(5, 2, n), 4),
        "ms": np.round(generator.gamma(4.0, 9.0, n), 1),
    }


def _article(articles: Sequence[str], place: int) -> str:
    """The first articles of a topic are asked for most."""
    return articles[place % len(articles)]


def _handoffs(facts: Sequence[tuple[Any, ...]], generator: np.random.Generator) -> list[tuple[Any, ...]]:
    n = len(facts)
    waiting = np.round(generator.lognormal(2.6, 0.8, n), 1).tolist()
    closing = np.round(generator.lognormal(2.8, 0.6, n), 1).tolist()
    expired, rated = (generator.random(n) < 0.04).tolist(), (generator.random(n) < 0.35).tolist()
    rating = generator.choice((1, 2, 3, 4, 5), n, p=(0.04, 0.06, 0.15, 0.35, 0.40)).tolist()
    rows = zip(facts, waiting, closing, expired, rated, rating, strict=True)
    return [
        (
            CODE, f[1], f[2], f[3], f[5], "expired" if gone else "resolved", None if gone else w,
            4_320.0 if gone else w + c, r if told and not gone else None,
        )
        for f, w, c, gone, told, r in rows
    ]  # fmt: skip


def _copy(session: Session, table: str, columns: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> None:
    """Put many rows in by the fastest way the database has."""
    if not rows:
        return
    names = ", ".join(f'"{name}"' for name in columns)
    if session.get_bind().dialect.name == "postgresql":
        cursor = session.connection().connection.cursor()
        with cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
        return
    slots = ", ".join("?" for _ in columns)
    session.connection().exec_driver_sql(f"INSERT INTO {table} ({names}) VALUES ({slots})", list(rows))  # noqa: S608 - names of our own
