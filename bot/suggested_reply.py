"""A draft for staff, made by the desk from the articles. It is shown to staff on request and never sent by itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import structlog
from sqlalchemy.orm import Session

from bot import conversations
from bot.answer import Outcome, Status
from bot.logs import describe
from bot.question import Question
from bot.tables import ConversationRow, MessageRow

if TYPE_CHECKING:
    from bot.desk import Desk

log = structlog.get_logger()
ASKS_NOTHING = {Status.PERSON_REQUESTED.value, Status.SMALL_TALK.value}
LONGEST_QUESTION = 900
"""Characters; the newest words are kept. The desk takes 1,000 by default."""


@dataclass(frozen=True)
class Suggestion:
    """What staff could answer: the draft and the articles it comes from. Without a draft, articles that may fit."""

    text: str
    articles: tuple[str, ...]


def question_of(session: Session, talk: ConversationRow, on: date) -> Question | None:
    """What the resident waits to have answered: all since the last reply of staff, else what was asked before; None for nothing."""
    rows = conversations.messages(session, talk.id)
    empty = {row.reply_to for row in rows if row.role == "desk" and (row.answer or {}).get("status") in ASKS_NOTHING}
    asked = [row for row in rows if row.role == "resident" and row.id not in empty]
    if not asked:
        return None
    text = "\n".join(row.text for row in _open(rows, asked))[-LONGEST_QUESTION:]
    # The desk has heard the question itself before; it must not take it for a follow-up of itself.
    past = tuple(turn for turn in conversations.history(session, talk.id) if turn.question not in text)
    return Question(talk.municipality, text, on, language=talk.language, channel=talk.channel, history=past)


def suggest(desk: Desk, question: Question) -> Suggestion | None:
    """None when the desk is not sure either."""
    try:
        answer = desk.ask(question)
    except Exception as error:
        log.error("no suggestion", **describe(error))
        return None
    if answer.outcome == Outcome.ANSWER:
        return Suggestion(answer.answer, tuple(source.id for source in answer.sources))
    near = tuple(choice.article for choice in answer.choices if choice.article)
    return Suggestion("", near) if near else None


def _open(rows: list[MessageRow], asked: list[MessageRow]) -> list[MessageRow]:
    replied = max((row.id for row in rows if row.role == "staff"), default=0)
    if replied:
        return [row for row in asked if row.id > replied] or asked[-1:]
    to_person = [row for row in asked if (row.answer or {}).get("status") == Status.PERSON_REQUESTED.value]
    return to_person or asked[-1:]
