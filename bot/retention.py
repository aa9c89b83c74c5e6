"""Deletion of old conversations for good, and the clock of hand-overs.

Run `python -m bot.retention` to sweep at once; the server sweeps when it starts and then once a day.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog
from sqlalchemy import delete, exists, select, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

import audit_trail
from accounts import AuditRow
from bot import conversations, fact_days, handoff, handoff_request, reminders, unread_replies
from bot.logs import configure, describe
from bot.tables import ConversationRow, HandoffRow, MailRow
from database import Database, now
from knowledge.tables import MunicipalityRow
from settings import SHARED_BASE, Settings, load_settings

log = structlog.get_logger()

ACTION = "retention.sweep"
EVERY = timedelta(days=1)
TICK_SECONDS = 60.0
"""How often hand-overs are looked at; a sweep is only due once a day."""
STRANDED_AFTER = timedelta(minutes=1)
"""A hand-over still in `requested` after this was left by a crash, not by a request that is just being queued."""
_BATCH = 500
"""Conversations per statement: SQLite allows 32,766 parameters, and small batches keep memory flat."""
KINDS = ("conversations", "messages", "handoffs")
_ADVISORY_LOCK = 991002


def sweep(database: Database, settings: Settings, at: datetime) -> dict[str, dict[str, int]]:
    """Expire overdue hand-overs and delete conversations without activity for `retention_days`.

    Conversations with an open hand-over stay. Deletion and its AuditRow, one for every municipality, are one
    transaction. Returns the rows deleted by kind, by municipality.
    """
    handoff.expire(database, settings, at)
    with database.write() as session:
        _one_at_a_time(session)
        counts = _delete_old(session, settings, at)
    _shrink_log(database)
    return counts


def sweep_if_due(database: Database, settings: Settings, at: datetime) -> bool:
    """Sweep unless some process did within the last day; whether this one did."""
    with database.write() as session:
        _one_at_a_time(session)
        towns = select(MunicipalityRow.code)  # named, so that the index finds the entry among a million others
        recent = exists().where(AuditRow.municipality.in_(towns), AuditRow.action == ACTION, AuditRow.at > at - EVERY)
        if session.scalar(select(recent)):
            return False
        _delete_old(session, settings, at)
    _shrink_log(database)
    return True


def tick(database: Database, settings: Settings, at: datetime) -> None:
    """What the server does every minute: queue stranded hand-overs, remind, write, expire overdue ones, count, sweep when due."""
    handoff_request.recover(database, settings, at, older_than=STRANDED_AFTER)
    reminders.remind(database, settings, at)
    unread_replies.post(database, settings, at)
    handoff.expire(database, settings, at)
    fact_days.tick(database, at)
    sweep_if_due(database, settings, at)


def start_thread(database: Database, settings: Settings, stop: threading.Event | None = None) -> threading.Thread:
    """Tick at once and then every minute until `stop` is set; the thread never keeps the process alive."""
    stopping = stop or threading.Event()

    def run() -> None:
        while True:
            try:
                tick(database, settings, now())
            except Exception as error:  # the next minute tries again; a desk without sweeps would keep data too long
                log.error("retention failed", **describe(error))
            if stopping.wait(TICK_SECONDS):
                return

    thread = threading.Thread(target=run, name="retention", daemon=True)
    thread.start()
    return thread


def _one_at_a_time(session: Session) -> None:
    # SQLite: a write transaction is alone already (BEGIN IMMEDIATE).
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ADVISORY_LOCK})


def _delete_old(session: Session, settings: Settings, at: datetime) -> dict[str, dict[str, int]]:
    codes = session.scalars(select(MunicipalityRow.code).where(MunicipalityRow.code != SHARED_BASE)).all()
    cutoff = at - timedelta(days=settings.retention_days)
    counts = {}
    for code in codes:
        deleted = _delete_in_batches(session, _old(session, code, cutoff))
        detail = {**deleted, "retention_days": settings.retention_days}
        audit_trail.note(session, code, "system", ACTION, detail, at=at)
        counts[code] = deleted
    # Those about a hand-over went with it; what is left are reminders to staff.
    session.execute(delete(MailRow).where(MailRow.handoff.is_(None), MailRow.created_at < cutoff))
    log.info("swept", **{kind: sum(count[kind] for count in counts.values()) for kind in KINDS})
    return counts


def _old(session: Session, code: str, cutoff: datetime) -> Sequence[str]:
    waiting = exists().where(HandoffRow.conversation == ConversationRow.id, HandoffRow.state.in_(conversations.OPEN_STATES))
    query = select(ConversationRow.id).where(ConversationRow.municipality == code, ConversationRow.last_at < cutoff, ~waiting)
    return session.scalars(query.with_for_update()).all()


def _delete_in_batches(session: Session, ids: Sequence[str]) -> dict[str, int]:
    total: Counter[str] = Counter(dict.fromkeys(KINDS, 0))
    for first in range(0, len(ids), _BATCH):
        total.update(conversations.erase(session, ids[first : first + _BATCH]))
    return dict(total)


def _shrink_log(database: Database) -> None:
    """Empty SQLite's write-ahead log, in which deleted words would stay readable until it is overwritten."""
    if database.engine.dialect.name != "sqlite":
        return
    try:
        with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    except SQLAlchemyError as error:  # busy readers: the next sweep empties it
        log.warning("log not emptied", **describe(error))


def main() -> None:
    settings = load_settings()
    configure(settings.log_level)
    database = Database(settings.resolved_database_url)
    database.upgrade()
    for code, counts in sweep(database, settings, now()).items():
        print(code, *(f"{kind}={count}" for kind, count in sorted(counts.items())))


if __name__ == "__main__":
    main()
