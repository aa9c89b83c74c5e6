"""The inbox: the queue, one hand-over, and what staff do with it."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from flask import Blueprint, abort, current_app, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from flask_wtf.csrf import CSRFError
from sqlalchemy import select
from sqlalchemy.orm import Session

import authentication
from accounts import Role
from authentication import Member
from bot import article_cards, conversations, handoff, letters, presence, unread_replies
from bot.console import pages
from bot.console.access import REFRESH_HEADER, roles
from bot.console.queue_view import load_queue
from bot.console.reply_box import Box, read_box
from bot.console.talk_extras import load_extras
from bot.console.talk_view import find_handoff, find_receipt, load_talk
from bot.handoff import HandoffError, State
from bot.screening.personal_data import mask
from bot.tables import HandoffRow, MessageRow
from bot.town import load_town
from database import Database, now
from settings import Settings

LONGEST_REPLY = 2000
"""Characters; LINE takes 5,000 UTF-16 units of text, and a longer letter is not read on a phone."""
_FILTER = "staff_department"
_FORBIDDEN_IN_REPLY = "個人番号"
_LONGEST_TOKEN = 40

Act = Callable[[Session, HandoffRow, Member], str | None]
"""Does something with a hand-over; returns the text of a refusal. Raises HandoffError."""


class Inbox:
    def __init__(self, database: Database, settings: Settings) -> None:
        self._database = database
        self._settings = settings

    @roles(Role.AGENT)
    def queue(self) -> ResponseReturnValue:
        member = current()
        department = _department_filter()
        with self._database.read() as opened:
            departments = load_town(opened, member.municipality).departments
            if department not in {d.key for d in departments}:
                department = ""
            queue = load_queue(opened, member, department, self._local(), self._settings)
        about = {"department": department, "departments": departments, "unknown": request.args.get("unknown", "")}
        return render_template("console/queue.html", queue=queue, done=request.args.get("done", ""), **about)

    @roles(Role.AGENT)
    def find(self) -> ResponseReturnValue:
        receipt = request.args.get("receipt", "")[:30]
        with self._database.read() as opened:
            found = find_receipt(opened, current(), receipt)
        if found is None:
            return redirect(url_for("console.queue", unknown=receipt))
        return redirect(url_for("console.handoff", handoff=found))

    @roles(Role.AGENT)
    def handoff(self, handoff: int) -> ResponseReturnValue:
        shown = self.page(current(), handoff, done=request.args.get("done", ""))
        if REFRESH_HEADER not in request.headers:  # a person looks; a page that refreshes itself says so by itself
            self._looked(handoff)
        return shown

    @roles(Role.AGENT)
    def take(self, handoff: int) -> ResponseReturnValue:
        return self.act(handoff, "taken", _take)

    @roles(Role.AGENT)
    def give_back(self, handoff: int) -> ResponseReturnValue:
        return self.act(handoff, "given_back", _give_back)

    @roles(Role.AGENT)
    def resolve(self, handoff: int) -> ResponseReturnValue:
        return self.act(handoff, "resolved", lambda s, row, me: _resolve(s, row, me, self._settings))

    @roles(Role.AGENT)
    def transfer(self, handoff: int) -> ResponseReturnValue:
        department = request.form.get("department", "")
        return self.act(handoff, "transferred", lambda s, row, me: _transfer(s, row, me, department), to=department)

    @roles(Role.AGENT)
    def reply(self, handoff: int) -> ResponseReturnValue:
        member = current()
        with self._database.read() as opened:
            box = read_box(opened, request.form, load_town(opened, member.municipality), self._local().date())
        refused = box.told or _unfit(box.text)
        if refused:
            return self.page(member, handoff, box=replace(box, told=""), error=refused), 422
        token = request.form.get("token", "")[:_LONGEST_TOKEN]
        detail = {"drafted": "yes"} if box.drafted else {}
        return self.act(handoff, "replied", lambda s, row, me: _reply(s, row, me, box, token), box=box, **detail)

    def page(self, member: Member, handoff: int, draft: str = "", box: Box | None = None, **about: Any) -> str:
        """The page of a hand-over; `draft` or `box` fills the reply box. Answers 404 for one the municipality has not."""
        at = self._local()
        with self._database.read() as opened:
            talk = load_talk(opened, member, handoff, at, self._settings)
            row = find_handoff(opened, member, handoff)
            if talk is None or row is None:
                abort(404)
            extras = load_extras(opened, row, member, at, self._settings)
        may_manage = talk.mine or (member.role == Role.ADMINISTRATOR and talk.state == State.TAKEN)
        box = box or Box(draft)
        shown = {"token": secrets.token_hex(16), "longest": LONGEST_REPLY, "may_manage": may_manage, "note": "", **about}
        shown["mail_minutes"] = self._settings.mail_reply_minutes
        return render_template("console/handoff.html", talk=talk, extras=extras, box=box, draft=box.text, **shown)

    def seen(self, conversation: str, read: int, typing: bool = False) -> None:
        """Keep that staff have read up to a message, or are typing; residents see it."""
        at, side = now(), presence.STAFF
        with self._database.read() as opened:
            if not presence.worth_telling(opened, conversation, side, at, typing, read):
                return
        try:
            with self._database.write() as opened:
                talk = conversations.find(opened, conversation)
                presence.tell(opened, talk, side, at, typing=typing, read=read)
        except conversations.UnknownConversation:
            return  # deleted at this moment

    def _looked(self, handoff: int) -> None:
        with self._database.read() as opened:
            row = find_handoff(opened, current(), handoff)
            if row is None or row.state != State.TAKEN or row.taken_by != current().id:
                return
            conversation, newest = row.conversation, conversations.last_message(opened, row.conversation)
        self.seen(conversation, newest)

    def forged(self, error: CSRFError) -> ResponseReturnValue:
        """The form is older than the session: a new log-in in another tab. What was typed is shown again."""
        if request.endpoint == "console.login":
            return pages.log_in_page("", notice="form_expired"), 400
        if request.endpoint in ("console.reply", "console.handoff_compose") and pages.from_here():
            draft = request.form.get("text", "")[: pages.DRAFT_LENGTH]
            handoff: int = (request.view_args or {})["handoff"]
            return self.page(current(), handoff, draft=draft, error="send_again"), 400
        view = current_app.view_functions[request.endpoint or ""]
        if (again := getattr(view, pages.AGAIN, "")) and pages.from_here():
            shown: ResponseReturnValue = getattr(view.__self__, again)(**(request.view_args or {}))  # type: ignore[union-attr]
            return shown
        return pages.refusal(400, "form_expired")

    def act(self, handoff: int, action: str, act: Act, box: Box | None = None, **detail: str) -> ResponseReturnValue:
        """Do it and note it in one transaction, then lead to the page; a refusal shows the page as it is now (409)."""
        member = current()
        try:
            with self._database.write() as opened:
                row = find_handoff(opened, member, handoff)
                if row is None:
                    abort(404)
                refused = act(opened, row, member)
                if refused is None:
                    noted = {"handoff": handoff, "receipt": row.receipt, **detail}
                    authentication.audit(opened, member.municipality, member.login, f"handoff.{action}", noted)
        except HandoffError:
            refused = "changed_meanwhile"
        if refused is None or refused == "already":
            return redirect(url_for("console.handoff", handoff=handoff, done=action), 303)
        return self.page(member, handoff, box=box, error=refused), 409

    def _local(self) -> datetime:
        return now().astimezone(self._settings.zone)


def _take(opened: Session, row: HandoffRow, member: Member) -> str | None:
    # The conversation's lock is the one every move of the hand-over takes; what is read after it stays true.
    hold(opened, row)
    if row.state == State.TAKEN:
        return "already" if row.taken_by == member.id else "taken_by_other"
    handoff.take(opened, row.id, member.id)
    return None


def _give_back(opened: Session, row: HandoffRow, member: Member) -> str | None:
    refused = only_holder(opened, row, member)
    if refused is None:
        handoff.give_back(opened, row.id, member.id)
    return refused


def _resolve(opened: Session, row: HandoffRow, member: Member, settings: Settings) -> str | None:
    hold(opened, row)
    if row.state == State.RESOLVED:
        return "already"
    refused = only_holder(opened, row, member)
    if refused is None:
        handoff.resolve(opened, row.id, member.id)
        talk = conversations.find(opened, row.conversation)
        letters.closed(opened, settings, row, talk, unread_replies.unread(opened, row))
    return refused


def _transfer(opened: Session, row: HandoffRow, member: Member, department: str) -> str | None:
    hold(opened, row)
    if department not in {d.key for d in load_town(opened, row.municipality).departments}:
        return "choose_department"
    if row.department == department:
        return "same_department"
    if row.state == State.TAKEN:
        refused = only_holder(opened, row, member)
        if refused is not None:
            return refused
    handoff.transfer(opened, row.id, department, member.id)
    return None


def _reply(opened: Session, row: HandoffRow, member: Member, box: Box, token: str) -> str | None:
    hold(opened, row)
    # The same form with other words (the browser's back button) is another reply, so the words are part of the key.
    key = hashlib.sha256(f"{member.id}\n{token}\n{box.text}".encode()).hexdigest()[:48]
    used = select(MessageRow.id).where(MessageRow.conversation == row.conversation, MessageRow.client_message_id == key)
    if opened.scalar(used) is not None:
        return "already"
    if row.state == State.TAKEN and row.taken_by != member.id:
        return "taken_by_other"
    cards = [article_cards.as_json(card) for card in box.articles]
    handoff.staff_reply(opened, row.id, member.id, box.text, cards).client_message_id = key
    return None


def only_holder(opened: Session, row: HandoffRow, member: Member) -> str | None:
    """The text of a refusal unless `member` has taken the hand-over or is an administrator."""
    hold(opened, row)
    if row.state != State.TAKEN:
        return "changed_meanwhile"
    return None if row.taken_by == member.id or member.role == Role.ADMINISTRATOR else "taken_by_other"


def hold(opened: Session, row: HandoffRow) -> None:
    """Lock the conversation, which every move of the hand-over does first, and read the hand-over anew."""
    try:
        conversations.lock(opened, row.conversation)
    except conversations.UnknownConversation:
        abort(404)
    opened.refresh(row)


def _unfit(text: str) -> str | None:
    """Why a reply cannot be sent. 番号法20条: nobody may keep a 個人番号 here, staff neither."""
    if not text.strip():
        return "reply_empty"
    if len(text) > LONGEST_REPLY:
        return "reply_too_long"
    return "reply_my_number" if my_number(text) else None


def my_number(text: str) -> bool:
    """Whether the text holds what looks like a 個人番号."""
    return _FORBIDDEN_IN_REPLY in mask(text).kinds


def _department_filter() -> str:
    chosen = request.args.get("department")
    if chosen is not None:
        session[_FILTER] = chosen[:50]
    return str(session.get(_FILTER, ""))


def current() -> Member:
    member: Member = current_user._get_current_object()
    return member


def register(blueprint: Blueprint, inbox: Inbox) -> None:
    """Add the views."""
    one = "/handoffs/<int(max=9223372036854775807):handoff>"
    blueprint.add_url_rule("/", "queue", inbox.queue)
    blueprint.add_url_rule("/find", "find", inbox.find)
    blueprint.add_url_rule(one, "handoff", inbox.handoff)
    for name in ("take", "give_back", "transfer", "reply", "resolve"):
        blueprint.add_url_rule(f"{one}/{name.replace('_', '-')}", name, getattr(inbox, name), methods=["POST"])
    blueprint.register_error_handler(CSRFError, inbox.forged)
