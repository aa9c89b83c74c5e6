"""Writing an article: a form that keeps itself, shows what residents will see, and never writes over a colleague's words."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from flask import Blueprint, abort, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy.orm import Session

import authentication
from authentication import Member
from bot.console import article_view, pages
from bot.console.access import carries, roles
from bot.console.article_form import Parsed, Typed, differing, parsed, typed_in, typed_of, unfinished
from bot.console.article_preview import preview
from bot.console.article_view import WRITERS, Opened
from bot.console.articles import ONE
from database import Database, now
from knowledge import article_search, drafts, workflow
from knowledge.article_diff import Difference, compare, field_text
from knowledge.articles import CATEGORIES, Article, State
from knowledge.drafts import DraftExists, DraftState, StaleDraft
from knowledge.tables import ArticleDraftRow, ArticleRow
from settings import SHARED_BASE, Settings

NEW_ID = re.compile(r"[a-z0-9][a-z0-9-]{3,80}")
LANGUAGES = ("ja", "en")
_NOTED_AGAIN = timedelta(hours=1)
"""What the same editor saves again within this time is one entry of the audit trail."""


class ArticleEditor:
    def __init__(self, database: Database, settings: Settings) -> None:
        self._database = database
        self._settings = settings

    @roles(*WRITERS)
    def new(self) -> ResponseReturnValue:
        """An empty form, or one filled from another article (draft_from); nothing is stored before it is saved."""
        source = request.args.get("draft_from", "")
        with self._database.read() as session:
            made = workflow.new_id(session, _me().municipality, "")
            record = Article(_me().municipality, made, "", "", department=_me().department)
            if source:
                base = article_view.find(session, _me(), source).newest
                record = replace(base, municipality=_me().municipality, id=made, state=State.DRAFT, last_checked=None)
        return self._form(record.id, typed_of(record), None, new=True)

    @roles(*WRITERS)
    @carries(lambda: carried(), "forged")
    def edit(self, article: str) -> ResponseReturnValue:
        if request.method == "GET":
            return self._open(article)
        typed = typed_in(request.form)
        if request.form.get("do") in ("rows", "preview"):
            return self._form(article, typed, self._find(article), focus=request.form["do"])
        return self._save(article, typed, parsed(typed, _me().municipality, article))

    @roles(*WRITERS)
    def autosave(self, article: str) -> ResponseReturnValue:
        """Keep what is typed, a few seconds after it was typed; JSON, for the script of the page."""
        parts = parsed(typed_in(request.form), _me().municipality, article)
        if parts.problems:
            return jsonify(problems=dict(parts.problems)), 422
        try:
            row = self._store(article, parts, silently=True)
        except (StaleDraft, DraftExists):
            return jsonify(conflict=True), 409
        at = row.updated_at.astimezone(self._settings.zone).strftime("%H:%M")
        return jsonify(version=row.version, said=pages.t("staff_articles.saved_at", at=at))

    @roles(*WRITERS)
    def preview(self) -> ResponseReturnValue:
        """The typed article as residents will see it: a piece of a page."""
        parts = parsed(typed_in(request.form), _me().municipality, "preview")
        return render_template("console/article_preview.html", answer=self._answer(parts.article))

    def resumed(self, article: str, draft: str) -> ResponseReturnValue | None:
        """The form with what was typed before a log-in; None when that was no article."""
        try:
            carried = json.loads(draft)
            typed = Typed(
                {str(k): str(v) for k, v in carried["values"].items()}, tuple((str(w), str(d)) for w, d in carried["rows"])
            )
            new, version = bool(carried["new"]), str(carried["version"])
        except (ValueError, KeyError, TypeError, AttributeError):
            return None
        opened = self._find(article)
        if opened is None and not (new and NEW_ID.fullmatch(article)):
            return None
        if opened is not None and not article_view.may_write(_me(), opened):
            return None
        return self._form(article, typed, opened, new=opened is None, version=version, notice="draft_kept")

    def forged(self, article: str) -> ResponseReturnValue:
        """The form is older than the session: shown again with what was typed."""
        opened = self._find(article)
        if opened is not None and not article_view.may_write(_me(), opened):
            abort(403)
        version = request.form.get("version", "")
        page = self._form(article, typed_in(request.form), opened, new=opened is None, version=version, error="send_again")
        return page, 400

    def _open(self, article: str) -> ResponseReturnValue:
        opened = self._find(article)
        if opened is None or opened.shared or not article_view.may_write(_me(), opened):
            if opened is None:
                abort(404)
            return redirect(url_for("console.articles_show", article=article))
        draft = opened.draft
        typed = typed_of(opened.newest, draft.review_on if draft else None, draft.note if draft else "")
        return self._form(article, typed, opened, done=request.args.get("done", ""))

    def _save(self, article: str, typed: Typed, parts: Parsed) -> ResponseReturnValue:
        submits = request.form.get("do") == "submit"
        if parts.problems:
            return self._form(article, typed, self._find(article), problems=parts.problems, error="not_saved"), 422
        try:
            row = self._store(article, parts)
        except (StaleDraft, DraftExists):
            return self._conflict(article, typed, parts)
        if not submits:
            return redirect(url_for("console.articles_edit", article=article, done="saved"), 303)
        with self._database.read() as session:
            departments = [d.key for d in article_view.town_of(session, _me()).departments]
        if missing := unfinished(parts.article, departments):
            return self._form(article, typed, self._find(article), problems=missing, error="not_submitted"), 422
        try:
            with self._database.write() as session:
                workflow.submit(session, _me().municipality, article, _me().login, row.version)
        except StaleDraft:
            return self._conflict(article, typed, parts)
        return redirect(url_for("console.articles_show", article=article, done="submitted"), 303)

    def _store(self, article: str, parts: Parsed, silently: bool = False) -> ArticleDraftRow:
        """Keep the working copy. A second click of the same form finds its words kept already.

        `silently` takes nothing out of its review, which only a person may decide. Raises StaleDraft, DraftExists.
        """
        me, version = _me(), _version()
        with self._database.write() as session:
            known = article_view.exists(session, me, article)
            if not known and not (request.form.get("new") and NEW_ID.fullmatch(article) and not _in_base(session, article)):
                abort(404)
            if known and not article_view.may_write(me, article_view.find(session, me, article)):
                abort(403)
            if not article_view.reaches(me, parts.article.department):
                abort(403)
            stored = drafts.find_draft(session, me.municipality, article, lock=True)
            if stored is not None and _same(stored, parts):
                return stored
            if (stored is None and version is not None) or (stored is not None and silently and stored.state != DraftState.DRAFT):
                raise StaleDraft(article)
            noted = _is_noted(stored, me)
            row = workflow.save_draft(session, parts.article, me.login, version, note=parts.note, review_on=parts.review_on)
            if not noted:
                authentication.audit(session, me.municipality, me.login, "article.saved", {"article": article})
            return row

    def _conflict(self, article: str, typed: Typed, parts: Parsed) -> ResponseReturnValue:
        """Somebody else has saved: both texts side by side, what was typed still in the form."""
        opened = self._find(article)
        if opened is None:
            return self._form(article, typed, None, new=True, error="gone"), 409
        theirs = opened.newest
        both = [
            Difference(name, tuple(compare(field_text(theirs, name), field_text(parts.article, name))))
            for name in differing(theirs, parts.article)
        ]
        by = opened.draft.edited_by if opened.draft else ""
        return self._form(article, typed, opened, both=both, changed_by=by, error="conflict"), 409

    def _find(self, article: str) -> Opened | None:
        with self._database.read() as session:
            if not article_view.exists(session, _me(), article):
                return None
            return article_view.find(session, _me(), article)

    def _form(self, article: str, typed: Typed, opened: Opened | None, new: bool = False, **about: Any) -> str:
        with self._database.read() as session:
            town = article_view.town_of(session, _me())
            known = article_search.choices(session, _me().municipality)["category"]
            names = article_view.names(session, _me())
            around = article_view.around(session, _me().municipality, article) if opened else None
        draft = opened.draft if opened else None
        shown: dict[str, Any] = {
            "version": draft.version if draft else "", "problems": {}, "error": "", "done": "", "notice": "", "both": (),
            "changed_by": "", "focus": "", **about,
        }  # fmt: skip
        record = parsed(typed, _me().municipality, article).article
        return render_template(
            "console/article_edit.html", article=article, typed=typed, opened=opened, new=new or bool(request.form.get("new") and not opened),
            answer=self._answer(record), town=town, categories=list(dict.fromkeys((*CATEGORIES, *known))), languages=LANGUAGES,
            departments=[d for d in town.departments if article_view.reaches(_me(), d.key)], names=names, around=around,
            zone=self._settings.zone, **shown,
        )  # fmt: skip

    def _answer(self, record: Article) -> Mapping[str, Any]:
        with self._database.read() as session:
            town = article_view.town_of(session, _me())
        return preview(record, town.municipality, town.departments, now().astimezone(self._settings.zone))


def carried() -> str:
    """What was typed into the form of an article, to be carried through a log-in."""
    typed = typed_in(request.form)
    kept = {
        "values": dict(typed.values),
        "rows": typed.rows,
        "new": bool(request.form.get("new")),
        "version": request.form.get("version", ""),
    }
    return json.dumps(kept, ensure_ascii=False)


def _same(stored: ArticleDraftRow, parts: Parsed) -> bool:
    same_words = drafts.draft_content(stored).digest == parts.article.digest
    return (
        stored.edited_by == _me().login
        and stored.state == DraftState.DRAFT
        and same_words
        and stored.review_on == parts.review_on
    )


def _is_noted(stored: ArticleDraftRow | None, member: Member) -> bool:
    return stored is not None and stored.edited_by == member.login and now() - stored.updated_at < _NOTED_AGAIN


def _in_base(session: Session, article: str) -> bool:
    return session.get(ArticleRow, (SHARED_BASE, article)) is not None


def _version() -> int | None:
    """The version the form was made from, None for a working copy to be made; what is no number never fits."""
    given = request.form.get("version", "")
    if not given:
        return None
    return int(given) if given.isdecimal() and len(given) < 11 else -1


def _me() -> Member:
    member: Member = current_user._get_current_object()
    return member


def register(blueprint: Blueprint, editor: ArticleEditor) -> None:
    """Add the views."""
    blueprint.add_url_rule("/articles/new", "articles_new", editor.new)
    blueprint.add_url_rule("/articles/preview", "articles_preview", editor.preview, methods=["POST"])
    blueprint.add_url_rule(f"{ONE}/edit", "articles_edit", editor.edit, methods=["GET", "POST"])
    blueprint.add_url_rule(f"{ONE}/autosave", "articles_autosave", editor.autosave, methods=["POST"])
