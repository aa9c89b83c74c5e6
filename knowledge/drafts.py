"""Working copies: what staff write while residents read the article as it was last published. Nothing here commits."""

from __future__ import annotations

import re
import secrets
import unicodedata
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from enum import StrEnum
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from database import now
from knowledge import store
from knowledge.articles import Article, State, from_json, to_json
from knowledge.tables import ArticleDraftRow, ArticleRow
from settings import SHARED_BASE


class DraftState(StrEnum):
    """Where a working copy stands."""

    DRAFT = "draft"
    REVIEW = "review"
    APPROVED = "approved"


class DraftExists(RuntimeError):
    """The article has a working copy already, which somebody else may be writing."""


class StaleDraft(RuntimeError):
    """The working copy is not the one that was read: somebody has changed, published or discarded it."""


def new_id(session: Session, municipality: str, title: str) -> str:
    """A free id for a new article: the Latin words of its title if any, the day, and four random letters."""
    plain = unicodedata.normalize("NFKC", title).encode("ascii", "ignore").decode().lower()
    words = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:40].strip("-") if re.search(r"[a-z]{3}", plain) else "article"
    while True:
        made = f"{words}-{now():%Y%m%d}-{secrets.token_hex(2)}"
        used = select(ArticleRow.id).where(ArticleRow.municipality.in_((municipality, SHARED_BASE)), ArticleRow.id == made)
        if session.scalar(used) is None:
            return made


def save_draft(
    session: Session,
    record: Article,
    by: str,
    version: int | None = None,
    *,
    note: str = "",
    origin: Mapping[str, Any] | None = None,
    review_on: date | None = None,
) -> ArticleDraftRow:
    """Make the working copy of an article (`version` None), or change the one of this version.

    What was in review or approved becomes a draft again: it is not what was looked at. An article that is new gets a
    row in state DRAFT, so that lists and the search see it. Raises DraftExists or StaleDraft.
    """
    said = {"content": to_json(replace(record, state=State.DRAFT)), "edited_by": by, "note": note, "review_on": review_on}
    if version is None:
        row = _made(session, record, {**said, "origin": dict(origin or {})})
    else:
        row = held(session, record.municipality, record.id, version)
        back_to_draft(row)
        for name, value in said.items():
            setattr(row, name, value)
        row.updated_at = now()  # also where nothing else differs: the version grows with every save
    _show_in_lists(session, record)
    session.flush()
    return row


def find_draft(session: Session, municipality: str, article: str, lock: bool = False) -> ArticleDraftRow | None:
    """The working copy, None when there is none. `lock` keeps it from other writers until the transaction ends."""
    return session.get(ArticleDraftRow, (municipality, article), with_for_update=lock)


def draft_content(row: ArticleDraftRow) -> Article:
    """What the working copy says; its `state` says nothing."""
    return from_json(row.content)


def held(session: Session, municipality: str, article: str, version: int) -> ArticleDraftRow:
    """The working copy of this version, kept from other writers until the transaction ends. Raises StaleDraft."""
    session.flush()
    row = session.get(ArticleDraftRow, (municipality, article), with_for_update=True, populate_existing=True)
    if row is None or row.version != version:
        raise StaleDraft(article)
    return row


def back_to_draft(row: ArticleDraftRow) -> None:
    """It waits for nobody any longer: neither for a review nor for its day."""
    row.state, row.submitted_by, row.submitted_at = DraftState.DRAFT, "", None
    row.approved_by, row.approved_at, row.publish_at = "", None, None


def article_row(session: Session, municipality: str, article: str) -> ArticleRow | None:
    """The article of lists and residents, kept from other writers until the transaction ends; None when there is none."""
    session.flush()
    return session.get(ArticleRow, (municipality, article), with_for_update=True, populate_existing=True)


def was_public(row: ArticleRow | None) -> bool:
    """Whether residents read it, or read it once."""
    return row is not None and row.state in (State.PUBLISHED, State.EXPIRED)


def digest_read(session: Session, municipality: str, article: str) -> str:
    """Digest of what residents read of it, or read last; "" for one that was never published."""
    row = article_row(session, municipality, article)
    return row.digest if row is not None and was_public(row) else ""


def _made(session: Session, record: Article, said: Mapping[str, Any]) -> ArticleDraftRow:
    key = (record.municipality, record.id)
    if find_draft(session, *key) is not None:
        raise DraftExists(record.id)
    row = ArticleDraftRow(
        municipality=record.municipality,
        article=record.id,
        state=DraftState.DRAFT,
        base_digest=digest_read(session, *key),
        **said,
    )
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError as error:  # somebody else made one at the same moment
        raise DraftExists(record.id) from error
    return row


def _show_in_lists(session: Session, record: Article) -> None:
    before = article_row(session, record.municipality, record.id)
    if before is None or not was_public(before):
        store.upsert(session, replace(record, state=State.DRAFT), keep_state=False)
