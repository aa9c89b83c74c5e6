"""The long work of imports in the background: reading files, making working copies, taking them back.

A thread a server process looks for jobs while there are any. A job is leased to one of them; when its process dies the
lease runs out and another goes on with it: by OCR page for page, otherwise from the start of the file, within the rows
already done of an application. After three attempts it is failed, and says what to do.
"""

from __future__ import annotations

import os
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session, undefer

from database import Database, now
from knowledge import import_apply, import_jobs, import_waste, reading_process
from knowledge.importers.formats import format_of
from knowledge.importers.pack_source import examples
from knowledge.importers.remarks import Problem, Remark
from knowledge.importers.source import Options, failed
from knowledge.tables import ImportJobRow, ImportRowRow
from settings import Settings

LEASE = timedelta(seconds=60)
BEAT_SECONDS = 2.0
"""Seconds between two notes of how far a job is; each renews its lease."""
PAUSE_SECONDS = 1.0
ATTEMPTS = 3

log = structlog.get_logger()


class Worker:
    """Does open jobs one after another in a thread of its own, which ends when there are none."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self._database = database
        self._settings = settings
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._woken = threading.Event()

    def wake(self) -> None:
        """See to it that open jobs are being done."""
        with self._lock:
            self._woken.set()
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._work, name="imports", daemon=True)
                self._thread.start()

    def _work(self) -> None:
        failures = 0
        while True:
            self._woken.clear()
            try:
                while self.run_once():
                    pass
                waiting, failures = self._open(), 0
            except Exception:
                log.exception("import_worker_failed")
                failures += 1
                waiting = failures < ATTEMPTS  # a database that is gone: the next upload or start tries again
            with self._lock:
                if not waiting and not self._woken.is_set():
                    self._thread = None
                    return
            self._woken.wait(PAUSE_SECONDS)

    def run_once(self) -> bool:
        """Do the oldest job that waits; False when there is none that nobody does."""
        with self._database.write() as session:
            job = _claim(session, now())
        if job is None:
            return False
        try:
            match job.state:
                case "reading":
                    self._read(job)
                case "applying":
                    self._batches(job, import_apply.apply_batch, "applied")
                case "undoing":
                    self._batches(job, import_apply.undo_batch, "undone")
        except Exception:
            log.exception("import_job_failed", job=job.id, state=job.state)
            self._fail(job)
        return True

    def _open(self) -> bool:
        with self._database.read() as session:
            return bool(session.scalar(select(func.count()).where(ImportJobRow.state.in_(import_jobs.OPEN))))

    def _read(self, job: ImportJobRow) -> None:
        with self._database.write() as session:
            done = _begin_reading(session, job)
        kind, slots = job.format, dict[str, dict[str, str]]()
        if kind == "site":
            self._store_rows(job, done, self._site(job))
        else:
            with tempfile.NamedTemporaryFile(prefix="madoguchi-import-") as file:
                file.write(job.original)
                file.flush()
                kind, slots = _look(Path(file.name), job.name)
                self._store_rows(job, done, self._events(job, Path(file.name), done))
        with self._database.write() as session:
            current = session.get_one(ImportJobRow, job.id)
            current.format = kind
            current.plan = {**current.plan, "examples": slots} if slots else current.plan
            import_jobs.replan(session, current)
            if import_waste.is_waste(current.plan["columns"]):
                import_waste.plan(session, current)
            _finish(session.get_one(ImportJobRow, job.id), "previewed")

    def _events(self, job: ImportJobRow, path: Path, done: set[str]) -> Iterator[dict[str, Any]]:
        options = Options(frozenset(done), os.cpu_count() or 1)
        return reading_process.read(path, job.name, options)

    def _site(self, job: ImportJobRow) -> Iterator[dict[str, Any]]:
        bounds = {"hosts": self._settings.import_hosts.split(), "pages": job.plan["pages"], "depth": job.plan["depth"]}
        return reading_process.read(job.plan["url"], job.name, Options(), bounds)

    def _store_rows(self, job: ImportJobRow, done: set[str], events: Iterator[dict[str, Any]]) -> None:
        number, rows, progress = len(done), [], ""
        beat = time.monotonic()
        for event in events:
            if "row" in event and number < import_jobs.MOST_ROWS:
                number += 1
                rows.append(_row(job.id, number, event["row"]))
                if number == import_jobs.MOST_ROWS:
                    rows[-1] = _row(job.id, number, failed(event["row"]["place"], _too_many()).to_json())
            if "progress" in event:
                progress = "{}/{}".format(*event["progress"])
            if time.monotonic() - beat > BEAT_SECONDS:
                self._note(job, rows, progress or str(number))
                rows, beat = [], time.monotonic()
        self._note(job, rows, progress or str(number))

    def _note(self, job: ImportJobRow, rows: list[dict[str, Any]], progress: str) -> None:
        with self._database.write() as session:
            if rows:
                session.execute(insert(ImportRowRow), rows)
            _beat(session, job.id, progress)

    def _batches(self, job: ImportJobRow, batch: Callable[[Session, ImportJobRow], int], end: str) -> None:
        total = 0
        while True:
            with self._database.write() as session:
                current = session.get_one(ImportJobRow, job.id)
                count = batch(session, current)
                total += count
                if count:
                    _beat(session, job.id, str(total))
                else:
                    _finish(current, end)
                    return

    def _fail(self, job: ImportJobRow) -> None:
        with self._database.write() as session:
            current = session.get(ImportJobRow, job.id)
            if current is not None and job.plan["attempts"] >= ATTEMPTS:
                _give_up(current)
            elif current is not None:
                current.plan = {**current.plan, "lease": (now() + timedelta(seconds=5)).isoformat()}


def start(database: Database, settings: Settings) -> Worker:
    """A worker that goes on with what an earlier process left."""
    worker = Worker(database, settings)
    worker.wake()
    return worker


def _claim(session: Session, at: datetime) -> ImportJobRow | None:
    """Lease the oldest job nobody does; one that was begun three times before is failed instead."""
    query = select(ImportJobRow).where(ImportJobRow.state.in_(import_jobs.OPEN)).order_by(ImportJobRow.id)
    for job in session.scalars(query.with_for_update(skip_locked=True)):
        if job.plan.get("lease", "") > at.isoformat():
            continue
        attempts = int(job.plan.get("attempts", 0)) + 1
        if attempts > ATTEMPTS:
            _give_up(job)
            continue
        job.state = "reading" if job.state == "uploaded" else job.state
        job.plan = {**job.plan, "lease": (at + LEASE).isoformat(), "attempts": attempts}
        session.flush()
        return session.scalars(
            select(ImportJobRow).where(ImportJobRow.id == job.id).options(undefer(ImportJobRow.original))
        ).one()
    return None


def _begin_reading(session: Session, job: ImportJobRow) -> set[str]:
    """Places that need not be read again: pages of a PDF, of which each takes long. Other rows are thrown away."""
    places = set(session.scalars(select(ImportRowRow.place).where(ImportRowRow.job == job.id)))
    if job.original[:5] == b"%PDF-":
        return places
    session.execute(delete(ImportRowRow).where(ImportRowRow.job == job.id))
    return set()


def _beat(session: Session, number: int, progress: str) -> None:
    job = session.get(ImportJobRow, number)
    if job is not None:
        job.progress, job.plan = progress, {**job.plan, "lease": (now() + LEASE).isoformat()}


def _finish(job: ImportJobRow, state: str) -> None:
    job.state, job.progress, job.changed_at = state, "", now()
    job.plan = {**job.plan, "lease": "", "attempts": 0}


def _give_up(job: ImportJobRow) -> None:
    told = Remark("the server stopped three times while it worked on this; ask the administrator", "reader_interrupted")
    job.report = {**job.report, "problem": told.to_json(), "during": job.state}
    _finish(job, "failed")


def _look(path: Path, name: str) -> tuple[str, dict[str, dict[str, str]]]:
    """Format of a file, and the slots of a pack."""
    try:
        kind = format_of(path, name)
    except Problem:
        return "", {}
    return kind, examples(path) if kind == "pack" else {}


def _row(job: int, number: int, row: dict[str, Any]) -> dict[str, Any]:
    return {"job": job, "number": number, **row, "outcome": "error"}


def _too_many() -> Remark:
    return Remark(f"only the first {import_jobs.MOST_ROWS} rows were read", "too_many_rows", limit=import_jobs.MOST_ROWS)
