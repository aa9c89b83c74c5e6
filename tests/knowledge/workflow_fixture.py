"""A town with one published article, and the moves of its life cycle, each in a transaction of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts import AuditRow
from database import Database
from knowledge import drafts, store, workflow
from knowledge.articles import Article, Municipality, State
from knowledge.tables import ArticleDraftRow, ArticleRevisionRow

TOWN = "990019"
TODAY = date(2026, 11, 25)
BIN = Article(
    TOWN, "bulky", "粗大ごみの出し方", "粗大ごみは電話で申し込みます。", department="waste",
    last_checked=date(2026, 4, 1), state=State.PUBLISHED,
)  # fmt: skip
Result = TypeVar("Result")


def prepare_town(database: Database) -> None:
    with database.write() as session:
        store.save_municipality(session, Municipality(TOWN, "みどり野市"))
        store.upsert(session, BIN, keep_state=False)


def written(database: Database, act: Callable[[Session], Result]) -> Result:
    with database.write() as session:
        return act(session)


def save(database: Database, record: Article, by: str = "editor", version: int | None = None, **more: Any) -> ArticleDraftRow:
    return written(database, lambda s: workflow.save_draft(s, record, by, version, **more))


def changed(**changes: Any) -> Article:
    return replace(BIN, **{"body": "粗大ごみはインターネットでも申し込めます。", **changes})


def submit(database: Database, row: ArticleDraftRow, by: str = "editor") -> ArticleDraftRow:
    return written(database, lambda s: workflow.submit(s, TOWN, row.article, by, row.version))


def approve(database: Database, row: ArticleDraftRow, by: str = "approver") -> ArticleDraftRow:
    return written(database, lambda s: workflow.approve(s, TOWN, row.article, by, row.version, TODAY))


def publish(database: Database, row: ArticleDraftRow, by: str = "approver") -> ArticleRevisionRow:
    return written(database, lambda s: workflow.publish(s, TOWN, row.article, by, row.version, TODAY))


def approved(database: Database, record: Article | None = None, **more: Any) -> ArticleDraftRow:
    """A working copy that has come through its review."""
    return approve(database, submit(database, save(database, record or changed(), **more)))


def draft(database: Database, article: str = "bulky") -> ArticleDraftRow | None:
    with database.read() as session:
        return drafts.find_draft(session, TOWN, article)


def read_by_residents(database: Database) -> dict[str, str]:
    """Id -> body of what is published and in force."""
    with database.read() as session:
        return {a.id: a.body for a in store.published(session, TOWN, TODAY)}


def audited(database: Database) -> list[tuple[str, str]]:
    with database.read() as session:
        return [(row.actor, row.action) for row in session.scalars(select(AuditRow).order_by(AuditRow.id))]
