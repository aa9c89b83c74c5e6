"""Articles as lists of staff show them: filtered, searched and paged in the database, without their texts being read."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, String, and_, cast, func, or_, select
from sqlalchemy.orm import Session

from knowledge.articles import State
from knowledge.drafts import DraftState
from knowledge.tables import ArticleDraftRow, ArticleRow
from settings import SHARED_BASE

PER_PAGE = 50
MOST_WORDS = 5
"""Words of a search that count; all of them have to be found."""
NO_CHOICES: dict[str, list[str]] = {"category": [], "owner": [], "language": []}
LISTED_STATES = ("draft", "review", "approved", "published", "working", "expired", "shared")
"""What a list can be narrowed to. working: published, and a working copy is being changed; shared: of the shared base."""


@dataclass(frozen=True)
class Wanted:
    """What a list shows; what is empty narrows nothing. `overdue`: somebody should have looked at it by now."""

    words: str = ""
    state: str = ""
    department: str = ""
    category: str = ""
    owner: str = ""
    language: str = ""
    overdue: bool = False


@dataclass(frozen=True)
class Listed:
    """An article in a list. `draft_state` is that of its working copy, "" without one."""

    municipality: str
    id: str
    title: str
    category: str
    department: str
    audience: str
    language: str
    owner: str
    state: str
    valid_until: date | None
    review_on: date | None
    updated_at: datetime
    draft_state: str
    edited_by: str
    publish_at: datetime | None


@dataclass(frozen=True)
class Found:
    """A page of a list, of all pages together `count` articles."""

    rows: Sequence[Listed]
    count: int
    page: int

    @property
    def pages(self) -> int:
        return max(1, -(-self.count // PER_PAGE))


def listing(session: Session, code: str, wanted: Wanted, today: date, page: int = 1) -> Found:
    """One page of the articles of a municipality, changed last first; `page` counts from 1 and is kept within the list."""
    town = SHARED_BASE if wanted.state == "shared" else code
    joined = and_(ArticleDraftRow.municipality == ArticleRow.municipality, ArticleDraftRow.article == ArticleRow.id)
    matching = select(ArticleRow.id).outerjoin(ArticleDraftRow, joined).where(ArticleRow.municipality == town)
    matching = matching.where(*_conditions(wanted, today))
    if wanted.state == "shared":
        own = select(ArticleRow.id).where(ArticleRow.municipality == code)
        matching = matching.where(ArticleRow.state == State.PUBLISHED, ArticleRow.id.not_in(own))
    ordered = matching.order_by(func.coalesce(ArticleDraftRow.updated_at, ArticleRow.updated_at).desc(), ArticleRow.id)
    if wanted.words:  # the texts are gone through once, and what fits is counted here
        ids = session.scalars(ordered).all()
        page = _within(page, len(ids))
        return Found(_rows(session, town, ids[(page - 1) * PER_PAGE : page * PER_PAGE]), len(ids), page)
    count = session.scalar(select(func.count()).select_from(matching.subquery())) or 0
    page = _within(page, count)
    shown = session.scalars(ordered.limit(PER_PAGE).offset((page - 1) * PER_PAGE)).all()
    return Found(_rows(session, town, shown), count, page)


def _within(page: int, count: int) -> int:
    return min(max(page, 1), max(1, -(-count // PER_PAGE)))


def choices(session: Session, code: str) -> dict[str, list[str]]:
    """The values articles of the municipality have, for the filters: category, owner, language."""
    columns = (ArticleRow.category, ArticleRow.owner, ArticleRow.language)
    rows = session.execute(select(*columns).where(ArticleRow.municipality == code).distinct()).all()
    by_column = zip(("category", "owner", "language"), zip(*rows, strict=True), strict=False)
    return {**NO_CHOICES, **{name: sorted(set(values) - {""}) for name, values in by_column}}


def counts(session: Session, code: str, today: date) -> dict[str, int]:
    """How many wait for something: for a review, for their publication, for somebody to look again."""
    of_drafts = select(ArticleDraftRow.state, func.count()).where(ArticleDraftRow.municipality == code)
    waiting = dict(session.execute(of_drafts.group_by(ArticleDraftRow.state)).all())
    overdue = select(func.count()).where(ArticleRow.municipality == code, *_overdue(today))
    return {**{state.value: waiting.get(state.value, 0) for state in DraftState}, "overdue": session.scalar(overdue) or 0}


def in_review(session: Session, code: str) -> list[Listed]:
    """Working copies that wait for an approver, and approved ones that wait to be published; the oldest first."""
    query = select(ArticleDraftRow.article).where(
        ArticleDraftRow.municipality == code, ArticleDraftRow.state.in_((DraftState.REVIEW, DraftState.APPROVED))
    )
    ids = session.scalars(query.order_by(ArticleDraftRow.submitted_at, ArticleDraftRow.article)).all()
    return _rows(session, code, ids)


def _rows(session: Session, town: str, ids: Sequence[str]) -> list[Listed]:
    joined = and_(ArticleDraftRow.municipality == ArticleRow.municipality, ArticleDraftRow.article == ArticleRow.id)
    query: Any = (
        select(
            ArticleRow.municipality,
            ArticleRow.id,
            ArticleRow.title,
            ArticleRow.category,
            ArticleRow.department,
            ArticleRow.audience,
            ArticleRow.language,
            ArticleRow.owner,
            ArticleRow.state,
            ArticleRow.valid_until,
            ArticleRow.review_on,
            func.coalesce(ArticleDraftRow.updated_at, ArticleRow.updated_at),
            func.coalesce(ArticleDraftRow.state, ""),
            func.coalesce(ArticleDraftRow.edited_by, ""),
            ArticleDraftRow.publish_at,
        )
        .outerjoin(ArticleDraftRow, joined)
        .where(ArticleRow.municipality == town, ArticleRow.id.in_(ids))
    )
    place = {one: at for at, one in enumerate(ids)}
    found = [Listed(*row) for row in session.execute(query)]
    return sorted(found, key=lambda row: place[row.id])


def _conditions(wanted: Wanted, today: date) -> list[ColumnElement[bool]]:
    made = [getattr(ArticleRow, n) == v for n in ("department", "category", "owner", "language") if (v := getattr(wanted, n))]
    made += [_says(word) for word in wanted.words.split()[:MOST_WORDS]]
    if wanted.overdue:
        made += _overdue(today)
    return [*made, *_in_state(wanted.state)]


def _in_state(state: str) -> list[ColumnElement[bool]]:
    no_copy, read = ArticleDraftRow.state.is_(None), (State.PUBLISHED.value, State.EXPIRED.value)
    if state == "draft":
        return [or_(ArticleDraftRow.state == DraftState.DRAFT, and_(no_copy, ArticleRow.state.not_in(read)))]
    if state in (DraftState.REVIEW, DraftState.APPROVED):
        return [ArticleDraftRow.state == state]
    if state in read:
        return [ArticleRow.state == state]
    if state == "working":
        return [ArticleRow.state == State.PUBLISHED, ArticleDraftRow.state.is_not(None)]
    return []


def _overdue(today: date) -> list[ColumnElement[bool]]:
    return [ArticleRow.state == State.PUBLISHED, ArticleRow.review_on <= today]


def _says(word: str) -> ColumnElement[bool]:
    """Whether title, body or alternatives have the word, in whatever width and case."""
    # JSON columns keep other letters than Latin ones as \\uXXXX.
    columns = [(ArticleRow.title, _plain), (ArticleRow.body, _plain), (cast(ArticleRow.alternatives, String), _escaped)]
    return or_(*(column.contains(way(form), autoescape=True) for column, way in columns for form in _forms(word)))


def _forms(word: str) -> Iterable[str]:
    folded = unicodedata.normalize("NFKC", word)
    return dict.fromkeys((word, folded, folded.lower(), folded.upper(), folded.capitalize()))


def _plain(word: str) -> str:
    return word


def _escaped(word: str) -> str:
    return json.dumps(word)[1:-1]
