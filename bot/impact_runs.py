"""Runs that compare answers before and after a publication: started by a page, worked off in the background, kept a while."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from bot import impact, impact_questions
from bot.logs import describe
from bot.tables import ImpactRunRow
from bot.trial import Overlays
from database import Database, now
from knowledge.articles import Article
from settings import Settings

if TYPE_CHECKING:
    from bot.desk import Desk

log = structlog.get_logger()

RUNNING, DONE, FAILED = "running", "done", "failed"
TOLD_EVERY = 1.0
"""Seconds between two notes of how far a run is."""
SILENT_AFTER = timedelta(seconds=60)
"""A run that has said nothing for so long was in a process that has ended."""
WAITING_SAYS_SO = 10.0
KEPT_FOR = timedelta(days=7)
KEPT_OF_AN_ARTICLE = 3
BREATH = 0.002
"""Seconds a run rests after each question, so that residents' questions come first."""


@dataclass(frozen=True)
class Wanted:
    """What is to be compared: the article as it would be published, and the version of its working copy."""

    copy: Article
    version: int
    by: str


class ImpactRuns:
    """One at a time in each process; light to make."""

    def __init__(self, database: Database, settings: Settings, desk: Desk, overlays: Overlays) -> None:
        self._database, self._settings, self._desk, self._overlays = database, settings, desk, overlays
        self._turn = threading.Lock()

    def start(self, wanted: Wanted) -> int:
        """Id of the run that now works on this, new or the same that is running already.

        Raises UnknownMunicipality when the desk has no index.
        """
        code = wanted.copy.municipality
        version = self._desk.services(code).index.snapshot.version
        with self._database.write() as session:
            running = _same(session, code, wanted, version)
            if running is not None:
                return running
            row = ImpactRunRow(
                municipality=code, article=wanted.copy.id, draft_version=wanted.version, snapshot=version, by=wanted.by
            )
            session.add(row)
            session.flush()
            _forget_old(session, code, wanted.copy.id)
            number = row.id
        threading.Thread(target=self._work, args=(number, wanted), name="impact", daemon=True).start()
        return number

    def _work(self, run: int, wanted: Wanted) -> None:
        started = time.monotonic()
        try:
            while not self._turn.acquire(timeout=WAITING_SAYS_SO):
                self._note(run)  # it waits for another one, and lives
            try:
                self._compare(run, wanted, started)
            finally:
                self._turn.release()
        except Exception as error:
            log.error("impact failed", **describe(error))
            self._note(run, state=FAILED, seconds=time.monotonic() - started)

    def _compare(self, run: int, wanted: Wanted, started: float) -> None:
        served = self._desk.services(wanted.copy.municipality)
        after = self._overlays.services(served, wanted.copy)
        with self._database.read() as session:
            folder = self._settings.question_folder
            questions = impact_questions.gather(session, folder, served.content, wanted.copy, now())
        told = time.monotonic()
        self._note(run, total=len(questions))

        def progress(done: int) -> None:
            nonlocal told
            time.sleep(BREATH)
            if time.monotonic() - told >= TOLD_EVERY:
                told = time.monotonic()
                self._note(run, done=done)

        compared = impact.compare(questions, served, after, progress)
        self._note(
            run, state=DONE, done=len(questions), counts=impact.counts(compared), result=impact.result(compared),
            seconds=round(time.monotonic() - started, 2),
        )  # fmt: skip

    def _note(self, run: int, **values: object) -> None:
        with self._database.write() as session:
            session.execute(update(ImpactRunRow).where(ImpactRunRow.id == run).values(**values, changed_at=now()))


def newest(session: Session, municipality: str, article: str) -> ImpactRunRow | None:
    """The article's last run; one that fell silent is told to have failed."""
    query = select(ImpactRunRow).where(ImpactRunRow.municipality == municipality, ImpactRunRow.article == article)
    return session.scalar(query.order_by(ImpactRunRow.id.desc()).limit(1))


def state_of(row: ImpactRunRow) -> str:
    """The state; FAILED for a run whose process has ended."""
    silent = row.state == RUNNING and now() - row.changed_at > SILENT_AFTER
    return FAILED if silent else row.state


def _same(session: Session, code: str, wanted: Wanted, version: str) -> int | None:
    row = newest(session, code, wanted.copy.id)
    if row is None or state_of(row) != RUNNING:
        return None
    return row.id if (row.draft_version, row.snapshot) == (wanted.version, version) else None


def _forget_old(session: Session, code: str, article: str) -> None:
    own = select(ImpactRunRow.id).where(ImpactRunRow.municipality == code, ImpactRunRow.article == article)
    kept = session.scalars(own.order_by(ImpactRunRow.id.desc()).limit(KEPT_OF_AN_ARTICLE)).all()
    old = (ImpactRunRow.municipality == code) & (
        (ImpactRunRow.started_at < now() - KEPT_FOR) | ((ImpactRunRow.article == article) & ImpactRunRow.id.not_in(kept))
    )
    session.execute(delete(ImpactRunRow).where(old))
