"""What is counted about every question, written in the transaction of what it is about; no word of anybody is in it.

A fact that cannot be written never costs the resident the reply: it is logged, and missing from the figures.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import func, select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from bot.answer import Outcome, Status
from bot.fact_tables import FactChangeRow, HandoffFactRow, QuestionFactRow
from bot.logs import describe
from bot.tables import ConversationRow, HandoffRow, MessageRow
from knowledge.tables import ArticleRow
from settings import SHARED_BASE

log = structlog.get_logger()

AGAIN_WITHIN = timedelta(days=7)
"""Who asks again on the topic within so long has come back to it."""
ABANDONED_AFTER = timedelta(minutes=30)
"""A resident who was asked back or not answered and does nothing for so long has given up."""
CAN_ABANDON = frozenset({Status.ASKED_BACK.value, Status.UNSURE.value})


def asked(session: Session, conversation: ConversationRow, reply: MessageRow, zone: ZoneInfo) -> None:
    """Count the question of a reply just stored, and that the resident came back to its topic."""
    _safely(session, lambda: _asked(session, conversation, reply, zone))


def judged(session: Session, reply: MessageRow) -> None:
    """Count what the resident said of an answer."""
    _safely(session, lambda: _change(session, QuestionFactRow.message == reply.id, resolved=reply.resolved))


def handed_over(session: Session, conversation: ConversationRow, handoff: HandoffRow, zone: ZoneInfo) -> None:
    """Count a new hand-over, and that the question before it led there."""
    _safely(session, lambda: _handed_over(session, conversation, handoff, zone))


def handoff_moved(session: Session, handoff: HandoffRow, at: datetime) -> None:
    """Count how long the resident waited until somebody took it first, and how it ended."""
    _safely(session, lambda: _handoff_moved(session, handoff, at))


def rated(session: Session, handoff: HandoffRow) -> None:
    """Count how content the resident was with a hand-over."""
    statement = update(HandoffFactRow).where(HandoffFactRow.handoff == handoff.id).values(rating=handoff.rating)
    _safely(session, lambda: session.execute(statement, execution_options=_NO_SYNC))


def unlink(session: Session, conversations: Sequence[str], handoffs: Sequence[int]) -> None:
    """Cut what ties facts to conversations about to be erased; from then on nothing tells which questions belong together."""
    facts = update(QuestionFactRow).where(QuestionFactRow.conversation.in_(conversations))
    session.execute(facts.values(conversation=None, message=None, settling=False), execution_options=_NO_SYNC)
    session.execute(
        update(HandoffFactRow).where(HandoffFactRow.handoff.in_(handoffs)).values(handoff=None), execution_options=_NO_SYNC
    )


def settle(session: Session, at: datetime) -> int:
    """Decide of every question asked back or left open more than 30 minutes ago whether it was abandoned; how many were."""
    query = (
        select(QuestionFactRow, MessageRow)
        .join(MessageRow, MessageRow.id == QuestionFactRow.message)
        .where(QuestionFactRow.settling, MessageRow.created_at <= at - ABANDONED_AFTER)
        .limit(_AT_ONCE)
        .with_for_update(of=QuestionFactRow, skip_locked=True)
    )
    found = session.execute(query).all()
    for fact, reply in found:
        fact.settling, fact.abandoned = False, not _went_on(session, reply)
        session.add(FactChangeRow(municipality=fact.municipality, day=fact.day))
    session.flush()
    return len(found)


_AT_ONCE = 500
_NO_SYNC: Mapping[str, Any] = {"synchronize_session": False}


def _safely(session: Session, work: Callable[[], object]) -> None:
    try:
        with session.begin_nested():
            work()
    except SQLAlchemyError as error:
        log.error("fact not counted", **describe(error))


def _asked(session: Session, conversation: ConversationRow, reply: MessageRow, zone: ZoneInfo) -> None:
    answer = reply.answer or {}
    local = reply.created_at.astimezone(zone)
    topic, article = _about(session, reply.municipality, answer)
    earlier = select(func.count()).where(MessageRow.conversation == conversation.id, MessageRow.role == "desk")
    status = str(answer.get("status", ""))
    if topic:
        _mark_again(session, conversation.id, reply.created_at, zone, topic)
    session.add(
        QuestionFactRow(
            municipality=reply.municipality, conversation=conversation.id, message=reply.id, day=local.date(), hour=local.hour,
            channel=conversation.channel, language=conversation.language, topic=topic, article=article, status=status,
            outcome=str(answer.get("outcome", "")), probability=answer.get("probability"), ms=_milliseconds(answer),
            first=session.scalar(earlier) == 1, settling=status in CAN_ABANDON,
        )
    )  # fmt: skip
    session.add(FactChangeRow(municipality=reply.municipality, day=local.date()))
    session.flush()


def _about(session: Session, municipality: str, answer: Mapping[str, Any]) -> tuple[str, str]:
    """Topic and the article answered from, the first of several; "" where there is none."""
    sources = [str(source["id"]) for source in answer.get("sources") or () if source.get("id")]
    answered = answer.get("outcome") == Outcome.ANSWER
    ranking = [str(r) for topic in answer.get("topics") or () for r in topic.get("ranking") or ()]
    near = [*sources, *(answer.get("ranking") or ()), *ranking][:1]
    if not near:
        return "", ""
    owners = (municipality, SHARED_BASE)
    query = select(ArticleRow.municipality, ArticleRow.category).where(
        ArticleRow.municipality.in_(owners), ArticleRow.id == near[0]
    )
    categories: dict[str, str] = {row.municipality: row.category for row in session.execute(query)}
    own = next((categories[owner] for owner in owners if owner in categories), "")
    return own, sources[0] if answered and sources else ""


def _milliseconds(answer: Mapping[str, Any]) -> float | None:
    steps = answer.get("ms") or {}
    return float(sum(steps.values())) if steps else None


def _mark_again(session: Session, conversation: str, at: datetime, zone: ZoneInfo, topic: str) -> None:
    """The last answer of this conversation on the topic did not settle it."""
    since = (at - AGAIN_WITHIN).astimezone(zone).date()
    query = select(QuestionFactRow.id).where(
        QuestionFactRow.conversation == conversation, QuestionFactRow.topic == topic,
        QuestionFactRow.outcome == Outcome.ANSWER.value, QuestionFactRow.day >= since,
    )  # fmt: skip
    last = session.scalar(query.order_by(QuestionFactRow.id.desc()).limit(1))
    if last is not None:
        _change(session, QuestionFactRow.id == last, again=True)


def _handed_over(session: Session, conversation: ConversationRow, handoff: HandoffRow, zone: ZoneInfo) -> None:
    query = select(QuestionFactRow).where(QuestionFactRow.conversation == conversation.id)
    before = session.scalar(query.order_by(QuestionFactRow.id.desc()).limit(1))
    local = handoff.requested_at.astimezone(zone)
    if before is not None:
        answered = before.outcome == Outcome.ANSWER
        _change(session, QuestionFactRow.id == before.id, handed_over=True, again=before.again or answered)
    session.add(
        HandoffFactRow(
            municipality=handoff.municipality, handoff=handoff.id, day=local.date(), hour=local.hour, channel=conversation.channel,
            topic=before.topic if before is not None else "", state=handoff.state,
        )
    )  # fmt: skip
    session.flush()


def _handoff_moved(session: Session, handoff: HandoffRow, at: datetime) -> None:
    fact = session.scalar(select(HandoffFactRow).where(HandoffFactRow.handoff == handoff.id))
    if fact is None:
        return
    minutes = max(0.0, (at - handoff.requested_at).total_seconds() / 60)
    fact.state = handoff.state
    if handoff.state == "taken" and fact.waiting is None:
        fact.waiting = minutes
    if handoff.state in ("resolved", "expired"):
        fact.closing = minutes
    session.flush()


def _change(session: Session, which: Any, **values: Any) -> None:
    found = session.execute(select(QuestionFactRow.municipality, QuestionFactRow.day).where(which)).first()
    if found is None:
        return
    session.execute(update(QuestionFactRow).where(which).values(**values), execution_options=_NO_SYNC)
    session.add(FactChangeRow(municipality=found[0], day=found[1]))
    session.flush()


def _went_on(session: Session, reply: MessageRow) -> bool:
    until = reply.created_at + ABANDONED_AFTER
    wrote = select(MessageRow.id).where(
        MessageRow.conversation == reply.conversation, MessageRow.id > reply.id, MessageRow.role == "resident",
        MessageRow.created_at <= until,
    )  # fmt: skip
    asked_person = select(HandoffRow.id).where(
        HandoffRow.conversation == reply.conversation, HandoffRow.requested_at >= reply.created_at,
        HandoffRow.requested_at <= until,
    )  # fmt: skip
    return (
        reply.resolved is not None
        or session.scalar(wrote.limit(1)) is not None
        or session.scalar(asked_person.limit(1)) is not None
    )
