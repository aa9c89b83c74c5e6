"""Rows of a job become working copies, and working copies of a job go again. Nothing here publishes or withdraws anything.

Each call does one batch inside the caller's transaction and notes what it did in the rows, so that a process that dies
between two batches leaves nothing half done and nothing is done twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from knowledge import drafts, import_jobs, store, workflow
from knowledge.articles import State, from_json, to_json
from knowledge.import_plan import Planned, Present, shared_digest
from knowledge.importers.remarks import Remark
from knowledge.tables import ArticleDraftRow, ArticleRow, ImportJobRow, ImportRowRow

BATCH = 100
"""Rows a transaction; on SQLite residents' messages wait while one is open."""


def apply_batch(session: Session, job: ImportJobRow) -> int:
    """Make the next working copies; 0 when there are none left. What has changed since the preview is left alone."""
    query = select(ImportRowRow).where(ImportRowRow.job == job.id, ImportRowRow.wanted, ImportRowRow.result == "")
    batch = list(session.scalars(query.order_by(ImportRowRow.number).limit(BATCH)))
    planned = import_jobs.preview(session, job, batch)
    for row in batch:
        one, there = planned.get(row.number, (None, None))
        if one is None or one.article is None or one.outcome != row.outcome or one.base != row.base:
            _keep(row)
        else:
            _save(session, job, row, one, there)
    return len(batch)


def undo_batch(session: Session, job: ImportJobRow) -> int:
    """Take back the next working copies; 0 when there are none left. What somebody has edited since stays."""
    query = select(ImportRowRow).where(ImportRowRow.job == job.id, ImportRowRow.result == "saved")
    batch = list(session.scalars(query.order_by(ImportRowRow.number).limit(BATCH)))
    for row in batch:
        draft = drafts.find_draft(session, job.municipality, row.article)
        untouched = draft is not None and draft.version == row.before["version"]
        if untouched and draft is not None:
            _take_back(session, draft, row.before, job.plan.get("actor") or job.by)
        row.result = "removed" if untouched else "left"
    return len(batch)


def _save(session: Session, job: ImportJobRow, row: ImportRowRow, one: Planned, there: Present | None) -> None:
    assert one.article is not None  # noqa: S101 - seen to by the caller
    before = _before(session, job.municipality, one.id)
    version = there.version if there is not None else None
    try:
        saved = drafts.save_draft(
            session,
            one.article,
            job.plan.get("actor") or job.by,
            version,
            note=f"{job.name} {row.place}"[:300],
            origin={"kind": "import", "id": job.id},
        )
    except (drafts.DraftExists, drafts.StaleDraft):
        _keep(row)
        return
    row.before = {**before, "version": saved.version, "shared": shared_digest(one.article)}
    row.result = "saved"


def _keep(row: ImportRowRow) -> None:
    row.result = "kept"
    told = Remark("somebody has changed the article since the preview; it was left as it is", "changed_since")
    row.notes = [*row.notes, told.to_json()]


def _before(session: Session, municipality: str, article: str) -> dict[str, Any]:
    """What an undo brings back: the working copy, or the text of an article that never had one and was never published."""
    draft = drafts.find_draft(session, municipality, article)
    if draft is not None:
        kept = {"content": draft.content, "edited_by": draft.edited_by, "note": draft.note}
        return {"draft": {**kept, "review_on": draft.review_on.isoformat() if draft.review_on else None}}
    row = session.get(ArticleRow, (municipality, article))
    if row is None or row.state in (State.PUBLISHED, State.EXPIRED):
        return {}
    return {"article": {**to_json(store.articles_of(session, municipality, [article])[article])}}


def _take_back(session: Session, draft: ArticleDraftRow, before: Mapping[str, Any], by: str) -> None:
    if old := before.get("draft"):
        record = from_json(old["content"])
        drafts.save_draft(session, record, old["edited_by"], draft.version, note=old["note"])
        return
    municipality, article = draft.municipality, draft.article
    workflow.discard(session, municipality, article, by, draft.version)
    if text := before.get("article"):
        store.upsert(session, from_json(text), keep_state=False)
        session.flush()
