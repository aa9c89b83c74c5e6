"""Jobs of bringing something in: made of files, previewed, corrected, applied and undone. Functions work inside the caller's transaction.

Long work (reading, applying, undoing) is done by knowledge.import_worker; what staff decide is done here at once.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

import authentication
from database import now
from knowledge import import_plan, store
from knowledge.drafts import draft_content
from knowledge.import_plan import OUTCOMES, ColumnMap, Given, Planned, Present, shared_digest
from knowledge.importers.records import ArticleBuilder
from knowledge.tables import ArticleDraftRow, ImportJobRow, ImportRowRow

STATES = ("uploaded", "reading", "previewed", "applying", "applied", "undoing", "undone", "failed")
OPEN = ("uploaded", "reading", "applying", "undoing")
"""States in which the worker has something to do."""
MOST_ROWS = 20_000
"""Rows of one job; more are an error that says so."""
RESULTS = ("saved", "kept", "removed", "left")
REFUSALS = ("gone", "changed", "state", "no_title", "no_body", "field_twice", "nothing_wanted", "waste_changed")


class JobRefused(ValueError):
    """What was asked cannot be done with this job; `reason` is one of REFUSALS."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


@dataclass(frozen=True)
class Counts:
    """Rows of a job by outcome and by result; `wanted` are those that applying would save."""

    outcomes: Mapping[str, int]
    results: Mapping[str, int]
    wanted: int

    @property
    def total(self) -> int:
        return sum(self.outcomes.values())


def create(session: Session, municipality: str, by: str, files: Sequence[tuple[str, bytes]]) -> ImportJobRow:
    """A job of one file or more; several are kept together in one archive, as they came."""
    name, original = files[0] if len(files) == 1 else (f"{files[0][0]} +{len(files) - 1}", _packed(files))
    return add(session, ImportJobRow(municipality=municipality, by=by, name=name[-300:], format="", original=original))


def create_site(session: Session, municipality: str, by: str, url: str, pages: int, depth: int) -> ImportJobRow:
    """A job of a section of a web site."""
    plan = {"url": url, "pages": pages, "depth": depth}
    return add(session, ImportJobRow(municipality=municipality, by=by, name=url[:300], format="site", original=b"", plan=plan))


def add(session: Session, job: ImportJobRow) -> ImportJobRow:
    """Store a new job, which waits to be read."""
    job.state, job.plan, job.report, job.progress = "uploaded", job.plan or {}, {}, ""
    session.add(job)
    session.flush()
    authentication.audit(session, job.municipality, job.by, "imports.uploaded", {"job": job.id, "name": job.name[:100]})
    return job


def find(session: Session, municipality: str, number: int, lock: bool = False) -> ImportJobRow:
    """The job of this municipality. Raises JobRefused."""
    job = session.get(ImportJobRow, number, with_for_update=lock, populate_existing=lock)
    if job is None or job.municipality != municipality:
        raise JobRefused("gone")
    return job


def counts(session: Session, number: int) -> Counts:
    """How many rows of a job there are of each kind."""
    grouped = session.execute(
        select(ImportRowRow.outcome, ImportRowRow.result, ImportRowRow.wanted, func.count())
        .where(ImportRowRow.job == number)
        .group_by(ImportRowRow.outcome, ImportRowRow.result, ImportRowRow.wanted)
    ).all()
    outcomes = {name: sum(count for outcome, _, _, count in grouped if outcome == name) for name in OUTCOMES}
    results = {name: sum(count for _, result, _, count in grouped if result == name) for name in RESULTS}
    return Counts(outcomes, results, sum(count for _, result, wanted, count in grouped if wanted and not result))


def rows(session: Session, number: int, outcome: str = "", offset: int = 0, limit: int = 50) -> list[ImportRowRow]:
    """Rows of a job in their order; of one outcome or result, when it is named."""
    query = select(ImportRowRow).where(ImportRowRow.job == number)
    if outcome:
        query = query.where(ImportRowRow.outcome == outcome if outcome in OUTCOMES else ImportRowRow.result == outcome)
    return list(session.scalars(query.order_by(ImportRowRow.number).offset(offset).limit(limit)))


def preview(session: Session, job: ImportJobRow, shown: Iterable[ImportRowRow]) -> dict[int, tuple[Planned, Present | None]]:
    """What these rows would do now, and to what; nothing is stored."""
    given = [Given(row.number, row.given) for row in shown if not unreadable(row.problem)]
    mapping, builder = ColumnMap.from_json(job.plan), _builder(session, job.municipality)
    there = present(session, job, _ids(given, mapping))
    planned = [import_plan.plan_row(row, mapping, builder, there) for row in given]
    return {one.number: (one, there.get(one.id)) for one in planned}


