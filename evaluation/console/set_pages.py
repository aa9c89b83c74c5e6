"""Question sets: versions, their questions one by one or from a file, the split, and what training has seen."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy.orm import Session

import authentication
from accounts import Role
from authentication import Member
from bot.console.access import accepts, roles
from bot.facets import FACETS
from database import Database
from evaluation import items, set_store
from evaluation.built_in_sets import DEMO_SET, demo_items
from evaluation.items import BadItem, Item
from evaluation.set_store import SetRefused
from evaluation.tables import QuestionItemRow, QuestionSetRow
from knowledge import store
from knowledge.importers.decoding import UnreadableFile, text_of
from settings import DEMO_MUNICIPALITY, Settings

PAGE = 50
LONGEST_FILE = 20 * 2**20
READERS = (Role.EVALUATOR, Role.EDITOR, Role.APPROVER)
EDITORS = (Role.EVALUATOR,)
TEST_SHARES = (10, 20, 25, 30, 50)
DONE = ("created", "saved", "deleted", "frozen", "brought", "split")
_LINES = ("conversation", "expected", "facets", "must", "must_not")


class SetPages:
    def __init__(self, database: Database, settings: Settings) -> None:
        self._database = database
        self._settings = settings

    @roles(*READERS)
    def listing(self) -> ResponseReturnValue:
        return self._list()

    @roles(*EDITORS)
    def create(self) -> ResponseReturnValue:
        me, name = _me(), request.form.get("name", "")
        ours = request.form.get("from") == DEMO_SET and me.municipality == DEMO_MUNICIPALITY
        try:
            with self._database.write() as session:
                row = set_store.create(session, me.municipality, name, me.login, demo_items() if ours else ())
                _audit(session, "created", row)
        except SetRefused as refused:
            return self._list(error=f"set_{refused.reason}", name=name), 422
        return _to(row.id, "created")

    @roles(*READERS)
    def one(self, question_set: int) -> ResponseReturnValue:
        done = request.args.get("done", "")
        return self._page(question_set, done=done if done in DONE else "", detail=request.args.get("detail", "")[:100])

    @roles(*EDITORS)
    def next_version(self, question_set: int) -> ResponseReturnValue:
        return self._act(question_set, "created", lambda s, row: set_store.next_version(s, row.municipality, row.id, _me().login))

    @roles(*EDITORS)
    def freeze(self, question_set: int) -> ResponseReturnValue:
        return self._act(question_set, "frozen", lambda s, row: set_store.freeze(s, row.municipality, row.id))

    @roles(*EDITORS)
    def split(self, question_set: int) -> ResponseReturnValue:
        given = request.form.get("share", "")
        share = int(given) if given.isdecimal() and int(given) in TEST_SHARES else TEST_SHARES[2]

        def act(session: Session, row: QuestionSetRow) -> QuestionSetRow:
            set_store.split(session, row, share / 100)
            return row

        return self._act(question_set, "split", act)

    @roles(*READERS)
    def item(self, question_set: int, item: int) -> ResponseReturnValue:
        with self._database.read() as session:
            row, stored = _found(session, question_set, item)
        return self._form(row, stored, _form_of(set_store.item_of_row(stored)))

    @roles(*READERS)
    def new(self, question_set: int) -> ResponseReturnValue:
        with self._database.read() as session:
            row, _ = _found(session, question_set)
        return self._form(row, None, _form_of(Item("", "")))

    @roles(*EDITORS)
    def save(self, question_set: int) -> ResponseReturnValue:
        typed = {name: request.form.get(name, "").replace("\r\n", "\n") for name in items.FIELDS}
        given, version = _number(request.form.get("item")), _number(request.form.get("version")) or 0
        with self._database.read() as session:
            row, stored = _found(session, question_set, given)
        try:
            made = items.item_of(_of_form(typed), "form")
            if lost := self._unknown_articles(made):
                return self._form(row, stored, typed, error="item_unknown_article", word="、".join(lost)), 422
            with self._database.write() as session:
                held = set_store.find(session, _me().municipality, question_set, hold=True)
                set_store.save_item(session, held, made, given, version)
                _audit(session, "item_saved", held)
        except BadItem as bad:
            return self._form(row, stored, typed, error="item_bad", word=bad.why), 422
        except SetRefused as refused:
            code = 409 if refused.reason in ("stale", "frozen", "unknown_item") else 422
            return self._form(row, stored, typed, error=f"set_{refused.reason}"), code
        return _to(question_set, "saved")

    @roles(*EDITORS)
    def delete(self, question_set: int, item: int) -> ResponseReturnValue:
        def act(session: Session, row: QuestionSetRow) -> QuestionSetRow:
            set_store.delete_item(session, row, item, _number(request.form.get("version")) or 0)
            return row

        return self._act(question_set, "deleted", act)

    @accepts(LONGEST_FILE)
    @roles(*EDITORS)
    def bring_in(self, question_set: int) -> ResponseReturnValue:
        file = request.files.get("file")
        if file is None or not file.filename:
            return self._page(question_set, error="file_missing"), 422
        try:
            content = file.read()
            table = file.filename.lower().endswith(".csv")
            brought = items.read_csv(content) if table else items.read_jsonl(text_of(content))
            with self._database.write() as session:
                row = set_store.find(session, _me().municipality, question_set, hold=True)
                counts = set_store.bring_in(session, row, brought)
                _audit(session, "brought_in", row)
        except UnreadableFile as bad:
            return self._page(question_set, error="file_bad", word=str(bad)), 422
        except BadItem as bad:
            return self._page(question_set, error="file_bad", word=str(bad)), 422
        except SetRefused as refused:
            return self._refused(question_set, refused)
        return redirect(
            url_for("evaluation.sets_one", question_set=question_set, done="brought", detail="/".join(map(str, counts))), 303
        )

    @roles(*READERS)
    def export(self, question_set: int, form: str) -> ResponseReturnValue:
        with self._database.read() as session:
            row, _ = _found(session, question_set)
            found = set_store.items(session, row)
        if form not in ("csv", "jsonl"):
            abort(404)
        text, kind = (items.write_csv(found), "text/csv") if form == "csv" else (items.write_jsonl(found), "application/jsonl")
        name = f"question-set-{row.id}-v{row.version}.{form}"
        return Response(text, mimetype=kind, headers={"Content-Disposition": f"attachment; filename={name}"})

    @roles(*READERS)
    def contamination(self, question_set: int) -> ResponseReturnValue:
        """The test side of the set against its own tune side or against another set."""
        other = _number(request.args.get("other"))
        with self._database.read() as session:
            row, _ = _found(session, question_set)
            mine = set_store.items(session, row)
            test = [one for one in mine if one.split == "test"] or mine
            if other and other != question_set:
                train = set_store.items(session, _found(session, other)[0])
            else:
                train = [one for one in mine if one.split == "tune"]
            sets = set_store.sets(session, _me().municipality)
        seen = items.contamination(test, train)
        texts = {one.key: one.text for one in (*train, *test)}
        return render_template(
            "evaluation/contamination.html", row=row, seen=seen, texts=texts, tested=len(test), trained=len(train),
            sets=[s for s, _ in sets if s.id != question_set], other=other,
        )  # fmt: skip

    def _act(self, question_set: int, done: str, act: Any) -> ResponseReturnValue:
        try:
            with self._database.write() as session:
                row = act(session, set_store.find(session, _me().municipality, question_set, hold=True))
                _audit(session, done, row)
        except SetRefused as refused:
            return self._refused(question_set, refused)
        return _to(row.id, done)

    def _refused(self, question_set: int, refused: SetRefused) -> ResponseReturnValue:
        if refused.reason == "unknown":
            abort(404)
        return self._page(question_set, error=f"set_{refused.reason}"), 409

    def _list(self, **about: Any) -> str:
        with self._database.read() as session:
            found = set_store.sets(session, _me().municipality)
        may_edit, ours = _me().may(*EDITORS), _me().municipality == DEMO_MUNICIPALITY
        about = {"error": "", "name": "", **about}
        return render_template(
            "evaluation/sets.html",
            sets=found,
            may_edit=may_edit,
            ours=DEMO_SET if ours else "",
            zone=self._settings.zone,
            **about,
        )

    def _page(self, question_set: int, **about: Any) -> str:
        words, at = request.args.get("q", "").strip()[:100], max(1, _number(request.args.get("page")) or 1)
        with self._database.read() as session:
            row, _ = _found(session, question_set)
            shown, count = set_store.item_rows(session, row, words, (at - 1) * PAGE, PAGE)
            titles = _titles(session)
        return render_template(
            "evaluation/set.html", row=row, shown=shown, count=count, words=words, page=at, pages=-(-count // PAGE), titles=titles,
            may_edit=_me().may(*EDITORS), shares=TEST_SHARES, zone=self._settings.zone,
            **{"error": "", "done": "", "word": "", "detail": "", **about},
        )  # fmt: skip

    def _form(self, row: QuestionSetRow, stored: QuestionItemRow | None, typed: dict[str, str], **about: Any) -> str:
        with self._database.read() as session:
            titles = _titles(session)
        return render_template(
            "evaluation/item.html", row=row, stored=stored, form=typed, titles=titles, facets=[f.key for f in FACETS],
            languages=items.LANGUAGES, channels=items.CHANNELS, splits=items.SPLITS, may_edit=_me().may(*EDITORS) and not row.frozen,
            **{"error": "", "word": "", **about},
        )  # fmt: skip

    def _unknown_articles(self, made: Item) -> list[str]:
        with self._database.read() as session:
            known = _titles(session)
        return [article for article in made.expected if article not in known]


def _found(session: Session, question_set: int, item: int | None = None) -> tuple[QuestionSetRow, Any]:
    """The set and, when asked for, one of its questions; 404 when the municipality has none."""
    try:
        row = set_store.find(session, _me().municipality, question_set)
        return row, set_store.find_item(session, row, item) if item is not None else None
    except SetRefused:
        abort(404)


def _titles(session: Session) -> dict[str, str]:
    """Id -> title of the articles that may answer; for choosing and for showing."""
    return store.titles(session, _me().municipality)


def _of_form(typed: dict[str, str]) -> dict[str, Any]:
    lists = {name: [line for line in typed[name].split("\n") if line.strip()] for name in _LINES}
    return {**typed, **lists, "grades": typed["grades"].replace("、", "｜").replace(",", "｜")}


def _form_of(item: Item) -> dict[str, str]:
    data = replace(item).to_json()
    lists = {name: "\n".join(data[name]) for name in _LINES}
    flags = {name: "1" if data[name] else "" for name in ("hand_over", "all_needed")}
    plain = {name: "" if data[name] is None else str(data[name]) for name in data}
    return {**plain, **lists, **flags, "grades": "、".join(map(str, item.grades))}


def _number(given: str | None) -> int | None:
    return int(given) if given and given.isdecimal() and len(given) < 10 else None


def _audit(session: Session, action: str, row: QuestionSetRow) -> None:
    detail = {"set": row.id, "name": row.name, "version": row.version}
    authentication.audit(session, row.municipality, _me().login, f"questions.{action}", detail)


def _to(question_set: int, done: str) -> ResponseReturnValue:
    return redirect(url_for("evaluation.sets_one", question_set=question_set, done=done), 303)


def _me() -> Member:
    member: Member = current_user._get_current_object()
    return member


def register(blueprint: Blueprint, pages: SetPages) -> None:
    """Add the views."""
    one = "/sets/<int(max=2147483647):question_set>"
    blueprint.add_url_rule("/sets", "sets", pages.listing)
    blueprint.add_url_rule("/sets", "sets_create", pages.create, methods=["POST"])
    blueprint.add_url_rule(one, "sets_one", pages.one)
    blueprint.add_url_rule(f"{one}/next", "sets_next", pages.next_version, methods=["POST"])
    blueprint.add_url_rule(f"{one}/freeze", "sets_freeze", pages.freeze, methods=["POST"])
    blueprint.add_url_rule(f"{one}/split", "sets_split", pages.split, methods=["POST"])
    blueprint.add_url_rule(f"{one}/items/new", "sets_new", pages.new)
    blueprint.add_url_rule(f"{one}/items", "sets_save", pages.save, methods=["POST"])
    blueprint.add_url_rule(f"{one}/items/<int(max=2147483647):item>", "sets_item", pages.item)
    blueprint.add_url_rule(f"{one}/items/<int(max=2147483647):item>/delete", "sets_delete", pages.delete, methods=["POST"])
    blueprint.add_url_rule(f"{one}/import", "sets_import", pages.bring_in, methods=["POST"])
    blueprint.add_url_rule(f"{one}/export.<form>", "sets_export", pages.export)
    blueprint.add_url_rule(f"{one}/contamination", "sets_contamination", pages.contamination)
