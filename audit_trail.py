"""The audit trail: who did what and when, kept as a chain of hashes that shows every later change.

`note` puts an entry on the session; it is written at the very end of the transaction, after everything else. Writers
of one municipality then wait for each other only for the moment of the commit, and, as nothing is locked after the
head of the chain, never for each other in a circle.

`verify` computes the chain anew. Rows from before the chain began carry no hash: they are counted, not vouched for.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Row, event, func, insert, select, text
from sqlalchemy.orm import Session, SessionTransaction

from accounts import AuditRow
from database import now

BEGINNING = "0" * 64
"""What stands as `previous` in the first entry of a chain."""

_PENDING = "madoguchi_audit"
_LOCK = 991003
"""First half of PostgreSQL's advisory lock of a chain; the second is made from the municipality."""
_BATCH = 2000
_canonical = json.JSONEncoder(sort_keys=True, separators=(",", ":"))

_COLUMNS = (
    AuditRow.id,
    AuditRow.sequence,
    AuditRow.at,
    AuditRow.actor,
    AuditRow.action,
    AuditRow.detail,
    AuditRow.previous,
    AuditRow.hash,
)


@dataclass(frozen=True)
class _Entry:
    municipality: str
    at: datetime
    actor: str
    action: str
    detail: dict[str, Any]
    within: SessionTransaction | None
    """The savepoint it was noted in: rolled back, it takes the entry along."""


@dataclass(frozen=True)
class Head:
    """The newest entry of a chain; sequence 0 and BEGINNING where there is none yet."""

    sequence: int
    hash: str


@dataclass(frozen=True)
class Broken:
    """The first entry that does not fit, and how: changed, missing, unchained or truncated."""

    reason: str
    sequence: int | None
    id: int | None


@dataclass(frozen=True)
class Verdict:
    """What `verify` found: entries in the chain that fit, rows from before it, the last fitting entry."""

    entries: int
    before: int
    head: Head
    broken: Broken | None

    @property
    def sound(self) -> bool:
        return self.broken is None


def note(
    session: Session,
    municipality: str,
    actor: str,
    action: str,
    detail: Mapping[str, Any] | None = None,
    at: datetime | None = None,
) -> None:
    """Note an act; it is written when the transaction commits, and not when it is rolled back.

    `detail` holds neither a resident's words nor a secret. Raises TypeError or ValueError when JSON cannot hold it.
    """
    # Through JSON once: what is hashed now must be what is read back later (a tuple comes back as a list).
    plain = json.loads(json.dumps(dict(detail or {}), allow_nan=False))
    entry = _Entry(municipality, at or now(), actor, action, plain, session.get_nested_transaction())
    session.info.setdefault(_PENDING, []).append(entry)


def head(session: Session, municipality: str) -> Head:
    """The newest entry of the municipality's chain."""
    newest = select(AuditRow.sequence, AuditRow.hash).where(AuditRow.municipality == municipality, AuditRow.sequence.is_not(None))
    found = session.execute(newest.order_by(AuditRow.sequence.desc()).limit(1)).first()
    return Head(0, BEGINNING) if found is None else Head(int(found[0] or 0), found[1])


def verify(session: Session, municipality: str, expect: str | None = None) -> Verdict:
    """Compute the chain anew, up to the first entry that does not fit.

    `expect` is a hash somebody kept of an earlier head: a chain without it has lost its tail, or was made anew.
    """
    before = _count_before(session, municipality)
    seen = expect is None or expect == BEGINNING
    at = Head(0, BEGINNING)
    for row in _chained(session, municipality):
        reason = _misfit(municipality, at, row)
        if reason is not None:
            return Verdict(at.sequence, before, at, Broken(reason, row.sequence, row.id))
        at = Head(row.sequence, row.hash)
        seen = seen or at.hash == expect
    verdict = Verdict(at.sequence, before, at, None)
    stray = _unchained(session, municipality)
    if stray is not None:
        return replace(verdict, before=before - 1, broken=Broken("unchained", None, stray))
    return verdict if seen else replace(verdict, broken=Broken("truncated", at.sequence + 1, None))