def present(session: Session, job: ImportJobRow, ids: Sequence[str]) -> dict[str, Present]:
    """The articles with these ids as they are: the working copy where there is one."""
    found = {key: Present(article) for key, article in store.articles_of(session, job.municipality, ids).items()}
    for first in range(0, len(ids), 500):
        some = ids[first : first + 500]
        query = select(ArticleDraftRow).where(ArticleDraftRow.municipality == job.municipality)
        for row in session.scalars(query.where(ArticleDraftRow.article.in_(some))):
            found[row.article] = Present(draft_content(row), row.version, "" if row.edited_by == job.by else row.edited_by)
    if job.format == "pack":
        brought = _brought(session, job.municipality)
        return {key: replace(one, local=brought.get(key) != shared_digest(one.article)) for key, one in found.items()}
    return found


def replan(session: Session, job: ImportJobRow, mapping: ColumnMap | None = None) -> None:
    """Work out the outcome of every row anew, under `mapping` or one that is guessed from the names of columns."""
    stored = session.execute(
        select(ImportRowRow.number, ImportRowRow.place, ImportRowRow.given, ImportRowRow.problem)
        .where(ImportRowRow.job == job.id)
        .order_by(ImportRowRow.number)
    ).all()
    columns = list(dict.fromkeys(name for _, _, values, _ in stored for name in values))
    if mapping is None:
        mapping = import_plan.guess(columns, ((place.rpartition(":")[0], values) for _, place, values, _ in stored if values))
        mapping = replace(mapping, slots=_own_slots(session, job) if job.format == "pack" else None)
    given = [Given(number, values, unreadable(problem)) for number, _, values, problem in stored]
    there = present(session, job, _ids(given, mapping))
    planned = import_plan.plan(given, mapping, _builder(session, job.municipality), there)
    changes = [_change(job.id, one, problem, there) for one, (_, _, _, problem) in zip(planned, stored, strict=True)]
    for first in range(0, len(changes), 1000):
        session.execute(update(ImportRowRow), changes[first : first + 1000])
    job.plan = {**job.plan, **mapping.to_json(), "columns": columns}
    job.changed_at = now()
    session.flush()
    session.expire_all()  # the rows were changed behind the session's back


def remap(session: Session, municipality: str, number: int, mapping: ColumnMap) -> None:
    """Let the columns of a job stand for other fields. Raises JobRefused."""
    job = _previewed(find(session, municipality, number, lock=True))
    if mapping.missing:
        raise JobRefused(f"no_{mapping.missing[0]}")
    if mapping.repeated:
        raise JobRefused("field_twice")
    replan(session, job, mapping)


def fill_slots(session: Session, municipality: str, number: int, values: Mapping[str, str]) -> None:
    """Give a pack's slots the municipality's own values; empty ones stay open. Raises JobRefused."""
    job = _previewed(find(session, municipality, number, lock=True))
    known = job.plan.get("examples") or {}
    kept = {name: text.strip()[:2000] for name, text in values.items() if name in known and text.strip()}
    replan(session, job, replace(ColumnMap.from_json(job.plan), slots={**_FIXED, **kept}))


def choose(session: Session, municipality: str, number: int, shown: Iterable[int], chosen: Iterable[int]) -> None:
    """Of the rows shown, exactly those chosen are wanted. Raises JobRefused."""
    job = _previewed(find(session, municipality, number, lock=True))
    picked = set(chosen)
    for row in session.scalars(select(ImportRowRow).where(ImportRowRow.job == number, ImportRowRow.number.in_(list(shown)))):
        row.wanted = row.number in picked and row.outcome in ("created", "changed")
    job.changed_at = now()


def choose_all(session: Session, municipality: str, number: int, outcome: str, wanted: bool) -> None:
    """All rows of an outcome are wanted, or none. Raises JobRefused."""
    job = _previewed(find(session, municipality, number, lock=True))
    if outcome in ("created", "changed"):
        of_outcome = update(ImportRowRow).where(ImportRowRow.job == number, ImportRowRow.outcome == outcome)
        session.execute(of_outcome.values(wanted=wanted), execution_options={"synchronize_session": False})
    job.changed_at = now()


def request_apply(session: Session, municipality: str, number: int, by: str, version: int) -> bool:
    """Let the worker make working copies of the wanted rows; False when that was asked before. Raises JobRefused."""
    job = find(session, municipality, number, lock=True)
    if job.state in ("applying", "applied"):
        return False
    _previewed(job)
    if job.version != version:
        raise JobRefused("changed")
    if not counts(session, number).wanted:
        raise JobRefused("nothing_wanted")
    _hand_over(job, "applying", by)
    authentication.audit(session, municipality, by, "imports.applied", {"job": number})
    return True


