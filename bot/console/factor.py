"""Pages of the second factor: the second step of the log-in, setting it up, new recovery codes, doing without it."""

from __future__ import annotations

import io
import time
from typing import Any

import segno
from flask import Blueprint, Response, abort, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_limiter import Limiter
from flask_login import current_user

import authentication
import factor_codes
import second_factor
from authentication import Member
from bot.console import pages
from bot.console.access import enter, everyone, local_path, public
from bot.console.onward import Onward
from bot.town import load_town
from database import Database, now
from factor_codes import Vault
from second_factor import CodeRefused
from settings import Settings

HALF = "staff_half"
"""What the session holds between the two steps: who has given the password, and when. It grants nothing."""
PENDING = "staff_factor_pending"
"""The secret that is being set up, sealed: the cookie can be read in the browser."""
REPLACING = "staff_factor_replacing"
"""When a code of the present factor has been given, so that another telephone may take its place."""
HALF_SECONDS = 10 * 60


def begin(member: Member, *, by_issuer: bool = False) -> None:
    """The first step is done: remember whose code is asked for, in a session that holds nothing else but the language."""
    kept = pages.language()
    session.clear()
    session[pages.LANGUAGE] = kept
    session[HALF] = {"id": member.get_id(), "at": int(time.time()), "by_issuer": by_issuer}


class Factor:
    def __init__(self, database: Database, settings: Settings, onward: Onward) -> None:
        self._database = database
        self._vault = Vault(settings.secret_key())
        self._onward = onward

    @public
    def login_code(self) -> ResponseReturnValue:
        target = local_path(request.values.get("next", ""))
        draft = request.form.get("draft", "")[: pages.DRAFT_LENGTH] if pages.from_here() else ""
        begun = _half()
        if begun is None:
            return redirect(url_for("console.login", next=target)) if not draft else (_log_in_again(target, draft), 401)
        if request.method == "GET":
            return self.code_page(target)
        code = request.form.get("code", "")
        passed = second_factor.finish_log_in(self._database, begun["id"], code, now(), request.remote_addr or "", self._vault)
        if passed is None:
            if authentication.resume(self._database, begun["id"]) is None:
                session.pop(HALF, None)
                return _log_in_again(target, draft), 401
            return self.code_page(target, draft, error="staff_signin.code_failed"), 401
        enter(passed.member, by_issuer=bool(begun["by_issuer"]))
        if passed.by_recovery and not draft and not passed.member.must_change_password:
            return redirect(url_for("console.factor", done="recovery", next=target))
        return self._onward.lead(passed.member, target, draft)

    def code_page(self, target: str, draft: str = "", **about: Any) -> str:
        return render_template("console/login_code.html", target=target, draft=draft, **about)

    @everyone
    def show(self) -> ResponseReturnValue:
        member: Member = current_user._get_current_object()
        target = local_path(request.values.get("next", ""))
        if request.method == "GET":
            return self._page(member, target, done=request.args.get("done", ""))
        secret = self._pending()
        if secret is None or not _may_enrol(member):
            return redirect(url_for("console.factor", next=target), 303)
        try:
            renewed, codes = second_factor.enrol(self._database, member, secret, request.form.get("code", ""), now(), self._vault)
        except CodeRefused as refused:
            return self._page(member, target, error=f"staff_signin.{refused.reason}"), 422
        enter(renewed, by_issuer=pages.entered_by_issuer())
        return self._codes_page(codes, target, "enrolled")

    @everyone
    def qr(self) -> ResponseReturnValue:
        secret = self._pending()
        if secret is None:
            abort(404)
        with self._database.read() as opened:
            town = load_town(opened, current_user.municipality).municipality.name
        drawn = io.BytesIO()
        code = segno.make(factor_codes.address(secret, current_user.login, town), error="m", micro=False)
        code.save(drawn, kind="svg", scale=5, border=4, light="#fff")
        return Response(drawn.getvalue(), mimetype="image/svg+xml")

    @everyone
    def codes(self) -> ResponseReturnValue:
        member: Member = current_user._get_current_object()
        try:
            codes = second_factor.renew_codes(self._database, member, request.form.get("code", ""), now(), self._vault)
        except CodeRefused as refused:
            return self._page(member, "", error=f"staff_signin.{refused.reason}"), 422
        return self._codes_page(codes, "", "renewed")

    @everyone
    def replace(self) -> ResponseReturnValue:
        member: Member = current_user._get_current_object()
        try:
            second_factor.prove(self._database, member, request.form.get("code", ""), now(), self._vault)
        except CodeRefused as refused:
            return self._page(member, "", error=f"staff_signin.{refused.reason}"), 422
        session[REPLACING] = int(time.time())
        return redirect(url_for("console.factor"), 303)

    @everyone
    def remove(self) -> ResponseReturnValue:
        member: Member = current_user._get_current_object()
        if pages.factor_is_demanded(member):
            return self._page(member, "", error="staff_signin.factor_is_demanded"), 422
        try:
            renewed = second_factor.remove(self._database, member, request.form.get("code", ""), now(), self._vault)
        except CodeRefused as refused:
            return self._page(member, "", error=f"staff_signin.{refused.reason}"), 422
        enter(renewed, by_issuer=pages.entered_by_issuer())
        return redirect(url_for("console.factor", done="removed"), 303)

    def _page(self, member: Member, target: str, **about: Any) -> str:
        with self._database.read() as opened:
            left = second_factor.codes_left(opened, member)
        secret = None
        if _may_enrol(member):
            secret = self._pending() or factor_codes.new_secret()
            session[PENDING] = self._vault.seal(secret)
        return render_template(
            "console/factor.html",
            target=target,
            secret=" ".join(secret[n : n + 4] for n in range(0, len(secret), 4)) if secret else "",
            left=left,
            demanded=pages.factor_is_demanded(member),
            **about,
        )

    def _pending(self) -> str | None:
        sealed = session.get(PENDING)
        return self._vault.open(sealed) if isinstance(sealed, str) else None

    def _codes_page(self, codes: list[str], target: str, done: str) -> str:
        return render_template("console/factor_codes.html", codes=codes, target=target or pages.home(), done=done)


