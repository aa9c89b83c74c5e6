"""From a task to a working copy in one step: a new article for a question left open, or another way to ask for one."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot import task_causes
from bot.tables import MessageRow, TaskMessageRow, TaskRow
from indexer.passage_table import phrase_key
from knowledge import drafts, store
from knowledge.articles import Article

LONGEST_TITLE = 100
MOST_PHRASES = 10
QUESTIONS_READ = 100


class NothingToDraft(LookupError):
    """There is no such article in the municipality."""


def questions(session: Session, task: TaskRow, most: int = QUESTIONS_READ) -> list[str]:
    """The masked questions behind a task that are still kept, each once, the most often asked first."""
    query = (
        select(TaskMessageRow.topic, MessageRow)
        .join(MessageRow, MessageRow.id == TaskMessageRow.message)
        .where(TaskMessageRow.task == task.id)
        .order_by(MessageRow.id)
        .limit(most)
    )
    asked: dict[str, list[str]] = {}
    for topic, message in session.execute(query):
        said = " ".join(task_causes.question_of(message, topic).split())
        if phrase_key(said):
            asked.setdefault(phrase_key(said), []).append(said)
    return [same[0] for same in sorted(asked.values(), key=len, reverse=True)]


def new_article(session: Session, task: TaskRow, department: str, by: str) -> str:
    """A working copy of a new article, titled by the question asked most and found by the others; its id.

    Its body is empty: what residents are told is for people to write, and an empty one cannot be published.
    """
    asked = questions(session, task)
    title = (asked[0] if asked else task.title)[:LONGEST_TITLE]
    record = Article(
        task.municipality, drafts.new_id(session, task.municipality, title), title, "", department=department,
        alternatives=tuple(q[:LONGEST_TITLE] for q in asked[1 : 1 + MOST_PHRASES]), owner=department,
    )  # fmt: skip
    drafts.save_draft(session, record, by, origin=_origin(task))
    return record.id


def revised_article(session: Session, task: TaskRow, article: str, by: str, add_questions: bool) -> str:
    """A working copy of an article of the municipality, with the task's questions as phrasings where wanted; its id.

    Raises NothingToDraft, or drafts.DraftExists when somebody is writing one already.
    """
    record = store.article(session, task.municipality, article)
    if record is None or record.municipality != task.municipality:
        raise NothingToDraft(article)
    known = {phrase_key(phrase) for phrase in (record.title, *record.alternatives)}
    added = [q[:LONGEST_TITLE] for q in questions(session, task) if phrase_key(q) not in known] if add_questions else []
    record = replace(record, alternatives=(*record.alternatives, *added[:MOST_PHRASES]))
    drafts.save_draft(session, record, by, origin=_origin(task))
    return record.id


def _origin(task: TaskRow) -> dict[str, object]:
    return {"kind": "task", "id": task.id}
