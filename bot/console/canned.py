"""Pages of the canned replies: list, new, change, delete."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

import authentication
from accounts import Role
from bot import canned
from bot.canned import CannedRefused
from bot.console.access import roles
from bot.console.inbox import current, my_number
from bot.tables import CannedReplyRow
from bot.town import load_town
from database import Database

_FIELDS = ("title", "text", "department")


class CannedPages:
    def __init__(self, database: Database) -> None:
        self._database = database

    @roles(Role.AGENT)
    def index(self) -> ResponseReturnValue:
        return self._list(done=request.args.get("done", ""))

    @roles(Role.AGENT)
    def add(self) -> ResponseReturnValue:
        refused = self._save(None)
        if refused is not None:
            return self._list(form=request.form, refused=refused, adding=True), 422
        return redirect(url_for("console.canned", done="canned_added"), 303)

    @roles(Role.AGENT)
    def edit(self, canned_id: int) -> ResponseReturnValue:
        row = self._found(canned_id)
        form = {name: getattr(row, name) for name in _FIELDS}
        return self._form(row, {**form, "version": str(row.version)})

    @roles(Role.AGENT)
    def change(self, canned_id: int) -> ResponseReturnValue:
        refused = self._save(canned_id)
        if refused is None:
            return redirect(url_for("console.canned", done="canned_changed"), 303)
        row = self._found(canned_id)
        if refused.reason == "stale":
            # Sent again from here it replaces what the colleague wrote, who is shown with their words.
            return self._form(row, {**request.form, "version": str(row.version)}, refused, theirs=row), 409
        return self._form(row, dict(request.form), refused), 422

    @roles(Role.AGENT)
    def delete(self, canned_id: int) -> ResponseReturnValue:
        member = current()
        with self._database.write() as session:
            row = canned.find(session, member.municipality, canned_id) or abort(404)
            authentication.audit(session, member.municipality, member.login, "canned.deleted", {"title": row.title})
            session.delete(row)
        return redirect(url_for("console.canned", done="canned_deleted"), 303)

    def _save(self, number: int | None) -> CannedRefused | None:
        member = current()
        title, text, department = (request.form.get(name, "").replace("\r\n", "\n") for name in _FIELDS)
        version = request.form.get("version", "")
        if my_number(text):
            return CannedRefused("my_number")
        try:
            with self._database.write() as session:
                row = None if number is None else canned.find(session, member.municipality, number) or abort(404)
                if department and load_town(session, member.municipality).find(department) is None:
                    raise CannedRefused("unknown_department")
                known = int(version) if version.isascii() and version.isdecimal() and len(version) < 10 else 0
                kept = canned.save(session, member.municipality, title, text, department, member.login, row=row, version=known)
                action = "canned.added" if number is None else "canned.changed"
                authentication.audit(session, member.municipality, member.login, action, {"title": kept.title})
        except CannedRefused as refused:
            return refused
        return None

    def _found(self, number: int) -> CannedReplyRow:
        with self._database.read() as session:
            row = canned.find(session, current().municipality, number)
        return row or abort(404)

    def _list(self, **about: Any) -> str:
        with self._database.read() as session:
            rows = canned.listed(session, current().municipality)
        shown: dict[str, Any] = {"form": {}, "refused": None, "adding": False, **about}
        return render_template("console/canned.html", replies=rows, **self._shared(), **shown)

    def _form(self, row: CannedReplyRow, form: dict[str, str], refused: CannedRefused | None = None, **about: Any) -> str:
        shown = {"row": row, "form": form, "refused": refused, "theirs": None, **about}
        return render_template("console/canned_edit.html", **self._shared(), **shown)

    def _shared(self) -> dict[str, Any]:
        with self._database.read() as session:
            departments = load_town(session, current().municipality).departments
        return {
            "departments": departments,
            "names": {d.key: d.name for d in departments},
            "slots": canned.SLOTS,
            "longest": canned.LONGEST_TEXT,
            "longest_title": canned.LONGEST_TITLE,
        }


def register(blueprint: Blueprint, views: CannedPages) -> None:
    """Add the views."""
    one = "/canned/<int(max=2147483647):canned_id>"
    blueprint.add_url_rule("/canned", "canned", views.index)
    blueprint.add_url_rule("/canned", "canned_add", views.add, methods=["POST"])
    blueprint.add_url_rule(one, "canned_edit", views.edit)
    blueprint.add_url_rule(one, "canned_change", views.change, methods=["POST"])
    blueprint.add_url_rule(f"{one}/delete", "canned_delete", views.delete, methods=["POST"])
