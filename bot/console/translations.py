"""The pages 「翻訳・やさしい日本語」: which articles residents can read in which language, and writing and approving them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy.orm import Session

from accounts import Role
from authentication import Member
from bot.console import article_view, pages
from bot.console.access import roles
from bot.plain_japanese.furigana import ruby
from bot.plain_japanese.lint import lint, summary
from bot.reindex import Reindexer
from bot.translated_facts import Difference, difference
from database import Database
from knowledge import store, translations
from knowledge.articles import Article, State
from knowledge.translations import LANGUAGES, StaleTranslation, Standing, Translation, TranslationRefused, Words
from settings import Settings

READERS = (Role.EDITOR, Role.APPROVER)
PAGE_SIZE = 30
LONGEST_SEARCH = 200

Act = Callable[[Session, Article, int], Any]
"""Changes the translation of an article from a version. Raises StaleTranslation or TranslationRefused."""


class FactsDiffer(Exception):
    """A translation whose facts are not its article's may not be approved."""

    def __init__(self, found: Difference) -> None:
        super().__init__(found)
        self.found = found


class TranslationPages:
    def __init__(self, database: Database, settings: Settings) -> None:
        self._database = database
        self._settings = settings
        self._reindexer = Reindexer(settings)

    @roles(*READERS)
    def listing(self) -> ResponseReturnValue:
        asked = {name: request.args.get(name, "").strip()[:LONGEST_SEARCH] for name in ("language", "standing", "q")}
        language = asked["language"] if asked["language"] in LANGUAGES else ""
        standing = Standing(asked["standing"]) if asked["standing"] in set(Standing) and language else None
        number = request.args.get("page", "1")
        page = max(1, int(number)) if number.isascii() and number.isdecimal() and len(number) < 6 else 1
        with self._database.read() as session:
            town = _me().municipality
            lines, count = translations.listing(session, town, language, standing, asked["q"], page, PAGE_SIZE)
            counts = translations.counts(session, town)
        shown = {"language": language, "standing": standing.value if standing else "", "q": asked["q"]}
        return render_template(
            "console/translations.html", lines=lines, count=count, counts=counts, languages=LANGUAGES, standings=list(Standing),
            asked=shown, page=page, pages=max(1, -(-count // PAGE_SIZE)),
        )  # fmt: skip

    @roles(*READERS)
    def edit(self, language: str, original: str) -> ResponseReturnValue:
        """Show the translation; store, approve or delete it, as the button says."""
        with self._database.read() as session:
            found = self._found(session, original, language)
        if request.method == "GET":
            return self._page(found, language, done=request.args.get("done", ""))
        return self._act(found, language, request.form.get("do", ""))

    def _act(self, article: Article, language: str, do: str) -> ResponseReturnValue:
        try:
            with self._database.write() as session:
                self._acts(do)(session, self._found(session, article.id, language), _version())
        except StaleTranslation:
            return self._page(article, language, error="stale", typed=_typed() if do == "save" else None), 409
        except TranslationRefused as refused:
            return self._page(article, language, error=f"refused_{refused.reason}", typed=_typed() if do == "save" else None), 422
        except FactsDiffer:
            return self._page(article, language, error="refused_facts"), 422
        self._reindexer.request(article.municipality)
        done = {"save": "saved", "approve": "approved", "remove": "removed"}[do]
        return redirect(url_for("console.translations_edit", language=language, original=article.id, done=done), 303)

    def _acts(self, do: str) -> Act:
        me, language = _me(), str((request.view_args or {})["language"])

        def save(session: Session, article: Article, version: int) -> None:
            translations.save(session, article, language, _typed(), me.login, version)

        def approve(session: Session, article: Article, version: int) -> None:
            stored = translations.of_article(session, article)[language]
            if found := difference(article, stored.words):
                raise FactsDiffer(found)
            translations.approve(session, article, language, me.login, version)

        def remove(session: Session, article: Article, version: int) -> None:
            translations.remove(session, article, language, me.login, version)

        if do == "approve" and not me.may(Role.APPROVER):
            abort(403)
        acts: dict[str, Act] = {"save": save, "approve": approve, "remove": remove}
        if do not in acts:
            abort(404)
        return acts[do]

    def _found(self, session: Session, article: str, language: str) -> Article:
        """The published Japanese article of the member's own municipality and departments; 404 and 403 otherwise."""
        found = store.articles_of(session, _me().municipality, [article]).get(article)
        if found is None or language not in LANGUAGES or found.state != State.PUBLISHED or found.language != "ja":
            abort(404)
        if request.method != "GET" and not article_view.reaches(_me(), found.department):
            abort(403)
        return found

    def _page(self, article: Article, language: str, typed: Words | None = None, **about: Any) -> str:
        with self._database.read() as session:
            stored = translations.of_article(session, article)
            names = article_view.names(session, _me())
        present = stored[language]
        words = typed or present.words
        written = bool(words.body.strip())
        findings = lint(words.body, "yasashii", pages.language()) if written and language == "yasashii" else []
        return render_template(
            "console/translation.html",
            article=article,
            target=language,
            languages=LANGUAGES,
            stored=stored,
            present=present,
            words=words,
            typed=typed,
            difference=difference(article, words) if written else None,
            findings=findings,
            counts=summary(findings),
            ruby=ruby(words.body) if written and language == "yasashii" else None,
            names=names,
            may_write=article_view.reaches(_me(), article.department),
            may_approve=self._may_approve(article, present),
            own_work=present.edited_by == _me().login,
            zone=self._settings.zone,
            **{"error": "", "done": "", **about},
        )

    def _may_approve(self, article: Article, present: Translation) -> bool:
        waits = present.standing is Standing.WAITING
        return waits and _me().may(Role.APPROVER) and article_view.reaches(_me(), article.department)


def _typed() -> Words:
    tidy = {name: request.form.get(name, "").replace("\r\n", "\n").strip() for name in ("title", "body")}
    return Words(" ".join(tidy["title"].split()), tidy["body"])


def _version() -> int:
    """The version the form was made from; what is no number is a version there never was."""
    given = request.form.get("version", "")
    return int(given) if given.isascii() and given.isdecimal() and len(given) < 9 else -1


def _me() -> Member:
    member: Member = current_user._get_current_object()
    return member


def register(blueprint: Blueprint, views: TranslationPages) -> None:
    """Add the views."""
    blueprint.add_url_rule("/translations", "translations", views.listing)
    one = "/translations/<language>/<path:original>"
    blueprint.add_url_rule(one, "translations_edit", views.edit, methods=["GET", "POST"])