def hash_of(
    previous: str, municipality: str, sequence: int, at: datetime, actor: str, action: str, detail: Mapping[str, Any]
) -> str:
    """SHA-256 (hex) over the canonical JSON: a list without spaces, names in order, ASCII only, the time in UTC."""
    moment = at.astimezone(UTC).isoformat(timespec="microseconds")
    content = [previous, municipality, sequence, moment, actor, action, dict(detail)]
    return hashlib.sha256(_canonical.encode(content).encode("ascii")).hexdigest()


def _misfit(municipality: str, at: Head, row: Row[Any]) -> str | None:
    if row.sequence != at.sequence + 1:
        return "missing"
    made = hash_of(at.hash, municipality, row.sequence, row.at, row.actor, row.action, row.detail)
    return None if row.previous == at.hash and row.hash == made else "changed"


def _chained(session: Session, municipality: str) -> Iterator[Row[Any]]:
    """The entries of the chain in order, a batch at a time."""
    last = -1
    query = select(*_COLUMNS).where(AuditRow.municipality == municipality).order_by(AuditRow.sequence).limit(_BATCH)
    while batch := session.execute(query.where(AuditRow.sequence > last)).all():
        yield from batch
        last = batch[-1].sequence or 0


def _count_before(session: Session, municipality: str) -> int:
    rows = select(func.count()).where(AuditRow.municipality == municipality, AuditRow.sequence.is_(None))
    return session.scalar(rows) or 0


def _unchained(session: Session, municipality: str) -> int | None:
    """A row without hash that is younger than the chain: nothing of this desk writes such a one."""
    first = select(func.min(AuditRow.id)).where(AuditRow.municipality == municipality, AuditRow.sequence == 1).scalar_subquery()
    rows = select(func.min(AuditRow.id)).where(AuditRow.municipality == municipality, AuditRow.sequence.is_(None))
    return session.scalar(rows.where(AuditRow.id > first))


@event.listens_for(Session, "before_commit")
def _write(session: Session) -> None:
    pending: list[_Entry] = session.info.get(_PENDING, [])
    if not pending or session.in_nested_transaction():
        return
    session.flush()
    session.info[_PENDING] = []
    # In the order of the towns: two transactions that note in several of them do not wait for each other.
    towns = sorted({entry.municipality for entry in pending})
    for municipality in towns:
        _lock_town(session, municipality)
    for municipality in towns:
        _append(session, municipality, [entry for entry in pending if entry.municipality == municipality])


def _lock_town(session: Session, municipality: str) -> None:
    # The foreign key would lock this row later, while the chain is held, and whoever has it may be waiting for the chain.
    if _is_postgresql(session):
        session.execute(text("SELECT 1 FROM municipality WHERE code = :town FOR KEY SHARE"), {"town": municipality})


def _is_postgresql(session: Session) -> bool:
    return session.get_bind().dialect.name == "postgresql"


def _append(session: Session, municipality: str, entries: Sequence[_Entry]) -> None:
    # SQLite: a write transaction is alone already (BEGIN IMMEDIATE).
    if _is_postgresql(session):
        session.execute(text("SELECT pg_advisory_xact_lock(:key, hashtext(:town))"), {"key": _LOCK, "town": municipality})
    at = head(session, municipality)
    rows = []
    for entry in entries:
        sequence = at.sequence + 1
        made = hash_of(at.hash, municipality, sequence, entry.at, entry.actor, entry.action, entry.detail)
        fields = {
            "municipality": municipality,
            "at": entry.at,
            "actor": entry.actor,
            "action": entry.action,
            "detail": entry.detail,
        }
        rows.append({**fields, "sequence": sequence, "previous": at.hash, "hash": made})
        at = Head(sequence, made)
    session.execute(insert(AuditRow), rows)


@event.listens_for(Session, "after_soft_rollback")
def _forget(session: Session, ended: SessionTransaction) -> None:
    """Entries go with the transaction, or with the savepoint, that was rolled back."""
    pending: list[_Entry] = session.info.get(_PENDING, [])
    session.info[_PENDING] = [entry for entry in pending if ended.nested and not _lies_within(entry.within, ended)]


def _lies_within(inner: SessionTransaction | None, outer: SessionTransaction) -> bool:
    while inner is not None and inner is not outer:
        inner = inner.parent
    return inner is outer
