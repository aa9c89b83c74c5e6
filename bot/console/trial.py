"""The page on which staff try questions, and the one that compares answers before and after a publication."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy import select
from sqlalchemy.orm import Session

import authentication
from accounts import Role
from authentication import Member
from bot import impact_runs, markup
from bot.console.access import roles
from bot.console.pages import language
from bot.impact import Change
from bot.impact_runs import ImpactRuns, Wanted
from bot.tables import ImpactRunRow, MessageRow
from bot.trial import Overlays, Tried, try_question
from bot.wording import say
from database import Database
from knowledge import drafts
from knowledge.articles import Article
from knowledge.snapshot_content import UnknownMunicipality
from knowledge.tables import ArticleDraftRow, ArticleRow
from settings import Settings

if TYPE_CHECKING:
    from bot.desk import Desk

CHECKERS = (Role.EDITOR, Role.APPROVER, Role.EVALUATOR)
COPIES = 100
"""Working copies offered for choice, the newest first."""
MOST_EARLIER = 3


class TrialPages:
    def __init__(self, database: Database, settings: Settings, desk: Desk) -> None:
        self._database, self._settings, self._desk = database, settings, desk
        self._overlays = Overlays()
        self._runs = ImpactRuns(database, settings, desk, self._overlays)

    @roles(*Role)
    def trial(self) -> ResponseReturnValue:
        if request.method == "GET":
            return self._page(request.args.get("article", "")[:200])
        chosen, text = request.form.get("article", "")[:200], request.form.get("text", "").strip()
        said = [*request.form.getlist("earlier"), request.form.get("previous", "")]
        earlier = [e for e in said if e][-MOST_EARLIER:] if request.form.get("follow") == "1" else []
        longest = self._settings.message_max_length
        if not text or any(len(one) > longest for one in (text, *earlier)):
            return self._page(chosen, text, earlier, error="empty" if not text else "too_long"), 422
        copy = self._copy(chosen)
        try:
            tried = try_question(self._desk, self._overlays, _me().municipality, text, earlier, copy)
        except UnknownMunicipality:
            return self._page(chosen, text, earlier, error="no_index"), 409
        return self._page(chosen, text, earlier, tried=tried, copy=copy)

    @roles(*CHECKERS)
    def impact(self) -> ResponseReturnValue:
        return self._impact_page(_article())

    @roles(*CHECKERS)
    def start_impact(self) -> ResponseReturnValue:
        me, article = _me(), _article()
        with self._database.read() as session:
            row = drafts.find_draft(session, me.municipality, article)
        if row is None:
            abort(404)
        try:
            run = self._runs.start(Wanted(drafts.draft_content(row), row.version, me.login))
        except UnknownMunicipality:
            return self._impact_page(article, error="no_index"), 409
        with self._database.write() as session:
            authentication.audit(session, me.municipality, me.login, "impact.started", {"article": article, "run": run})
        return redirect(url_for("console.trial_impact", article=article), 303)

    def _copy(self, article: str) -> Article | None:
        if not article:
            return None
        with self._database.read() as session:
            row = drafts.find_draft(session, _me().municipality, article)
        return drafts.draft_content(row) if row else None

    def _page(self, chosen: str, text: str = "", earlier: list[str] | None = None, **about: Any) -> str:
        with self._database.read() as session:
            copies = _copies(session, _me().municipality, chosen)
        shown: dict[str, Any] = {"error": "", "tried": None, "copy": None, **about}
        tried: Tried | None = shown["tried"]
        return render_template(
            "console/trial.html", chosen=chosen if chosen in copies else "", missing=bool(chosen) and chosen not in copies,
            text=text, earlier=earlier or [], copies=copies, may_check=_me().may(*CHECKERS), markup=markup, label=_label,
            answer=tried.answer.to_json() if tried else None, longest=self._settings.message_max_length, **shown,
        )  # fmt: skip

    def _impact_page(self, article: str, error: str = "") -> str:
        me = _me()
        with self._database.read() as session:
            draft = drafts.find_draft(session, me.municipality, article)
            run = impact_runs.newest(session, me.municipality, article)
            if draft is None and run is None:
                abort(404)
            lines = _lines(session, run) if run is not None else []
            titles = _titles(session, me.municipality, lines, article)
        state = impact_runs.state_of(run) if run is not None else ""
        stale = run is not None and draft is not None and run.draft_version != draft.version
        return render_template(
            "console/trial_impact.html", article=article, draft=draft, run=run, state=state, stale=stale, lines=lines,
            titles=titles, error=error, zone=self._settings.zone, changes=tuple(Change),
            key=_key(run, state, language()),
        )  # fmt: skip


def _article() -> str:
    return request.args.get("article", "")[:200]


def _label(entry: str) -> str:
    """A word of the widget: the answer is shown as residents read it."""
    return say(f"widget.{entry}")


def _copies(session: Session, municipality: str, chosen: str) -> dict[str, str]:
    """Titles of working copies by article, the newest first; the chosen one is among them if it exists."""
    title = ArticleDraftRow.content["title"].as_string()
    query = select(ArticleDraftRow.article, title).where(ArticleDraftRow.municipality == municipality)
    found = session.execute(query.where(ArticleDraftRow.article == chosen)).all() if chosen else []
    newest = session.execute(query.order_by(ArticleDraftRow.updated_at.desc(), ArticleDraftRow.article).limit(COPIES)).all()
    return dict([*found, *newest])


def _lines(session: Session, run: ImpactRunRow) -> list[dict[str, Any]]:
    """The changed answers of a run; a resident's words come from the message, while it is kept."""
    lines = [dict(line) for line in run.result]
    wanted = [line["message"] for line in lines if line["message"] is not None]
    # An id may be given again after its message was deleted; the new one is younger than the run.
    query = select(MessageRow.id, MessageRow.text).where(
        MessageRow.municipality == run.municipality, MessageRow.id.in_(wanted), MessageRow.created_at <= run.started_at
    )
    said = dict(session.execute(query).all()) if wanted else {}
    for line in lines:
        if line["message"] is not None:
            line["question"] = said.get(line["message"], "")
    return lines


def _titles(session: Session, municipality: str, lines: list[dict[str, Any]], article: str) -> Mapping[str, str]:
    ids = {article} | {one for line in lines for side in ("before", "after") for one in line[side]["articles"]}
    query = select(ArticleRow.id, ArticleRow.title).where(ArticleRow.municipality == municipality, ArticleRow.id.in_(ids))
    return dict(session.execute(query).all())


def _key(run: ImpactRunRow | None, state: str, spoken: str) -> str:
    seen = repr((run and (run.id, run.done, run.total), state, spoken))
    return hashlib.sha256(seen.encode()).hexdigest()[:16]


def _me() -> Member:
    member: Member = current_user._get_current_object()
    return member


def register(blueprint: Blueprint, pages: TrialPages) -> None:
    """Add the views."""
    blueprint.add_url_rule("/trial", "trial", pages.trial, methods=["GET", "POST"])
    blueprint.add_url_rule("/trial/impact", "trial_impact", pages.impact)
    blueprint.add_url_rule("/trial/impact", "trial_start_impact", pages.start_impact, methods=["POST"])
