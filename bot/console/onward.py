"""Where a log-in leads: to the page it was meant for, with a text typed before it, or first to a password of one's own."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import unquote

from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from accounts import Role
from authentication import Member
from bot.console import pages
from bot.console.article_editor import ArticleEditor
from bot.console.article_view import WRITERS
from bot.console.inbox import Inbox
from passwords import MIN_LENGTH

_HANDOFF = re.compile(r"/staff/handoffs/(\d{1,18})")
_ARTICLE = re.compile(r"/staff/articles/(.+)/edit")


class Onward:
    def __init__(self, inbox: Inbox, editor: ArticleEditor) -> None:
        self._inbox = inbox
        self._editor = editor

    def lead(self, member: Member, target: str, draft: str) -> ResponseReturnValue:
        """Answer the request that completed the log-in of `member`."""
        if member.must_change_password:
            return password_page(member, target, draft) if draft else redirect(url_for("console.password", next=target))
        match = _HANDOFF.fullmatch(target)
        if draft and match and member.may(Role.AGENT) and not pages.factor_is_missing(member):
            return self._inbox.page(member, int(match[1]), draft=draft, notice="draft_kept")
        article = _ARTICLE.fullmatch(target)
        if draft and article and member.may(*WRITERS) and not pages.factor_is_missing(member):
            page = self._editor.resumed(unquote(article[1]), draft)
            if page is not None:
                return page
        return redirect(target or pages.home())


def password_page(member: Member, target: str, draft: str = "", **about: Any) -> str:
    """The page of the own password; it is all there is until a one-time one is changed."""
    return render_template(
        "console/password.html", target=target, draft=draft, required=member.must_change_password, least=MIN_LENGTH, **about
    )
