"""What staff do around a hand-over besides answering it: pass it to a colleague, note, compose, look after its e-mails."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from flask import Blueprint, Response, abort, jsonify, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from accounts import Role
from authentication import Member
from bot import article_cards, conversations, handoff, handoff_notes, mail, presence, suggested_reply
from bot.console.access import roles
from bot.console.inbox import Inbox, current, hold, my_number, only_holder
from bot.console.reply_box import Box, read_box, ready_replies
from bot.console.talk_view import find_handoff
from bot.handoff import HandoffError, State
from bot.tables import HandoffRow, MailRow
from bot.town import load_town
from database import Database, now
from settings import Settings

if TYPE_CHECKING:
    from bot.desk import Desk


class HandoffTools:
    def __init__(self, database: Database, settings: Settings, desk: Desk, inbox: Inbox) -> None:
        self._database = database
        self._settings = settings
        self._desk = desk
        self._inbox = inbox

    @roles(Role.AGENT)
    def offer(self, handoff: int) -> ResponseReturnValue:
        sent = request.form.get("colleague", "")
        colleague = int(sent) if sent.isascii() and sent.isdecimal() and len(sent) < 10 else 0
        return self._inbox.act(handoff, "offered", lambda s, row, me: _offer(s, row, me, colleague), colleague=str(colleague))

    @roles(Role.AGENT)
    def accept(self, handoff: int) -> ResponseReturnValue:
        return self._inbox.act(handoff, "accepted", _accept)

    @roles(Role.AGENT)
    def decline(self, handoff: int) -> ResponseReturnValue:
        return self._inbox.act(handoff, "declined", _decline)

    @roles(Role.AGENT)
    def note(self, handoff: int) -> ResponseReturnValue:
        text = request.form.get("note", "").replace("\r\n", "\n")
        refused = _unfit_note(text)
        if refused is not None:
            return self._inbox.page(current(), handoff, note=text, error=refused), 422
        return self._inbox.act(handoff, "noted", lambda s, row, me: _note(s, row, me, text))

    @roles(Role.AGENT)
    def compose(self, handoff: int) -> ResponseReturnValue:
        """Put something into the reply box, or take it out; nothing is sent and nothing stored."""
        member, at = current(), self._local()
        with self._database.read() as opened:
            row = find_handoff(opened, member, handoff) or abort(404)
            town = load_town(opened, member.municipality)
            box = read_box(opened, request.form, town, at.date())
            if row.state == State.TAKEN and row.taken_by == member.id:
                box = self._composed(opened, row, member, box, at)
        token = request.form.get("token", "")[:40]
        return self._inbox.page(member, handoff, box=box, **({"token": token} if token else {}))

    @roles(Role.AGENT)
    def presence(self, handoff: int) -> ResponseReturnValue:
        """The resident at this moment; by POST what this member of staff does, which counts for who has it only."""
        member, at = current(), now()
        with self._database.read() as opened:
            row = find_handoff(opened, member, handoff) or abort(404)
            talk, mine = row.conversation, row.state == State.TAKEN and row.taken_by == member.id
            if request.method == "GET":
                seen = presence.of(opened, talk, presence.RESIDENT, at)
                return jsonify(typing=seen.typing, read=seen.read, last=conversations.last_message(opened, talk))
        if mine:
            read = request.form.get("read", "0")
            upto = int(read) if read.isascii() and read.isdecimal() and len(read) < 16 else 0
            self._inbox.seen(talk, upto, typing="typing" in request.form)
        return Response(status=204)

    @roles(Role.AGENT)
    def mail_again(self, handoff: int, mail_id: int) -> ResponseReturnValue:
        return self._inbox.act(handoff, "mail_again", lambda s, row, me: _mail_again(s, row, mail_id), mail=str(mail_id))

    @roles(Role.AGENT)
    def mail_settle(self, handoff: int, mail_id: int) -> ResponseReturnValue:
        return self._inbox.act(handoff, "mail_settled", lambda s, row, me: _mail_settle(s, row, mail_id), mail=str(mail_id))

    def _composed(self, opened: Session, row: HandoffRow, member: Member, box: Box, at: datetime) -> Box:
        town = load_town(opened, member.municipality)
        pressed = request.form
        if "attach" in pressed:
            return box.attaching(article_cards.cards(opened, town, [pressed["attach"][:200]], at.date()))
        if "remove" in pressed:
            return box.without(pressed["remove"])
        match pressed.get("do"):
            case "canned":
                chosen = pressed.get("canned", "")
                ready = next((one for one in ready_replies(opened, row, member, town) if str(one.id) == chosen), None)
                return box.with_text(ready.text) if ready else replace(box, told="staff_inbox.canned_choose")
            case "suggest":
                return self._suggested(opened, row, box, at)
            case _:
                known = {card.id for card in box.articles}
                found = tuple(c for c in article_cards.search(opened, town, box.words, at.date()) if c.id not in known)
                told = "" if found else "staff_inbox.article_none" if box.words else "staff_inbox.article_words"
                return replace(box, found=found, told=told)

    def _suggested(self, opened: Session, row: HandoffRow, box: Box, at: datetime) -> Box:
        talk = conversations.find(opened, row.conversation)
        question = suggested_reply.question_of(opened, talk, at.date())
        made = suggested_reply.suggest(self._desk, question) if question is not None else None
        if made is None:
            return replace(box, told="staff_inbox.suggest_none")
        cards = article_cards.cards(opened, load_town(opened, row.municipality), made.articles, at.date())
        if not made.text:
            return replace(box, found=tuple(cards), told="staff_inbox.suggest_near" if cards else "staff_inbox.suggest_none")
        return replace(box.with_text(made.text).attaching(cards), drafted=True)

    def _local(self) -> datetime:
        return now().astimezone(self._settings.zone)


def _offer(opened: Session, row: HandoffRow, member: Member, colleague: int) -> str | None:
    refused = only_holder(opened, row, member)
    if refused is not None:
        return refused
    if not colleague:
        return "staff_inbox.choose_colleague"
    try:
        handoff.offer(opened, row.id, colleague, member.id)
    except HandoffError:
        return "staff_inbox.choose_colleague"  # closed meanwhile, or no agent
    return None


def _accept(opened: Session, row: HandoffRow, member: Member) -> str | None:
    hold(opened, row)
    if row.state == State.TAKEN and row.taken_by == member.id:
        return "already"
    if handoff.offered(row, now()) != member.id:
        return "staff_inbox.offer_gone"
    handoff.accept(opened, row.id, member.id)
    return None


def _decline(opened: Session, row: HandoffRow, member: Member) -> str | None:
    """The colleague says no, or who has it takes the offer back."""
    hold(opened, row)
    if row.offered_to is None:
        return "already"
    concerned = member.id in (row.offered_to, row.taken_by) or member.role == Role.ADMINISTRATOR
    if not concerned:
        return "taken_by_other"
    handoff.decline(opened, row.id, member.id)
    return None


def _note(opened: Session, row: HandoffRow, member: Member, text: str) -> str | None:
    return None if handoff_notes.add(opened, row, member.id, text, now()) else "already"


def _unfit_note(text: str) -> str | None:
    if not text.strip():
        return "staff_inbox.note_empty"
    if len(text) > handoff_notes.LONGEST_NOTE:
        return "staff_inbox.note_too_long"
    return "staff_inbox.note_my_number" if my_number(text) else None


def _mail_again(opened: Session, row: HandoffRow, number: int) -> str | None:
    letter = _failed(opened, row, number)
    if letter is None:
        return "changed_meanwhile"
    mail.send_again(letter, now())
    return None


def _mail_settle(opened: Session, row: HandoffRow, number: int) -> str | None:
    letter = _failed(opened, row, number)
    if letter is None:
        return "changed_meanwhile"
    letter.state = mail.SETTLED
    return None


def _failed(opened: Session, row: HandoffRow, number: int) -> MailRow | None:
    letter = opened.get(MailRow, number, with_for_update=True)
    if letter is None or letter.handoff != row.id:
        abort(404)
    return letter if letter.state == mail.FAILED else None


def register(blueprint: Blueprint, tools: HandoffTools) -> None:
    """Add the views."""
    one = "/handoffs/<int(max=9223372036854775807):handoff>"
    for name in ("offer", "accept", "decline", "note", "compose"):
        blueprint.add_url_rule(f"{one}/{name}", f"handoff_{name}", getattr(tools, name), methods=["POST"])
    blueprint.add_url_rule(f"{one}/presence", "handoff_presence", tools.presence, methods=["GET", "POST"])
    letter = f"{one}/mails/<int(max=9223372036854775807):mail_id>"
    blueprint.add_url_rule(f"{letter}/again", "handoff_mail_again", tools.mail_again, methods=["POST"])
    blueprint.add_url_rule(f"{letter}/settle", "handoff_mail_settle", tools.mail_settle, methods=["POST"])
