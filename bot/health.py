"""The health of a municipality's knowledge: looked at once a day in the background, or by hand.

`python -m bot.health --municipality 990019` prints what was found as JSON.
"""

from __future__ import annotations

import argparse
import json
import sys
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import structlog
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from bot import link_checks, question_clusters, task_causes, tasks
from bot.link_checks import LinkChecker
from bot.logs import configure, describe
from bot.near_duplicates import near_duplicates
from bot.tables import FindingRow, HealthRunRow, TaskRow
from bot.tasks import Reason
from bot.usage import usage_since
from database import Database, now
from indexer import snapshot
from indexer.encoder import EncoderUnavailable
from indexer.snapshot import IndexMismatch, Snapshot, SnapshotCorrupt, SnapshotMissing
from knowledge import health, store
from knowledge.articles import State
from knowledge.health import Finding, Found
from knowledge.snapshot_content import UnknownMunicipality
from knowledge.tables import MunicipalityRow
from settings import SHARED_BASE, Settings, SettingsError, load_settings

if TYPE_CHECKING:
    from bot.desk import Desk

log = structlog.get_logger()

EVERY = timedelta(days=1)
STUCK_AFTER = timedelta(hours=1)
"""A look begun so long ago and not finished was in a process that has ended."""
FIRST_SECONDS, TICK_SECONDS = 120.0, 600.0
"""After a start residents' questions have the cores first; then it is only asked whether a day has passed."""
WINDOW = timedelta(days=90)
"""How far back use is counted, as far as conversations are kept so long."""


@dataclass(frozen=True)
class Report:
    """What one look found. `opened`: tasks of questions nobody had counted yet; `joined`, `closed`: tasks settled by it.

    `index` is False where there was none, so that neither duplicates nor like questions could be found.
    """

    municipality: str
    findings: tuple[Finding, ...]
    opened: int
    joined: int
    closed: int
    links_asked: int
    index: bool
    seconds: float

    @property
    def counts(self) -> dict[str, int]:
        found = Counter(finding.kind.value for finding in self.findings)
        return {kind.value: found[kind.value] for kind in Found}

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "findings": [asdict(finding) for finding in self.findings], "counts": self.counts}


def look(
    database: Database,
    settings: Settings,
    municipality: str,
    at: datetime,
    index: Snapshot | None,
    checker: LinkChecker | None = None,
) -> Report:
    """Look through everything, store what was found, and bring the tasks up to date.

    `index` is the one served, None where there is none; links are asked by `checker` if the setting allows it.
    Raises UnknownMunicipality.
    """
    started = time.perf_counter()
    asked = _check_links(database, settings, municipality, at, checker or LinkChecker())
    with database.read() as session:
        found = _findings(session, settings, municipality, at, index)
        since = _seen_until(session, municipality, at)
        # Nobody waits here, so the encoder works outside a transaction.
    until = at - task_causes.ABANDONED_AFTER
    with database.write() as session:
        opened = task_causes.catch_up(session, municipality, since, until)
        tasks.care_for_orphans(session, municipality)
    joined = _join_questions(database, municipality, index) if index is not None else 0
    with database.write() as session:
        kept = _store(session, municipality, found, index is not None)
        closed = _close_settled(session, municipality, kept)
        report = Report(
            municipality, tuple(found), opened, joined, closed, asked, index is not None, round(time.perf_counter() - started, 2)
        )
        row = _run_row(session, municipality)
        row.finished_at, row.seconds, row.counts, row.seen_until = (
            at,
            report.seconds,
            _stored_counts(session, municipality),
            until,
        )
        row.note = "" if report.index else "no_index"
    log.info("health looked at", municipality=municipality, seconds=report.seconds, **report.counts)
    return report


def due(database: Database, municipality: str, at: datetime, every: timedelta = EVERY) -> bool:
    """Whether a look is due, and if so mark it begun: of several processes that ask, one gets True."""
    with database.write() as session:
        row = _run_row(session, municipality)
        if (
            row.started_at is not None
            and row.started_at > at - STUCK_AFTER
            and (row.finished_at or row.started_at) <= row.started_at
        ):
            return False
        if row.finished_at is not None and row.finished_at > at - every:
            return False
        row.started_at = at
        return True


def running(row: HealthRunRow, at: datetime) -> bool:
    """Whether a look is going on at this moment."""
    begun = row.started_at
    return begun is not None and begun > at - STUCK_AFTER and (row.finished_at is None or row.finished_at < begun)


def tick(database: Database, settings: Settings, desk: Desk, at: datetime) -> None:
    """Look at every municipality whose day has come."""
    with database.read() as session:
        codes = session.scalars(select(MunicipalityRow.code).where(MunicipalityRow.code != SHARED_BASE)).all()
    for code in codes:
        if due(database, code, at):
            look_safely(database, settings, desk, code)


def look_safely(database: Database, settings: Settings, desk: Desk, municipality: str) -> None:
    """`look` with the desk's index; a failure is logged, and the next tick tries again an hour later."""
    try:
        look(database, settings, municipality, now(), served_index(desk, municipality))
    except Exception as error:
        log.error("health failed", municipality=municipality, **describe(error))


def served_index(desk: Desk, municipality: str) -> Snapshot | None:
    try:
        return desk.services(municipality).index.snapshot
    except UnknownMunicipality:
        return None


def start_thread(database: Database, settings: Settings, desk: Desk, stop: threading.Event | None = None) -> threading.Thread:
    """Tick until `stop` is set, the first time FIRST_SECONDS after the start; never keeps the process alive."""
    stopping = stop or threading.Event()

    def run() -> None:
        pause = FIRST_SECONDS
        while not stopping.wait(pause):
            pause = TICK_SECONDS
            try:
                tick(database, settings, desk, now())
            except Exception as error:  # the next tick tries again
                log.error("health failed", **describe(error))

    thread = threading.Thread(target=run, name="health", daemon=True)
    thread.start()
    return thread


