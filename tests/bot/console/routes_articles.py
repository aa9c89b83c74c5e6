"""Routes of the articles: method, path, who may, and the status of those who may."""

from __future__ import annotations

from dataclasses import replace

from routes_desk import EVERYONE, Route

from database import Database
from knowledge import attachments, revisions, store, workflow
from knowledge.articles import Article, State
from knowledge.tables import ArticleCommentRow
from settings import Settings

WRITERS = {"editor", "approver", "administrator"}
APPROVERS = {"approver", "administrator"}
ONE = "/staff/articles/{article}"
ROUTES: list[Route] = [
    ("GET", "/staff/articles", EVERYONE, 200),
    ("GET", "/staff/article-queue", APPROVERS, 200),
    ("GET", "/staff/articles/new", WRITERS, 200),
    ("POST", "/staff/articles/preview", WRITERS, 200),
    ("GET", f"{ONE}/show", EVERYONE, 200),
    ("GET", f"{ONE}/history", EVERYONE, 200),
    ("GET", f"{ONE}/history/{{revision}}", EVERYONE, 200),
    ("GET", f"{ONE}/edit", WRITERS, 200),
    ("POST", f"{ONE}/edit", WRITERS, 409),  # made from no version, and there is a working copy
    ("POST", f"{ONE}/autosave", WRITERS, 409),
    ("POST", f"{ONE}/submit", WRITERS, 409),  # no version named, and so below
    ("POST", f"{ONE}/take-back", WRITERS, 409),
    ("POST", f"{ONE}/discard", WRITERS, 409),
    ("POST", f"{ONE}/restore", WRITERS, 404),  # no revision named
    ("POST", f"{ONE}/take-over", WRITERS, 409),  # it is the town's own
    ("POST", f"{ONE}/send-back", APPROVERS, 409),
    ("POST", f"{ONE}/approve", APPROVERS, 409),
    ("POST", f"{ONE}/publish", APPROVERS, 409),
    ("POST", f"{ONE}/schedule", APPROVERS, 409),
    ("POST", f"{ONE}/unschedule", APPROVERS, 409),
    ("POST", f"{ONE}/withdraw", APPROVERS, 303),
    ("POST", f"{ONE}/confirm", APPROVERS, 303),
    ("POST", f"{ONE}/comments", WRITERS, 422),  # nothing written
    ("POST", f"{ONE}/comments/{{comment}}/settle", WRITERS, 303),
    ("POST", f"{ONE}/files", WRITERS, 422),  # no file
    ("GET", f"{ONE}/files/{{file}}", EVERYONE, 200),
    ("POST", f"{ONE}/files/{{file}}/delete", WRITERS, 303),
]
TOWN = "990019"
PUBLISHED = Article(
    TOWN, "bulky", "粗大ごみの出し方", "粗大ごみは電話で申し込みます。", department="citizens", state=State.PUBLISHED
)


def prepare(database: Database, settings: Settings, ids: dict[str, int]) -> dict[str, object]:
    """A published article with a working copy, a revision, a remark and a file."""
    with database.write() as session:
        store.upsert(session, PUBLISHED, keep_state=False)
        session.flush()
        number = revisions.record(session, PUBLISHED).number
        workflow.save_draft(session, replace(PUBLISHED, body="書きかけ"), "colleague")
        remark = ArticleCommentRow(municipality=TOWN, article="bulky", by="editor", text="転入届のことも書く")
        session.add(remark)
        file = attachments.add(session, TOWN, "bulky", "申請書.txt", "申請書".encode(), "editor")
        session.flush()
        return {"article": "bulky", "revision": number, "comment": remark.id, "file": file.id}
