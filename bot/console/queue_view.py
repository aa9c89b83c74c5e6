"""The queue as staff see it: what is theirs, who waits, who is with a colleague."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts import StaffRow
from authentication import Member
from bot import handoff, opening_hours
from bot.answer import Status
from bot.console.pages import language, t
from bot.handoff import State
from bot.tables import HandoffRow, MessageRow
from bot.town import Town, load_town

EXCERPT = 140
"""Characters of the question shown in the queue: two or three lines."""
_OPEN = (State.REQUESTED, State.QUEUED, State.TAKEN)
_ASKS_NOTHING = {Status.PERSON_REQUESTED, Status.SMALL_TALK}


@dataclass(frozen=True)
class Item:
    """A line of the queue. `unread` says that the resident wrote last."""

    id: int
    receipt: str
    state: str
    department: str
    waited: str
    promised: str
    overdue: bool
    excerpt: str
    taken_by: str
    unread: bool
    has_contact: bool


@dataclass(frozen=True)
class Queue:
    """`elsewhere` counts those waiting at departments the filter leaves out; `waiting_at` those of each department."""

    mine: tuple[Item, ...]
    waiting: tuple[Item, ...]
    others: tuple[Item, ...]
    elsewhere: int
    waiting_at: dict[str, int]

    @property
    def calls(self) -> int:
        """How many residents wait for somebody: the number in the page's title."""
        return len(self.waiting) + sum(item.unread for item in self.mine)

    @property
    def key(self) -> str:
        """Changes when anything shown does: a page that refreshes itself leaves the rest alone."""
        return hashlib.sha256(repr((self, language())).encode()).hexdigest()[:16]


@dataclass(frozen=True)
class _Words:
    excerpt: str = ""
    unread: bool = False


def load_queue(session: Session, member: Member, department: str, at: datetime) -> Queue:
    """The open hand-overs of the member's municipality; `department` filters all but the own ones. `at` is local."""
    town = load_town(session, member.municipality)
    rows = handoff.queue(session, member.municipality, states=_OPEN)
    mine = [row for row in rows if row.taken_by == member.id]
    rest = [row for row in rows if row.taken_by != member.id]
    shown = [row for row in rest if department in ("", row.department)]
    words = _words(session, [row.conversation for row in [*mine, *shown]])
    names = staff_names(session, member.municipality)
    waiting_at = Counter(row.department for row in rest if row.state != State.TAKEN)

    def items(chosen: Sequence[HandoffRow]) -> tuple[Item, ...]:
        return tuple(_item(row, town, words.get(row.conversation, _Words()), names, at) for row in chosen)

    return Queue(
        mine=items(mine),
        waiting=items([row for row in shown if row.state != State.TAKEN]),
        others=items([row for row in shown if row.state == State.TAKEN]),
        elsewhere=waiting_at.total() - waiting_at[department] if department else 0,
        waiting_at=dict(waiting_at),
    )


def staff_names(session: Session, municipality: str) -> dict[int, str]:
    """Names of the municipality's staff, closed accounts too."""
    rows = session.execute(select(StaffRow.id, StaffRow.name).where(StaffRow.municipality == municipality))
    return {row.id: row.name for row in rows}


def spoken_span(since: datetime, at: datetime) -> str:
    """How long ago: 5分, 2時間10分, 3日."""
    minutes = max(0, int((at - since).total_seconds() // 60))
    if minutes < 60:
        return t("span_minutes", minutes=minutes)
    if minutes < 24 * 60:
        return t("span_hours", hours=minutes // 60, minutes=minutes % 60)
    return t("span_days", days=minutes // (24 * 60))


def spoken_promise(row: HandoffRow, at: datetime) -> str:
    """Until when a reply was promised; `at` is local."""
    if row.promised_by is None:
        return t("no_promise")
    return opening_hours.describe_moment(row.promised_by.astimezone(at.tzinfo), at, language())


def is_overdue(row: HandoffRow, at: datetime) -> bool:
    """Whether the promise has passed and nobody has taken it."""
    return row.state == State.QUEUED and row.promised_by is not None and row.promised_by < at


def _item(row: HandoffRow, town: Town, words: _Words, names: dict[int, str], at: datetime) -> Item:
    return Item(
        id=row.id,
        receipt=row.receipt,
        state=row.state,
        department=town.counter(row.department).name,
        waited=spoken_span(row.requested_at, at),
        promised=spoken_promise(row, at),
        overdue=is_overdue(row, at),
        excerpt=words.excerpt,
        taken_by=names.get(row.taken_by, "") if row.taken_by is not None else "",
        unread=words.unread,
        has_contact=row.contact is not None,
    )


def _words(session: Session, conversations: Sequence[str]) -> dict[str, _Words]:
    """What each resident asked last, passing over 「担当者に相談したい」 and greetings when there is more to show."""
    status = MessageRow.answer["status"].as_string().label("status")
    query = select(MessageRow.id, MessageRow.conversation, MessageRow.role, MessageRow.text, MessageRow.reply_to, status)
    query = query.where(MessageRow.conversation.in_(conversations), MessageRow.role != "notice").order_by(MessageRow.id)
    asked: dict[str, dict[int, str]] = {}
    empty: set[int] = set()
    last: dict[str, str] = {}
    for row in session.execute(query):
        if row.role == "resident":
            asked.setdefault(row.conversation, {})[row.id] = row.text
        elif row.role == "desk" and row.status in _ASKS_NOTHING:
            empty.add(row.reply_to)
        last[row.conversation] = row.role
    return {key: _Words(_excerpt(texts, empty), last[key] == "resident") for key, texts in asked.items()}


def _excerpt(texts: dict[int, str], empty: set[int]) -> str:
    telling = [text for message, text in texts.items() if message not in empty]
    chosen = " ".join((telling or list(texts.values()))[-1].split())
    return chosen if len(chosen) <= EXCERPT else f"{chosen[:EXCERPT]}…"