def _may_enrol(member: Member) -> bool:
    """Whether there is no factor yet, or a code of the present one was given a short while ago."""
    return not member.second_factor or int(time.time()) - int(session.get(REPLACING, 0)) <= HALF_SECONDS


def _half() -> dict[str, Any] | None:
    """Who has done the first step in this browser, if that was a short while ago."""
    half = session.get(HALF)
    if not isinstance(half, dict) or int(time.time()) - half["at"] > HALF_SECONDS:
        return None
    return half


def _log_in_again(target: str, draft: str) -> str:
    return pages.log_in_page(target, draft, notice="session_ended")


def register(blueprint: Blueprint, factor: Factor, limiter: Limiter, settings: Settings) -> None:
    """Add the views; guesses at codes are counted per address together with those at passwords."""
    guesses = limiter.shared_limit(settings.rate_limit_logins, "staff passwords", methods=["POST"])
    blueprint.add_url_rule("/login/code", "login_code", guesses(factor.login_code), methods=["GET", "POST"])
    blueprint.add_url_rule("/factor", "factor", guesses(factor.show), methods=["GET", "POST"])
    blueprint.add_url_rule("/factor/qr.svg", "factor_qr", factor.qr)
    blueprint.add_url_rule("/factor/codes", "factor_codes", guesses(factor.codes), methods=["POST"])
    blueprint.add_url_rule("/factor/replace", "factor_replace", guesses(factor.replace), methods=["POST"])
    blueprint.add_url_rule("/factor/remove", "factor_remove", guesses(factor.remove), methods=["POST"])
