"""Stored conversations as the JSON of bot/openapi.yml."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts import StaffRow
from bot import conversations, handoff, handoff_wording, opening_hours, presence
from bot.answer import Choice
from bot.tables import ConversationRow, HandoffRow, MessageRow
from bot.town import Town, load_town
from bot.wording import say

SUGGESTIONS = ("suggestion_1", "suggestion_2", "suggestion_3", "suggestion_4")


def conversation_json(session: Session, row: ConversationRow, at: datetime) -> dict[str, Any]:
    """The whole conversation; `at` is in the municipality's time zone."""
    town = load_town(session, row.municipality)
    asks = [say(f"conversation.{name}", row.language) for name in SUGGESTIONS]
    return {
        "id": row.id,
        "municipality": {"code": town.municipality.code, "name": town.municipality.name},
        "language": row.language,
        "greeting": say("conversation.greeting", row.language, municipality=town.municipality.name),
        "notices": [say("conversation.notice_ai", row.language), say("conversation.notice_personal", row.language)],
        "suggestions": [asdict(Choice(label=text, text=text)) for text in asks],
        **_state(session, row, town, 0, at),
    }


def updates_json(session: Session, row: ConversationRow, after: int, at: datetime) -> dict[str, Any]:
    """What came after message `after`, and the hand-over as it is now."""
    return _state(session, row, load_town(session, row.municipality), after, at)


def handoff_json(row: HandoffRow, town: Town, at: datetime, language: str) -> dict[str, Any]:
    """A hand-over with what to tell the resident now; contact details themselves are never sent back."""
    contact = opening_hours.contact(town.counter(row.department), town.municipality, at, language)
    return {
        "receipt": row.receipt,
        "state": row.state,
        "department": asdict(contact),
        "requested_at": row.requested_at.isoformat(),
        "promised_by": row.promised_by.isoformat() if row.promised_by else None,
        "contact_kept": row.contact is not None,
        "rating": row.rating,
        "message": handoff_wording.tell(row, town, at, language),
    }


def _state(session: Session, row: ConversationRow, town: Town, after: int, at: datetime) -> dict[str, Any]:
    rows = conversations.messages(session, row.id, after)
    names = _staff_names(session, town, {m.staff for m in rows if m.staff is not None})
    latest = handoff.latest_of(session, row.id)
    return {
        "messages": [_message_json(message, names) for message in rows],
        "handoff": handoff_json(latest, town, at, row.language) if latest else None,
        "presence": asdict(presence.of(session, row.id, presence.STAFF, at)),
    }


def _message_json(row: MessageRow, names: dict[int, str]) -> dict[str, Any]:
    return {
        "id": row.id,
        "role": row.role,
        "text": row.text,
        "name": names.get(row.staff) if row.staff is not None else None,
        "answer": row.answer if row.role == "desk" else None,
        "sources": (row.answer or {}).get("sources", []) if row.role == "staff" else [],
        "resolved": row.resolved,
        "created_at": row.created_at.isoformat(),
    }


def _staff_names(session: Session, town: Town, staff: set[int]) -> dict[int, str]:
    """Residents see the department of who wrote, never a person's name."""
    if not staff:
        return {}
    rows = session.execute(select(StaffRow.id, StaffRow.department).where(StaffRow.id.in_(staff)))
    return {row.id: town.counter(row.department).name for row in rows}