def request_undo(session: Session, municipality: str, number: int, by: str) -> bool:
    """Let the worker take back what the job made; False when that was asked before. Raises JobRefused."""
    job = find(session, municipality, number, lock=True)
    if job.state in ("undoing", "undone"):
        return False
    if job.state != "applied":
        raise JobRefused("state")
    _hand_over(job, "undoing", by)
    authentication.audit(session, municipality, by, "imports.undone", {"job": number})
    return True


def remove(session: Session, municipality: str, number: int, by: str) -> None:
    """Throw a job away with the file it came from; what it made stays. Raises JobRefused while it is worked on."""
    job = find(session, municipality, number, lock=True)
    if job.state in ("applying", "undoing") or (job.state in OPEN and job.plan.get("lease")):
        raise JobRefused("state")
    authentication.audit(session, municipality, by, "imports.removed", {"job": number, "name": job.name[:100]})
    session.execute(delete(ImportRowRow).where(ImportRowRow.job == number))
    session.delete(job)


_FIXED = {"braces": "{{"}
"""What stands for itself in a pack's text."""


def _own_slots(session: Session, job: ImportJobRow) -> dict[str, str]:
    """Values of this municipality: what it filled in for the last pack, its name, site, departments and telephones."""
    known = job.plan.get("examples") or {}
    own: dict[str, str] = {}
    earlier = select(ImportJobRow.plan).where(
        ImportJobRow.municipality == job.municipality, ImportJobRow.format == "pack", ImportJobRow.id < job.id
    )
    for plan in session.scalars(earlier.order_by(ImportJobRow.id)):
        own |= plan.get("slots") or {}
    town = store.municipality(session, job.municipality)
    if town is not None:
        own |= {name: value for name, value in (("town", town.name), ("site", town.url.rstrip("/"))) if value}
    for one in store.departments(session, job.municipality):
        own |= {f"department-{one.key}": one.name} | ({f"phone-{one.key}": one.phone} if one.phone else {})
    return {name: value for name, value in own.items() if name in known} | _FIXED


def _brought(session: Session, municipality: str) -> dict[str, str]:
    """Digest of each article as the last pack brought it."""
    query = (
        select(ImportRowRow.article, ImportRowRow.before)
        .join(ImportJobRow, ImportJobRow.id == ImportRowRow.job)
        .where(ImportJobRow.municipality == municipality, ImportJobRow.format == "pack", ImportRowRow.result == "saved")
        .order_by(ImportRowRow.job)
    )
    return {article: before.get("shared", "") for article, before in session.execute(query)}


def _previewed(job: ImportJobRow) -> ImportJobRow:
    if job.state != "previewed":
        raise JobRefused("state")
    return job


def _hand_over(job: ImportJobRow, state: str, by: str) -> None:
    job.state, job.progress = state, ""
    job.plan = {**job.plan, "lease": "", "attempts": 0, "actor": by}


def _builder(session: Session, municipality: str) -> ArticleBuilder:
    return ArticleBuilder.of(municipality, store.departments(session, municipality))


def _ids(given: Iterable[Given], mapping: ColumnMap) -> list[str]:
    ids = (str(import_plan.values_of(row.values, mapping).get("id") or "").strip() for row in given if not row.problem)
    return list(dict.fromkeys(one for one in ids if one))


def unreadable(problem: Mapping[str, Any]) -> bool:
    """A problem of the reading stays whatever the columns stand for; one of the plan is looked at anew."""
    return bool(problem) and not problem.get("planned")


def _change(job: int, one: Planned, problem: Mapping[str, Any], there: Mapping[str, Present]) -> dict[str, Any]:
    told = {**one.problem.to_json(), "planned": True} if one.problem is not None else {}
    other = one.id in there and bool(there[one.id].by_other or there[one.id].local)
    return {
        "job": job,
        "number": one.number,
        "article": one.id[:200],
        "outcome": one.outcome,
        "base": one.base,
        "problem": dict(problem) if unreadable(problem) else told,
        "wanted": one.outcome in ("created", "changed") and not other,
    }


def _packed(files: Iterable[tuple[str, bytes]]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in _unique(files):
            archive.writestr(zipfile.ZipInfo(name), content)
    return packed.getvalue()


def _unique(files: Iterable[tuple[str, bytes]]) -> Iterator[tuple[str, bytes]]:
    seen: set[str] = set()
    for name, content in files:
        free = next(n for n in (name, *(f"{i}-{name}" for i in range(2, 10_000))) if n not in seen)
        seen.add(free)
        yield free, content
