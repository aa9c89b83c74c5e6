"""A short mark of everything an index is made from: it differs once something of it has changed. Cheap to ask for."""

from __future__ import annotations

import hashlib
from datetime import date
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from knowledge.articles import State
from knowledge.tables import ArticleRow, ArticleTranslationRow, DepartmentRow, MunicipalityRow, SynonymGroupRow, WasteTableRow
from settings import SHARED_BASE

_READ = (State.PUBLISHED.value, State.EXPIRED.value)
"""Published articles are answered from; expired ones hide those of the shared base."""


def content_stamp(session: Session, code: str, today: date) -> str:
    """The mark (hex) of a municipality's content on a day: dates bring articles in and out of force."""
    towns = (code, SHARED_BASE)
    articles = (
        select(ArticleRow.municipality, ArticleRow.state, func.count(), func.max(ArticleRow.updated_at))
        .where(ArticleRow.municipality.in_(towns), ArticleRow.state.in_(_READ))
        .group_by(ArticleRow.municipality, ArticleRow.state)
        .order_by(ArticleRow.municipality, ArticleRow.state)
    )
    words = select(func.count(), func.max(SynonymGroupRow.changed_at)).where(SynonymGroupRow.municipality == code)
    waste = select(WasteTableRow.updated_at).where(WasteTableRow.municipality == code)
    translated = (
        select(func.count(), func.max(ArticleTranslationRow.updated_at), func.max(ArticleTranslationRow.approved_at))
        .where(ArticleTranslationRow.municipality.in_(towns))
        .where(ArticleTranslationRow.approved_at.is_not(None))
    )
    parts: tuple[Any, ...] = (articles, words, waste, translated, *_counters(code))
    seen = [tuple(map(str, row)) for part in parts for row in session.execute(part)]
    return hashlib.sha256(repr((today.isoformat(), seen)).encode()).hexdigest()


def _counters(code: str) -> tuple[Select[Any], ...]:
    """The town and its counters, which carry no time of change: all they say."""
    return (
        select(*MunicipalityRow.__table__.columns).where(MunicipalityRow.code == code),
        select(*DepartmentRow.__table__.columns).where(DepartmentRow.municipality == code).order_by(DepartmentRow.key),
    )
