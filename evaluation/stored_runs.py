"""Runs that staff start: a row in the database, a process of its own that asks the desk, and a file with what it said.

`python -m evaluation.stored_runs ID` does the run of that row; the page starts it and shows how far it is. A run whose
process died is called failed by the next look at the list.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import structlog
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from database import Database, now
from evaluation import set_store
from evaluation.tables import EvaluationRunRow, QuestionSetRow
from settings import ROOT, Settings, load_settings

log = structlog.get_logger()

OPEN = ("waiting", "running")
SILENT = timedelta(minutes=5)
"""A run that has said nothing for so long has died."""
REPORTED_EVERY = 10
"""Questions between two words of progress."""


class RunRefused(ValueError):
    """A run cannot be started; `reason` names an entry run_<reason> of the texts."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def folder(settings: Settings) -> Path:
    """Where files of runs and their reports lie."""
    return settings.instance / "evaluation"


def start(session: Session, municipality: str, number: int, name: str, by: str) -> EvaluationRunRow:
    """A waiting run over a frozen set; `launch` it once the transaction is committed. Raises RunRefused."""
    row = session.scalar(select(QuestionSetRow).where(QuestionSetRow.municipality == municipality, QuestionSetRow.id == number))
    if row is None or not row.frozen:
        raise RunRefused("not_frozen")
    busy = select(EvaluationRunRow.id).where(EvaluationRunRow.municipality == municipality, EvaluationRunRow.state.in_(OPEN))
    if session.scalar(busy.limit(1)) is not None:
        raise RunRefused("busy")
    run = EvaluationRunRow(
        municipality=municipality, name=name.strip()[:100] or f"{row.name} v{row.version}", question_set=row.id, made_by=by
    )
    session.add(run)
    session.flush()
    return run


def launch(run: int) -> None:
    """Ask in a process of its own, which outlives the web server's."""
    subprocess.Popen(
        [sys.executable, "-m", "evaluation.stored_runs", str(run)], cwd=ROOT, start_new_session=True,
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip


def bury_dead(session: Session, municipality: str, at: datetime) -> None:
    """Call those runs failed that have been silent for too long."""
    dead = func.coalesce(EvaluationRunRow.finished_at, EvaluationRunRow.made_at) < at - SILENT
    session.execute(
        update(EvaluationRunRow)
        .where(EvaluationRunRow.municipality == municipality, EvaluationRunRow.state.in_(OPEN), dead)
        .values(state="failed", progress="silent")
    )


def runs(session: Session, municipality: str, count: int = 100) -> list[tuple[EvaluationRunRow, QuestionSetRow]]:
    """The newest runs with their sets; one that died is shown as failed."""
    query = (
        select(EvaluationRunRow, QuestionSetRow)
        .join(QuestionSetRow, QuestionSetRow.id == EvaluationRunRow.question_set)
        .where(EvaluationRunRow.municipality == municipality)
        .order_by(EvaluationRunRow.id.desc())
        .limit(count)
    )
    found = [(run, of) for run, of in session.execute(query)]
    for run, _ in found:
        if run.state in OPEN and (run.finished_at or run.made_at) < now() - SILENT:
            session.expunge(run)
            run.state, run.progress = "failed", "silent"
    return found


def find(session: Session, municipality: str, number: int) -> EvaluationRunRow | None:
    return session.scalar(
        select(EvaluationRunRow).where(EvaluationRunRow.municipality == municipality, EvaluationRunRow.id == number)
    )


def perform(database: Database, settings: Settings, number: int) -> None:
    """Ask every question of the run's set, write its file and its figures. A failure is stored, and raised again."""
    try:
        _perform(database, settings, number)
    except BaseException as error:
        log.error("evaluation_run_failed", run=number, kind=type(error).__name__)
        _note(database, number, state="failed", progress=type(error).__name__)
        raise


def _perform(database: Database, settings: Settings, number: int) -> None:
    from evaluation import prediction_file, run_desk, run_scores  # load the models' libraries

    with database.write() as session:
        run = session.get_one(EvaluationRunRow, number, with_for_update=True)
        if run.state != "waiting":
            return  # started twice: the other process does it
        run.state, run.progress, run.finished_at = "running", "0", now()
        of = session.get_one(QuestionSetRow, run.question_set)
        asked, name, code, title, version = set_store.items(session, of), run.name, run.municipality, of.name, of.version
    path = folder(settings) / f"run-{number}.jsonl.gz"
    header = run_desk.run(
        settings, code, asked, path, name=name, question_set=title, set_version=version, progress=_teller(database, number)
    )
    scored = run_scores.score(prediction_file.read(path))
    figures = {s.name: {"value": s.value, "low": s.low, "high": s.high, "n": s.n} for s in (*scored.scores, scored.auroc)}
    with database.write() as session:
        run = session.get_one(EvaluationRunRow, number)
        run.state, run.progress, run.finished_at, run.predictions = "done", "", now(), path.name
        run.scores, run.snapshot, run.code_version = figures, header.snapshot, header.code_version
        run.configuration = dict(header.configuration)


def _teller(database: Database, number: int) -> Callable[[int, int], None]:
    def tell(done: int, of: int) -> None:
        if done % REPORTED_EVERY == 0 or done == of:
            _note(database, number, progress=f"{done}/{of}")

    return tell


def _note(database: Database, number: int, **values: str) -> None:
    with database.write() as session:
        session.execute(update(EvaluationRunRow).where(EvaluationRunRow.id == number).values(**values, finished_at=now()))


def main(arguments: list[str]) -> int:
    settings = load_settings()
    perform(Database(settings.resolved_database_url), settings, int(arguments[0]))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
