"""The queue as staff see it: what is offered to them, what is theirs, who waits, who is with a colleague."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from accounts import StaffRow
from authentication import Member
from bot import handoff, mail, opening_hours
from bot.answer import Status
from bot.console.pages import language, t
from bot.handoff import State
from bot.promises import SOON, due
from bot.tables import HandoffRow, MailRow, MessageRow
from bot.town import Town, load_town
from settings import Settings

EXCERPT = 140
"""Characters of the question shown in the queue: two or three lines."""
RATED_WITHIN = timedelta(days=90)
_OPEN = (State.REQUESTED, State.QUEUED, State.TAKEN)
_ASKS_NOTHING = {Status.PERSON_REQUESTED, Status.SMALL_TALK}


@dataclass(frozen=True)
class Item:
    """A line of the queue. `unread` says that the resident wrote last; `promised` is empty when no word is due.

    `soon` says that the moment is near, `overdue` that it has passed, whether or not somebody has taken it.
    """

    id: int
    receipt: str
    state: str
    department: str
    waited: str
    promised: str
    overdue: bool
    soon: bool
    excerpt: str
    taken_by: str
    asked: str
    unread: bool
    has_contact: bool


@dataclass(frozen=True)
class Unsent:
    """A hand-over, open or finished, with an e-mail the resident did not get."""

    handoff: int
    receipt: str


@dataclass(frozen=True)
class Queue:
    """`elsewhere` counts those waiting at departments the filter leaves out; `waiting_at` those of each department.

    `offered` are those a colleague asks this member to take over. `unsent` are receipts whose e-mail could not be sent.
    `rating` is the mean of the ratings of the last 90 days, of `rated` residents.
    """

    offered: tuple[Item, ...]
    mine: tuple[Item, ...]
    waiting: tuple[Item, ...]
    others: tuple[Item, ...]
    elsewhere: int
    waiting_at: dict[str, int]
    unsent: tuple[Unsent, ...]
    rating: float | None
    rated: int

    @property
    def calls(self) -> int:
        """How many residents wait for somebody: the number in the page's title."""
        return len(self.waiting) + sum(item.unread for item in self.mine) + len(self.offered)

    @property
    def late(self) -> int:
        """How many of those shown wait longer than they should."""
        return sum(item.overdue for item in (*self.offered, *self.mine, *self.waiting, *self.others))

    @property
    def key(self) -> str:
        """Changes when anything shown does: a page that refreshes itself leaves the rest alone."""
        return hashlib.sha256(repr((self, language())).encode()).hexdigest()[:16]


@dataclass(frozen=True)
class _Words:
    excerpt: str = ""
    unread: bool = False


def load_queue(session: Session, member: Member, department: str, at: datetime, settings: Settings) -> Queue:
    """The open hand-overs of the member's municipality; `department` filters all but the own ones. `at` is local."""
    town = load_town(session, member.municipality)
    rows = handoff.queue(session, member.municipality, states=_OPEN)
    mine = [row for row in rows if row.taken_by == member.id]
    offered = [row for row in rows if handoff.offered(row, at) == member.id]
    rest = [row for row in rows if row.taken_by != member.id and row not in offered]
    shown = [row for row in rest if department in ("", row.department)]
    words = _words(session, [row.conversation for row in [*mine, *offered, *shown]])
    until = due(session, rows, town, settings)
    names = staff_names(session, member.municipality)
    waiting_at = Counter(row.department for row in rest if row.state != State.TAKEN)

    def items(chosen: Sequence[HandoffRow]) -> tuple[Item, ...]:
        return tuple(_item(row, town, words.get(row.conversation, _Words()), names, until.get(row.id), at) for row in chosen)

    rating, rated = satisfaction(session, member.municipality, at)
    return Queue(
        offered=items(offered),
        mine=items(mine),
        waiting=items([row for row in shown if row.state != State.TAKEN]),
        others=items([row for row in shown if row.state == State.TAKEN]),
        elsewhere=waiting_at.total() - waiting_at[department] if department else 0,
        waiting_at=dict(waiting_at),
        unsent=_unsent(session, member.municipality),
        rating=rating,
        rated=rated,
    )


def satisfaction(session: Session, municipality: str, at: datetime) -> tuple[float | None, int]:
    """Mean of the ratings of hand-overs asked for within the last 90 days, and how many residents rated."""
    query = select(func.avg(HandoffRow.rating), func.count(HandoffRow.rating))
    query = query.where(HandoffRow.municipality == municipality, HandoffRow.state == State.RESOLVED)
    mean, count = session.execute(query.where(HandoffRow.requested_at > at - RATED_WITHIN)).one()
    return (float(mean) if mean is not None else None), count


def _unsent(session: Session, municipality: str) -> tuple[Unsent, ...]:
    query = select(HandoffRow.id, HandoffRow.receipt).join(MailRow, MailRow.handoff == HandoffRow.id)
    query = query.where(MailRow.state == mail.FAILED, MailRow.municipality == municipality).distinct()
    return tuple(Unsent(*row) for row in session.execute(query.order_by(HandoffRow.id)))


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


def spoken_promise(row: HandoffRow, until: datetime | None, at: datetime) -> str:
    """Until when a word of staff is due; nothing where staff had the last word. `at` is local."""
    moment = until or (row.promised_by if row.state != State.TAKEN else None)
    if moment is None:
        return "" if row.state == State.TAKEN else t("no_promise")
    return opening_hours.describe_moment(moment.astimezone(at.tzinfo), at, language())


def _item(row: HandoffRow, town: Town, words: _Words, names: dict[int, str], until: datetime | None, at: datetime) -> Item:
    asked = handoff.offered(row, at)
    return Item(
        id=row.id,
        receipt=row.receipt,
        state=row.state,
        department=town.counter(row.department).name,
        waited=spoken_span(row.requested_at, at),
        promised=spoken_promise(row, until, at),
        overdue=until is not None and until < at,
        soon=until is not None and at <= until < at + SOON,
        excerpt=words.excerpt,
        taken_by=names.get(row.taken_by, "") if row.taken_by is not None else "",
        asked=names.get(asked, "") if asked is not None else "",
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
