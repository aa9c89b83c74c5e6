"""The state machine of a hand-over and what staff do with it.

    requested -> queued -> taken -> resolved
                   |  ^______|  \\-> expired
                   \\-> expired

Every function works inside the caller's transaction; each change of state writes its event in the same one. The
conversation is locked before the hand-over, always in this order, so two members of staff cannot block each other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from accounts import Role, StaffRow
from bot import conversations, letters, question_facts
from bot.handoff_wording import call_sentence, joined
from bot.tables import ConversationRow, HandoffEventRow, HandoffRow, MessageRow
from bot.town import load_town
from bot.wording import say
from database import Database, now
from settings import Settings


class State(StrEnum):
    REQUESTED = "requested"
    QUEUED = "queued"
    TAKEN = "taken"
    RESOLVED = "resolved"
    EXPIRED = "expired"


MOVES: frozenset[tuple[State, State]] = frozenset(
    {
        (State.REQUESTED, State.QUEUED),
        (State.QUEUED, State.QUEUED),  # another department
        (State.QUEUED, State.TAKEN),
        (State.QUEUED, State.EXPIRED),
        (State.TAKEN, State.QUEUED),  # given back, or another department
        (State.TAKEN, State.RESOLVED),
        (State.TAKEN, State.EXPIRED),
    }
)


OFFER_STANDS = timedelta(minutes=30)
"""How long a colleague may think about it; afterwards it is as if nobody had been asked."""


class HandoffError(ValueError):
    """The hand-over does not allow this; the message says why, without a resident's words."""


def move(session: Session, row: HandoffRow, to: State, *, staff: int | None = None, at: datetime | None = None) -> None:
    """Change the state and write the event. Raises HandoffError on an illegal move or a change made meanwhile."""
    before = State(row.state)
    if (before, to) not in MOVES:
        raise HandoffError(f"a hand-over cannot go from {before} to {to}")
    row.state = to.value
    # Whoever is responsible now is reminded anew, and an offer of the one before is void.
    row.reminded_at = row.escalated_at = row.offered_to = row.offered_at = None
    if to in (State.RESOLVED, State.EXPIRED):
        row.closed_at = at or now()
    record(session, row, before, staff=staff, at=at)


def record(session: Session, row: HandoffRow, before: State | None, *, staff: int | None, at: datetime | None) -> None:
    """Write the event of a state just reached. Raises HandoffError when somebody else changed the hand-over meanwhile."""
    event = HandoffEventRow(
        municipality=row.municipality, handoff=row.id, from_state=before, to_state=row.state, staff=staff, at=at or now()
    )
    session.add(event)
    try:
        session.flush()
    except StaleDataError as error:
        raise HandoffError("somebody else changed this hand-over meanwhile") from error
    question_facts.handoff_moved(session, row, event.at)


def open_of(session: Session, conversation: str) -> HandoffRow | None:
    """The hand-over of this conversation that a person still has to finish."""
    query = select(HandoffRow).where(HandoffRow.conversation == conversation, HandoffRow.state.in_(conversations.OPEN_STATES))
    return session.scalar(query.order_by(HandoffRow.id.desc()).limit(1))


def latest_of(session: Session, conversation: str) -> HandoffRow | None:
    """The newest hand-over of this conversation, finished or not."""
    query = select(HandoffRow).where(HandoffRow.conversation == conversation)
    return session.scalar(query.order_by(HandoffRow.id.desc()).limit(1))


def queue(
    session: Session, municipality: str, department: str | None = None, states: Sequence[State] = (State.QUEUED,)
) -> list[HandoffRow]:
    """Hand-overs of a municipality in `states`, the one promised first on top."""
    query = select(HandoffRow).where(HandoffRow.municipality == municipality, HandoffRow.state.in_(states))
    if department is not None:
        query = query.where(HandoffRow.department == department)
    promised = func.coalesce(HandoffRow.promised_by, HandoffRow.requested_at)
    return list(session.scalars(query.order_by(promised, HandoffRow.id)))


