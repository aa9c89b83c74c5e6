"""The life cycle of an article: draft -> review -> approved -> published -> expired, with two pairs of eyes.

Staff change the working copy (drafts.py); residents read the article as it was last published until `publish` puts the
working copy in its place. Functions work inside the caller's transaction and note themselves in the audit trail; only
who saves a draft says what that was (typed, imported, ...). A move names the version of the working copy it was
decided on and fails when somebody has changed it since. Every publication, withdrawal and confirmation keeps a
revision. `today` is the day in the municipality. After what residents read has changed, the index has to be made anew
(bot/reindex.py), which also finds out by itself when that was forgotten.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

from sqlalchemy import delete, update
from sqlalchemy.orm import Session

import authentication
from database import now
from knowledge import revisions, store
from knowledge.articles import DOUBT, State, to_json
from knowledge.drafts import (
    DraftExists,
    DraftState,
    StaleDraft,
    article_row,
    back_to_draft,
    digest_read,
    draft_content,
    find_draft,
    held,
    new_id,
    save_draft,
    was_public,
)
from knowledge.tables import (
    ArticleCommentRow,
    ArticleDraftRow,
    ArticleRevisionRow,
    ArticleRow,
    ArticleTranslationRow,
    AttachmentRow,
)

__all__ = [
    "REASONS", "REVIEW_AFTER", "DraftExists", "DraftState", "StaleDraft", "WorkflowRefused", "approve", "confirm", "discard",
    "draft_content", "find_draft", "new_id", "publish", "restore", "save_draft", "schedule", "send_back", "submit",
    "take_back", "withdraw",
]  # fmt: skip

REVIEW_AFTER = timedelta(days=365)
"""After a publication somebody has to look again by then, unless another day was chosen."""
REASONS = ("own_work", "wrong_state", "not_published", "base_changed", "incomplete", "past", "note_needed")
"""own_work: whoever wrote or submitted it approves nothing. base_changed: what residents read is no longer what the
approver compared it with. incomplete: title or body is empty. past: the moment chosen has gone by."""


class WorkflowRefused(ValueError):
    """A move the life cycle does not allow; `reason` is one of REASONS."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def submit(session: Session, municipality: str, article: str, by: str, version: int, note: str = "") -> ArticleDraftRow:
    """Ask for a review. Raises StaleDraft or WorkflowRefused."""
    row = held(session, municipality, article, version)
    _must_be(row, DraftState.DRAFT)
    content = draft_content(row)
    if not (content.title.strip() and content.body.strip()):
        raise WorkflowRefused("incomplete")
    if DOUBT in content.title or DOUBT in content.body:
        raise WorkflowRefused("doubtful")
    row.state, row.submitted_by, row.submitted_at = DraftState.REVIEW, by, now()
    row.note = note or row.note
    row.base_digest = digest_read(session, municipality, article)
    return _moved(session, row, by, "submitted")


def take_back(session: Session, municipality: str, article: str, by: str, version: int) -> ArticleDraftRow:
    """Make what waits for a review or for its day a draft again. Raises StaleDraft or WorkflowRefused."""
    row = held(session, municipality, article, version)
    _must_be(row, DraftState.REVIEW, DraftState.APPROVED)
    back_to_draft(row)
    return _moved(session, row, by, "taken_back")


def send_back(session: Session, municipality: str, article: str, by: str, version: int, note: str) -> ArticleDraftRow:
    """Return it to its editor with what is to be changed, kept as a remark until somebody settles it.

    Raises StaleDraft or WorkflowRefused.
    """
    row = held(session, municipality, article, version)
    _must_be(row, DraftState.REVIEW, DraftState.APPROVED)
    if not note.strip():
        raise WorkflowRefused("note_needed")
    back_to_draft(row)
    session.add(ArticleCommentRow(municipality=municipality, article=article, by=by, text=note.strip()))
    return _moved(session, row, by, "sent_back")


def approve(session: Session, municipality: str, article: str, by: str, version: int, today: date) -> ArticleDraftRow:
    """Say that it is right; the approver is neither the last editor nor who submitted it.

    Somebody has looked at it now, so the day it was last checked becomes today unless the editor wrote another one.
    Raises StaleDraft or WorkflowRefused.
    """
    row = held(session, municipality, article, version)
    _must_be(row, DraftState.REVIEW, DraftState.APPROVED)
    if by in (row.edited_by, row.submitted_by):
        raise WorkflowRefused("own_work")
    content, before = draft_content(row), article_row(session, municipality, article)
    if content.last_checked is None or (was_public(before) and before and content.last_checked == before.last_checked):
        row.content = to_json(replace(content, last_checked=today))
    row.state, row.approved_by, row.approved_at = DraftState.APPROVED, by, now()
    row.base_digest = digest_read(session, municipality, article)
    return _moved(session, row, by, "approved")


def schedule(session: Session, municipality: str, article: str, by: str, version: int, at: datetime | None) -> ArticleDraftRow:
    """Let an approved working copy be published at a moment, or wait again for somebody who publishes it (None).

    Raises StaleDraft or WorkflowRefused.
    """
    row = held(session, municipality, article, version)
    _must_be(row, DraftState.APPROVED)
    if at is not None and at <= now():
        raise WorkflowRefused("past")
    row.publish_at = at
    return _moved(session, row, by, "scheduled" if at else "unscheduled", at=at.isoformat() if at else "")


