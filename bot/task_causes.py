"""What of a conversation becomes a task: an answer that did not help, a question that was not answered."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import exists, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session, aliased

from bot import tasks
from bot.answer import Status
from bot.logs import describe
from bot.tables import HandoffRow, MessageRow, TaskMessageRow, TaskRow
from bot.tasks import Kind
from indexer.passage_table import phrase_key
from knowledge.tables import ArticleRow
from settings import SHARED_BASE

log = structlog.get_logger()

UNANSWERED = frozenset({Status.UNSURE.value, Status.OUT_OF_SCOPE.value, Status.FAILED.value})
"""Endings that tell of a hole in the knowledge. A person asked for, another town's matter and small talk tell of none."""
ABANDONED_AFTER = timedelta(hours=1)
"""A resident who was asked back and has written nothing for so long has chosen nothing."""


WHOLE = -1
"""The place of a message as a whole, where a task is not about one of its topics."""


@dataclass(frozen=True)
class Hole:
    """A question of an answer that was left open; `topic` is its place, `near` the article that came nearest."""

    topic: int
    question: str
    department: str
    near: str

    @property
    def key(self) -> str:
        """The same for the same words but for spaces and punctuation; the words cannot be read from it."""
        return hashlib.sha256(phrase_key(self.question).encode()).hexdigest()[:32]


def holes(answer: Mapping[str, Any], asked_back: bool = False) -> Iterator[Hole]:
    """The questions of an answer (JSON as stored) that were left open; with `asked_back` those with choices too."""
    wanted = UNANSWERED | {Status.ASKED_BACK.value} if asked_back else UNANSWERED
    topics = answer.get("topics") or []
    if not topics and answer.get("status") in wanted:
        yield _hole(0, {**answer, "text": answer.get("question", "")}, answer)
    for place, topic in enumerate(topics):
        if topic.get("status") in wanted:
            yield _hole(place, topic, answer)


def answered(session: Session, message: MessageRow) -> None:
    """Open or join the tasks of a reply just stored. A task that cannot be made never costs the resident the reply."""
    found = list(holes(message.answer or {}))
    if not found:
        return
    try:
        with session.begin_nested():
            _open_holes(session, message, found)
    except SQLAlchemyError as error:  # the daily look at the knowledge makes up for it
        log.error("task not opened", **describe(error))


def judged(session: Session, message: MessageRow, before: bool | None) -> None:
    """Open, join or take back the task of an answer whose judgement was `before` and is now `message.resolved`."""
    if message.resolved is False and before is not False:
        _open_downvote(session, message)
    elif message.resolved and before is False:
        tasks.unlink(session, message, Kind.DOWNVOTE)


def catch_up(session: Session, municipality: str, since: datetime, until: datetime) -> int:
    """Open the tasks of questions asked in this time that have none: residents who chose nothing, and what failed before.

    Returns how many answers were found. `until` should lie ABANDONED_AFTER in the past.
    """
    later = aliased(MessageRow)
    status = MessageRow.answer["status"].as_string()
    went_on = exists().where(later.conversation == MessageRow.conversation, later.id > MessageRow.id, later.role == "resident")
    known = exists().where(TaskMessageRow.message == MessageRow.id)
    query = (
        select(MessageRow)
        .where(
            MessageRow.municipality == municipality,
            MessageRow.created_at >= since,
            MessageRow.created_at < until,
            MessageRow.role == "desk",
            status.in_(UNANSWERED) | ((status == Status.ASKED_BACK.value) & ~went_on),
            ~known,
        )
        .order_by(MessageRow.id)
    )
    rows = session.scalars(query).all()
    for row in rows:
        _open_holes(session, row, list(holes(row.answer or {}, asked_back=True)))
    return len(rows)


def question_of(message: MessageRow, topic: int) -> str:
    """The masked words of one topic of the question, or of the whole."""
    answer = message.answer or {}
    topics = answer.get("topics") or []
    return str(topics[topic].get("text", "") if 0 <= topic < len(topics) else answer.get("question", ""))


def _open_holes(session: Session, message: MessageRow, found: list[Hole]) -> None:
    # In the order of their keys, so that two messages with the same two questions never wait for each other.
    for hole in sorted(found, key=lambda one: (one.key, one.topic)):
        key = tasks.key_in_use(session, message.municipality, Kind.UNANSWERED, hole.key)
        tasks.open_task(
            session, message.municipality, Kind.UNANSWERED, key, "", department=hole.department, message=message,
            topic=hole.topic, detail={"near": hole.near} if hole.near else None,
        )  # fmt: skip


def _open_downvote(session: Session, message: MessageRow) -> None:
    answer = message.answer or {}
    sources = [source for source in answer.get("sources") or () if source.get("id")]
    row = _article(session, message.municipality, sources[0]["id"]) if sources else None
    if row is not None:
        tasks.open_task(
            session, message.municipality, Kind.DOWNVOTE, f"article:{row.id}", row.title, article=row.id,
            department=row.department, message=message, topic=WHOLE,
        )  # fmt: skip
    elif sources or message.role == "staff":
        department = _department(session, message)
        tasks.open_task(
            session, message.municipality, Kind.DOWNVOTE, f"message:{message.id}", sources[0]["title"] if sources else "",
            department=department, message=message, topic=WHOLE,
        )  # fmt: skip
    elif not _has_open_task(session, message):
        found = list(holes(answer, asked_back=True)) or [_hole(0, {**answer, "text": answer.get("question", "")}, answer)]
        _open_holes(session, message, found)


def _has_open_task(session: Session, message: MessageRow) -> bool:
    joined = select(TaskRow.id).join(TaskMessageRow, TaskMessageRow.task == TaskRow.id)
    return session.scalar(joined.where(TaskMessageRow.message == message.id, TaskRow.state == tasks.OPEN).limit(1)) is not None


def _article(session: Session, municipality: str, article: str) -> ArticleRow | None:
    return session.get(ArticleRow, (municipality, article)) or session.get(ArticleRow, (SHARED_BASE, article))


def _department(session: Session, message: MessageRow) -> str:
    query = select(HandoffRow.department).where(HandoffRow.conversation == message.conversation)
    handed = session.scalar(query.order_by(HandoffRow.id.desc()).limit(1)) if message.role == "staff" else None
    return handed or str(
        (message.answer or {}).get("contact", {}).get("key", "") if (message.answer or {}).get("contact") else ""
    )


def _hole(place: int, topic: Mapping[str, Any], answer: Mapping[str, Any]) -> Hole:
    contact = topic.get("contact") or answer.get("contact") or {}
    ranking = topic.get("ranking") or answer.get("ranking") or [""]
    return Hole(place, str(topic.get("text", "")), str(contact.get("key", "")), str(ranking[0]))
