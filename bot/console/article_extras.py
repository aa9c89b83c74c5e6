"""Remarks of staff about an article, and the files that belong to it."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy.orm import Session

import authentication
from accounts import Role
from authentication import Member
from bot import files
from bot.console import article_view
from bot.console.access import accepts, roles
from bot.console.article_view import WRITERS
from bot.console.articles import ONE, ArticlePages
from database import Database, now
from knowledge import attachments
from knowledge.attachments import LARGEST, AttachmentRefused
from knowledge.tables import ArticleCommentRow

LONGEST_COMMENT = 2000
COMMENT, FILE = "<int(max=2147483647):comment>", "<int(max=2147483647):file>"
_FORM_AROUND = 100_000
"""Bytes of a form besides the file in it."""


class ArticleExtras:
    def __init__(self, database: Database, pages: ArticlePages) -> None:
        self._database = database
        self._pages = pages

    @roles(*WRITERS)
    def comment(self, article: str) -> ResponseReturnValue:
        text = request.form.get("text", "").replace("\r\n", "\n").strip()
        if not text or len(text) > LONGEST_COMMENT:
            reason = "comment_long" if text else "comment_empty"
            return self._pages.page(article, error=reason, remark=text), 422
        with self._database.write() as session:
            self._own(session, article)
            row = ArticleCommentRow(municipality=_me().municipality, article=article, by=_me().login, text=text)
            session.add(row)
            session.flush()
            self._note(session, "commented", article, comment=row.id)
        return _lead(article, "commented", "remarks")

    @roles(*WRITERS)
    def settle(self, article: str, comment: int) -> ResponseReturnValue:
        with self._database.write() as session:
            row = session.get(ArticleCommentRow, comment, with_for_update=True)
            if row is None or (row.municipality, row.article) != (_me().municipality, article):
                abort(404)
            if row.settled_at is None:
                row.settled_by, row.settled_at = _me().login, now()
                self._note(session, "comment_settled", article, comment=comment)
        return _lead(article, "settled", "remarks")

    @roles(*WRITERS)
    @accepts(LARGEST + _FORM_AROUND)
    def upload(self, article: str) -> ResponseReturnValue:
        sent = request.files.get("file")
        try:
            with self._database.write() as session:
                self._own(session, article, writes=True)
                name, data = (sent.filename or "", sent.read()) if sent is not None else ("", b"")
                row = attachments.add(session, _me().municipality, article, name, data, _me().login)
                self._note(session, "attached", article, attachment=row.id, name=row.name)
        except AttachmentRefused as refused:
            return self._pages.page(article, error=f"file_{refused.reason}"), 422
        return _lead(article, "attached", "files")

    @roles(*Role)
    def download(self, article: str, file: int) -> ResponseReturnValue:
        with self._database.read() as session:
            row = attachments.find(session, _me().municipality, article, file)
            if row is None:
                abort(404)
            return files.sent(row)

    @roles(*WRITERS)
    def remove(self, article: str, file: int) -> ResponseReturnValue:
        with self._database.write() as session:
            self._own(session, article, writes=True)
            row = attachments.find(session, _me().municipality, article, file)
            if row is not None:  # a second click finds it gone
                session.delete(row)
                self._note(session, "detached", article, attachment=file, name=row.name, sha256=row.sha256)
        return _lead(article, "detached", "files")

    def _own(self, session: Session, article: str, writes: bool = False) -> None:
        """404 unless the article is the municipality's own; 403 when it is to be changed and may not be."""
        opened = article_view.find(session, _me(), article)
        if opened.shared:
            abort(404)
        if writes and not article_view.may_write(_me(), opened):
            abort(403)

    def _note(self, session: Session, action: str, article: str, **detail: Any) -> None:
        authentication.audit(session, _me().municipality, _me().login, f"article.{action}", {"article": article, **detail})


def _lead(article: str, done: str, part: str) -> ResponseReturnValue:
    return redirect(url_for("console.articles_show", article=article, done=done, _anchor=part), 303)


def _me() -> Member:
    member: Member = current_user._get_current_object()
    return member


def register(blueprint: Blueprint, extras: ArticleExtras) -> None:
    """Add the views."""
    remark = f"{ONE}/comments/{COMMENT}/settle"
    blueprint.add_url_rule(f"{ONE}/comments", "articles_comment", extras.comment, methods=["POST"])
    blueprint.add_url_rule(remark, "articles_settle", extras.settle, methods=["POST"])
    one_file = f"{ONE}/files/{FILE}"
    blueprint.add_url_rule(f"{ONE}/files", "articles_upload", extras.upload, methods=["POST"])
    blueprint.add_url_rule(one_file, "articles_download", extras.download)
    blueprint.add_url_rule(f"{one_file}/delete", "articles_remove", extras.remove, methods=["POST"])
