"""Question sets in the database: versions that never change once frozen, edited by several people without losing a word.

Functions work inside the caller's transaction and name the municipality; another one's set is never found.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import fields
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from database import now
from evaluation.items import Item, digest, split_of
from evaluation.tables import QuestionItemRow, QuestionSetRow

_FIELDS = tuple(f.name for f in fields(Item))


class SetRefused(ValueError):
    """A set cannot be changed so; `reason` names an entry set_<reason> of the texts."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def sets(session: Session, municipality: str) -> list[tuple[QuestionSetRow, int]]:
    """Every version of every set with its number of questions, newest version of a name first."""
    count = select(QuestionItemRow.question_set, func.count().label("n")).group_by(QuestionItemRow.question_set).subquery()
    query = (
        select(QuestionSetRow, func.coalesce(count.c.n, 0))
        .outerjoin(count, count.c.question_set == QuestionSetRow.id)
        .where(QuestionSetRow.municipality == municipality)
        .order_by(QuestionSetRow.name, QuestionSetRow.version.desc())
    )
    return [(row, n) for row, n in session.execute(query)]


def find(session: Session, municipality: str, number: int, hold: bool = False) -> QuestionSetRow:
    """`hold` keeps others from freezing or changing it until the transaction ends. Raises SetRefused."""
    query = select(QuestionSetRow).where(QuestionSetRow.municipality == municipality, QuestionSetRow.id == number)
    row = session.scalar(query.with_for_update() if hold else query)
    if row is None:
        raise SetRefused("unknown")
    return row


def create(session: Session, municipality: str, name: str, by: str, items: Sequence[Item] = (), note: str = "") -> QuestionSetRow:
    """The first version of a new set, or the next of one whose newest version is frozen. Raises SetRefused."""
    name = name.strip()
    if not name or len(name) > 100:
        raise SetRefused("bad_name")
    newest = _newest(session, municipality, name)
    if newest is not None and not newest.frozen:
        raise SetRefused("name_taken")
    version = newest.version + 1 if newest else 1
    row = QuestionSetRow(municipality=municipality, name=name, version=version, note=note, made_by=by)
    session.add(row)
    session.flush()
    _add(session, row, items)
    return row


def next_version(session: Session, municipality: str, number: int, by: str) -> QuestionSetRow:
    """A new version to edit, with the questions of a frozen one. Raises SetRefused."""
    old = find(session, municipality, number)
    if not old.frozen:
        raise SetRefused("not_frozen")
    return create(session, municipality, old.name, by, items(session, old), old.note)


def freeze(session: Session, municipality: str, number: int) -> QuestionSetRow:
    """From now on the version never changes; its digest is worked out. Raises SetRefused when it is empty."""
    row = find(session, municipality, number, hold=True)
    if not row.frozen:
        found = items(session, row)
        if not found:
            raise SetRefused("empty")
        row.digest, row.frozen = digest(found), True
        _flush(session)
    return row


def items(session: Session, row: QuestionSetRow) -> list[Item]:
    """The questions in the order in which they came."""
    query = select(QuestionItemRow).where(QuestionItemRow.question_set == row.id).order_by(QuestionItemRow.id)
    return [item_of_row(one) for one in session.scalars(query)]


def item_rows(session: Session, row: QuestionSetRow, words: str, first: int, count: int) -> tuple[list[QuestionItemRow], int]:
    """A page of the questions that hold `words`, and how many there are in all."""
    where = [QuestionItemRow.question_set == row.id]
    if words:
        where.append(QuestionItemRow.text.contains(words, autoescape=True))
    total = session.scalar(select(func.count()).select_from(QuestionItemRow).where(*where)) or 0
    query = select(QuestionItemRow).where(*where).order_by(QuestionItemRow.id).offset(first).limit(count)
    return list(session.scalars(query)), total


