"""Articles residents may read, found by their words, as the cards a reply of staff carries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date

from sqlalchemy import Select, case, or_, select
from sqlalchemy.orm import Session

from bot.answer import Source
from bot.town import Town
from knowledge.articles import Audience, State
from knowledge.tables import ArticleRow
from settings import SHARED_BASE

MOST_FOUND = 8
MOST_WORDS = 5


def search(session: Session, town: Town, words: str, on: date) -> list[Source]:
    """Articles in force on the day `on` that hold every word; those with them in the title first."""
    wanted = words.split()[:MOST_WORDS]
    if not wanted:
        return []
    patterns = [f"%{_escaped(word)}%" for word in wanted]
    query = _readable(town, on)
    for pattern in patterns:
        query = query.where(or_(ArticleRow.title.ilike(pattern, escape="\\"), ArticleRow.body.ilike(pattern, escape="\\")))
    in_title = case((ArticleRow.title.ilike(patterns[0], escape="\\"), 0), else_=1)
    rows = session.scalars(query.order_by(in_title, ArticleRow.title).limit(MOST_FOUND * 2)).all()
    return [_card(row, town) for row in _own_first(rows, town)][:MOST_FOUND]


def cards(session: Session, town: Town, ids: Sequence[str], on: date) -> list[Source]:
    """The cards of these articles, in this order; those residents may not read are left out."""
    rows = session.scalars(_readable(town, on).where(ArticleRow.id.in_(ids))).all()
    known = {row.id: _card(row, town) for row in _own_first(rows, town)}
    return [known[one] for one in dict.fromkeys(ids) if one in known]


def as_json(source: Source) -> dict[str, str]:
    return asdict(source)


def _readable(town: Town, on: date) -> Select[ArticleRow]:
    codes = [town.municipality.code, *([SHARED_BASE] if town.municipality.uses_shared_base else [])]
    return select(ArticleRow).where(
        ArticleRow.municipality.in_(codes),
        ArticleRow.state == State.PUBLISHED.value,
        ArticleRow.audience == Audience.PUBLIC.value,
        or_(ArticleRow.valid_from.is_(None), ArticleRow.valid_from <= on),
        or_(ArticleRow.valid_until.is_(None), ArticleRow.valid_until >= on),
    )


def _own_first(rows: Sequence[ArticleRow], town: Town) -> list[ArticleRow]:
    """Each id once: the municipality's own article hides that of the shared base."""
    own = {row.id for row in rows if row.municipality == town.municipality.code}
    return [row for row in rows if row.municipality == town.municipality.code or row.id not in own]


def _card(row: ArticleRow, town: Town) -> Source:
    department = town.find(row.department)
    checked = row.last_checked.isoformat() if row.last_checked else ""
    return Source(row.id, row.title, row.source_url, department.name if department else row.department, checked)


def _escaped(word: str) -> str:
    return word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