def _findings(session: Session, settings: Settings, municipality: str, at: datetime, index: Snapshot | None) -> list[Finding]:
    if store.municipality(session, municipality) is None:
        raise UnknownMunicipality(municipality)
    today = at.astimezone(settings.zone).date()
    articles = [a for a in store.articles(session, municipality) if a.state == State.PUBLISHED]
    dates = health.reviewed(session, municipality)
    since = at - min(WINDOW, timedelta(days=settings.retention_days))
    usage = usage_since(session, municipality, since)
    in_force = [a for a in articles if a.in_force(today)]
    found = [
        *health.contradictions(in_force, store.departments(session, municipality)),
        *link_checks.broken_links(session, municipality, in_force),
        *health.overdue(articles, dates, today),
        *health.expiring(articles, today),
        *health.unhelpful(articles, usage),
        *health.never_found(in_force, dates, usage, since),
    ]
    if index is not None:
        found += near_duplicates(index, frozenset(a.id for a in articles))
    return found


def _check_links(database: Database, settings: Settings, municipality: str, at: datetime, checker: LinkChecker) -> int:
    if not settings.link_checks:
        return 0
    with database.read() as session:
        articles = [a for a in store.articles(session, municipality) if a.state == State.PUBLISHED]
    return link_checks.check_due(database, municipality, articles, at, checker)


def _join_questions(database: Database, municipality: str, index: Snapshot) -> int:
    with database.read() as session:
        questions = question_clusters.open_questions(session, municipality)
    if len(questions) < 2:
        return 0
    vectors = question_clusters.encoded(index.encoder, [question.text for question in questions])
    groups = [g for g in question_clusters.clusters(vectors, question_clusters.background_of(index)) if len(g) > 1]
    with database.write() as session:
        return question_clusters.join(session, municipality, questions, groups)


def _store(session: Session, municipality: str, found: Sequence[Finding], with_index: bool) -> set[tuple[str, str]]:
    """Make the stored findings these; one that was there before keeps its first day. Returns (kind, key) of all there are.

    Without an index, duplicates could not be looked for, so those of the last look stay.
    """
    old = {(row.kind, row.key): row for row in session.scalars(select(FindingRow).where(FindingRow.municipality == municipality))}
    new = {(finding.kind.value, finding.key): finding for finding in found}
    kept = {key for key in old if not with_index and key[0] == Found.DUPLICATE and key not in new}
    gone = [row.id for key, row in old.items() if key not in new and key not in kept]
    for first in range(0, len(gone), 500):
        session.execute(delete(FindingRow).where(FindingRow.id.in_(gone[first : first + 500])))
    for (kind, key), finding in new.items():
        row = old.get((kind, key))
        if row is None:
            row = FindingRow(municipality=municipality, kind=kind, key=key)
            session.add(row)
        row.article, row.other, row.department = finding.article, finding.other, finding.department
        row.rank, row.detail = finding.rank, dict(finding.detail)
    session.flush()
    return set(new) | kept


def _close_settled(session: Session, municipality: str, found: set[tuple[str, str]]) -> int:
    """Close the open tasks of findings that are found no longer; how many."""
    kinds = [kind.value for kind in Found]
    query = select(TaskRow).where(TaskRow.municipality == municipality, TaskRow.state == tasks.OPEN, TaskRow.kind.in_(kinds))
    settled = [row for row in session.scalars(query).all() if (row.kind, row.key) not in found]
    for row in settled:
        tasks.close_task(session, municipality, row.id, tasks.SYSTEM, Reason.GONE)
    return len(settled)


def _stored_counts(session: Session, municipality: str) -> dict[str, int]:
    kinds = session.scalars(select(FindingRow.kind).where(FindingRow.municipality == municipality))
    found = Counter(kinds)
    return {kind.value: found[kind.value] for kind in Found}


def _seen_until(session: Session, municipality: str, at: datetime) -> datetime:
    row = session.get(HealthRunRow, municipality)
    return row.seen_until if row is not None and row.seen_until is not None else at - WINDOW


def _run_row(session: Session, municipality: str) -> HealthRunRow:
    made = tasks.insert_for(session)(HealthRunRow).values(municipality=municipality, seconds=0.0, counts={}, note="")
    session.execute(made.on_conflict_do_nothing())  # several processes may look for the first time at once
    return session.get_one(HealthRunRow, municipality, with_for_update=True, populate_existing=True)


def _own_index(settings: Settings, municipality: str) -> Snapshot | None:
    home = settings.indexes / municipality
    try:
        return snapshot.open_snapshot(home / snapshot.current_version(home), settings.encoder)
    except (SnapshotMissing, SnapshotCorrupt, IndexMismatch, EncoderUnavailable) as error:
        log.warning("health without index", municipality=municipality, reason=type(error).__name__)
        return None


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bot.health", description="Look at the health of the knowledge.")
    parser.add_argument("--municipality", metavar="CODE", help="団体コード; left out, that of the settings")
    options = parser.parse_args(arguments)
    try:
        settings = load_settings()
        configure(settings.log_level)
        database = Database(settings.resolved_database_url)
        database.upgrade()
        code = options.municipality or settings.municipality
        report = look(database, settings, code, now(), _own_index(settings, code))
    except (SettingsError, UnknownMunicipality) as error:
        print(f"bot.health: {error}", file=sys.stderr)
        return 2
    print(json.dumps(report.to_json(), ensure_ascii=False, indent=1, default=str))
    return 0


if __name__ == "__main__":
    sys.exit(main())
