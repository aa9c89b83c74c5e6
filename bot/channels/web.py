"""The residents' API as bot/openapi.yml describes it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, jsonify
from flask.typing import ResponseReturnValue
from flask_limiter import Limiter

from bot import conversations, handoff, handoff_request, presence
from bot.channel_state import Switchboard
from bot.channels import events
from bot.channels.bodies import (
    MAX_ID,
    AskBody,
    ContactBody,
    FeedbackBody,
    FuriganaBody,
    HandoffBody,
    PresenceBody,
    RatingBody,
    StartBody,
    after_parameter,
    query_of,
    read_body,
)
from bot.channels.payloads import conversation_json, handoff_json, updates_json
from bot.errors import ApiError, error_response
from bot.exchange import Exchange, Utterance
from bot.handoff_request import ConsentMissing, InvalidContact, ReplyAddress, UnknownDepartment
from bot.notices import notices_json
from bot.plain_japanese.furigana import furigana
from bot.tables import HandoffRow
from bot.town import UnknownTown, load_town
from database import Database, now
from knowledge import store
from settings import SHARED_BASE, Settings

if TYPE_CHECKING:
    from bot.desk import Desk

CHANNEL = "web"
View = Callable[..., ResponseReturnValue]
PRESENCE_LIMIT = "240/minute"
"""Per address: several residents behind one address who type and read at the same time."""
_CONVERSATION = re.compile(r"[A-Za-z0-9_-]{20,64}")


def create_blueprint(settings: Settings, database: Database, desk: Desk, limiter: Limiter) -> Blueprint:
    """The API under /api/v1; `limiter` counts questions and new conversations per address."""
    blueprint = Blueprint("web", __name__, url_prefix="/api/v1")
    api = _Api(settings, database, desk)
    questions = limiter.shared_limit(settings.rate_limit_messages, "messages")
    starts = limiter.limit(settings.rate_limit_conversations)
    one = "/conversations/<conversation>"
    routes: list[tuple[str, str, View]] = [
        ("POST", "/conversations", starts(api.start)),
        ("GET", one, api.read),
        ("DELETE", one, api.delete),
        ("POST", f"{one}/messages", questions(api.ask)),
        ("POST", f"{one}/messages/<int:message>/feedback", questions(api.judge)),
        ("GET", f"{one}/updates", api.updates),
        ("GET", f"{one}/events", api.events),
        ("POST", f"{one}/handoffs", questions(api.request_person)),
        ("POST", f"{one}/presence", limiter.limit(PRESENCE_LIMIT)(api.tell_presence)),
        ("POST", f"{one}/rating", questions(api.rate)),
        ("GET", "/notices", api.notices),
        ("POST", "/furigana", limiter.limit(settings.rate_limit_messages)(api.furigana)),
    ]
    for method, path, view in routes:
        blueprint.add_url_rule(path, endpoint=view.__name__, view_func=view, methods=[method])
    blueprint.register_error_handler(conversations.UnknownConversation, lambda _: error_response(404, "unknown_conversation"))
    return blueprint


class _Api:
    def __init__(self, settings: Settings, database: Database, desk: Desk) -> None:
        self._settings = settings
        self._database = database
        self._desk = desk
        self._exchange = Exchange(settings, database, desk)
        self._streams = events.Streams(settings, database)
        self._switchboard = Switchboard.of(database)

    def start(self) -> ResponseReturnValue:
        body = read_body(StartBody, required=False)
        try:
            with self._database.write() as session:
                town = load_town(session, body.municipality or self._settings.municipality)
                row = conversations.start(session, town.municipality.code, body.language)
                payload = conversation_json(session, row, self._local())
        except UnknownTown as error:
            raise ApiError(404, "unknown_municipality", field="municipality") from error
        return jsonify(payload), 201

    def read(self, conversation: str) -> ResponseReturnValue:
        with self._database.read() as session:
            row = conversations.find(session, _checked(conversation))
            return jsonify(conversation_json(session, row, self._local()))

    def delete(self, conversation: str) -> ResponseReturnValue:
        try:
            with self._database.write() as session:
                conversations.delete_for_resident(session, _checked(conversation))
        except conversations.HandoffOpen as error:
            raise ApiError(409, "handoff_open", detail="a hand-over of this conversation is still open") from error
        return Response(status=204)

    def ask(self, conversation: str) -> ResponseReturnValue:
        body = read_body(AskBody)
        limit = self._settings.message_max_length
        if not body.text.strip():
            raise ApiError(422, "empty_message", field="text")
        if len(body.text) > limit:
            raise ApiError(422, "too_long", field="text", limit=limit, length=len(body.text))
        utterance = Utterance(body.text, body.choice, body.client_message_id)
        return jsonify(asdict(self._exchange.receive(_checked(conversation), utterance, now())))

    def judge(self, conversation: str, message: int) -> ResponseReturnValue:
        body = read_body(FeedbackBody)
        if not 0 < message <= MAX_ID:
            raise ApiError(404, "unknown_message")
        comment = self._masked(_checked(conversation), body.comment)
        try:
            with self._database.write() as session:
                conversations.judge(session, conversation, message, body.resolved, comment)
        except conversations.UnknownMessage as error:
            raise ApiError(404, "unknown_message") from error
        return Response(status=204)

    def updates(self, conversation: str) -> ResponseReturnValue:
        after = after_parameter()
        with self._database.read() as session:
            row = conversations.find(session, _checked(conversation))
            return jsonify(updates_json(session, row, after, self._local()))

    def events(self, conversation: str) -> ResponseReturnValue:
        return self._streams.open(_checked(conversation), events.start_after(after_parameter()))

    def request_person(self, conversation: str) -> ResponseReturnValue:
        body = read_body(HandoffBody, required=False)
        address = _address(body.contact)
        message = self._masked(_checked(conversation), body.message)
        try:
            handoff, new = handoff_request.request(
                self._database,
                self._settings,
                conversation,
                at=now(),
                message=message,
                department=body.department or None,
                address=address,
            )
        except UnknownDepartment as error:
            raise ApiError(422, "unknown_department", field="department") from error
        return jsonify(self._handoff(conversation, handoff)), 201 if new else 200

    def notices(self) -> ResponseReturnValue:
        asked = query_of(StartBody)
        code = asked.municipality or self._settings.municipality
        with self._database.read() as session:
            if store.municipality(session, code) is None or code == SHARED_BASE:
                raise ApiError(404, "unknown_municipality", field="municipality")
        at = self._local()
        return jsonify(notices_json(self._switchboard.shown(code, CHANNEL, at), asked.language, at))

    def tell_presence(self, conversation: str) -> ResponseReturnValue:
        body, at, side = read_body(PresenceBody), now(), presence.RESIDENT
        with self._database.read() as session:
            conversations.find(session, _checked(conversation))
            news = presence.worth_telling(session, conversation, side, at, body.typing, body.read)
        if news:
            with self._database.write() as session:
                talk = conversations.find(session, conversation)
                presence.tell(session, talk, side, at, typing=body.typing, read=body.read)
        return Response(status=204)

    def rate(self, conversation: str) -> ResponseReturnValue:
        body = read_body(RatingBody)
        comment = self._masked(_checked(conversation), body.comment)
        try:
            with self._database.write() as session:
                handoff.rate(session, conversation, body.rating, comment)
        except handoff.HandoffError as error:
            raise ApiError(409, "not_finished", detail="there is no finished hand-over to rate") from error
        return Response(status=204)

    def furigana(self) -> ResponseReturnValue:
        """Readings of what the desk itself has said; nothing is stored."""
        body = read_body(FuriganaBody)
        return jsonify(texts=[[[piece.text, piece.reading] for piece in furigana(text)] for text in body.texts])

    def _handoff(self, conversation: str, handoff: int) -> dict[str, Any]:
        with self._database.read() as session:
            talk = conversations.find(session, conversation)
            row = session.get_one(HandoffRow, handoff)
            return handoff_json(row, load_town(session, talk.municipality), self._local(), talk.language)

    def _masked(self, conversation: str, text: str | None) -> str | None:
        with self._database.read() as session:
            municipality = conversations.find(session, conversation).municipality
        if text is None or not text.strip():
            return None
        return self._desk.mask(municipality, text).text

    def _local(self) -> datetime:
        return now().astimezone(self._settings.zone)


def _checked(conversation: str) -> str:
    if not _CONVERSATION.fullmatch(conversation):
        raise conversations.UnknownConversation
    return conversation


def _address(contact: ContactBody | None) -> ReplyAddress | None:
    if contact is None:
        return None
    try:
        return handoff_request.reply_address(contact.kind, contact.value, contact.consent)
    except ConsentMissing as error:
        raise ApiError(422, "consent_required", field="contact.consent") from error
    except InvalidContact as error:
        raise ApiError(422, f"invalid_{contact.kind}", field="contact.value") from error
