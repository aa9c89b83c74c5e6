"""Replies of staff the resident has not seen on the screen go out by e-mail, each once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot import conversations, letters, mail, presence
from bot.tables import HandoffRow, MessageRow
from database import Database
from knowledge import store
from settings import Settings

LOOKED_BACK = timedelta(days=7)
"""A server that was down for longer does not write about what is long over."""


def post(database: Database, settings: Settings, at: datetime) -> int:
    """Write to residents who have not seen a reply for `mail_reply_minutes`; how many e-mails were stored."""
    if not mail.configured(settings):
        return 0
    with database.read() as session:
        codes = [town.code for town in store.municipalities(session)]
        waiting = [handoff for code in codes for handoff in _waiting(session, settings, code, at)]
    return sum(_post_one(database, settings, handoff) for handoff in waiting)


def unread(session: Session, row: HandoffRow) -> list[MessageRow]:
    """Replies of this hand-over that were neither seen on the screen nor sent."""
    seen = presence.of(session, row.conversation, presence.RESIDENT, row.requested_at).read
    query = select(MessageRow).where(MessageRow.conversation == row.conversation, MessageRow.role == "staff")
    query = query.where(MessageRow.id > max(seen, row.mailed_message), MessageRow.created_at >= row.requested_at)
    return list(session.scalars(query.order_by(MessageRow.id)))


def _waiting(session: Session, settings: Settings, code: str, at: datetime) -> Sequence[int]:
    before = at - timedelta(minutes=settings.mail_reply_minutes)
    query = select(HandoffRow.id).join(MessageRow, MessageRow.conversation == HandoffRow.conversation)
    query = query.where(MessageRow.municipality == code, MessageRow.created_at.between(at - LOOKED_BACK, before))
    query = query.where(MessageRow.role == "staff", MessageRow.id > HandoffRow.mailed_message)
    query = query.where(HandoffRow.contact_kind == "email", MessageRow.created_at >= HandoffRow.requested_at)
    return session.scalars(query.distinct()).all()


def _post_one(database: Database, settings: Settings, handoff: int) -> bool:
    with database.write() as session:
        conversation = session.scalar(select(HandoffRow.conversation).where(HandoffRow.id == handoff))
        if conversation is None:
            return False
        try:
            talk = conversations.lock(session, conversation)
        except conversations.UnknownConversation:
            return False
        row = session.get(HandoffRow, handoff, populate_existing=True)
        if row is None:
            return False
        said = unread(session, row)
        if not said:  # seen meanwhile: not looked at again
            row.mailed_message = conversations.last_message(session, conversation)
            return False
        return letters.replies(session, settings, row, talk, said)
