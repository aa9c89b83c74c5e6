"""The page that works without JavaScript: the same desk, asked by plain forms.

The id of the conversation travels in a hidden field, never in an address, so that it stays out of logs and histories.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from flask import make_response, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from bot import conversations, handoff, handoff_request, markup, opening_hours, presence
from bot.channel_state import Switchboard
from bot.channels.payloads import conversation_json
from bot.channels.web import CHANNEL
from bot.exchange import Exchange, Utterance
from bot.handoff_request import ConsentMissing, InvalidContact, ReplyAddress, UnknownDepartment
from bot.notices import notices_json
from bot.plain_japanese.furigana import ruby_page
from bot.town import load_town
from bot.wording import say
from database import Database, now
from settings import Settings

if TYPE_CHECKING:
    from bot.desk import Desk

LANGUAGES = (("ja", "ja", "日本語"), ("yasashii", "ja", "やさしい日本語"), ("en", "en", "English"))
NEUTRAL_PAGE = "https://www.jma.go.jp/"
WAITING = conversations.OPEN_STATES
_ID = re.compile(r"[A-Za-z0-9_-]{20,64}")


class Problem(Exception):
    """What the resident sent cannot be used; `message` says what to do, `field` names the form field."""

    def __init__(self, message: str, field: str = "text") -> None:
        super().__init__(message)
        self.message = message
        self.field = field


@dataclass(frozen=True)
class _View:
    """What one page shows. `fresh` is a reply that was not stored and is shown this once only."""

    conversation: str | None = None
    fresh: dict[str, Any] | None = None
    problem: Problem | None = None
    told: str = ""


class AskPage:
    """Handlers of /ask; every one of them answers with the whole page."""

    def __init__(self, settings: Settings, database: Database, desk: Desk) -> None:
        self._settings = settings
        self._database = database
        self._desk = desk
        self._exchange = Exchange(settings, database, desk)
        self._switchboard = Switchboard.of(database)

    def show(self) -> ResponseReturnValue:
        """An empty page, in the language of `?language=`."""
        return self._page(_View())

    def ask(self) -> ResponseReturnValue:
        """Answer a question, or only show what is new when the form says `refresh`."""
        conversation = self._known()
        if "refresh" in request.form:
            return self._page(_View(conversation))
        try:
            text = self._text()
        except Problem as problem:
            return self._page(_View(conversation, problem=problem))
        conversation = conversation or self._start()
        utterance = Utterance(text, _field("choice") or None, _client_id())
        reply = self._exchange.receive(conversation, utterance, now())
        fresh = reply.answer if reply.message is None else None
        if fresh is not None and (fresh.get("emergency") or {}).get("keep_history") is False:
            # Nothing of it was stored, and this page does not go on from it either.
            return self._page(_View(None, fresh=fresh))
        return self._page(_View(conversation, fresh=fresh))

    def request_person(self) -> ResponseReturnValue:
        conversation = self._known()
        try:
            address = _address(self._language())
        except Problem as problem:
            return self._page(_View(conversation, problem=problem))
        conversation = conversation or self._start()
        message = self._masked(conversation, _field("message")[:1000])
        department = _field("department") or None
        try:
            self._request(conversation, message, department, address)
        except UnknownDepartment:
            self._request(conversation, message, None, address)
        return self._page(_View(conversation))

    def judge(self) -> ResponseReturnValue:
        conversation = self._known()
        number = _field("message_id")
        if conversation is None or not number.isascii() or not number.isdigit() or len(number) > 15:
            return self._page(_View(conversation))
        try:
            with self._database.write() as session:
                conversations.judge(session, conversation, int(number), _field("resolved") == "yes", None)
        except (conversations.UnknownMessage, conversations.UnknownConversation):
            return self._page(_View(conversation))
        return self._page(_View(conversation))

    def rate(self) -> ResponseReturnValue:
        conversation, sent = self._known(), _field("rating")
        if conversation is None:
            return self._page(_View())
        if sent not in ("1", "2", "3", "4", "5"):
            return self._page(_View(conversation, problem=Problem(self._say("rating_needed"), "rating")))
        comment = self._masked(conversation, _field("comment")[:1000])
        try:
            with self._database.write() as session:
                handoff.rate(session, conversation, int(sent), comment)
        except (handoff.HandoffError, conversations.UnknownConversation):
            return self._page(_View(conversation))
        return self._page(_View(conversation, told=self._say("rating_thanks")))

    def clear(self) -> ResponseReturnValue:
        conversation = self._known()
        if conversation is None:
            return self._page(_View())
        try:
            with self._database.write() as session:
                conversations.delete_for_resident(session, conversation)
        except conversations.HandoffOpen:
            return self._page(_View(conversation, problem=Problem(self._say("clear_refused"), "clear")))
        except conversations.UnknownConversation:
            pass
        return self._page(_View(told=self._say("cleared")))

    def _request(self, conversation: str, message: str | None, department: str | None, address: ReplyAddress | None) -> None:
        handoff_request.request(
            self._database,
            self._settings,
            conversation,
            at=now(),
            message=message,
            department=department,
            address=address,
        )

    def _known(self) -> str | None:
        """The conversation of the hidden field, when the desk still has it."""
        sent = _field("conversation")
        if not _ID.fullmatch(sent):
            return None
        with self._database.read() as session:
            try:
                return conversations.find(session, sent).id
            except conversations.UnknownConversation:
                return None

    def _start(self) -> str:
        with self._database.write() as session:
            return conversations.start(session, self._settings.municipality, self._language()).id

    def _text(self) -> str:
        text = _field("text").replace("\r\n", "\n").strip()
        limit = self._settings.message_max_length
        if not text:
            raise Problem(say("errors.empty_message", self._language()))
        if len(text) > limit:
            raise Problem(say("errors.too_long", self._language(), limit=limit, length=len(text)))
        return text

    def _masked(self, conversation: str, text: str) -> str | None:
        if not text.strip():
            return None
        with self._database.read() as session:
            municipality = conversations.find(session, conversation).municipality
        return self._desk.mask(municipality, text.strip()).text

    def _language(self) -> str:
        wanted = _field("language") or request.args.get("language", "ja")
        return wanted if wanted in {code for code, _, _ in LANGUAGES} else "ja"

    def _say(self, key: str, **slots: object) -> str:
        return say(f"widget.{key}", self._language(), **slots)

    def _page(self, view: _View) -> ResponseReturnValue:
        local = now().astimezone(self._settings.zone)
        if view.conversation is not None:
            self._looked(view.conversation)
        with self._database.read() as session:
            shown = _stored(session, view.conversation, local)
            town = load_town(session, self._settings.municipality)
        language = self._language()
        handoff = shown["handoff"] if shown else None
        readings = language == "yasashii" and _field("furigana") == "1"
        page = render_template(
            "widget/ask.html",
            view=view,
            shown=shown,
            handoff=handoff,
            waiting=bool(handoff and handoff["state"] in WAITING),
            greeting=say("conversation.greeting", language, municipality=town.municipality.name),
            contact=_contact(shown) or opening_hours.contact(town.counter(""), town.municipality, local, language),
            town=town.municipality,
            language=language,
            readings=readings,
            languages=LANGUAGES,
            settings=self._settings,
            client_id=secrets.token_urlsafe(16),
            sent=request.form,
            neutral_page=NEUTRAL_PAGE,
            label=lambda key, **slots: say(f"widget.{key}", language, **slots),
            tag="en" if language == "en" else "ja",
            markup=markup,
            notices=notices_json(self._switchboard.shown(town.municipality.code, CHANNEL, local), language, local),
        )
        response = make_response(ruby_page(page) if readings else page, 422 if view.problem else 200)
        response.headers["Cache-Control"] = "no-store"
        return response

    def _looked(self, conversation: str) -> None:
        """Everything on the page counts as read."""
        at, side = now(), presence.RESIDENT
        with self._database.read() as session:
            newest = conversations.last_message(session, conversation)
            if not presence.worth_telling(session, conversation, side, at, False, newest):
                return
        with self._database.write() as session:
            presence.tell(session, conversations.find(session, conversation), side, at, read=newest)


def _stored(session: Session, conversation: str | None, at: datetime) -> dict[str, Any] | None:
    if conversation is None:
        return None
    return conversation_json(session, conversations.find(session, conversation), at)


def _contact(shown: dict[str, Any] | None) -> dict[str, Any] | None:
    """The department of the last answer that names one."""
    answers = [message["answer"] for message in (shown or {"messages": []})["messages"] if message["answer"]]
    named = [answer["contact"] for answer in answers if answer.get("contact")]
    return named[-1] if named else None


def _field(name: str) -> str:
    return request.form.get(name, "")


def _client_id() -> str | None:
    sent = _field("client_message_id")
    return sent if re.fullmatch(r"[A-Za-z0-9_-]{1,64}", sent) else None


def _address(language: str) -> ReplyAddress | None:
    """The contact of the form, or None without one. Raises Problem."""
    kind, value = _field("contact_kind"), _field("contact_value").strip()
    if not value or kind not in ("email", "phone"):
        return None
    try:
        return handoff_request.reply_address(kind, value, _field("consent") == "yes")
    except ConsentMissing:
        raise Problem(say("widget.consent_needed", language), "consent") from None
    except InvalidContact:
        raise Problem(say(f"widget.contact_needed_{kind}", language), "contact") from None
