"""Log-in, log-out, the own password and the language of the staff pages."""

from __future__ import annotations

import re
from typing import Any

from flask import Blueprint, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_limiter import Limiter
from flask_login import current_user

import authentication
from accounts import Role
from authentication import AccountRefused, Member
from bot.console import pages
from bot.console.access import enter, everyone, leave, local_path, public
from bot.console.inbox import Inbox
from database import Database, now
from passwords import MIN_LENGTH, PasswordRefused
from settings import Settings

_HANDOFF = re.compile(r"/staff/handoffs/(\d{1,18})")


class Entry:
    def __init__(self, database: Database, settings: Settings, inbox: Inbox) -> None:
        self._database = database
        self._settings = settings
        self._inbox = inbox

    @public
    def login(self) -> ResponseReturnValue:
        target = local_path(request.values.get("next", ""))
        if request.method == "GET":
            if current_user.is_authenticated:
                return redirect(target or pages.home())
            return pages.log_in_page(target)
        draft = request.form.get("draft", "")[: pages.DRAFT_LENGTH]
        member = authentication.authenticate(
            self._database,
            request.form.get("municipality") or self._settings.municipality,
            request.form.get("login", ""),
            request.form.get("password", ""),
            now(),
            request.remote_addr or "",
        )
        if member is None:
            typed = {"chosen": request.form.get("municipality"), "login": request.form.get("login", "")}
            return pages.log_in_page(target, draft, error="login_failed", **typed), 401
        enter(member)
        if member.must_change_password:
            return self._password_page(member, target, draft) if draft else redirect(url_for("console.password", next=target))
        return self._onward(member, target, draft)

    @everyone
    def password(self) -> ResponseReturnValue:
        member: Member = current_user._get_current_object()
        target = local_path(request.values.get("next", ""))
        if request.method == "GET":
            return self._password_page(member, target, done=request.args.get("done", ""))
        draft = request.form.get("draft", "")[: pages.DRAFT_LENGTH]
        error = self._changed(member)
        if error is not None:
            return self._password_page(member, target, draft, error=error), 422
        return self._onward(current_user._get_current_object(), target or url_for("console.password", done="password"), draft)

    def _changed(self, member: Member) -> str | None:
        """Change the password as the form says; the text of the refusal, if it was refused."""
        new = request.form.get("new", "")
        if new != request.form.get("again", ""):
            return "password_differs"
        try:
            with self._database.write() as opened:
                renewed = authentication.change_password(opened, member, request.form.get("current", ""), new)
        except PasswordRefused as refused:
            return f"password_{refused.reason}"
        except AccountRefused:
            with self._database.write() as opened:
                authentication.audit(opened, member.municipality, member.login, "password.refused", {"staff": member.id})
            return "password_wrong"
        enter(renewed)
        return None

    def _onward(self, member: Member, target: str, draft: str) -> ResponseReturnValue:
        """Where the log-in was meant to lead; with a text typed before it, back in its box."""
        match = _HANDOFF.fullmatch(target)
        if draft and match and member.may(Role.AGENT):
            return self._inbox.page(member, int(match[1]), draft=draft, notice="draft_kept")
        return redirect(target or pages.home())

    def _password_page(self, member: Member, target: str, draft: str = "", **about: Any) -> str:
        return render_template(
            "console/password.html", target=target, draft=draft, required=member.must_change_password, least=MIN_LENGTH, **about
        )

    @public
    def logout(self) -> ResponseReturnValue:
        if current_user.is_authenticated:
            with self._database.write() as opened:
                authentication.audit(opened, current_user.municipality, current_user.login, "logout", {"staff": current_user.id})
        leave()
        return redirect(url_for("console.login"))

    @everyone
    def logout_everywhere(self) -> ResponseReturnValue:
        with self._database.write() as opened:
            authentication.end_sessions(opened, current_user._get_current_object())
        leave()
        return redirect(url_for("console.login"))

    @public
    def language(self) -> ResponseReturnValue:
        chosen = request.form.get("language", "")
        if chosen in pages.LANGUAGES:
            session[pages.LANGUAGE] = chosen
        return redirect(local_path(request.form.get("next", "")) or pages.home())


def register(blueprint: Blueprint, entry: Entry, limiter: Limiter, settings: Settings) -> None:
    """Add the views; guesses at passwords are counted per address."""
    guesses = limiter.shared_limit(settings.rate_limit_logins, "staff passwords", methods=["POST"])
    for path, name, view in (("/login", "login", guesses(entry.login)), ("/password", "password", guesses(entry.password))):
        blueprint.add_url_rule(path, name, view, methods=["GET", "POST"])
    for path, view in (
        ("/logout", entry.logout),
        ("/logout-everywhere", entry.logout_everywhere),
        ("/language", entry.language),
    ):
        blueprint.add_url_rule(path, path.strip("/").replace("-", "_"), view, methods=["POST"])
