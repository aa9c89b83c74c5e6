"""Searching the audit trail: newest first, a page at a time by keyset, and whole for an export.

A million entries are no obstacle: every filter but the free text has its index, and the free text reads at most
WINDOW entries a page; what lies before them is on the next one.
"""

from __future__ import annotations

import heapq
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Select, Text, and_, cast, or_, select
from sqlalchemy.orm import Session

from accounts import AuditRow, StaffRow
from database import Database

PAGE = 50
WINDOW = 20_000
_BATCH = 1000
_MOST_PEOPLE = 10


@dataclass(frozen=True)
class Wanted:
    """What is looked for; an empty field asks for nothing. `since` is included, `until` is not."""

    actor: str = ""
    action: str = ""
    since: datetime | None = None
    until: datetime | None = None
    words: str = ""


@dataclass(frozen=True)
class Cursor:
    """A place in the trail: the entry at which a page ends."""

    at: datetime
    id: int

    def __str__(self) -> str:
        return f"{self.at.astimezone(UTC):%Y%m%dT%H%M%S.%f}-{self.id}"

    @classmethod
    def read(cls, text: str) -> Cursor | None:
        """The cursor of an address; None when it is none."""
        moment, _, number = text.partition("-")
        try:
            at = datetime.strptime(moment, "%Y%m%dT%H%M%S.%f").replace(tzinfo=UTC)
            return cls(at, int(number)) if 0 <= int(number) < 2**31 else None
        except ValueError:
            return None


@dataclass(frozen=True)
class Found:
    """A page of entries, newest first; `older` is where the next one begins."""

    rows: tuple[AuditRow, ...]
    older: Cursor | None
    cut: bool
    """Whether the page ends because WINDOW entries were read, not because it is full."""


def search(session: Session, municipality: str, wanted: Wanted, before: Cursor | None = None) -> Found:
    """The entries before a place, newest first."""
    found = []
    for query in _queries(session, municipality, wanted):
        if before is not None:
            query = query.where(AuditRow.at <= before.at, or_(AuditRow.at < before.at, AuditRow.id < before.id))
        query = query.order_by(AuditRow.at.desc(), AuditRow.id.desc())
        found.append(
            _search_words(session, query, wanted.words) if wanted.words else _full(tuple(session.scalars(query.limit(PAGE + 1))))
        )
    return found[0] if len(found) == 1 else _merged(found)


def everything(database: Database, municipality: str, wanted: Wanted) -> Iterator[AuditRow]:
    """Every entry that is wanted, oldest first; read in batches, so that an export of any size holds nothing open."""
    with database.read() as session:
        queries = _queries(session, municipality, wanted)
    if wanted.words:
        queries = [query.where(_has(wanted.words)) for query in queries]
    return heapq.merge(*(_all_of(database, query) for query in queries), key=lambda row: (row.at, row.id))


def _all_of(database: Database, wanted: Select[AuditRow]) -> Iterator[AuditRow]:
    last: Cursor | None = None
    while True:
        with database.read() as session:
            query = wanted
            if last is not None:
                query = query.where(AuditRow.at >= last.at, or_(AuditRow.at > last.at, AuditRow.id > last.id))
            batch = session.scalars(query.order_by(AuditRow.at, AuditRow.id).limit(_BATCH)).all()
        yield from batch
        if len(batch) < _BATCH:
            return
        last = _end(batch[-1])


def latest(session: Session, municipality: str, action: str) -> AuditRow | None:
    """The newest entry of one action."""
    query = select(AuditRow).where(AuditRow.municipality == municipality, AuditRow.action == action)
    return session.scalar(query.order_by(AuditRow.at.desc(), AuditRow.id.desc()).limit(1))


def _search_words(session: Session, query: Select[AuditRow], words: str) -> Found:
    window = query.with_only_columns(AuditRow.id).limit(WINDOW).subquery()
    within = select(AuditRow).where(AuditRow.id.in_(select(window.c.id)), _has(words))
    rows = tuple(session.scalars(within.order_by(AuditRow.at.desc(), AuditRow.id.desc()).limit(PAGE + 1)))
    if len(rows) > PAGE:
        return _full(rows)
    edge = session.scalars(query.offset(WINDOW - 1).limit(1)).first()
    return Found(rows, _end(edge) if edge is not None else None, edge is not None)


def _full(rows: tuple[AuditRow, ...]) -> Found:
    return Found(rows[:PAGE], _end(rows[PAGE - 1]) if len(rows) > PAGE else None, False)


def _merged(found: Sequence[Found]) -> Found:
    """One page of those of several people: what lies behind the place where any of them was cut comes on the next one."""
    edge = max((one.older for one in found if one.cut and one.older is not None), key=_order, default=None)
    rows = sorted((row for one in found for row in one.rows), key=_order, reverse=True)
    kept = [row for row in rows if edge is None or _order(row) >= _order(edge)]
    if len(kept) > PAGE:
        return _full(tuple(kept))
    if edge is not None:
        return Found(tuple(kept), edge, True)
    more = any(one.older is not None for one in found)
    return Found(tuple(kept), _end(kept[-1]) if more and kept else None, False)


def _order(place: AuditRow | Cursor) -> tuple[datetime, int]:
    return place.at, place.id


def _queries(session: Session, municipality: str, wanted: Wanted) -> list[Select[AuditRow]]:
    """One query for each person that is meant: for several at once no index gives the entries in order."""
    query = _wanted(municipality, wanted)
    if not wanted.actor:
        return [query]
    return [query.where(AuditRow.actor == login) for login in _logins(session, municipality, wanted.actor)]


def _wanted(municipality: str, wanted: Wanted) -> Select[AuditRow]:
    conditions: list[Any] = [AuditRow.municipality == municipality]
    if wanted.action:
        conditions.append(AuditRow.action == wanted.action)
    if wanted.since is not None:
        conditions.append(AuditRow.at >= wanted.since)
    if wanted.until is not None:
        conditions.append(AuditRow.at < wanted.until)
    return select(AuditRow).where(and_(*conditions))


def _logins(session: Session, municipality: str, actor: str) -> list[str]:
    """The actor as it was typed, and the logins of the staff whose name has these words."""
    named = select(StaffRow.login).where(StaffRow.municipality == municipality, StaffRow.name.contains(actor, autoescape=True))
    return list(dict.fromkeys([actor, actor.lower(), *session.scalars(named.order_by(StaffRow.login).limit(_MOST_PEOPLE))]))


def _has(words: str) -> Any:
    # Stored as JSON with ASCII only, so the words are looked for as they look there.
    return cast(AuditRow.detail, Text).icontains(json.dumps(words)[1:-1], autoescape=True)


def _end(row: AuditRow) -> Cursor:
    return Cursor(row.at, row.id)
