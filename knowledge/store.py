"""Approved knowledge in the database: municipalities, departments, articles, waste tables. Nothing here commits."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, time
from typing import Any, Literal

from sqlalchemy import delete, func, or_, select
from sqlalchemy.orm import Session

from knowledge.articles import (
    Article,
    Audience,
    Department,
    Municipality,
    State,
    procedure_from_json,
    procedure_to_json,
)
from knowledge.tables import ArticleRow, DepartmentRow, MunicipalityRow, WasteTableRow
from knowledge.waste_table import WasteTable
from settings import SHARED_BASE

Change = Literal["created", "updated", "unchanged"]

_PLAIN_COLUMNS = (
    "municipality", "id", "title", "body", "category", "department", "language", "source_url",
    "valid_from", "valid_until", "last_checked", "owner",
)  # fmt: skip


class UnknownArticle(LookupError):
    """There is no article with this id in the municipality; `ids` are those that were not found."""

    def __init__(self, code: str, ids: Iterable[str]) -> None:
        self.ids = tuple(ids)
        super().__init__(f"municipality {code} has no article {', '.join(self.ids)}")


def municipality(session: Session, code: str, lock: bool = False) -> Municipality | None:
    """The municipality of this code. `lock` keeps other writers of its knowledge waiting until the transaction ends."""
    row = session.get(MunicipalityRow, code, with_for_update=lock)
    return _municipality(row) if row else None


def municipalities(session: Session) -> list[Municipality]:
    """Every municipality by code; the shared base of national procedures is not one."""
    rows = session.scalars(select(MunicipalityRow).where(MunicipalityRow.code != SHARED_BASE).order_by(MunicipalityRow.code))
    return [_municipality(row) for row in rows]


def save_municipality(session: Session, record: Municipality) -> None:
    """Store the municipality, new or changed."""
    row = session.get(MunicipalityRow, record.code) or MunicipalityRow(code=record.code)
    row.name, row.kana, row.url, row.reception = record.name, record.kana, record.url, record.reception
    row.closed_days, row.aliases = list(record.closed_days), list(record.aliases)
    row.uses_shared_base = record.uses_shared_base
    session.add(row)
    session.flush()


def departments(session: Session, code: str) -> list[Department]:
    """The departments of a municipality by key."""
    rows = session.scalars(select(DepartmentRow).where(DepartmentRow.municipality == code).order_by(DepartmentRow.key))
    return [_department(row) for row in rows]


def save_departments(session: Session, code: str, records: Iterable[Department]) -> None:
    """Make the departments of the municipality exactly these: others are removed."""
    kept = {record.key: record for record in records}
    session.execute(
        delete(DepartmentRow).where(DepartmentRow.municipality == code, DepartmentRow.key.not_in(kept)),
        execution_options={"synchronize_session": "fetch"},
    )
    for key, record in kept.items():
        row = session.get(DepartmentRow, (code, key)) or DepartmentRow(municipality=code, key=key)
        row.name, row.phone, row.location = record.name, record.phone, record.location
        row.hours = {
            str(day): [opens.strftime("%H:%M"), closes.strftime("%H:%M")] for day, (opens, closes) in record.hours.items()
        }
        session.add(row)
    session.flush()


def upsert(session: Session, record: Article, keep_state: bool = True) -> Change:
    """Store an article and say what became of it; articles of equal digest are left untouched.

    An article that is already there keeps its state, whatever `record.state` is, unless `keep_state` is false.
    The caller flushes or commits.
    """
    digest = record.digest
    row = session.get(ArticleRow, (record.municipality, record.id))
    if row is None:
        session.add(ArticleRow(**_columns(record), state=record.state.value, digest=digest))
        return "created"
    if not keep_state and row.state != record.state.value:
        row.state = record.state.value
    if row.digest == digest:
        return "unchanged"
    for name, value in _columns(record).items():
        setattr(row, name, value)
    row.digest = digest
    return "updated"


def publish(session: Session, code: str, ids: Iterable[str]) -> int:
    """Publish these articles; the number that were not published before. Raises UnknownArticle, then changing nothing."""
    return _set_state(session, code, ids, State.PUBLISHED)


def unpublish(session: Session, code: str, ids: Iterable[str]) -> int:
    """Withdraw these articles from residents (state expired); the number withdrawn. Raises UnknownArticle."""
    return _set_state(session, code, ids, State.EXPIRED)


def articles(session: Session, code: str) -> list[Article]:
    """The municipality's own articles in every state, by id."""
    rows = session.scalars(select(ArticleRow).where(ArticleRow.municipality == code).order_by(ArticleRow.id))
    return [record_of(row) for row in rows]


def titles(session: Session, code: str) -> dict[str, str]:
    """Id -> title of every article that could answer: the municipality's own, and the shared base's when it uses that."""
    codes = (SHARED_BASE, code) if _uses_shared_base(session, code) else (code,)
    query = select(ArticleRow.municipality, ArticleRow.id, ArticleRow.title).where(ArticleRow.municipality.in_(codes))
    found = sorted(session.execute(query), key=lambda row: (row[0] == code, row[1]))
    return {key: title for _, key, title in found}


