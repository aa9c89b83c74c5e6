"""The page of health: what is wrong with the knowledge, each finding explained, one step from its repair or its task."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy import func, select
from sqlalchemy.orm import Session

import authentication
from accounts import Role
from authentication import Member
from bot import health, tasks
from bot.console.access import roles
from bot.console.finding_text import points
from bot.console.task_view import Filter, Item, article_link, counts, load_list
from bot.console.tasks import EDITORS, READERS
from bot.tables import FindingRow, HealthRunRow, TaskRow
from bot.tasks import Kind
from database import Database, now
from knowledge.health import Found
from settings import Settings

if TYPE_CHECKING:
    from bot.desk import Desk

PAGE = 30
MISSING_SHOWN = 5


@dataclass(frozen=True)
class Shown:
    """A finding as the page shows it; `task` is its open task, None without one. `editable`: an own article."""

    id: int
    article: str
    title: str
    editable: bool
    other: str
    other_title: str
    other_editable: bool
    points: tuple[str, ...]
    first_at: datetime
    task: int | None


class HealthPages:
    def __init__(self, database: Database, settings: Settings, desk: Desk) -> None:
        self._database, self._settings, self._desk = database, settings, desk

    @roles(*Role)
    def overview(self) -> ResponseReturnValue:
        return self._overview(done=request.args.get("done", ""))

    @roles(*Role)
    def kind(self, kind: str) -> ResponseReturnValue:
        if kind not in tuple(Found):
            abort(404)
        return self._kind(Found(kind))

    @roles(*EDITORS)
    def run(self) -> ResponseReturnValue:
        """Look at once, in the background; asked twice it looks once."""
        me = _me()
        if not health.due(self._database, me.municipality, now(), every=timedelta(0)):
            return redirect(url_for("console.health", done="running"), 303)
        with self._database.write() as session:
            authentication.audit(session, me.municipality, me.login, "health.started")
        arguments = (self._database, self._settings, self._desk, me.municipality)
        threading.Thread(target=health.look_safely, args=arguments, name="health-now", daemon=True).start()
        return redirect(url_for("console.health", done="started"), 303)

    @roles(*EDITORS)
    def task(self) -> ResponseReturnValue:
        """Make the task of a finding, owned by whoever asks for it; the same finding has one task."""
        me, given = _me(), request.form.get("finding", "")
        with self._database.write() as session:
            row = _finding(session, me.municipality, int(given) if given.isdecimal() and len(given) < 18 else 0)
            if row is None:
                abort(404)
            known = _open_tasks(session, me.municipality, Found(row.kind)).get(row.key)
            if known is None:
                title = article_link(session, me.municipality, row.article).title
                made = tasks.open_task(
                    session, me.municipality, row.kind, row.key, title, article=row.article, department=row.department,
                    detail=row.detail | ({"other": row.other} if row.other else {}),
                )  # fmt: skip
                tasks.take(session, me.municipality, made.id, me.id, me.login)
                authentication.audit(session, me.municipality, me.login, "task.opened", {"task": made.id, "kind": row.kind})
                known = made.id
        return redirect(url_for("console.tasks_one", task=known), 303)

    def _overview(self, **about: Any) -> str:
        me = _me()
        with self._database.read() as session:
            run = session.get(HealthRunRow, me.municipality)
            found = _counts(session, me.municipality)
            open_now = counts(session, me.municipality, me.id)
            missing: tuple[Item, ...] = ()
            if me.may(*READERS):
                missing = load_list(session, me, Filter(kind=Kind.UNANSWERED)).items[:MISSING_SHOWN]
            busy = run is not None and health.running(run, now())
        return render_template(
            "console/health.html", run=run, busy=busy, found=found, kinds=tuple(Found), open_now=open_now, missing=missing,
            may_edit=me.may(*EDITORS), may_read_tasks=me.may(*READERS), links=self._settings.link_checks,
            zone=self._settings.zone, **about,
        )  # fmt: skip

    def _kind(self, kind: Found) -> str:
        me = _me()
        page = Filter.of(request.args).page
        with self._database.read() as session:
            where = (FindingRow.municipality == me.municipality, FindingRow.kind == kind.value)
            count = session.scalar(select(func.count()).select_from(FindingRow).where(*where)) or 0
            query = select(FindingRow).where(*where).order_by(FindingRow.rank, FindingRow.id)
            rows = session.scalars(query.limit(PAGE).offset((page - 1) * PAGE)).all()
            open_tasks = _open_tasks(session, me.municipality, kind)
            shown = [_shown(session, row, open_tasks) for row in rows]
        return render_template(
            "console/health_kind.html", kind=kind, shown=shown, count=count, page=page, pages=max(1, -(-count // PAGE)),
            may_edit=me.may(*EDITORS), may_read_tasks=me.may(*READERS), zone=self._settings.zone,
        )  # fmt: skip


def _shown(session: Session, row: FindingRow, open_tasks: dict[str, int]) -> Shown:
    article = article_link(session, row.municipality, row.article)
    other = article_link(session, row.municipality, row.other) if row.other else None
    return Shown(
        row.id, article.id, article.title, article.known, other.id if other else "", other.title if other else "",
        other is not None and other.known, points(row.kind, row.detail), row.first_at, open_tasks.get(row.key),
    )  # fmt: skip


def _finding(session: Session, municipality: str, number: int) -> FindingRow | None:
    return session.scalar(select(FindingRow).where(FindingRow.municipality == municipality, FindingRow.id == number))


def _counts(session: Session, municipality: str) -> dict[str, int]:
    query = select(FindingRow.kind, func.count()).where(FindingRow.municipality == municipality).group_by(FindingRow.kind)
    found = dict(session.execute(query).all())
    return {kind.value: found.get(kind.value, 0) for kind in Found}


def _open_tasks(session: Session, municipality: str, kind: Found) -> dict[str, int]:
    query = select(TaskRow.key, TaskRow.id).where(
        TaskRow.municipality == municipality, TaskRow.kind == kind.value, TaskRow.state == tasks.OPEN
    )
    return dict(session.execute(query).all())


def _me() -> Member:
    member: Member = current_user._get_current_object()
    return member


def register(blueprint: Blueprint, pages: HealthPages) -> None:
    """Add the views."""
    blueprint.add_url_rule("/health", "health", pages.overview)
    blueprint.add_url_rule("/health/<kind>", "health_kind", pages.kind)
    blueprint.add_url_rule("/health/run", "health_run", pages.run, methods=["POST"])
    blueprint.add_url_rule("/health/task", "health_task", pages.task, methods=["POST"])
