"""Facts of a small town, made by hand for the figures' tests."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from bot import fact_days
from bot.fact_tables import HandoffFactRow, QuestionFactRow
from database import Database
from knowledge.tables import ArticleRow, MunicipalityRow

CODE, OTHER = "990019", "990027"
TODAY = date(2026, 11, 25)
"""A Wednesday; the last whole week began on 16 November."""
OUTCOMES = {"answered": "answer", "asked_back": "ask_back", "unsure": "hand_over", "small_talk": "notice"}


def towns(database: Database) -> None:
    with database.write() as session:
        for code in (CODE, OTHER):
            session.add(MunicipalityRow(code=code, name=code))
        session.flush()
        session.add(ArticleRow(municipality=CODE, id="a1", title="住民票の写し", body="300円", category="証明書", digest="x"))


def question(session: Session, day: date, status: str = "answered", count: int = 1, **more: Any) -> None:
    """`count` equal questions of one day."""
    for _ in range(count):
        values = {"municipality": CODE, "hour": 10, "channel": "web", "language": "ja", "topic": "証明書", "first": True, **more}
        if OUTCOMES[status] == "answer":
            values.setdefault("article", "a1")
        session.add(QuestionFactRow(day=day, status=status, outcome=OUTCOMES[status], **values))


def handed(session: Session, day: date, waiting: float | None, rating: int | None = None, **more: Any) -> None:
    values = {"municipality": CODE, "hour": 10, "channel": "web", "topic": "証明書", "state": "resolved", **more}
    session.add(HandoffFactRow(day=day, waiting=waiting, rating=rating, **values))


def counted(session: Session) -> None:
    """Count every town's days up."""
    session.flush()
    for code in (CODE, OTHER):
        fact_days.count_all(session, code)