def take(session: Session, handoff: int, staff: int) -> HandoffRow:
    """A member of staff takes a waiting hand-over. Raises HandoffError."""
    row, conversation = _held(session, handoff)
    _member(session, row, staff)
    move(session, row, State.TAKEN, staff=staff)
    row.taken_by = staff
    row.taken_at = now()
    _notice(session, row, conversation, "handoff.notice_taken")
    return row


def give_back(session: Session, handoff: int, staff: int) -> HandoffRow:
    """Put a taken hand-over back into its queue; the promise made to the resident stays. Raises HandoffError."""
    row, conversation = _held(session, handoff)
    _member(session, row, staff)
    if row.state != State.TAKEN:
        raise HandoffError("only a hand-over somebody took can be given back")
    move(session, row, State.QUEUED, staff=staff)
    row.taken_by = row.taken_at = None
    _notice(session, row, conversation, "handoff.notice_given_back")
    return row


def transfer(session: Session, handoff: int, department: str, staff: int) -> HandoffRow:
    """Queue a waiting or taken hand-over at another department. Raises HandoffError, also for an unknown department."""
    row, conversation = _held(session, handoff)
    _member(session, row, staff)
    if not any(d.key == department for d in load_town(session, row.municipality).departments):
        raise HandoffError("the municipality has no such department")
    if row.state not in (State.QUEUED, State.TAKEN):
        raise HandoffError(f"a hand-over that is {row.state} cannot be transferred")
    move(session, row, State.QUEUED, staff=staff)
    row.department = department
    row.taken_by = row.taken_at = None
    _notice(session, row, conversation, "handoff.notice_transferred")
    return row


def offer(session: Session, handoff: int, colleague: int, staff: int, at: datetime | None = None) -> HandoffRow:
    """Ask a colleague to take over. Who has it answers for it until the colleague accepts. Raises HandoffError."""
    row, _ = _held(session, handoff)
    _member(session, row, staff)
    _member(session, row, colleague)
    asked = session.get_one(StaffRow, colleague)
    if asked.role not in (Role.AGENT, Role.ADMINISTRATOR):
        raise HandoffError("only agents take hand-overs")
    if row.state != State.TAKEN or row.taken_by == colleague:
        raise HandoffError("only what somebody else took can be offered to a colleague")
    row.offered_to, row.offered_at = colleague, at or now()
    session.flush()
    return row


def offered(row: HandoffRow, at: datetime) -> int | None:
    """The colleague who is asked to take it over at this moment."""
    stands = row.state == State.TAKEN and row.offered_at is not None and at - row.offered_at < OFFER_STANDS
    return row.offered_to if stands else None


def accept(session: Session, handoff: int, staff: int) -> HandoffRow:
    """The colleague who was asked takes it over. Raises HandoffError when the offer stands no more."""
    row, conversation = _held(session, handoff)
    _member(session, row, staff)
    if offered(row, now()) != staff:
        raise HandoffError("nobody offers this hand-over to this member of staff")
    row.taken_by = staff
    row.taken_at = now()
    row.reminded_at = row.escalated_at = row.offered_to = row.offered_at = None
    record(session, row, State.TAKEN, staff=staff, at=None)
    _notice(session, row, conversation, "handoff.notice_taken_over")
    return row


def decline(session: Session, handoff: int, staff: int) -> HandoffRow:
    """Take an offer back, or say no to it; nothing changes for the resident. Raises HandoffError."""
    row, _ = _held(session, handoff)
    _member(session, row, staff)
    if row.offered_to is None:
        raise HandoffError("nobody was asked to take it over")
    row.offered_to = row.offered_at = None
    session.flush()
    return row


def resolve(session: Session, handoff: int, staff: int) -> HandoffRow:
    """Finish a taken hand-over. Raises HandoffError."""
    row, conversation = _held(session, handoff)
    _member(session, row, staff)
    move(session, row, State.RESOLVED, staff=staff)
    _notice(session, row, conversation, "handoff.resolved")
    return row


