"""The pages of tasks: what residents could not use or were not told, and what health found, until somebody settles it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy.orm import Session

import authentication
from accounts import Role
from authentication import Member
from bot import task_drafts, tasks
from bot.console.access import roles
from bot.console.article_view import reaches
from bot.console.task_view import Filter, counts, department_names, load_list, load_task
from bot.tables import TaskRow
from bot.task_drafts import NothingToDraft
from bot.tasks import LONGEST_NOTE, STAFF_REASONS, Kind, Reason, TaskRefused
from database import Database
from knowledge.drafts import DraftExists
from knowledge.tables import ArticleRow
from settings import Settings

READERS = (Role.AGENT, Role.EDITOR, Role.APPROVER, Role.EVALUATOR)
"""Tasks show residents' masked questions; a viewer sees the knowledge alone."""
EDITORS = (Role.EDITOR, Role.APPROVER)
DONE = ("taken", "assigned", "closed", "reopened")

Act = Callable[[Session, Member, int | None], None]
"""Changes a task whose page was read in this version. Raises TaskRefused."""


class TaskPages:
    def __init__(self, database: Database, settings: Settings) -> None:
        self._database = database
        self._settings = settings

    @roles(*READERS)
    def listing(self) -> ResponseReturnValue:
        wanted = Filter.of(request.args)
        with self._database.read() as session:
            shown = load_list(session, _me(), wanted)
            open_now = counts(session, _me().municipality, _me().id)
            departments = department_names(session, _me().municipality)
        return render_template(
            "console/tasks.html", wanted=wanted, shown=shown, open_now=open_now, departments=departments, kinds=tuple(Kind),
            zone=self._settings.zone,
        )  # fmt: skip

    @roles(*READERS)
    def one(self, task: int) -> ResponseReturnValue:
        done = request.args.get("done", "")
        return self._page(task, done=done if done in DONE else "", exists=request.args.get("exists", "")[:200])

    @roles(*EDITORS)
    def take(self, task: int) -> ResponseReturnValue:
        return self._act(task, "taken", lambda s, me, seen: _ignore(tasks.take(s, me.municipality, task, me.id, me.login, seen)))

    @roles(*EDITORS)
    def assign(self, task: int) -> ResponseReturnValue:
        given = request.form.get("owner", "")
        owner = int(given) if given.isdecimal() and len(given) < 9 else 0
        return self._act(
            task, "assigned", lambda s, me, seen: _ignore(tasks.assign(s, me.municipality, task, owner, me.login, seen))
        )

    @roles(*EDITORS)
    def close(self, task: int) -> ResponseReturnValue:
        reason, note = request.form.get("reason", ""), request.form.get("note", "").replace("\r\n", "\n").strip()
        typed = {"reason": reason, "note": note}
        if reason not in STAFF_REASONS or len(note) > LONGEST_NOTE:
            error = "refused_no_reason" if reason not in STAFF_REASONS else "refused_long_note"
            return self._page(task, typed=typed, error=error), 422

        def act(session: Session, me: Member, seen: int | None) -> None:
            row = tasks.find(session, me.municipality, task)
            if row.state == tasks.CLOSED and row.closed_by != me.login:
                raise TaskRefused("closed")  # a colleague was faster: their reason stands, and is shown
            tasks.close_task(session, me.municipality, task, me.login, Reason(reason), note, seen)

        return self._act(task, "closed", act, typed=typed)

    @roles(*EDITORS)
    def reopen(self, task: int) -> ResponseReturnValue:
        return self._act(task, "reopened", lambda s, me, _: _ignore(tasks.reopen(s, me.municipality, task, me.login)))

    @roles(*EDITORS)
    def draft(self, task: int) -> ResponseReturnValue:
        """Make the working copy, make its writer the owner of the task, and lead to the editor."""
        article, phrases = request.form.get("article", "")[:200], request.form.get("phrases") == "1"
        me = _me()
        try:
            with self._database.write() as session:
                row = tasks.find(session, me.municipality, task)
                if row.state != tasks.OPEN:
                    raise TaskRefused("closed")
                made = self._made(session, row, article, phrases)
                tasks.take(session, me.municipality, task, me.id, me.login)
                authentication.audit(session, me.municipality, me.login, "task.drafted", {"task": task, "article": made})
        except TaskRefused as refused:
            return self._refused(task, refused)
        except NothingToDraft:
            abort(404)
        except DraftExists:
            return redirect(url_for("console.tasks_one", task=task, exists=article), 303)
        return redirect(url_for("console.articles_edit", article=made), 303)

    def _made(self, session: Session, row: TaskRow, article: str, phrases: bool) -> str:
        me = _me()
        if not article:
            department = row.department if reaches(me, row.department) else me.department
            return task_drafts.new_article(session, row, department, me.login)
        known = session.get(ArticleRow, (me.municipality, article))
        if known is not None and not reaches(me, known.department):
            raise TaskRefused("other_department")
        return task_drafts.revised_article(session, row, article, me.login, phrases)

    def _act(self, task: int, done: str, act: Act, typed: dict[str, str] | None = None) -> ResponseReturnValue:
        """Do it in one transaction, then lead to the page; a refusal shows the task as it is now (409)."""
        given = request.form.get("version", "")
        seen = int(given) if given.isdecimal() and len(given) < 9 else None
        try:
            with self._database.write() as session:
                act(session, _me(), seen)
        except TaskRefused as refused:
            return self._refused(task, refused, typed)
        return redirect(url_for("console.tasks_one", task=task, done=done), 303)

    def _refused(self, task: int, refused: TaskRefused, typed: dict[str, str] | None = None) -> ResponseReturnValue:
        if refused.reason == "unknown":
            abort(404)
        status = 422 if refused.reason == "no_owner" else 409
        return self._page(task, typed=typed, error=f"refused_{refused.reason}"), status

    def _page(self, task: int, **about: Any) -> str:
        with self._database.read() as session:
            page = load_task(session, _me(), task)
            if page is None:
                abort(404)
            shown = {"typed": None, "done": "", "error": "", "exists": "", **about}
            return render_template(
                "console/task.html", page=page, may_edit=_me().may(*EDITORS), reasons=STAFF_REASONS, longest=LONGEST_NOTE,
                writes=lambda link: link is not None and link.known and reaches(_me(), link.department), zone=self._settings.zone,
                **shown,
            )  # fmt: skip


def _ignore(_: TaskRow) -> None:
    """An act of a page has no result."""


def _me() -> Member:
    member: Member = current_user._get_current_object()
    return member


def register(blueprint: Blueprint, pages: TaskPages) -> None:
    """Add the views."""
    one = "/tasks/<int(max=9223372036854775807):task>"
    blueprint.add_url_rule("/tasks", "tasks", pages.listing)
    blueprint.add_url_rule(one, "tasks_one", pages.one)
    for name in ("take", "assign", "close", "reopen", "draft"):
        blueprint.add_url_rule(f"{one}/{name}", f"tasks_{name}", getattr(pages, name), methods=["POST"])
