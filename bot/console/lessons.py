"""From a finished hand-over to the knowledge: a draft of an article in one press, or another way to ask an article."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, abort, redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

import authentication
from accounts import Role
from authentication import Member
from bot import lesson
from bot.console.access import roles
from bot.console.inbox import Inbox, current, hold
from bot.console.lessons_link import editor_of
from bot.console.talk_view import find_handoff
from bot.handoff import State
from bot.tables import HandoffRow
from database import Database
from knowledge.workflow import DraftExists, StaleDraft

if TYPE_CHECKING:
    from bot.desk import Desk


class Lessons:
    def __init__(self, database: Database, desk: Desk, inbox: Inbox) -> None:
        self._database = database
        self._desk = desk
        self._inbox = inbox

    @roles(Role.AGENT)
    def draft(self, handoff: int) -> ResponseReturnValue:
        return self._learn(handoff, "article_drafted", "")

    @roles(Role.AGENT)
    def phrasing(self, handoff: int) -> ResponseReturnValue:
        return self._learn(handoff, "phrasing_added", request.form.get("article", "")[:200])

    def _learn(self, handoff: int, action: str, article: str) -> ResponseReturnValue:
        member = current()
        refused = None
        try:
            with self._database.write() as opened:
                row = find_handoff(opened, member, handoff)
                if row is None:
                    abort(404)
                refused = self._learnt(opened, row, member, action, article)
                if refused is None:
                    noted = {"handoff": handoff, "receipt": row.receipt, "article": row.article}
                    authentication.audit(opened, member.municipality, member.login, f"handoff.{action}", noted)
                written = row.article or ""
        except lesson.NothingToLearn:
            refused = "staff_inbox.nothing_to_learn"
        except lesson.NoSuchArticle:
            refused = "staff_inbox.phrasing_choose"
        except (DraftExists, StaleDraft):
            refused = "staff_inbox.article_busy"
        if refused is not None:
            return self._inbox.page(member, handoff, error=refused), 409
        return _onward(member, handoff, written, action)

    def _learnt(self, opened: Session, row: HandoffRow, member: Member, action: str, article: str) -> str | None:
        """Raises what `lesson` and the working copies raise."""
        hold(opened, row)
        if row.state != State.RESOLVED:
            return "staff_inbox.learn_after"
        if row.article:
            return None  # pressed twice: it leads to what there is
        learnt = lesson.read(opened, row, lambda text: self._desk.mask(row.municipality, text).text)
        if action == "article_drafted":
            lesson.draft(opened, row, learnt, member.login)
        else:
            lesson.add_phrasing(opened, row, learnt, article, member.login)
        return None


def _onward(member: Member, handoff: int, article: str, action: str) -> ResponseReturnValue:
    return redirect(editor_of(article, member) or url_for("console.handoff", handoff=handoff, done=action), 303)


def register(blueprint: Blueprint, lessons: Lessons) -> None:
    """Add the views."""
    one = "/handoffs/<int(max=9223372036854775807):handoff>"
    blueprint.add_url_rule(f"{one}/draft", "handoff_draft", lessons.draft, methods=["POST"])
    blueprint.add_url_rule(f"{one}/phrasing", "handoff_phrasing", lessons.phrasing, methods=["POST"])