def staff_reply(session: Session, handoff: int, staff: int, text: str, sources: Sequence[Mapping[str, str]] = ()) -> MessageRow:
    """Store a reply the resident sees at once, with the articles it goes back to.

    Raises HandoffError unless this member of staff took the hand-over.
    """
    row, conversation = _held(session, handoff)
    _member(session, row, staff)
    if row.state != State.TAKEN or row.taken_by != staff:
        raise HandoffError("only the member of staff who took the hand-over replies to it")
    if not text.strip():
        raise HandoffError("an empty reply cannot be sent")
    row.reminded_at = row.escalated_at = None
    attached = {"sources": [dict(source) for source in sources]} if sources else None
    return conversations.append(session, conversation, "staff", text.strip(), staff=staff, answer=attached)


def rate(session: Session, conversation: str, rating: int, comment: str | None) -> HandoffRow:
    """Keep how content the resident is, 1 to 5; a later word replaces an earlier one, `comment` is masked already.

    Raises UnknownConversation, or HandoffError unless the newest hand-over of the conversation is finished.
    """
    conversations.lock(session, conversation)
    row = latest_of(session, conversation)
    if row is None or row.state != State.RESOLVED:
        raise HandoffError("only a finished hand-over can be rated")
    row.rating = rating
    if comment is not None:
        row.rating_comment = conversations.storable(comment)
    session.flush()
    question_facts.rated(session, row)
    return row


def expire(database: Database, settings: Settings, at: datetime) -> int:
    """Close hand-overs nobody finished in time and tell each resident whom to call; how many were closed.

    The hours count from the request or from the promised reply, whichever is later, so a hand-over made before the
    New Year holidays does not expire before the counter has opened again; a taken one counts from the last word.
    """
    cutoff = at - timedelta(hours=settings.handoff_expiry_hours)
    query = (
        select(HandoffRow.id)
        .join(ConversationRow, ConversationRow.id == HandoffRow.conversation)
        .where(HandoffRow.state.in_((State.QUEUED, State.TAKEN)), HandoffRow.requested_at < cutoff)
        .where(or_(HandoffRow.promised_by.is_(None), HandoffRow.promised_by < cutoff))
        .where(or_(HandoffRow.state == State.QUEUED, ConversationRow.last_at < cutoff))
    )
    with database.read() as session:
        overdue = session.scalars(query).all()
    return sum(_expire_one(database, settings, handoff, cutoff, at) for handoff in overdue)


def _expire_one(database: Database, settings: Settings, handoff: int, cutoff: datetime, at: datetime) -> bool:
    with database.write() as session:
        row, conversation = _held(session, handoff)
        revived = row.state == State.TAKEN and conversation.last_at >= cutoff
        if row.state not in (State.QUEUED, State.TAKEN) or revived:
            return False  # another process, or a member of staff, was faster
        move(session, row, State.EXPIRED, at=at)
        _notice(session, row, conversation, "handoff.expired", call=True)
        letters.expired(session, settings, row, conversation)
        return True


def _held(session: Session, handoff: int) -> tuple[HandoffRow, ConversationRow]:
    """The hand-over and its conversation, locked. Raises HandoffError when it is gone."""
    conversation = session.scalar(select(HandoffRow.conversation).where(HandoffRow.id == handoff))
    if conversation is None:
        raise HandoffError("there is no such hand-over")
    try:
        held = conversations.lock(session, conversation)
    except conversations.UnknownConversation as error:
        raise HandoffError("the conversation has been deleted") from error
    row = session.get(HandoffRow, handoff, populate_existing=True)
    if row is None:
        raise HandoffError("there is no such hand-over")
    return row, held


def _member(session: Session, row: HandoffRow, staff: int) -> None:
    member = session.get(StaffRow, staff)
    if member is None or not member.active or member.municipality != row.municipality:
        raise HandoffError("only active staff of the municipality may do this")


def _notice(session: Session, row: HandoffRow, conversation: ConversationRow, key: str, call: bool = False) -> None:
    department = load_town(session, row.municipality).counter(row.department)
    language = conversation.language
    text = say(key, language, department=department.name, receipt=row.receipt)
    if call:
        text = joined([text, call_sentence(department, language)], language)
    conversations.append(session, conversation, "notice", text)
