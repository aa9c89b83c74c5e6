"""The articles: their list, one of them with everything about it, what waits for approval, and how it was before."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from typing import Any

from flask import Blueprint, abort, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from accounts import Role
from authentication import Member
from bot.console import article_view
from bot.console.access import roles
from bot.console.article_preview import preview
from bot.console.article_view import APPROVERS, WRITERS
from bot.reindex import Reindexer
from database import Database, now
from knowledge import article_search, revisions
from knowledge.article_diff import differences
from knowledge.article_search import LISTED_STATES, Wanted
from knowledge.revisions import UnknownRevision
from settings import Settings

LONGEST_SEARCH = 200
ONE = "/articles/<path:article>"


class ArticlePages:
    def __init__(self, database: Database, settings: Settings) -> None:
        self._database = database
        self._settings = settings
        self._reindexer = Reindexer(settings)

    @roles(*Role)
    def listing(self) -> ResponseReturnValue:
        wanted, page = _wanted(), request.args.get("page", "1")
        number = int(page) if page.isdecimal() and len(page) < 7 else 1
        with self._database.read() as session:
            found = article_search.listing(session, _me().municipality, wanted, self._today(), number)
            about: dict[str, Any] = {
                "town": article_view.town_of(session, _me()),
                "choices": article_search.choices(session, _me().municipality),
                "counts": article_search.counts(session, _me().municipality, self._today()),
            }
        asked = {name: value for name, value in asdict(wanted).items() if value}
        return render_template(
            "console/articles.html", found=found, wanted=wanted, asked=asked, states=LISTED_STATES, today=self._today(),
            done=request.args.get("done", ""), may_write=_me().may(*WRITERS), zone=self._settings.zone, **about,
        )  # fmt: skip

    @roles(*APPROVERS)
    def queue(self) -> ResponseReturnValue:
        with self._database.read() as session:
            waiting = article_search.in_review(session, _me().municipality)
            about = {"town": article_view.town_of(session, _me()), "names": article_view.names(session, _me())}
        mine = [row for row in waiting if article_view.reaches(_me(), row.department)]
        return render_template(
            "console/article_queue.html", waiting=mine, elsewhere=len(waiting) - len(mine), zone=self._settings.zone, **about
        )

    @roles(*Role)
    def show(self, article: str) -> ResponseReturnValue:
        return self.page(article, done=request.args.get("done", ""))

    @roles(*Role)
    def history(self, article: str) -> ResponseReturnValue:
        with self._database.read() as session:
            opened = article_view.find(session, _me(), article)
            kept = [] if opened.shared else revisions.history(session, _me().municipality, article)
            about = {"names": article_view.names(session, _me())}
        return render_template("console/article_history.html", opened=opened, kept=kept, zone=self._settings.zone, **about)

    @roles(*Role)
    def revision(self, article: str, revision: int) -> ResponseReturnValue:
        """One revision, and how it differs from the one before or from what residents read now."""
        with self._database.read() as session:
            opened = article_view.find(session, _me(), article)
            try:
                row = revisions.find(session, _me().municipality, article, revision)
                earlier = revisions.find(session, _me().municipality, article, revision - 1) if revision > 1 else None
            except UnknownRevision:
                abort(404)
            about = {"town": article_view.town_of(session, _me()), "names": article_view.names(session, _me())}
        then = revisions.content(row)
        with_now = request.args.get("with") == "now"
        changed = (
            differences(then, opened.record) if with_now else differences(revisions.content(earlier) if earlier else None, then)
        )
        return render_template(
            "console/article_revision.html", opened=opened, row=row, changed=changed, with_now=with_now, earlier=earlier,
            zone=self._settings.zone, may_restore=article_view.may_write(_me(), opened), **about,
        )  # fmt: skip

    def page(self, article: str, **about: Any) -> str:
        """The page of an article as it is now; with `error` or `done` said on top of it."""
        with self._database.read() as session:
            opened = article_view.find(session, _me(), article)
            town, municipality = article_view.town_of(session, _me()), opened.record.municipality
            kept = 0 if opened.shared else revisions.newest_number(session, municipality, article)
            shown: dict[str, Any] = {
                "around": article_view.around(session, municipality, article),
                "names": article_view.names(session, _me()),
            }
        at = now().astimezone(self._settings.zone)
        seen = opened.newest if opened.compared is None else opened.record
        return render_template(
            "console/article.html", opened=opened, town=town, revisions=kept, today=self._today(), zone=self._settings.zone,
            index=article_view.follows(self._reindexer, opened, self._today(), self._settings.zone),
            changed=differences(opened.compared, opened.copy) if opened.copy and opened.compared else [],
            answer=preview(seen, town.municipality, town.departments, at),
            copy_answer=preview(opened.copy, town.municipality, town.departments, at) if opened.copy and opened.compared else None,
            may_write=article_view.may_write(_me(), opened), may_approve=article_view.may_approve(_me(), opened),
            may_take_over=opened.shared and _me().may(*WRITERS),
            files_at=self._settings.public_url.rstrip("/") or request.host_url.rstrip("/"),
            words=article_view.words_digest(opened.copy) if opened.copy else "",
            own_work=opened.draft is not None and _me().login in (opened.draft.edited_by, opened.draft.submitted_by),
            **{**shown, **about},
        )  # fmt: skip

    def _today(self) -> date:
        return now().astimezone(self._settings.zone).date()


def _wanted() -> Wanted:
    asked = {
        name: request.args.get(name, "").strip()[:LONGEST_SEARCH] for name in ("department", "category", "owner", "language")
    }
    state = request.args.get("state", "")
    return Wanted(
        words=request.args.get("q", request.args.get("words", "")).strip()[:LONGEST_SEARCH],
        state=state if state in LISTED_STATES else "",
        overdue=request.args.get("overdue") in ("1", "True"),
        **asked,
    )


def _me() -> Member:
    member: Member = current_user._get_current_object()
    return member


def register(blueprint: Blueprint, pages: ArticlePages) -> None:
    """Add the views."""
    blueprint.add_url_rule("/articles", "articles", pages.listing)
    blueprint.add_url_rule("/article-queue", "article_queue", pages.queue)
    blueprint.add_url_rule(f"{ONE}/show", "articles_show", pages.show)
    blueprint.add_url_rule(f"{ONE}/history", "articles_history", pages.history)
    blueprint.add_url_rule(f"{ONE}/history/<int(max=999999):revision>", "articles_revision", pages.revision)