def save_item(session: Session, row: QuestionSetRow, item: Item, number: int | None, version: int) -> QuestionItemRow:
    """Add a question, or change number `number` as it was at `version`. Raises SetRefused (frozen, stale, key_taken)."""
    _editable(row)
    taken = session.scalar(
        select(QuestionItemRow.id).where(QuestionItemRow.question_set == row.id, QuestionItemRow.key == item.key)
    )
    if taken is not None and taken != number:
        raise SetRefused("key_taken")
    if number is None:
        return _add(session, row, [item])[0]
    stored = find_item(session, row, number)
    if stored.version != version:
        raise SetRefused("stale")
    for name, value in _columns(item).items():
        setattr(stored, name, value)
    _flush(session)
    return stored


def delete_item(session: Session, row: QuestionSetRow, number: int, version: int) -> None:
    """Raises SetRefused (frozen, stale, unknown)."""
    _editable(row)
    stored = find_item(session, row, number)
    if stored.version != version:
        raise SetRefused("stale")
    session.delete(stored)
    _flush(session)


def bring_in(session: Session, row: QuestionSetRow, brought: Iterable[Item]) -> tuple[int, int, int]:
    """Take over questions of a file by their keys: how many were added, changed and the same. Raises SetRefused."""
    _editable(row)
    known = {one.key: one for one in session.scalars(select(QuestionItemRow).where(QuestionItemRow.question_set == row.id))}
    added, changed, same = [], 0, 0
    for item in brought:
        stored = known.get(item.key)
        if stored is None:
            added.append(item)
        elif item_of_row(stored) == item:
            same += 1
        else:
            changed += 1
            for name, value in _columns(item).items():
                setattr(stored, name, value)
    _add(session, row, added)
    _flush(session)
    return len(added), changed, same


def split(session: Session, row: QuestionSetRow, test_share: float) -> dict[str, int]:
    """Divide the set so that no article has questions on both sides; how many questions each side has. Raises SetRefused."""
    _editable(row)
    found = items(session, row)
    sides = split_of(found, test_share)
    for stored in session.scalars(select(QuestionItemRow).where(QuestionItemRow.question_set == row.id)):
        stored.split = sides[stored.key]
    _flush(session)
    return {side: list(sides.values()).count(side) for side in ("tune", "test")}


def item_of_row(row: QuestionItemRow) -> Item:
    """The record of a stored question."""
    values: dict[str, Any] = {name: getattr(row, name) for name in _FIELDS}
    values |= {name: tuple(v) for name, v in values.items() if isinstance(v, list)}
    return Item(**values)


def _add(session: Session, row: QuestionSetRow, added: Iterable[Item]) -> list[QuestionItemRow]:
    rows = [QuestionItemRow(municipality=row.municipality, question_set=row.id, **_columns(item)) for item in added]
    session.add_all(rows)
    row.made_at = now()
    _flush(session)
    return rows


def _columns(item: Item) -> dict[str, Any]:
    values = {name: getattr(item, name) for name in _FIELDS}
    return {name: list(v) if isinstance(v, tuple) else v for name, v in values.items()}


def _newest(session: Session, municipality: str, name: str) -> QuestionSetRow | None:
    query = select(QuestionSetRow).where(QuestionSetRow.municipality == municipality, QuestionSetRow.name == name)
    return session.scalar(query.order_by(QuestionSetRow.version.desc()).limit(1))


def find_item(session: Session, row: QuestionSetRow, number: int) -> QuestionItemRow:
    """Raises SetRefused."""
    stored = session.scalar(select(QuestionItemRow).where(QuestionItemRow.question_set == row.id, QuestionItemRow.id == number))
    if stored is None:
        raise SetRefused("unknown_item")
    return stored


def _editable(row: QuestionSetRow) -> None:
    if row.frozen:
        raise SetRefused("frozen")


def _flush(session: Session) -> None:
    try:
        session.flush()
    except StaleDataError as error:
        raise SetRefused("stale") from error
