"""Waste tables in the CSV files of 5374, as import jobs: previewed against the present table, put in its place, taken back.

A waste table has no drafts: what is applied answers residents as soon as the index is made anew, so approvers apply it.
Rows add and change; what the file does not have is removed only when that is asked for.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

import authentication
from database import now
from knowledge import import_jobs, store
from knowledge.collection_calendar import Closure
from knowledge.import_jobs import JobRefused
from knowledge.importers.remarks import Remark
from knowledge.tables import ImportJobRow, ImportRowRow
from knowledge.waste_table import (
    AREA_COLUMNS,
    CLOSURE_COLUMNS,
    ITEM_COLUMNS,
    CollectionArea,
    WasteItem,
    WasteTable,
    area_of,
    closure_of,
    item_of,
)

Entry = WasteItem | CollectionArea | Closure
FORMAT = "waste"


@dataclass(frozen=True)
class _Row:
    """A row of one of the three files; `key` is what makes it the same entry, empty for a centre without a closure."""

    number: int
    part: str
    key: str
    entry: Entry | None
    problem: Remark | None = None


def is_waste(columns: Sequence[str]) -> bool:
    """Whether these columns are those of a file of 5374."""
    return any(set(wanted) <= set(columns) for wanted in (ITEM_COLUMNS, AREA_COLUMNS, CLOSURE_COLUMNS))


def plan(session: Session, job: ImportJobRow) -> None:
    """Work out what every row would do to the present table."""
    table = store.waste_table(session, job.municipality) or WasteTable()
    present = _by_key(table)
    stored = import_jobs.rows(session, job.id, limit=import_jobs.MOST_ROWS)
    rows = [row for row in stored if row.given and not import_jobs.unreadable(row.problem)]
    changes, seen = [], dict[tuple[str, str], int]()
    for row in rows:
        one = _read(row.number, row.given)
        first = seen.setdefault((one.part, one.key), row.number) if one.entry is not None else row.number
        outcome, problem = _outcome(one, present, first)
        told = {**problem.to_json(), "planned": True} if problem is not None else dict(row.problem)
        changes.append(
            {
                "job": job.id,
                "number": row.number,
                "outcome": outcome,
                "problem": told if outcome == "error" else {},
                "wanted": outcome in ("created", "changed"),
            }
        )
    if changes:
        session.execute(update(ImportRowRow), changes)
    job.format, job.plan = FORMAT, {**job.plan, "table": _digest(table), "missing": len(set(present) - set(seen))}
    session.flush()
    session.expire_all()


def apply(session: Session, municipality: str, number: int, by: str, version: int, remove_others: bool) -> bool:
    """Put the wanted rows into the table; False when that was done before. Raises JobRefused."""
    job = import_jobs.find(session, municipality, number, lock=True)
    if job.state == "applied":
        return False
    if job.state != "previewed" or job.format != FORMAT:
        raise JobRefused("state")
    table = store.waste_table(session, municipality) or WasteTable()
    if job.version != version or job.plan.get("table") != _digest(table):
        raise JobRefused("changed")
    made = _merged(session, job, table, remove_others)
    store.save_waste_table(session, municipality, made)
    wanted = (ImportRowRow.job == number, ImportRowRow.wanted)
    session.execute(update(ImportRowRow).where(*wanted).values(result="saved"), execution_options={"synchronize_session": False})
    job.state, job.changed_at = "applied", now()
    job.plan = {**job.plan, "before": table.to_json(), "after": _digest(made)}
    detail = {"job": number, "items": len(made.items), "areas": len(made.areas), "closures": len(made.closures)}
    authentication.audit(session, municipality, by, "imports.waste_applied", detail)
    return True


def undo(session: Session, municipality: str, number: int, by: str) -> bool:
    """Bring back the table as it was; False when that was done before. Raises JobRefused when it was changed since."""
    job = import_jobs.find(session, municipality, number, lock=True)
    if job.state == "undone":
        return False
    if job.state != "applied":
        raise JobRefused("state")
    table = store.waste_table(session, municipality) or WasteTable()
    if _digest(table) != job.plan.get("after"):
        raise JobRefused("waste_changed")
    store.save_waste_table(session, municipality, WasteTable.from_json(job.plan["before"]))
    saved = (ImportRowRow.job == number, ImportRowRow.result == "saved")
    session.execute(update(ImportRowRow).where(*saved).values(result="removed"), execution_options={"synchronize_session": False})
    job.state, job.changed_at = "undone", now()
    authentication.audit(session, municipality, by, "imports.undone", {"job": number})
    return True


def _read(number: int, given: Mapping[str, Any]) -> _Row:
    values = {name: str(value or "").strip() for name, value in given.items()}
    try:
        if set(ITEM_COLUMNS) <= set(values):
            item = item_of(values)
            return _Row(number, "items", _key(item), item)
        if set(AREA_COLUMNS) <= set(values):
            area = area_of(values)
            return _Row(number, "areas", _key(area), area)
        if set(CLOSURE_COLUMNS) <= set(values):
            closure = closure_of(values)
            return _Row(number, "closures", _key(closure) if closure else "", closure)
    except ValueError as error:
        return _Row(number, "", "", None, Remark(str(error), "waste_row", text=str(error)))
    return _Row(number, "", "", None, Remark("not a row of a file of 5374", "waste_columns"))


def _outcome(one: _Row, present: Mapping[tuple[str, str], Entry], first: int) -> tuple[str, Remark | None]:
    if one.problem is not None:
        return "error", one.problem
    if one.entry is None:
        return "unchanged", None
    if first != one.number:
        return "error", Remark(f"row {first} is the same entry", "waste_repeated", row=first)
    there = present.get((one.part, one.key))
    return ("created" if there is None else "unchanged" if there == one.entry else "changed"), None


def _merged(session: Session, job: ImportJobRow, table: WasteTable, remove_others: bool) -> WasteTable:
    """The table with the wanted rows in their places, new ones at the end; the present one where a row is not wanted."""
    query = select(ImportRowRow).where(ImportRowRow.job == job.id).order_by(ImportRowRow.number)
    stored = [row for row in session.scalars(query) if row.given]
    read = [(row, _read(row.number, row.given)) for row in stored]
    parts = {one.part for _, one in read if one.entry is not None}
    made = {"items": dict[str, Entry](), "areas": dict[str, Entry](), "closures": dict[str, Entry]()}
    for (part, key), entry in _by_key(table).items():
        made[part][key] = entry
    in_file = {(one.part, one.key) for _, one in read}
    if remove_others and not any(row.outcome == "error" for row in stored):
        made = {p: {k: e for k, e in found.items() if p not in parts or (p, k) in in_file} for p, found in made.items()}
    for row, one in read:
        if row.wanted and one.entry is not None:
            made[one.part][one.key] = one.entry
    return replace(
        table,
        items=tuple(e for e in made["items"].values() if isinstance(e, WasteItem)),
        areas=tuple(e for e in made["areas"].values() if isinstance(e, CollectionArea)),
        closures=tuple(e for e in made["closures"].values() if isinstance(e, Closure)),
    )


def _by_key(table: WasteTable) -> dict[tuple[str, str], Entry]:
    parts: tuple[tuple[str, Sequence[Entry]], ...] = (
        ("items", table.items),
        ("areas", table.areas),
        ("closures", table.closures),
    )
    return {(part, _key(entry)): entry for part, entries in parts for entry in entries}


def _key(entry: Entry) -> str:
    if isinstance(entry, WasteItem):
        return json.dumps([entry.name, entry.material])
    if isinstance(entry, CollectionArea):
        return entry.district
    return json.dumps([entry.center, entry.start.isoformat(), entry.end.isoformat()])


def _digest(table: WasteTable) -> str:
    return hashlib.sha256(json.dumps(table.to_json(), ensure_ascii=False, sort_keys=True).encode()).hexdigest()
