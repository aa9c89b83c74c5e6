"""What an article said each time residents' text or its state changed. Entries are added, never edited; nothing commits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from knowledge.articles import Article, from_json, to_json
from knowledge.tables import ArticleRevisionRow


class UnknownRevision(LookupError):
    """The article has no revision of this number."""


def record(
    session: Session, article: Article, *, edited_by: str = "", approved_by: str = "", note: str = ""
) -> ArticleRevisionRow:
    """Keep what the article says now; whoever calls holds the article's row, so numbers follow without a gap."""
    row = ArticleRevisionRow(
        municipality=article.municipality,
        article=article.id,
        number=newest_number(session, article.municipality, article.id) + 1,
        content=to_json(article),
        state=article.state.value,
        edited_by=edited_by,
        approved_by=approved_by,
        note=note,
    )
    session.add(row)
    session.flush()
    return row


def keep_unrecorded(session: Session, article: Article) -> None:
    """Keep what an import from the command line wrote past the life cycle, before something else is put in its place."""
    newest = session.scalar(_of(article.municipality, article.id).order_by(ArticleRevisionRow.number.desc()).limit(1))
    if newest is None or newest.content != to_json(article):
        record(session, article)


def newest_number(session: Session, code: str, article: str) -> int:
    """The number of the newest revision, 0 when there is none."""
    query = select(func.max(ArticleRevisionRow.number)).where(
        ArticleRevisionRow.municipality == code, ArticleRevisionRow.article == article
    )
    return session.scalar(query) or 0


def history(session: Session, code: str, article: str) -> Sequence[ArticleRevisionRow]:
    """Every revision, newest first."""
    return session.scalars(_of(code, article).order_by(ArticleRevisionRow.number.desc())).all()


def find(session: Session, code: str, article: str, number: int) -> ArticleRevisionRow:
    """One revision. Raises UnknownRevision."""
    row = session.scalar(_of(code, article).where(ArticleRevisionRow.number == number))
    if row is None:
        raise UnknownRevision(f"{article} has no revision {number}")
    return row


def content(row: ArticleRevisionRow) -> Article:
    """The article as it was."""
    kept: Mapping[str, Any] = row.content
    return from_json(kept)


def _of(code: str, article: str) -> Select[ArticleRevisionRow]:
    return select(ArticleRevisionRow).where(ArticleRevisionRow.municipality == code, ArticleRevisionRow.article == article)
