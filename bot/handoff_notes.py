"""What staff note for each other about a hand-over; no resident ever sees it."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.conversations import storable
from bot.tables import HandoffNoteRow, HandoffRow

LONGEST_NOTE = 2000
SAME_WITHIN = timedelta(minutes=2)
"""The same words of the same person within this time are a form sent twice."""


def add(session: Session, row: HandoffRow, staff: int, text: str, at: datetime) -> bool:
    """Keep a note; False when the same one was kept a moment ago."""
    text = storable(text.strip())
    query = select(HandoffNoteRow.text).where(HandoffNoteRow.handoff == row.id, HandoffNoteRow.staff == staff)
    last = session.scalar(query.where(HandoffNoteRow.at > at - SAME_WITHIN).order_by(HandoffNoteRow.id.desc()).limit(1))
    if last == text:
        return False
    session.add(HandoffNoteRow(municipality=row.municipality, handoff=row.id, staff=staff, text=text, at=at))
    session.flush()
    return True


def of_handoff(session: Session, handoff: int) -> list[HandoffNoteRow]:
    """The notes of a hand-over, oldest first."""
    return list(session.scalars(select(HandoffNoteRow).where(HandoffNoteRow.handoff == handoff).order_by(HandoffNoteRow.id)))
