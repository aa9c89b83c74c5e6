"""The page 「書き出し」: articles as files for others, what a format cannot hold named beforehand."""

from __future__ import annotations

from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

import authentication
from accounts import Role
from authentication import Member
from bot.console.access import roles
from database import Database, now
from knowledge import store
from knowledge.bring_commands import articles_of
from knowledge.exporters import FORMATS, Exported, export
from settings import Settings

EDITORS = (Role.EDITOR, Role.APPROVER)
SCOPES = ("published", "all")
SHOWN = 200
"""Entries of the list of what a format cannot hold."""


class ExportPages:
    def __init__(self, database: Database, settings: Settings) -> None:
        self._database = database
        self._settings = settings

    @roles(*EDITORS)
    def page(self) -> ResponseReturnValue:
        return self._page()

    @roles(*EDITORS)
    def download(self) -> ResponseReturnValue:
        """The file; where something is left out, first a page that says what, with a button to save it all the same."""
        name, scope = request.form.get("format", ""), request.form.get("scope", "")
        if name not in FORMATS or scope not in SCOPES:
            return self._page(error="choose"), 422
        made = self._made(name, scope)
        if made.left and not request.form.get("confirmed"):
            return self._page(chosen=name, scope=scope, left=made.left[:SHOWN], left_count=len(made.left)), 200
        with self._database.write() as session:
            detail = {"format": name, "scope": scope, "bytes": len(made.content)}
            authentication.audit(session, _me().municipality, _me().login, "exports.saved", detail)
        response = Response(made.content, content_type=made.media_type)
        response.headers.set("Content-Disposition", "attachment", filename=made.name)
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response

    def _made(self, name: str, scope: str) -> Exported:
        code = _me().municipality
        with self._database.read() as session:
            town = store.municipality(session, code)
            assert town is not None  # noqa: S101 - a member of staff belongs to one
            articles = articles_of(session, code, scope == "all")
            departments = store.departments(session, code)
        return export(name, articles, town, departments, now().astimezone(self._settings.zone).date())

    def _page(self, **about: object) -> str:
        with self._database.read() as session:
            counts = {scope: store.count_articles(session, _me().municipality, scope == "published") for scope in SCOPES}
        given = {"chosen": "csv", "scope": "published", "left": (), "left_count": 0, "error": "", **about}
        return render_template("console/exports.html", formats=list(FORMATS), scopes=SCOPES, counts=counts, **given)


def _me() -> Member:
    member: Member = current_user._get_current_object()
    return member


def register(blueprint: Blueprint, pages: ExportPages) -> None:
    """Add the views."""
    blueprint.add_url_rule("/exports", "exports", pages.page)
    blueprint.add_url_rule("/exports/download", "exports_download", pages.download, methods=["POST"])
