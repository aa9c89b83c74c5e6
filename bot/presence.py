"""Who is typing and how far each side of a conversation has read; kept in the database, so that every process knows it.

Typing is told again every few seconds while it lasts and forgotten `TYPING_FOR` after the last time.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bot.conversations import UnknownConversation
from bot.tables import ConversationRow, HandoffRow, MessageRow, PresenceRow

RESIDENT, STAFF = "resident", "staff"
TYPING_FOR = timedelta(seconds=6)


@dataclass(frozen=True)
class Seen:
    """One side of a conversation: `read` is the id of the newest message it has seen, 0 for none."""

    typing: bool = False
    read: int = 0


def of(session: Session, conversation: str, side: str, at: datetime) -> Seen:
    """How far this side has read and whether it is typing at this moment."""
    row = session.get(PresenceRow, (conversation, side))
    if row is None:
        return Seen()
    return Seen(row.typing_at is not None and timedelta(0) <= at - row.typing_at < TYPING_FOR, row.read_message)


def tell(session: Session, talk: ConversationRow, side: str, at: datetime, *, typing: bool = False, read: int = 0) -> None:
    """Keep what one side does; a `read` behind an earlier one changes nothing, one beyond the newest message means that.

    Raises UnknownConversation when it is deleted at this moment.
    """
    row = _row(session, talk, side)
    row.typing_at = at if typing else None
    if read > row.read_message:
        newest = select(MessageRow.id).where(MessageRow.conversation == talk.id, MessageRow.id <= read)
        known = session.scalar(newest.order_by(MessageRow.id.desc()).limit(1)) or 0
        if known > row.read_message:
            row.read_message, row.read_at = known, at


def worth_telling(session: Session, conversation: str, side: str, at: datetime, typing: bool, read: int) -> bool:
    """Whether it would change anything: a hand-over exists, and this is news. Saves writing the same every few seconds."""
    known = of(session, conversation, side, at)
    handed_over = select(HandoffRow.id).where(HandoffRow.conversation == conversation).limit(1)
    return (typing or known.typing or read > known.read) and session.scalar(handed_over) is not None


def _row(session: Session, talk: ConversationRow, side: str) -> PresenceRow:
    found = session.get(PresenceRow, (talk.id, side), with_for_update=True)
    if found is not None:
        return found
    row = PresenceRow(conversation=talk.id, side=side, municipality=talk.municipality, read_message=0)
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError as error:
        other = session.get(PresenceRow, (talk.id, side), with_for_update=True)
        if other is None:
            raise UnknownConversation from error
        return other  # another tab told it at the same moment
    return row
