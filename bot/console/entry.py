"""Log-in, log-out, the own password and the language of the staff pages."""

from __future__ import annotations

from flask import Blueprint, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_limiter import Limiter
from flask_login import current_user

import authentication
from authentication import AccountRefused, Member
from bot.console import factor, pages
from bot.console.access import enter, everyone, leave, local_path, public
from bot.console.factor import Factor
from bot.console.onward import Onward, password_page
from database import Database, now
from passwords import PasswordRefused
from settings import Settings


class Entry:
    def __init__(self, database: Database, settings: Settings, second_step: Factor, onward: Onward) -> None:
        self._database = database
        self._settings = settings
        self._second_step = second_step
        self._onward = onward

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
        if member.second_factor:
            factor.begin(member)
            return self._second_step.code_page(target, draft) if draft else redirect(url_for("console.login_code", next=target))
        enter(member)
        return self._onward.lead(member, target, draft)

    @everyone
    def password(self) -> ResponseReturnValue:
        member: Member = current_user._get_current_object()
        target = local_path(request.values.get("next", ""))
        if request.method == "GET":
            return password_page(member, target, done=request.args.get("done", ""))
        draft = request.form.get("draft", "")[: pages.DRAFT_LENGTH]
        error = self._changed(member)
        if error is not None:
            return password_page(member, target, draft, error=error), 422
        return self._onward.lead(
            current_user._get_current_object(), target or url_for("console.password", done="password"), draft
        )

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
        enter(renewed, by_issuer=pages.entered_by_issuer())
        return None

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
