"""One message of a resident, from arrival to the stored reply; every channel uses it.

The reply is given only after question and answer are stored in one transaction. Nothing is stored unmasked, and
nothing at all when the card shown asks for no history (violence at home).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bot import conversations, handoff, held, opening_hours, question_facts, task_causes
from bot.answer import Answer, Contact, Status
from bot.channel_state import Switchboard
from bot.handoff import State
from bot.logs import describe
from bot.question import Question
from bot.tables import MessageRow
from bot.town import load_town
from bot.wording import say
from database import Database
from settings import Settings

if TYPE_CHECKING:
    from bot.desk import Desk

log = structlog.get_logger()


@dataclass(frozen=True)
class Utterance:
    """What a resident sent. The same `client_message_id` within a conversation is answered once."""

    text: str
    choice: str | None = None
    client_message_id: str | None = None


@dataclass(frozen=True)
class Reply:
    """The ids of the stored question and reply, None where nothing was stored, and the answer as JSON values."""

    question_message: int | None
    message: int | None
    answer: dict[str, Any]


@dataclass(frozen=True)
class _Asked:
    conversation: str
    question: Question
    client_message_id: str | None
    reception: Contact
    with_person: bool


class _PersonLeft(Exception):
    """The hand-over is no longer taken by anybody."""


class Exchange:
    """Takes messages for the desk or, while a member of staff has the conversation, for that person."""

    def __init__(self, settings: Settings, database: Database, desk: Desk) -> None:
        self._settings = settings
        self._database = database
        self._desk = desk
        self._switchboard = Switchboard.of(database)

    def receive(self, conversation: str, utterance: Utterance, at: datetime) -> Reply:
        """Answer the message, or return the stored reply when it was answered before.

        Raises UnknownConversation, and sqlalchemy's OperationalError when nothing can be stored.
        """
        with self._database.read() as session:
            stored = _stored(session, conversation, utterance.client_message_id)
            if stored is not None:
                return stored
            asked = self._asked(session, conversation, utterance, at)
        if asked.with_person:
            try:
                return self._to_person(asked)
            except _PersonLeft:
                pass  # the person has just finished or given back: the desk answers
        off = self._switchboard.shown(asked.question.municipality, asked.question.channel, at).switched_off
        return self._store(asked, self._held(asked) if off else self._answer(asked))

    def _asked(self, session: Session, conversation: str, utterance: Utterance, at: datetime) -> _Asked:
        talk = conversations.find(session, conversation)
        town = load_town(session, talk.municipality)
        local = at.astimezone(self._settings.zone)
        question = Question(
            municipality=talk.municipality,
            text=utterance.text,
            asked_on=local.date(),
            language=talk.language,
            channel=talk.channel,
            history=conversations.history(session, conversation),
            choice=utterance.choice,
        )
        return _Asked(
            conversation=conversation,
            question=question,
            client_message_id=utterance.client_message_id,
            reception=opening_hours.contact(town.counter(""), town.municipality, local, talk.language),
            with_person=_with_person(session, conversation),
        )

    def _answer(self, asked: _Asked) -> Answer:
        try:
            return self._desk.ask(asked.question)
        except Exception as error:
            log.error("desk failed", **describe(error))
            return _failure(asked, "conversation.failed", self._masked_or_left_out(asked.question))

    def _held(self, asked: _Asked) -> Answer:
        """The kill switch is on: nothing of the pipeline is run."""
        question = asked.question
        try:
            masked = self._desk.mask(question.municipality, question.text)
        except Exception as error:
            log.error("masking failed", **describe(error))
            text = say("conversation.question_not_kept", question.language)
            return held.reply(question.text, text, (), question.language, asked.reception)
        return held.reply(question.text, masked.text, tuple(masked.kinds), question.language, asked.reception)

    def _masked_or_left_out(self, question: Question) -> str:
        try:
            return self._desk.mask(question.municipality, question.text).text
        except Exception as error:
            log.error("masking failed", **describe(error))
            return say("conversation.question_not_kept", question.language)

    def _to_person(self, asked: _Asked) -> Reply:
        """Pass the message on; an emergency still gets its card first. Raises _PersonLeft."""
        question = asked.question
        urgent = self._screened(question)
        if urgent is not None:
            return self._store(asked, urgent)
        try:
            masked = self._desk.mask(question.municipality, question.text)
        except Exception as error:
            log.error("masking failed", **describe(error))
            text = say("conversation.question_not_kept", question.language)
            return Reply(None, None, _failure(asked, "conversation.not_passed_on", text).to_json())
        answer = Answer(
            question=masked.text,
            status=Status.PERSON_REQUESTED,
            answer=say("conversation.passed_on", question.language),
            language=question.language,
            masked=tuple(masked.kinds),
        )
        return self._store(asked, answer, for_person=True)

    def _screened(self, question: Question) -> Answer | None:
        try:
            return self._desk.screen(question)
        except Exception as error:
            log.error("screening failed", **describe(error))
            return None

    def _store(self, asked: _Asked, answer: Answer, for_person: bool = False) -> Reply:
        shown = answer.to_json()
        if answer.emergency is not None and not answer.emergency.keep_history:
            return Reply(None, None, shown)
        try:
            with self._database.write() as session:
                return _written(session, asked, shown, for_person, self._settings.zone)
        except IntegrityError:  # the same message, answered by another thread or process at the same time
            with self._database.read() as session:
                stored = _stored(session, asked.conversation, asked.client_message_id)
            if stored is None:
                raise
            return stored


def _written(session: Session, asked: _Asked, shown: dict[str, Any], for_person: bool, zone: ZoneInfo) -> Reply:
    talk = conversations.lock(session, asked.conversation)
    stored = _stored(session, asked.conversation, asked.client_message_id)
    if stored is not None:
        return stored
    if for_person and not _with_person(session, asked.conversation):
        raise _PersonLeft
    asking = conversations.append(
        session,
        talk,
        "resident",
        shown["question"],
        client_message_id=asked.client_message_id,
        answer=shown if for_person else None,
    )
    if for_person:
        return Reply(asking.id, None, shown)
    replying = conversations.append(session, talk, "desk", shown["answer"], answer=shown, reply_to=asking.id)
    task_causes.answered(session, replying)
    question_facts.asked(session, talk, replying, zone)
    return Reply(asking.id, replying.id, shown)


def _with_person(session: Session, conversation: str) -> bool:
    waiting = handoff.open_of(session, conversation)
    return waiting is not None and waiting.state == State.TAKEN


def _stored(session: Session, conversation: str, client_message_id: str | None) -> Reply | None:
    found = conversations.reply_to(session, conversation, client_message_id) if client_message_id else None
    if found is None:
        return None
    asked, replied = found
    shown: MessageRow = replied or asked
    return Reply(asked.id, replied.id if replied else None, dict(shown.answer or {}))


def _failure(asked: _Asked, key: str, question: str) -> Answer:
    language, reception = asked.question.language, asked.reception
    call = say("conversation.call", language, department=reception.department, phone=reception.phone) if reception.phone else ""
    return Answer(
        question=question,
        status=Status.FAILED,
        answer=say(key, language, call=call),
        language=language,
        contact=reception,
        handoff_offered=True,
    )
