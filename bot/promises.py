"""Until when each open hand-over needs a word from staff: what was promised, and whoever waits in a talk under way."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot import opening_hours
from bot.handoff import State
from bot.tables import HandoffRow, MessageRow
from bot.town import Town
from settings import Settings

SOON = timedelta(minutes=10)
"""How long before the moment staff are warned."""


def due(session: Session, rows: Sequence[HandoffRow], town: Town, settings: Settings) -> dict[int, datetime]:
    """Hand-over -> until when staff should have said something; without those in which the resident has had the last word.

    A queued one is due when it was promised. One that was taken is due so many minutes of opening hours after the
    resident wrote, or after it was taken.
    """
    found = {row.id: row.promised_by for row in rows if row.state == State.QUEUED and row.promised_by is not None}
    since = _unanswered_since(session, [row for row in rows if row.state == State.TAKEN])
    for row in rows:
        if row.id not in since:
            continue
        department = town.counter(row.department)
        local = since[row.id].astimezone(settings.zone)
        by = opening_hours.after_open_minutes(department, town.municipality, local, settings.handoff_reply_minutes)
        if by is not None:
            found[row.id] = by
    return found


def _unanswered_since(session: Session, rows: Sequence[HandoffRow]) -> dict[int, datetime]:
    talks = [row.conversation for row in rows]
    replied = select(MessageRow.conversation, func.max(MessageRow.id).label("id"), func.max(MessageRow.created_at).label("at"))
    replied = replied.where(MessageRow.conversation.in_(talks), MessageRow.role == "staff").group_by(MessageRow.conversation)
    last = {row.conversation: (row.id, row.at) for row in session.execute(replied)}
    asked = select(MessageRow.conversation, MessageRow.id, MessageRow.created_at)
    asked = asked.where(MessageRow.conversation.in_(talks), MessageRow.role == "resident").order_by(MessageRow.id)
    first: dict[str, datetime] = {}
    for message in session.execute(asked):
        if message.id > last.get(message.conversation, (0, None))[0]:
            first.setdefault(message.conversation, message.created_at)
    since = {}
    for row in rows:
        answered = row.conversation in last and last[row.conversation][1] >= row.requested_at
        if row.conversation in first or not answered:
            begun = row.taken_at or row.requested_at
            since[row.id] = max(first.get(row.conversation, begun), begun)
    return since
