"""A resident asks for a person: kept durably first, then routed to a department and queued.

A crash between the two leaves the hand-over in `requested`; `recover` queues it at the next start.
"""

from __future__ import annotations

import re
import secrets
import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot import conversations, letters, opening_hours, question_facts
from bot.handoff import HandoffError, State, move, open_of, record
from bot.logs import describe
from bot.tables import ConversationRow, HandoffRow, MessageRow
from bot.town import Town, load_town
from database import Database
from knowledge.articles import Department
from settings import Settings

log = structlog.get_logger()

RECEIPT_ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""Without 0/O and 1/I/L, which are mixed up when a receipt is read over the phone."""

_EMAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,63}")
_PHONE = re.compile(r"0[1-9]\d{8,9}")
_PHONE_PUNCTUATION = re.compile(r"[\s()\-.‐‑‒–—―−－ーｰ]")


class ConsentMissing(ValueError):
    """A contact came without the resident's consent to keep it."""


class InvalidContact(ValueError):
    """What was given is no e-mail address or Japanese phone number."""


class UnknownDepartment(LookupError):
    """The municipality has no department with this key."""


@dataclass(frozen=True)
class ReplyAddress:
    """Where staff may reply when the resident has left the screen; kept with consent only. `kind`: email or phone."""

    kind: str
    value: str


def reply_address(kind: str, value: str, consent: bool) -> ReplyAddress:
    """Check and normalise a contact: full-width letters and digits become ASCII, +81 becomes 0.

    Raises ConsentMissing or InvalidContact. E-mail as in the HTML standard (input type=email), with a top-level domain.
    """
    if not consent:
        raise ConsentMissing
    plain = unicodedata.normalize("NFKC", value).strip()
    if kind == "email":
        if not _EMAIL.fullmatch(plain) or len(plain) > 254:
            raise InvalidContact
        return ReplyAddress(kind, plain)
    digits = re.sub(r"^\+810?", "0", _PHONE_PUNCTUATION.sub("", plain))
    if not _PHONE.fullmatch(digits):
        raise InvalidContact
    return ReplyAddress(kind, digits)


def request(
    database: Database,
    settings: Settings,
    conversation: str,
    *,
    at: datetime,
    message: str | None = None,
    department: str | None = None,
    address: ReplyAddress | None = None,
) -> tuple[int, bool]:
    """Id of the hand-over of this conversation, and whether it is new; `message` is masked already.

    Asking again returns the one that is open; a new message or contact is added to it. Once this returns, the request
    survives the death of any process, queued or not. Raises UnknownConversation or UnknownDepartment.
    """
    with database.write() as session:
        talk = conversations.lock(session, conversation)
        if department is not None and not any(d.key == department for d in load_town(session, talk.municipality).departments):
            raise UnknownDepartment
        row = open_of(session, conversation)
        new = row is None
        if row is None:
            row = _kept(session, talk, department or "", at)
            question_facts.handed_over(session, talk, row, settings.zone)
        if message and not _just_said(session, conversation, message):
            conversations.append(session, talk, "resident", message, at=at)
        if address is not None:
            row.contact_kind, row.contact, row.contact_consent_at = address.kind, address.value, at
            if row.state != State.REQUESTED:
                letters.receipt(session, settings, row, talk)
        handoff, state = row.id, row.state
    if state == State.REQUESTED:
        _queue_or_leave(database, settings, handoff, at)
    return handoff, new


def recover(database: Database, settings: Settings, at: datetime, older_than: timedelta = timedelta(0)) -> int:
    """Queue the hand-overs that a crash left in `requested`; how many were queued."""
    with database.read() as session:
        query = select(HandoffRow.id).where(HandoffRow.state == State.REQUESTED, HandoffRow.requested_at <= at - older_than)
        stranded = session.scalars(query).all()
    return sum(_queue_or_leave(database, settings, handoff, at) for handoff in stranded)


def new_receipt() -> str:
    """A receipt such as M-7K3Q-92: 31^6 = 887 million of them."""
    drawn = "".join(secrets.choice(RECEIPT_ALPHABET) for _ in range(6))
    return f"M-{drawn[:4]}-{drawn[4:]}"


def _kept(session: Session, talk: ConversationRow, department: str, at: datetime) -> HandoffRow:
    receipt = new_receipt()
    while session.scalar(select(HandoffRow.id).where(HandoffRow.receipt == receipt)) is not None:
        receipt = new_receipt()
    row = HandoffRow(
        municipality=talk.municipality,
        conversation=talk.id,
        receipt=receipt,
        department=department,
        state=State.REQUESTED.value,
        requested_at=at,
    )
    talk.last_at = at
    session.add(row)
    session.flush()
    record(session, row, None, staff=None, at=at)
    return row


def _just_said(session: Session, conversation: str, message: str) -> bool:
    """Whether this is the newest message already: a request sent again must not say it twice."""
    newest = select(MessageRow).where(MessageRow.conversation == conversation).order_by(MessageRow.id.desc()).limit(1)
    row = session.scalar(newest)
    return row is not None and row.role == "resident" and row.text == message


def _queue_or_leave(database: Database, settings: Settings, handoff: int, at: datetime) -> bool:
    """A failure here must not take back what was acknowledged: it is logged, and `recover` tries again."""
    try:
        with database.write() as session:
            return _queue(session, settings, handoff, at)
    except Exception as error:
        log.error("hand-over left in requested", **describe(error))
        return False


def _queue(session: Session, settings: Settings, handoff: int, at: datetime) -> bool:
    row = session.get(HandoffRow, handoff, with_for_update=True)
    if row is None or row.state != State.REQUESTED:
        return False  # another process was faster
    town = load_town(session, row.municipality)
    department = _route(session, row, town)
    row.department = department.key
    local = at.astimezone(settings.zone)
    row.promised_by = opening_hours.after_open_minutes(department, town.municipality, local, settings.handoff_reply_minutes)
    try:
        move(session, row, State.QUEUED, at=at)
    except HandoffError:
        return False
    letters.receipt(session, settings, row, session.get_one(ConversationRow, row.conversation))
    return True


def _route(session: Session, row: HandoffRow, town: Town) -> Department:
    """The department asked for, else that of the last answer, else the reception."""
    asked = town.find(row.department)
    if asked is not None:
        return asked
    query = select(MessageRow).where(MessageRow.conversation == row.conversation, MessageRow.role == "desk")
    last = session.scalar(query.order_by(MessageRow.id.desc()).limit(1))
    for name in _departments_of(last.answer if last is not None and last.answer else {}):
        found = town.find(name)
        if found is not None:
            return found
    return town.counter("")


def _departments_of(answer: dict[str, Any]) -> list[str]:
    contact = answer.get("contact") or {}
    names = [contact.get("key", ""), contact.get("department", "")]
    return names + [source.get("department", "") for source in answer.get("sources", [])]
