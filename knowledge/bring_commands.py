"""`python -m knowledge bring` and `export`: the staff's imports and exports from the command line, by the same code."""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from database import Database, now
from knowledge import import_jobs, store
from knowledge.articles import Article, State
from knowledge.commands import ACTOR, UsageError, existing
from knowledge.drafts import draft_content
from knowledge.exporters import FORMATS, export
from knowledge.import_plan import FIELDS, OUTCOMES, ColumnMap
from knowledge.import_worker import Worker
from knowledge.tables import ArticleDraftRow
from settings import Settings


def bring(
    database: Database,
    settings: Settings,
    files: Sequence[Path],
    code: str,
    columns: Sequence[str],
    dry_run: bool,
    slots: Path | None,
) -> int:
    """Read files as one job and make working copies of them; a dry run leaves nothing behind.

    0: every row good; 1: some rows are errors, the others were brought in. Raises UsageError.
    """
    begin = time.perf_counter()
    packed = [_file(path) for path in files]
    with database.write() as session:
        existing(session, code)
        number = import_jobs.create(session, code, ACTOR, packed).id
    try:
        _work(database, settings)
        _prepare(database, code, number, columns, slots)
        report = _report(database, code, number)
        if not dry_run and report["created"] + report["changed"]:
            report |= _apply(database, settings, code, number)
    finally:
        if dry_run:
            with database.write() as session:
                import_jobs.remove(session, code, number, ACTOR)
    print(
        json.dumps(
            {**report, "job": None if dry_run else number, "seconds": round(time.perf_counter() - begin, 1)}, ensure_ascii=False
        )
    )
    return 1 if report["error"] else 0


def export_file(database: Database, code: str, name: str, folder: Path, every: bool) -> int:
    """Write the published articles, or all as they are being worked on, into a folder. Raises UsageError."""
    with database.read() as session:
        existing(session, code)
        town = store.municipality(session, code)
        assert town is not None  # noqa: S101 - `existing` has seen it
        made = export(name, articles_of(session, code, every), town, store.departments(session, code), now().date())
    folder.mkdir(parents=True, exist_ok=True)
    (folder / made.name).write_bytes(made.content)
    for one in made.left:
        print(f"{one.article}: {one.field}: {one.what}{' (replaced)' if one.kept else ' (left out)'}", file=sys.stderr)
    print(json.dumps({"file": made.name, "bytes": len(made.content), "left": len(made.left)}, ensure_ascii=False))
    return 1 if any(not one.kept for one in made.left) else 0


def articles_of(session: Session, code: str, every: bool) -> list[Article]:
    """The municipality's published articles; with `every` all of them, working copies in the place of what they change."""
    found = store.articles(session, code)
    if not every:
        return [one for one in found if one.state is State.PUBLISHED]
    drafts = session.scalars(select(ArticleDraftRow).where(ArticleDraftRow.municipality == code))
    return list({**{one.id: one for one in found}, **{row.article: draft_content(row) for row in drafts}}.values())


def _prepare(database: Database, code: str, number: int, columns: Sequence[str], slots: Path | None) -> None:
    with database.write() as session:
        job = import_jobs.find(session, code, number)
        if job.state != "previewed":
            raise UsageError(f"the files could not be read: {job.report.get('problem', {}).get('message', job.state)}")
        try:
            if columns:
                import_jobs.remap(session, code, number, _mapping(columns, ColumnMap.from_json(job.plan)))
            if slots is not None:
                import_jobs.fill_slots(session, code, number, {**(job.plan.get("slots") or {}), **_slots(slots)})
        except import_jobs.JobRefused as refused:
            raise UsageError(f"--column: {refused.reason}") from None


def _mapping(columns: Sequence[str], guessed: ColumnMap) -> ColumnMap:
    fields = dict(guessed.fields)
    for given in columns:
        column, equals, field = given.rpartition("=")
        if not equals or column not in fields or field not in ("", *FIELDS):
            known = ", ".join(fields)
            raise UsageError(f"--column {given}: write COLUMN=FIELD; columns: {known}; fields: {', '.join(FIELDS)}")
        fields = {name: "" if name != column and value == field else value for name, value in fields.items()} | {column: field}
    return ColumnMap(fields, guessed.key, guessed.slots)


def _slots(path: Path) -> dict[str, str]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        return {name: str(one["value"] if isinstance(one, dict) else one) for name, one in found.items()}
    except (OSError, ValueError, KeyError, AttributeError) as error:
        raise UsageError(f"--slots {path}: {error}") from None


def _report(database: Database, code: str, number: int) -> dict[str, Any]:
    """Counts of rows, by file and in all, after every error and warning was printed at its place."""
    with database.read() as session:
        job = import_jobs.find(session, code, number)
        rows = import_jobs.rows(session, number, limit=import_jobs.MOST_ROWS)
        planned = import_jobs.preview(session, job, rows)
    notes: Counter[str] = Counter()
    for row in rows:
        if row.problem:
            print(f"{row.place}: {row.problem['message']}", file=sys.stderr)
        told = [*row.notes, *(note.to_json() for note in planned[row.number][0].notes)] if row.number in planned else row.notes
        notes.update({note["code"] for note in told})
    files: dict[str, Counter[str]] = {}
    for row in rows:
        files.setdefault(row.place.rpartition(":")[0], Counter())[row.outcome] += 1
    for name, counts in files.items():
        print(f"{name}: " + ", ".join(f"{counts[outcome]} {outcome}" for outcome in OUTCOMES), file=sys.stderr)
    total = {outcome: sum(counts[outcome] for counts in files.values()) for outcome in OUTCOMES}
    return {"files": len(files), "rows": len(rows), **total, "notes": dict(notes)}


def _apply(database: Database, settings: Settings, code: str, number: int) -> dict[str, Any]:
    with database.write() as session:
        job = import_jobs.find(session, code, number)
        if import_jobs.counts(session, number).wanted:
            import_jobs.request_apply(session, code, number, ACTOR, job.version)
    _work(database, settings)
    with database.read() as session:
        return {"saved": import_jobs.counts(session, number).results["saved"]}


def _work(database: Database, settings: Settings) -> None:
    worker = Worker(database, settings)
    while worker.run_once():
        pass


def _file(path: Path) -> tuple[str, bytes]:
    try:
        return path.name, path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from None


FORMAT_NAMES = tuple(FORMATS)
