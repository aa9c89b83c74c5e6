"""The buttons of an article: each is one move of its life cycle, done once however often it is clicked."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from flask import Blueprint, abort, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy.orm import Session

import authentication
from authentication import Member
from bot.console import article_view
from bot.console.access import roles
from bot.console.article_form import unfinished
from bot.console.article_view import APPROVERS, WRITERS, Opened
from bot.console.articles import ONE, ArticlePages
from bot.console.pages import t
from bot.reindex import Reindexer
from database import Database, now
from knowledge import workflow
from knowledge.drafts import DraftExists, StaleDraft
from knowledge.revisions import UnknownRevision
from knowledge.workflow import WorkflowRefused
from settings import Settings

LONGEST_NOTE = 2000
Move = Callable[[Session, Opened], Any]
"""Does something with an article. Raises WorkflowRefused, StaleDraft or DraftExists."""


class ArticleMoves:
    def __init__(self, database: Database, settings: Settings, pages: ArticlePages) -> None:
        self._database = database
        self._settings = settings
        self._pages = pages
        self._reindexer = Reindexer(settings)

    @roles(*WRITERS)
    def submit(self, article: str) -> ResponseReturnValue:
        def act(session: Session, opened: Opened) -> None:
            departments = [d.key for d in article_view.town_of(session, _me()).departments]
            if unfinished(opened.newest, departments):
                raise WorkflowRefused("incomplete")
            workflow.submit(session, _me().municipality, article, _me().login, _version(), _note())

        return self._write(article, act, "submitted")

    @roles(*WRITERS)
    def take_back(self, article: str) -> ResponseReturnValue:
        return self._write(
            article, lambda s, _: workflow.take_back(s, _me().municipality, article, _me().login, _version()), "taken_back"
        )

    @roles(*WRITERS)
    def discard(self, article: str) -> ResponseReturnValue:
        return self._write(
            article, lambda s, _: workflow.discard(s, _me().municipality, article, _me().login, _version()), "discarded"
        )

    @roles(*WRITERS)
    def restore(self, article: str) -> ResponseReturnValue:
        number = request.form.get("number", "")

        def act(session: Session, opened: Opened) -> None:
            wanted = int(number) if number.isdecimal() and len(number) < 7 else 0
            note = t("staff_articles.restored_note", number=wanted)
            version = _version() if opened.draft else None
            workflow.restore(session, _me().municipality, article, _me().login, wanted, version, note)

        return self._write(article, act, "restored")

    @roles(*WRITERS)
    def take_over(self, article: str) -> ResponseReturnValue:
        """An article of the shared base becomes the town's own, to be changed; the shared one is answered from meanwhile."""

        def act(session: Session, opened: Opened) -> None:
            if not opened.shared:
                raise DraftExists(article)
            record = article_view.taken_over(opened.record, _me())
            workflow.save_draft(session, record, _me().login, origin={"kind": "shared", "id": article})
            authentication.audit(session, _me().municipality, _me().login, "article.taken_over", {"article": article})

        return self._act(article, act, "taken_over", lambda _: True)

    @roles(*APPROVERS)
    def send_back(self, article: str) -> ResponseReturnValue:
        return self._approve(
            article,
            lambda s, _: workflow.send_back(s, _me().municipality, article, _me().login, _version(), _note()),
            "sent_back",
        )

    @roles(*APPROVERS)
    def approve(self, article: str) -> ResponseReturnValue:
        return self._approve(article, lambda s, _: self._approved(s, article), "approved")

    @roles(*APPROVERS)
    def publish(self, article: str) -> ResponseReturnValue:
        """Publish what is approved; what still waits for its approval gets that first, by the same click."""

        def act(session: Session, opened: Opened) -> None:
            version = _version()
            if opened.draft is not None and opened.draft.state == workflow.DraftState.REVIEW:
                version = self._approved(session, article)
            workflow.publish(session, _me().municipality, article, _me().login, version, self._today())

        return self._approve(article, act, "published", renews=True)

    @roles(*APPROVERS)
    def schedule(self, article: str) -> ResponseReturnValue:
        at = self._moment()

        def act(session: Session, opened: Opened) -> None:
            version = _version()
            if at is None:
                raise WorkflowRefused("no_moment")
            if opened.draft is not None and opened.draft.state == workflow.DraftState.REVIEW:
                version = self._approved(session, article)
            workflow.schedule(session, _me().municipality, article, _me().login, version, at)

        return self._approve(article, act, "scheduled")

    @roles(*APPROVERS)
    def unschedule(self, article: str) -> ResponseReturnValue:
        return self._approve(
            article, lambda s, _: workflow.schedule(s, _me().municipality, article, _me().login, _version(), None), "unscheduled"
        )

    @roles(*APPROVERS)
    def withdraw(self, article: str) -> ResponseReturnValue:
        return self._approve(
            article,
            lambda s, _: workflow.withdraw(s, _me().municipality, article, _me().login, _note()),
            "withdrawn",
            renews=True,
        )

    @roles(*APPROVERS)
    def confirm(self, article: str) -> ResponseReturnValue:
        day = request.form.get("review_on", "").strip()

        def act(session: Session, _: Opened) -> None:
            try:
                review_on = date.fromisoformat(day) if day else None
            except ValueError:
                raise WorkflowRefused("no_moment") from None
            workflow.confirm(session, _me().municipality, article, _me().login, self._today(), review_on)

        return self._approve(article, act, "confirmed", renews=True)

    def _approved(self, session: Session, article: str) -> int:
        return workflow.approve(session, _me().municipality, article, _me().login, _version(), self._today()).version

    def _write(self, article: str, move: Move, done: str) -> ResponseReturnValue:
        return self._act(article, move, done, lambda opened: article_view.may_write(_me(), opened))

    def _approve(self, article: str, move: Move, done: str, renews: bool = False) -> ResponseReturnValue:
        return self._act(article, move, done, lambda opened: article_view.may_approve(_me(), opened), renews)

    def _act(
        self, article: str, move: Move, done: str, may: Callable[[Opened], bool], renews: bool = False
    ) -> ResponseReturnValue:
        """Make the move in one transaction, then lead to the article; a refusal shows it as it is now (409)."""
        try:
            with self._database.write() as session:
                opened = article_view.find(session, _me(), article)
                if not may(opened):
                    abort(403)
                if opened.shared and done != "taken_over":
                    abort(404)
                move(session, opened)
        except WorkflowRefused as refused:
            if done == "withdrawn" and refused.reason == "not_published":
                return self._lead(article, done)  # a second click
            return self._pages.page(article, error=f"refused_{refused.reason}"), 409
        except (StaleDraft, DraftExists):
            if self._already(article, done):
                return self._lead(article, done)
            return self._pages.page(article, error="refused_stale"), 409
        except UnknownRevision:
            abort(404)
        if renews:
            self._reindexer.request(_me().municipality)
        return self._lead(article, done)

    def _already(self, article: str, done: str) -> bool:
        """Whether a second click asks for what the first one did."""
        if done not in ("published", "discarded", "taken_over"):
            return False
        with self._database.read() as session:
            if done == "discarded":
                return workflow.find_draft(session, _me().municipality, article) is None
            opened = article_view.find(session, _me(), article)
            if done == "taken_over":
                return (
                    opened.draft is not None
                    and opened.draft.edited_by == _me().login
                    and opened.draft.origin.get("kind") == "shared"
                )
            return opened.draft is None and opened.read and request.form.get("words") == article_view.words_digest(opened.record)

    def _lead(self, article: str, done: str) -> ResponseReturnValue:
        if done in ("taken_over", "restored"):
            return redirect(url_for("console.articles_edit", article=article, done=done), 303)
        if done == "discarded":
            with self._database.read() as session:
                if not article_view.exists(session, _me(), article):
                    return redirect(url_for("console.articles", done=done), 303)
        return redirect(url_for("console.articles_show", article=article, done=done), 303)

    def _moment(self) -> datetime | None:
        """The moment of the form, in the time zone of the desk."""
        try:
            return datetime.fromisoformat(request.form.get("publish_at", "").strip()).replace(tzinfo=self._settings.zone)
        except ValueError:
            return None

    def _today(self) -> date:
        return now().astimezone(self._settings.zone).date()


def _version() -> int:
    """The version the form was made from; what is no number is a version there never was."""
    given = request.form.get("version", "")
    return int(given) if given.isdecimal() and len(given) < 11 else -1


def _note() -> str:
    return request.form.get("note", "").replace("\r\n", "\n").strip()[:LONGEST_NOTE]


def _me() -> Member:
    member: Member = current_user._get_current_object()
    return member


def register(blueprint: Blueprint, moves: ArticleMoves) -> None:
    """Add the views."""
    for name in (
        "submit", "take_back", "discard", "restore", "take_over", "send_back", "approve", "publish", "schedule", "unschedule",
        "withdraw", "confirm",
    ):  # fmt: skip
        blueprint.add_url_rule(f"{ONE}/{name.replace('_', '-')}", f"articles_{name}", getattr(moves, name), methods=["POST"])
