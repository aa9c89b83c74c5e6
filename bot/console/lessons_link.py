"""Where the editor of articles is, for whoever may use it."""

from __future__ import annotations

from flask import current_app, url_for

from accounts import Role
from authentication import Member

EDITOR = "console.articles_edit"


def editor_of(article: str, member: Member) -> str:
    """Address of the editor of this article; nothing for those who may not write articles."""
    known = EDITOR in current_app.view_functions and member.may(Role.EDITOR, Role.APPROVER)
    return url_for(EDITOR, article=article) if known else ""
