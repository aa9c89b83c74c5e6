"""Articles in other languages and in plain Japanese: written by one person, approved by another, never served when stale.

Functions work inside the caller's transaction. A translation stands beside the article as residents read it, so that
one made from the old words is known to be out of date once new ones are published.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

import authentication
from database import now
from knowledge.articles import Article, State, text_digest
from knowledge.tables import ArticleRow, ArticleTranslationRow
from settings import SHARED_BASE

LANGUAGES: Mapping[str, str] = {
    "yasashii": "やさしい日本語",
    "en": "English",
    "zh-Hans": "简体中文",
    "vi": "Tiếng Việt",
    "ko": "한국어",
    "tl": "Filipino",
    "ne": "नेपाली",
}
"""Code -> its name in itself, in the order of REQUIREMENTS; a resident's language is one of them or ja."""
LONGEST_TITLE, LONGEST_BODY = 300, 30_000


class Standing(StrEnum):
    """What has become of an article in a language; only CURRENT ones reach residents."""

    MISSING = "missing"
    WAITING = "waiting"
    OUTDATED = "outdated"
    CURRENT = "current"


class StaleTranslation(RuntimeError):
    """Somebody else has saved the translation since this version was read."""


class TranslationRefused(ValueError):
    """A translation that cannot be saved or approved; `reason` names a text refused_<reason>."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Words:
    """Title and body (Markdown) of an article in one language."""

    title: str
    body: str


@dataclass(frozen=True)
class Translation:
    """As stored; `version` 0 stands for one that has not been written yet."""

    article: str
    language: str
    words: Words
    standing: Standing
    edited_by: str = ""
    approved_by: str = ""
    approved_at: datetime | None = None
    updated_at: datetime | None = None
    version: int = 0


@dataclass(frozen=True)
class Line:
    """One article of the list: its title and what has become of it in each language."""

    article: str
    title: str
    standings: Mapping[str, Standing]


def of_article(session: Session, article: Article) -> dict[str, Translation]:
    """Every language of an article, also those not written yet, measured against its words as they are now."""
    rows = session.scalars(
        select(ArticleTranslationRow).where(
            ArticleTranslationRow.municipality == article.municipality, ArticleTranslationRow.article == article.id
        )
    )
    digest = text_digest(article.title, article.body)
    found = {row.language: _translation(row, digest) for row in rows}
    return {one: found.get(one, Translation(article.id, one, Words("", ""), Standing.MISSING)) for one in LANGUAGES}


def save(session: Session, article: Article, language: str, words: Words, by: str, version: int) -> Translation:
    """Store what somebody wrote from the article's present words; it waits for the approval of another person.

    Raises StaleTranslation when `version` is not the stored one, TranslationRefused for an unknown language, no words,
    or too many.
    """
    _check(language, words)
    digest = text_digest(article.title, article.body)
    row = _row(session, article, language, version)
    if row is None:
        row = ArticleTranslationRow(municipality=article.municipality, article=article.id, language=language)
    elif (row.title, row.body, row.of_digest) == (words.title, words.body, digest):
        return _translation(row, digest)
    row.title, row.body, row.of_digest = words.title, words.body, digest
    row.edited_by, row.approved_by, row.approved_at, row.updated_at = by, "", None, now()
    _flush(session, row)
    _note(session, article, by, "saved", language)
    return _translation(row, digest)


def approve(session: Session, article: Article, language: str, by: str, version: int) -> Translation:
    """Let residents read it. Whether its facts are those of the article is the caller's to check before.

    Raises StaleTranslation, or TranslationRefused: `own_work` for whoever wrote it, `missing`, `outdated`.
    """
    row = _row(session, article, language, version)
    digest = text_digest(article.title, article.body)
    if row is None:
        raise TranslationRefused("missing")
    if row.of_digest != digest:
        raise TranslationRefused("outdated")
    if row.edited_by == by:
        raise TranslationRefused("own_work")
    row.approved_by, row.approved_at = by, now()
    _flush(session, row)
    _note(session, article, by, "approved", language)
    return _translation(row, digest)


def remove(session: Session, article: Article, language: str, by: str, version: int) -> None:
    """Delete a translation: residents get the Japanese words again. Raises StaleTranslation, TranslationRefused."""
    row = _row(session, article, language, version)
    if row is None:
        raise TranslationRefused("missing")
    session.delete(row)
    session.flush()
    _note(session, article, by, "removed", language)


def in_force(session: Session, code: str, articles: Iterable[Article]) -> dict[str, dict[str, Words]]:
    """Article id -> language -> approved words that fit the article's present text; for the index of a municipality."""
    digests = {(a.municipality, a.id): text_digest(a.title, a.body) for a in articles}
    rows = session.scalars(
        select(ArticleTranslationRow)
        .where(ArticleTranslationRow.municipality.in_({code, SHARED_BASE}), ArticleTranslationRow.approved_at.is_not(None))
        .order_by(ArticleTranslationRow.article, ArticleTranslationRow.language)
    )
    found: dict[str, dict[str, Words]] = {}
    for row in rows:
        if digests.get((row.municipality, row.article)) == row.of_digest:
            found.setdefault(row.article, {})[row.language] = Words(row.title, row.body)
    return found