def count_articles(session: Session, code: str, published_only: bool) -> int:
    """How many articles of its own the municipality has: all, or those in state PUBLISHED."""
    query = select(func.count()).select_from(ArticleRow).where(ArticleRow.municipality == code)
    return session.scalar(query.where(ArticleRow.state == State.PUBLISHED.value) if published_only else query) or 0


def articles_of(session: Session, code: str, ids: Sequence[str]) -> dict[str, Article]:
    """The municipality's own articles with these ids, in every state, by id."""
    found: dict[str, Article] = {}
    for first in range(0, len(ids), 500):  # databases bound the number of parameters
        some = ids[first : first + 500]
        rows = session.scalars(select(ArticleRow).where(ArticleRow.municipality == code, ArticleRow.id.in_(some)))
        found |= {row.id: record_of(row) for row in rows}
    return found


def published(session: Session, code: str, on: date, audience: Audience = Audience.PUBLIC) -> list[Article]:
    """The articles residents are answered from on the day `on`, by id: published and in force.

    A municipality that uses the shared base gets its articles too, except those it has an article of its own for.
    An own article that is still a draft or in review, or not yet in force, does not hide the shared one;
    one that was withdrawn or has run out does: the town decided against that answer.
    """
    own = _in_force(session, code, on, audience)
    if not _uses_shared_base(session, code):
        return own
    hidden = set(
        session.scalars(
            select(ArticleRow.id).where(
                ArticleRow.municipality == code,
                ArticleRow.state.in_((State.PUBLISHED.value, State.EXPIRED.value)),
                or_(ArticleRow.valid_from.is_(None), ArticleRow.valid_from <= on),
            )
        )
    )
    base = [shared for shared in _in_force(session, SHARED_BASE, on, audience) if shared.id not in hidden]
    return sorted(own + base, key=lambda one: one.id)


def article(session: Session, code: str, article_id: str) -> Article | None:
    """The article of this id in any state: the municipality's own, else the shared base's when it uses that."""
    row = session.get(ArticleRow, (code, article_id))
    if row is None and _uses_shared_base(session, code):
        row = session.get(ArticleRow, (SHARED_BASE, article_id))
    return record_of(row) if row else None


def waste_table(session: Session, code: str) -> WasteTable | None:
    """The sorting table and calendar of a municipality, None when it has none."""
    row = session.get(WasteTableRow, code)
    return WasteTable.from_json(row.table) if row else None


def save_waste_table(session: Session, code: str, table: WasteTable) -> None:
    """Replace the municipality's sorting table and calendar."""
    row = session.get(WasteTableRow, code) or WasteTableRow(municipality=code)
    row.table = table.to_json()
    session.add(row)
    session.flush()


def _uses_shared_base(session: Session, code: str) -> bool:
    row = session.get(MunicipalityRow, code)
    return row is not None and row.uses_shared_base and code != SHARED_BASE


def _in_force(session: Session, code: str, on: date, audience: Audience) -> list[Article]:
    rows = session.scalars(
        select(ArticleRow)
        .where(
            ArticleRow.municipality == code,
            ArticleRow.state == State.PUBLISHED.value,
            ArticleRow.audience == audience.value,
            or_(ArticleRow.valid_from.is_(None), ArticleRow.valid_from <= on),
            or_(ArticleRow.valid_until.is_(None), ArticleRow.valid_until >= on),
        )
        .order_by(ArticleRow.id)
    )
    return [record_of(row) for row in rows]


def _set_state(session: Session, code: str, ids: Iterable[str], state: State) -> int:
    session.flush()
    wanted = list(dict.fromkeys(ids))
    rows = {one: session.get(ArticleRow, (code, one)) for one in wanted}
    if missing := [one for one, row in rows.items() if row is None]:
        raise UnknownArticle(code, missing)
    changed = [row for row in rows.values() if row is not None and row.state != state.value]
    for row in changed:
        row.state = state.value
    session.flush()
    return len(changed)


def _columns(record: Article) -> dict[str, Any]:
    return {name: getattr(record, name) for name in _PLAIN_COLUMNS} | {
        "audience": record.audience.value,
        "alternatives": list(record.alternatives),
        "procedure": procedure_to_json(record.procedure),
    }


def record_of(row: ArticleRow) -> Article:
    """The article of a row."""
    return Article(
        **{name: getattr(row, name) for name in _PLAIN_COLUMNS},
        audience=Audience(row.audience),
        alternatives=tuple(row.alternatives),
        procedure=procedure_from_json(row.procedure),
        state=State(row.state),
    )


def _department(row: DepartmentRow) -> Department:
    hours = {int(day): (time.fromisoformat(opens), time.fromisoformat(closes)) for day, (opens, closes) in row.hours.items()}
    return Department(row.municipality, row.key, row.name, row.phone, row.location, dict(sorted(hours.items())))


def _municipality(row: MunicipalityRow) -> Municipality:
    record = Municipality(row.code, row.name, row.kana, row.url, row.reception, uses_shared_base=row.uses_shared_base)
    return replace(record, closed_days=tuple(row.closed_days), aliases=tuple(row.aliases))
