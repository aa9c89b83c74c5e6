"""Conversations as they are stored: started, continued, read again, judged and deleted. Text arrives masked."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

import audit_trail
from bot import question_facts, task_causes
from bot.answer import Status
from bot.question import PastTurn
from bot.tables import ConversationRow, HandoffEventRow, HandoffNoteRow, HandoffRow, MailRow, MessageRow, PresenceRow, TaskRow
from database import now

HISTORY_LENGTH = 5
"""Earlier exchanges a question may refer to; residents' follow-ups point at the last one or two."""
OPEN_STATES = ("requested", "queued", "taken")
"""States of a hand-over that a person still has to finish."""

_UNSTORABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


class UnknownConversation(LookupError):
    """No conversation has this id (any more)."""


class UnknownMessage(LookupError):
    """The conversation has no answer with this id."""


class HandoffOpen(RuntimeError):
    """A person is still working on this conversation."""


def storable(text: str) -> str:
    """The text without characters a database or a screen cannot take."""
    return _UNSTORABLE.sub("", text)


def start(session: Session, municipality: str, language: str = "ja", channel: str = "web") -> ConversationRow:
    """A new conversation; its id (192 random bits) is the only key to it."""
    row = ConversationRow(id=secrets.token_urlsafe(24), municipality=municipality, language=language, channel=channel)
    session.add(row)
    session.flush()
    return row


def find(session: Session, conversation: str) -> ConversationRow:
    """Raises UnknownConversation."""
    row = session.get(ConversationRow, conversation)
    if row is None:
        raise UnknownConversation
    return row


def lock(session: Session, conversation: str) -> ConversationRow:
    """The conversation, held until the transaction ends: its messages get ids in the order they become visible.

    Raises UnknownConversation.
    """
    row = session.scalar(select(ConversationRow).where(ConversationRow.id == conversation).with_for_update())
    if row is None:
        raise UnknownConversation
    return row


def append(
    session: Session,
    conversation: ConversationRow,
    role: str,
    text: str,
    *,
    answer: Mapping[str, Any] | None = None,
    client_message_id: str | None = None,
    reply_to: int | None = None,
    staff: int | None = None,
    at: datetime | None = None,
) -> MessageRow:
    """Add an utterance to a locked conversation. A notice does not count as activity, so it does not delay deletion."""
    at = at or now()
    row = MessageRow(
        municipality=conversation.municipality,
        conversation=conversation.id,
        role=role,
        text=storable(text),
        client_message_id=client_message_id,
        reply_to=reply_to,
        staff=staff,
        created_at=at,
    )
    if answer is not None:
        row.answer = dict(answer)
    if role != "notice":
        conversation.last_at = at
    session.add(row)
    session.flush()
    return row


def messages(session: Session, conversation: str, after: int = 0) -> list[MessageRow]:
    """The messages with an id above `after`, oldest first."""
    query = select(MessageRow).where(MessageRow.conversation == conversation, MessageRow.id > after)
    return list(session.scalars(query.order_by(MessageRow.id)))


def reply_to(session: Session, conversation: str, client_message_id: str) -> tuple[MessageRow, MessageRow | None] | None:
    """The message stored under this id and the desk's reply to it (None when it went to a person)."""
    asked = session.scalar(
        select(MessageRow).where(MessageRow.conversation == conversation, MessageRow.client_message_id == client_message_id)
    )
    if asked is None:
        return None
    query = select(MessageRow).where(MessageRow.conversation == conversation, MessageRow.reply_to == asked.id)
    return asked, session.scalar(query)


def history(session: Session, conversation: str) -> tuple[PastTurn, ...]:
    """The last exchanges with the desk, oldest first."""
    query = select(MessageRow).where(MessageRow.conversation == conversation, MessageRow.role == "desk")
    rows = session.scalars(query.order_by(MessageRow.id.desc()).limit(HISTORY_LENGTH)).all()
    return tuple(_past_turn(row.answer) for row in reversed(rows) if row.answer)


def _past_turn(answer: Mapping[str, Any]) -> PastTurn:
    sources = tuple(source["id"] for source in answer["sources"])
    return PastTurn(question=answer["question"], status=Status(answer["status"]), article_ids=sources)


def judge(session: Session, conversation: str, message: int, resolved: bool, comment: str | None) -> None:
    """Keep what the resident says of an answer; a later word replaces an earlier one. What did not help is a task.

    Raises UnknownConversation, or UnknownMessage for anything but an answer of this conversation.
    """
    lock(session, conversation)
    row = session.get(MessageRow, message)
    if row is None or row.conversation != conversation or row.role not in ("desk", "staff"):
        raise UnknownMessage
    before, row.resolved = row.resolved, resolved
    if comment is not None:
        row.feedback_comment = storable(comment)
    task_causes.judged(session, row, before)
    question_facts.judged(session, row)


def delete_for_resident(session: Session, conversation: str) -> None:
    """Delete the conversation for good and note in the audit trail that one was deleted, not which.

    Raises UnknownConversation, or HandoffOpen while a person is still working on it.
    """
    row = lock(session, conversation)
    waiting = select(HandoffRow.id).where(HandoffRow.conversation == conversation, HandoffRow.state.in_(OPEN_STATES))
    if session.scalar(waiting.limit(1)) is not None:
        raise HandoffOpen
    counts = erase(session, [conversation])
    audit_trail.note(session, row.municipality, "resident", "conversation.deleted", counts)


def erase(session: Session, ids: Sequence[str]) -> dict[str, int]:
    """Delete conversations with everything that hangs on them; how many rows of each kind went."""
    if session.get_bind().dialect.name == "sqlite":
        # Without it SQLite only marks the space as free and the words stay readable in the file.
        session.connection().exec_driver_sql("PRAGMA secure_delete=ON")
    handoffs = select(HandoffRow.id).where(HandoffRow.conversation.in_(ids))
    question_facts.unlink(session, ids, session.scalars(handoffs).all())
    for table in (HandoffEventRow, HandoffNoteRow, MailRow):
        session.execute(delete(table).where(table.handoff.in_(handoffs)))
    session.execute(delete(PresenceRow).where(PresenceRow.conversation.in_(ids)))
    # A task keeps its count alone; what ties it to the messages goes with them.
    session.execute(update(TaskRow).where(TaskRow.conversation.in_(ids)).values(conversation=None, message=None))
    counts = {
        "handoffs": _delete(session, delete(HandoffRow).where(HandoffRow.conversation.in_(ids))),
        "messages": _delete(session, delete(MessageRow).where(MessageRow.conversation.in_(ids))),
        "conversations": _delete(session, delete(ConversationRow).where(ConversationRow.id.in_(ids))),
    }
    session.expunge_all()
    return counts


def _delete(session: Session, statement: Any) -> int:
    return int(session.connection().execute(statement).rowcount)


def last_message(session: Session, conversation: str) -> int:
    """Id of the newest message; 0 when there is none."""
    return session.scalar(select(func.max(MessageRow.id)).where(MessageRow.conversation == conversation)) or 0
