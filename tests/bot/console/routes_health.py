"""Routes of tasks, health and trial: method, path, who may, and the status of those who may."""

from __future__ import annotations

from routes_desk import EDITORS, EVERYONE, Route
from town_fixture import CODE

from bot import tasks
from bot.tables import FindingRow, HealthRunRow
from bot.tasks import Kind
from database import Database, now
from knowledge import drafts, store
from knowledge.articles import Article, State
from settings import Settings

READERS = EVERYONE - {"viewer"}
CHECKERS = {"editor", "approver", "evaluator", "administrator"}
ONE = "/staff/tasks/{task}"
ROUTES: list[Route] = [
    ("GET", "/staff/tasks", READERS, 200),
    ("GET", ONE, READERS, 200),
    ("POST", f"{ONE}/take", EDITORS, 303),
    ("POST", f"{ONE}/assign", EDITORS, 422),  # nobody chosen
    ("POST", f"{ONE}/close", EDITORS, 422),  # no reason chosen
    ("POST", f"{ONE}/reopen", EDITORS, 303),  # it is open
    ("POST", f"{ONE}/draft", EDITORS, 303),
    ("GET", "/staff/health", EVERYONE, 200),
    ("GET", "/staff/health/{kind}", EVERYONE, 200),
    ("POST", "/staff/health/run", EDITORS, 303),
    ("POST", "/staff/health/task", EDITORS, 404),  # no finding named
    ("GET", "/staff/trial", EVERYONE, 200),
    ("POST", "/staff/trial", EVERYONE, 422),  # nothing asked
    ("GET", "/staff/trial/impact?article=tried", CHECKERS, 200),
    ("POST", "/staff/trial/impact?article=tried", CHECKERS, 409),  # this desk has no index
]
TRIED = Article(CODE, "tried", "粗大ごみの出し方", "電話で予約します。", department="waste", state=State.PUBLISHED)


def prepare(database: Database, settings: Settings, ids: dict[str, int]) -> dict[str, object]:
    """A task of an article, a finding, and an article with a working copy."""
    with database.write() as session:
        store.upsert(session, TRIED)
        session.flush()
        drafts.save_draft(session, TRIED, "editor")
        session.add(
            HealthRunRow(municipality=CODE, started_at=now(), counts={})
        )  # one is going on, so none begins behind the test
        task = tasks.open_task(session, CODE, Kind.UNANSWERED, "k", "").id
        session.add(
            FindingRow(
                municipality=CODE, kind="overdue", key="tried", article="tried", detail={"review_on": "2026-01-01", "days": 9}
            )
        )
    return {"task": task, "kind": "overdue"}
