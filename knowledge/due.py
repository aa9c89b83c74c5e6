"""What the calendar does to articles: publish what was to be published by now, withdraw what has run out. Nothing commits."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Select, exists, select
from sqlalchemy.orm import Session

import authentication
from knowledge.articles import State
from knowledge.tables import ArticleDraftRow, ArticleRow
from knowledge.workflow import DraftState, StaleDraft, WorkflowRefused, expire, publish

SYSTEM = "system"


def anything_due(session: Session, at: datetime, today: date) -> bool:
    """Whether there is something to do; asked often, so that the writers' lock is not taken for nothing."""
    return session.scalar(select(exists(_to_publish(at)) | exists(_run_out(today)))) is True


def publish_due(session: Session, at: datetime, today: date) -> list[tuple[str, str]]:
    """Publish what was to be published by now; (municipality, article) of each. What cannot be stays and waits for staff."""
    done = []
    for row in session.scalars(_to_publish(at).order_by(ArticleDraftRow.publish_at)).all():
        key = (row.municipality, row.article)
        try:
            with session.begin_nested():
                publish(session, *key, SYSTEM, row.version, today)
        except StaleDraft:
            continue  # somebody was faster
        except WorkflowRefused as refused:
            row.publish_at = None
            detail = {"article": row.article, "reason": refused.reason}
            authentication.audit(session, row.municipality, SYSTEM, "article.not_published", detail)
        else:
            done.append(key)
    session.flush()
    return done


def expire_due(session: Session, today: date) -> list[tuple[str, str]]:
    """Withdraw what was valid until yesterday or before; (municipality, article) of each."""
    found = session.scalars(_run_out(today).with_for_update().order_by(ArticleRow.municipality, ArticleRow.id)).all()
    for row in found:
        expire(session, row, SYSTEM, "article.expired", "")
    return [(row.municipality, row.id) for row in found]


def _to_publish(at: datetime) -> Select[ArticleDraftRow]:
    return select(ArticleDraftRow).where(
        ArticleDraftRow.state == DraftState.APPROVED, ArticleDraftRow.publish_at.is_not(None), ArticleDraftRow.publish_at <= at
    )


def _run_out(today: date) -> Select[ArticleRow]:
    return select(ArticleRow).where(ArticleRow.state == State.PUBLISHED, ArticleRow.valid_until < today)
