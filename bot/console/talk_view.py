"""One hand-over as staff see it: the whole masked conversation, what the desk answered and from where, and its states."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import select
from sqlalchemy.orm import Session

from authentication import Member
from bot import conversations, opening_hours
from bot.console.pages import language, t
from bot.console.queue_view import spoken_promise, spoken_span, staff_names
from bot.handoff import State
from bot.promises import SOON, due
from bot.tables import ConversationRow, HandoffEventRow, HandoffRow, MessageRow
from bot.town import Town, load_town
from knowledge.articles import Department
from settings import Settings


@dataclass(frozen=True)
class SourceLink:
    """An article the desk answered from; `url` is empty unless it is a web address."""

    title: str
    url: str
    department: str
    last_checked: str


@dataclass(frozen=True)
class Said:
    """An utterance. `status` is the text for how the desk's answer ended."""

    id: int
    role: str
    who: str
    at: str
    text: str
    language: str
    status: str = ""
    sources: tuple[SourceLink, ...] = ()
    helped: bool | None = None


@dataclass(frozen=True)
class Step:
    """A change of state: what happened, who did it, when."""

    what: str
    who: str
    at: str


@dataclass(frozen=True)
class Talk:
    """A hand-over with all that is shown of it; `mine` says that the member reading it has taken it."""

    id: int
    receipt: str
    state: str
    department: Department
    departments: tuple[Department, ...]
    language: str
    waited: str
    promised: str
    overdue: bool
    soon: bool
    contact_kind: str
    contact: str
    contact_consent: str
    taken_by: str
    mine: bool
    said: tuple[Said, ...]
    steps: tuple[Step, ...]

    @property
    def open(self) -> bool:
        return self.state in (State.QUEUED, State.TAKEN)

    @property
    def last(self) -> int:
        return self.said[-1].id if self.said else 0


def find_handoff(session: Session, member: Member, handoff: int) -> HandoffRow | None:
    """The hand-over, when it belongs to the member's municipality."""
    return session.scalar(select(HandoffRow).where(HandoffRow.municipality == member.municipality, HandoffRow.id == handoff))


def find_receipt(session: Session, member: Member, receipt: str) -> int | None:
    """The hand-over with this receipt number, as somebody reads it out over the phone."""
    letters = "".join(letter for letter in receipt.upper() if letter.isascii() and letter.isalnum())
    written = f"M-{letters[-6:-2]}-{letters[-2:]}"
    query = select(HandoffRow.id).where(HandoffRow.municipality == member.municipality, HandoffRow.receipt == written)
    return session.scalar(query)


def load_talk(session: Session, member: Member, handoff: int, at: datetime, settings: Settings) -> Talk | None:
    """None when the municipality has no such hand-over (any more). `at` is local."""
    row = find_handoff(session, member, handoff)
    if row is None:
        return None
    town = load_town(session, member.municipality)
    names = staff_names(session, member.municipality)
    conversation = session.get_one(ConversationRow, row.conversation)
    messages = conversations.messages(session, row.conversation)
    consent = row.contact_consent_at
    until = due(session, [row], town, settings).get(row.id)
    return Talk(
        id=row.id,
        receipt=row.receipt,
        state=row.state,
        department=town.counter(row.department),
        departments=town.departments,
        language=conversation.language,
        waited=spoken_span(row.requested_at, row.closed_at or at),
        promised=spoken_promise(row, until, at),
        overdue=until is not None and until < at,
        soon=until is not None and at <= until < at + SOON,
        contact_kind=row.contact_kind or "",
        contact=row.contact or "",
        contact_consent=_moment(consent, at) if consent else "",
        taken_by=names.get(row.taken_by, "") if row.taken_by is not None else "",
        mine=row.state == State.TAKEN and row.taken_by == member.id,
        said=tuple(_said(message, conversation, town, names, at) for message in messages),
        steps=_steps(session, row, names, at),
    )


def _said(row: MessageRow, talk: ConversationRow, town: Town, names: Mapping[int, str], at: datetime) -> Said:
    answer: dict[str, Any] = row.answer or {} if row.role in ("desk", "staff") else {}
    who = names.get(row.staff, "") if row.role == "staff" and row.staff is not None else ""
    return Said(
        id=row.id,
        role=row.role,
        who=who or t(f"role_{row.role}"),
        at=_moment(row.created_at, at),
        text=row.text,
        language=_html_language(talk.language),
        status=t(f"status_{answer['status']}") if "status" in answer else "",
        sources=_sources(answer.get("sources", []), town),
        helped=row.resolved,
    )


def _sources(sources: Sequence[Mapping[str, str]], town: Town) -> tuple[SourceLink, ...]:
    return tuple(
        SourceLink(
            title=source.get("title", ""),
            url=_web_address(source.get("url", "")),
            department=_department_name(source.get("department", ""), town),
            last_checked=source.get("last_checked", ""),
        )
        for source in sources
    )


def _department_name(written: str, town: Town) -> str:
    known = town.find(written)
    return known.name if known else written


def _web_address(url: str) -> str:
    """Only http and https become links: an imported article could hold javascript:."""
    return url if urlsplit(url).scheme in ("http", "https") else ""


def _steps(session: Session, row: HandoffRow, names: Mapping[int, str], at: datetime) -> tuple[Step, ...]:
    query = select(HandoffEventRow).where(HandoffEventRow.handoff == row.id).order_by(HandoffEventRow.id)
    return tuple(
        Step(
            what=t(_step_text(event)),
            who=names.get(event.staff, "") if event.staff is not None else "",
            at=_moment(event.at, at),
        )
        for event in session.scalars(query)
    )


def _step_text(event: HandoffEventRow) -> str:
    if event.to_state == State.TAKEN and event.from_state == State.TAKEN:
        return "staff_inbox.step_taken_over"
    if event.to_state == State.QUEUED and event.from_state in (State.QUEUED, State.TAKEN):
        return "step_queued_again"
    return f"step_{event.to_state}"


def _moment(moment: datetime, at: datetime) -> str:
    return opening_hours.describe_moment(moment.astimezone(at.tzinfo), at, language())


def _html_language(written: str) -> str:
    return "ja" if written == "yasashii" else written