def counts(session: Session, code: str) -> dict[str, dict[Standing, int]]:
    """Language -> how many published articles stand how."""
    fits = ArticleTranslationRow.of_digest == ArticleRow.text_digest
    approved = ArticleTranslationRow.approved_at.is_not(None)
    query = (
        select(ArticleTranslationRow.language, fits, approved, func.count())
        .join(ArticleRow, _same_article())
        .where(ArticleTranslationRow.municipality == code, ArticleRow.state == State.PUBLISHED.value, ArticleRow.language == "ja")
        .group_by(ArticleTranslationRow.language, fits, approved)
    )
    every = session.scalar(
        select(func.count()).where(
            ArticleRow.municipality == code, ArticleRow.state == State.PUBLISHED.value, ArticleRow.language == "ja"
        )
    )
    found = {language: dict.fromkeys(Standing, 0) for language in LANGUAGES}
    for language, fitting, accepted, count in session.execute(query):
        if language in found:
            found[language][_standing(bool(fitting), bool(accepted))] += count
    for standings in found.values():
        standings[Standing.MISSING] = (every or 0) - sum(standings.values())
    return found


def listing(
    session: Session, code: str, language: str = "", standing: Standing | None = None, searched: str = "", page: int = 1,
    size: int = 50,
) -> tuple[list[Line], int]:  # fmt: skip
    """A page of the published Japanese articles by title, and how many there are in all.

    `standing` keeps those that stand so in `language`; `searched` is looked for in title and id.
    """
    query = select(ArticleRow.id, ArticleRow.title, ArticleRow.text_digest).where(
        ArticleRow.municipality == code, ArticleRow.state == State.PUBLISHED.value, ArticleRow.language == "ja"
    )
    if searched:
        like = f"%{searched.replace('/', '//').replace('%', '/%').replace('_', '/_')}%"
        query = query.where(or_(ArticleRow.title.ilike(like, escape="/"), ArticleRow.id.ilike(like, escape="/")))
    if language in LANGUAGES and standing is not None:
        query = query.outerjoin(ArticleTranslationRow, and_(_same_article(), ArticleTranslationRow.language == language)).where(
            _stands(standing)
        )
    count = session.scalar(select(func.count()).select_from(query.subquery())) or 0
    rows = session.execute(query.order_by(ArticleRow.title, ArticleRow.id).limit(size).offset((page - 1) * size)).all()
    known = _standings(session, code, {row.id: row.text_digest for row in rows})
    return [Line(row.id, row.title, known[row.id]) for row in rows], count


def _standings(session: Session, code: str, digests: Mapping[str, str]) -> dict[str, dict[str, Standing]]:
    columns = (
        ArticleTranslationRow.article, ArticleTranslationRow.language, ArticleTranslationRow.of_digest,
        ArticleTranslationRow.approved_at,
    )  # fmt: skip
    rows = session.execute(
        select(*columns).where(ArticleTranslationRow.municipality == code, ArticleTranslationRow.article.in_(digests))
    )
    found = {article: dict.fromkeys(LANGUAGES, Standing.MISSING) for article in digests}
    for article, language, of_digest, approved_at in rows:
        found[article][language] = _standing(of_digest == digests[article], approved_at is not None)
    return found


def _same_article() -> ColumnElement[bool]:
    return and_(ArticleTranslationRow.municipality == ArticleRow.municipality, ArticleTranslationRow.article == ArticleRow.id)


def _stands(standing: Standing) -> ColumnElement[bool]:
    fits = ArticleTranslationRow.of_digest == ArticleRow.text_digest
    match standing:
        case Standing.MISSING:
            return ArticleTranslationRow.article.is_(None)
        case Standing.OUTDATED:
            return ArticleTranslationRow.of_digest != ArticleRow.text_digest
        case Standing.WAITING:
            return and_(fits, ArticleTranslationRow.approved_at.is_(None))
        case Standing.CURRENT:
            return and_(fits, ArticleTranslationRow.approved_at.is_not(None))


def _check(language: str, words: Words) -> None:
    if language not in LANGUAGES:
        raise TranslationRefused("language")
    if not words.title.strip() or not words.body.strip():
        raise TranslationRefused("no_words")
    if len(words.title) > LONGEST_TITLE or len(words.body) > LONGEST_BODY:
        raise TranslationRefused("too_long")


def _row(session: Session, article: Article, language: str, version: int) -> ArticleTranslationRow | None:
    key = (article.municipality, article.id, language)
    row = session.get(ArticleTranslationRow, key, with_for_update=True, populate_existing=True)
    if version != (row.version if row else 0):
        raise StaleTranslation(language)
    return row


def _flush(session: Session, row: ArticleTranslationRow) -> None:
    try:
        with session.begin_nested():
            session.add(row)
    except (IntegrityError, StaleDataError) as error:  # another person was faster
        raise StaleTranslation(row.language) from error


def _note(session: Session, article: Article, by: str, action: str, language: str) -> None:
    authentication.audit(
        session, article.municipality, by, f"translation.{action}", {"article": article.id, "language": language}
    )


def _standing(fits: bool, approved: bool) -> Standing:
    if not fits:
        return Standing.OUTDATED
    return Standing.CURRENT if approved else Standing.WAITING


def _translation(row: ArticleTranslationRow, digest: str) -> Translation:
    return Translation(
        article=row.article,
        language=row.language,
        words=Words(row.title, row.body),
        standing=_standing(row.of_digest == digest, row.approved_at is not None),
        edited_by=row.edited_by,
        approved_by=row.approved_by,
        approved_at=row.approved_at,
        updated_at=row.updated_at,
        version=row.version,
    )
