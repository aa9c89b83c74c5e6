"""An import into the database: rows in, one transaction, a report out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy.orm import Session

import audit_trail
from knowledge import store
from knowledge.articles import Article, State
from knowledge.importers import ImportedRow

Progress = Callable[[Iterable[Article]], Iterable[Article]]


class ImportRefused(Exception):
    """A strict import met a bad row; whoever opened the transaction rolls it back. `report` counts nothing as stored."""

    def __init__(self, report: ImportReport) -> None:
        self.report = report
        super().__init__(f"{report.failed} rows failed")


@dataclass(frozen=True)
class ImportReport:
    """Articles by what became of them; `failed` counts the rows in `errors` ({place, error}).

    `published` are those that were not published before this import.
    """

    municipality: str
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    failed: int = 0
    published: int = 0
    errors: tuple[dict[str, str], ...] = ()
    warnings: tuple[dict[str, str], ...] = ()

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def import_rows(
    session: Session,
    code: str,
    rows: Sequence[ImportedRow],
    strict: bool = False,
    publish: bool = False,
    republish: bool = True,
    progress: Progress = iter,
    actor: str = "command line",
) -> ImportReport:
    """Store the articles of `rows` for the municipality, which must exist, and report; the caller's transaction commits.

    `publish` publishes every article of the rows; with `republish` false, those that staff have withdrawn and that
    did not change since stay withdrawn. Raises ImportRefused when `strict` and a row is an error.
    """
    errors = tuple({"place": row.place, "error": row.error} for row in rows if row.error is not None)
    if strict and errors:
        raise ImportRefused(ImportReport(code, failed=len(errors), errors=errors, warnings=_warnings(rows)))
    store.municipality(session, code, lock=True)
    withdrawn = {one.id for one in store.articles(session, code) if one.state is State.EXPIRED}
    changes = {one.id: store.upsert(session, one) for one in progress([row.article for row in rows if row.article])}
    session.flush()
    held = set() if republish else {one for one in withdrawn if changes.get(one) == "unchanged"}
    published = store.publish(session, code, changes.keys() - held) if publish else 0
    counts = {change: list(changes.values()).count(change) for change in ("created", "updated", "unchanged")}
    audit_trail.note(session, code, actor, "knowledge.import", {**counts, "published": published})
    return ImportReport(code, **counts, failed=len(errors), published=published, errors=errors, warnings=_warnings(rows))


def _warnings(rows: Iterable[ImportedRow]) -> tuple[dict[str, str], ...]:
    """Each different warning once, at the first place it came up."""
    places: dict[str, str] = {}
    for row in rows:
        for warning in row.warnings:
            places.setdefault(warning, row.place)
    return tuple({"place": place, "warning": warning} for warning, place in places.items())