def discard(session: Session, municipality: str, article: str, by: str, version: int) -> None:
    """Throw the working copy away; an article that was never published goes with it. Raises StaleDraft."""
    row = held(session, municipality, article, version)
    session.delete(row)
    before = article_row(session, municipality, article)
    if before is not None and not was_public(before):
        session.delete(before)
        for table in (ArticleCommentRow, AttachmentRow, ArticleTranslationRow):
            session.execute(delete(table).where(table.municipality == municipality, table.article == article))
    session.flush()
    authentication.audit(session, municipality, by, "article.discarded", {"article": article})


def publish(session: Session, municipality: str, article: str, by: str, version: int, today: date) -> ArticleRevisionRow:
    """Put the approved working copy in the place of what residents read; the working copy is gone then.

    Four eyes hold here too, for what an administrator's tools may have approved. Raises StaleDraft or WorkflowRefused.
    """
    row = held(session, municipality, article, version)
    if row.state != DraftState.APPROVED:
        raise WorkflowRefused("wrong_state")
    if not row.approved_by or row.approved_by in (row.edited_by, row.submitted_by):
        raise WorkflowRefused("own_work")
    before = article_row(session, municipality, article)
    if before is not None and was_public(before):
        if before.digest != row.base_digest:
            raise WorkflowRefused("base_changed")
        revisions.keep_unrecorded(session, store.record_of(before))
    record = replace(draft_content(row), state=State.PUBLISHED)
    store.upsert(session, record, keep_state=False)
    session.flush()
    _held_one(session, municipality, article).review_on = row.review_on or today + REVIEW_AFTER
    kept = revisions.record(session, record, edited_by=row.edited_by, approved_by=row.approved_by, note=row.note)
    session.delete(row)
    session.flush()
    authentication.audit(session, municipality, by, "article.published", {"article": article, "revision": kept.number})
    return kept


def withdraw(session: Session, municipality: str, article: str, by: str, note: str = "") -> ArticleRevisionRow:
    """Show it to residents no longer, from now on. Raises WorkflowRefused `not_published`; UnknownArticle."""
    row = _held_one(session, municipality, article)
    if row.state != State.PUBLISHED:
        raise WorkflowRefused("not_published")
    return expire(session, row, by, "article.withdrawn", note)


def confirm(session: Session, municipality: str, article: str, by: str, today: date, review_on: date | None = None) -> ArticleRow:
    """Say that what residents read is still right; the next look is due on `review_on`, a year from now if left out.

    Raises WorkflowRefused `not_published` or `past`; UnknownArticle.
    """
    find_draft(session, municipality, article, lock=True)  # before the article, as every move takes them
    row = _held_one(session, municipality, article)
    if row.state != State.PUBLISHED:
        raise WorkflowRefused("not_published")
    if review_on is not None and review_on <= today:
        raise WorkflowRefused("past")
    record, before = store.record_of(row), row.digest
    if (record.last_checked, row.review_on) == (today, review_on or today + REVIEW_AFTER):
        return row  # a second click
    revisions.keep_unrecorded(session, record)
    store.upsert(session, replace(record, last_checked=today))
    row.review_on = review_on or today + REVIEW_AFTER
    _follow_base(session, row, before)
    revisions.record(session, replace(record, last_checked=today), edited_by=by, note="")
    authentication.audit(session, municipality, by, "article.confirmed", {"article": article})
    return row


def restore(
    session: Session, municipality: str, article: str, by: str, number: int, version: int | None, note: str = ""
) -> ArticleDraftRow:
    """Make the working copy say what an old revision said; residents read it after the usual review.

    `version` is that of the working copy it replaces, None when there is none. Raises UnknownRevision, DraftExists,
    StaleDraft.
    """
    old = revisions.content(revisions.find(session, municipality, article, number))
    current = session.get(ArticleRow, (municipality, article))
    record = replace(old, state=State.DRAFT, last_checked=current.last_checked if current else old.last_checked)
    row = save_draft(session, record, by, version, note=note, origin={"kind": "revision", "number": number})
    authentication.audit(session, municipality, by, "article.restored", {"article": article, "revision": number})
    return row


def expire(session: Session, row: ArticleRow, by: str, action: str, note: str) -> ArticleRevisionRow:
    """Show a published article to residents no longer; `action` is what the audit trail calls it."""
    record = store.record_of(row)
    revisions.keep_unrecorded(session, record)
    row.state = State.EXPIRED.value
    kept = revisions.record(session, replace(record, state=State.EXPIRED), edited_by=by, note=note.strip())
    detail = {"article": row.id, "revision": kept.number}
    authentication.audit(session, row.municipality, by, action, detail)
    return kept


def _must_be(row: ArticleDraftRow, *states: DraftState) -> None:
    if row.state not in states:
        raise WorkflowRefused("wrong_state")


def _moved(session: Session, row: ArticleDraftRow, by: str, action: str, **detail: str) -> ArticleDraftRow:
    row.updated_at = now()
    session.flush()
    authentication.audit(session, row.municipality, by, f"article.{action}", {"article": row.article, **detail})
    return row


def _follow_base(session: Session, row: ArticleRow, before: str) -> None:
    """A working copy that was compared with the words so far was compared with these: only a day has changed."""
    session.flush()
    same = (ArticleDraftRow.municipality == row.municipality, ArticleDraftRow.article == row.id)
    # Not through the row: its version would grow and whoever is writing it would be told that somebody changed it.
    session.execute(update(ArticleDraftRow).where(*same, ArticleDraftRow.base_digest == before).values(base_digest=row.digest))


def _held_one(session: Session, municipality: str, article: str) -> ArticleRow:
    row = article_row(session, municipality, article)
    if row is None:
        raise store.UnknownArticle(municipality, [article])
    return row
