"""The page 「言い換え」: which of residents' words stand for an official word; all staff read it, editors change it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy.orm import Session

import authentication
from accounts import Role
from authentication import Member
from bot.console.access import roles
from bot.console.synonym_view import find, try_question
from bot.reindex import Reindexer
from database import Database
from indexer.synonyms import unrecognisable
from knowledge import synonym_store, synonyms
from knowledge.store import Change
from knowledge.synonym_store import StaleSynonyms, UnknownSynonyms
from knowledge.synonym_table import shared_group, words_of
from knowledge.synonyms import BadSynonyms, Origin, SynonymGroup, checked
from settings import Settings

EDITORS = (Role.EDITOR, Role.APPROVER)
LONGEST_SEARCH = 200
SHOWN = 50
"""Groups on a page; the base alone has several hundred."""

Act = Callable[[Session, SynonymGroup], Change | None]
"""Changes a group and says what became of it. Raises StaleSynonyms."""


class SynonymPages:
    def __init__(self, database: Database, settings: Settings) -> None:
        self._database = database
        self._settings = settings
        self._reindexer = Reindexer(settings)

    @roles(*Role)
    def listing(self) -> ResponseReturnValue:
        return self._list(done=request.args.get("done", ""))

    @roles(*EDITORS)
    def add(self) -> ResponseReturnValue:
        official = request.form.get("official", "")

        def act(session: Session, group: SynonymGroup) -> Change:
            if shared_group(group.official):
                raise StaleSynonyms(group.official)
            return synonym_store.save(session, group, _me().login, 0)

        return self._save(lambda words: checked(_me().municipality, official, words, _note()), act, "add")

    @roles(*EDITORS)
    def edit(self) -> ResponseReturnValue:
        official = request.values.get("official", "")
        with self._database.read() as session:
            old = _found(session, official)
        if request.method == "GET":
            return self._form(old)

        def act(session: Session, group: SynonymGroup) -> Change:
            return synonym_store.save(session, group, _me().login, _version())

        return self._save(lambda words: checked(_me().municipality, official, words, _note(), old.active), act, "edit", old)

    @roles(*EDITORS)
    def switch(self) -> ResponseReturnValue:
        on = request.form.get("on") == "1"
        return self._act(
            lambda s, g: synonym_store.save(s, replace(g, active=on), _me().login, _version()), "on" if on else "off"
        )

    @roles(*EDITORS)
    def delete(self) -> ResponseReturnValue:
        def act(session: Session, group: SynonymGroup) -> None:
            if group.origin is Origin.SHARED:
                raise StaleSynonyms(group.official)
            synonym_store.remove(session, replace(group, version=_version()))

        return self._act(act, "deleted")

    def _save(
        self, made: Callable[[Iterable[str]], SynonymGroup], act: Act, action: str, old: SynonymGroup | None = None
    ) -> ResponseReturnValue:
        """Store the group of a form, or show the form again with what is wrong; what was typed stays in it."""
        try:
            group = made(words_of(request.form.get("words", "")))
            if lost := unrecognisable(group.words):
                return self._again(old, "synonym_unrecognisable", "、".join(lost)), 422
            with self._database.write() as session:
                if act(session, group) != "unchanged":
                    _audit(session, action, group.official)
        except BadSynonyms as bad:
            return self._again(old, f"synonym_{bad.reason}", bad.word), 422
        except StaleSynonyms as stale:
            return self._again(old, "synonym_stale" if old else "synonym_taken", str(stale)), 409
        self._reindexer.request(_me().municipality)
        return redirect(url_for("console.synonyms", done="saved", saved=group.official, q=group.official), 303)

    def _act(self, act: Act, done: str) -> ResponseReturnValue:
        """Do what a button says, then lead back to the list."""
        official = request.form.get("official", "")
        try:
            with self._database.write() as session:
                if act(session, _found(session, official)) != "unchanged":
                    _audit(session, done, official)
        except StaleSynonyms:
            return self._list(error="synonym_stale", word=official), 409
        self._reindexer.request(_me().municipality)
        return redirect(url_for("console.synonyms", done=done, saved=official, q=_asked("q", request.form)), 303)

    def _again(self, old: SynonymGroup | None, error: str, word: str) -> str:
        form = {name: request.form.get(name, "") for name in ("official", "words", "note")}
        about = {"form": form, "error": error, "word": word}
        if old is None:
            return self._list(**about)
        with self._database.read() as session:
            return self._form(_found(session, old.official), **about)

    def _form(self, group: SynonymGroup, **about: Any) -> str:
        form = {"words": "\n".join(group.words), "note": group.note}
        base = shared_group(group.official) if group.origin is Origin.CHANGED else None
        return render_template("console/synonym.html", group=group, base=base, **{"form": form, **about})

    def _list(self, **about: Any) -> str:
        searched, tried = _asked("q"), _asked("try")
        with self._database.read() as session:
            groups = synonym_store.all_groups(session, _me().municipality)
        found = find(groups, searched)
        pages = max(1, -(-len(found) // SHOWN))
        page = min(_page(), pages)
        saved = next((group for group in groups if group.official == request.args.get("saved")), None)
        return render_template(
            "console/synonyms.html",
            groups=found[(page - 1) * SHOWN : page * SHOWN],
            count=len(found),
            page=page,
            pages=pages,
            searched=searched,
            tried=try_question(groups, tried) if tried else None,
            warnings=synonyms.conflicts(saved, groups) if saved and saved.active else [],
            saved=saved,
            may_edit=_me().may(*EDITORS),
            zone=self._settings.zone,
            **{"form": {}, **about},
        )


def _found(session: Session, official: str) -> SynonymGroup:
    """The group as the municipality would store it, also where it is still the shared one."""
    try:
        return replace(synonym_store.find(session, _me().municipality, official), municipality=_me().municipality)
    except UnknownSynonyms:
        abort(404)


def _version() -> int:
    """The version the form was made from; what is no number is a version there never was."""
    given = request.form.get("version", "")
    return int(given) if given.isdecimal() and len(given) < 9 else -1


def _page() -> int:
    asked = request.args.get("page", "1")
    return max(1, int(asked)) if asked.isascii() and asked.isdecimal() and len(asked) < 6 else 1


def _note() -> str:
    return request.form.get("note", "")


def _asked(name: str, values: Any = None) -> str:
    return str((request.args if values is None else values).get(name, "")).strip()[:LONGEST_SEARCH]


def _audit(session: Session, action: str, official: str) -> None:
    authentication.audit(session, _me().municipality, _me().login, f"synonyms.{action}", {"official": official})


def _me() -> Member:
    member: Member = current_user._get_current_object()
    return member


def register(blueprint: Blueprint, pages: SynonymPages) -> None:
    """Add the views."""
    blueprint.add_url_rule("/synonyms", "synonyms", pages.listing)
    blueprint.add_url_rule("/synonyms/add", "synonym_add", pages.add, methods=["POST"])
    blueprint.add_url_rule("/synonyms/edit", "synonym", pages.edit, methods=["GET", "POST"])
    blueprint.add_url_rule("/synonyms/switch", "synonym_switch", pages.switch, methods=["POST"])
    blueprint.add_url_rule("/synonyms/delete", "synonym_delete", pages.delete, methods=["POST"])
