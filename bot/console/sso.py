"""Single sign-on: to the issuer and back. What was begun is kept in the session and counts once."""

from __future__ import annotations

import hmac
import time
from typing import Any

from flask import Blueprint, abort, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_limiter import Limiter
from flask_login import current_user

import single_sign_on
from bot.console import factor, pages
from bot.console.access import enter, local_path, public
from bot.console.onward import Onward
from database import Database, now
from settings import Settings
from single_sign_on import Issuer, SignOnFailed, SignOnRefused

BEGUN = "staff_sso"
BEGUN_SECONDS = 10 * 60


class SingleSignOn:
    def __init__(self, database: Database, settings: Settings, onward: Onward) -> None:
        self._database = database
        self._settings = settings
        self._onward = onward
        self._issuer = Issuer(settings)

    @public
    def begin(self) -> ResponseReturnValue:
        target = local_path(request.args.get("next", ""))
        self._offered()
        if current_user.is_authenticated:
            return redirect(target or pages.home())
        try:
            begun = self._issuer.begin(self._redirect())
        except SignOnFailed as failed:
            return self._failed(failed.reason, target)
        session[BEGUN] = {
            "state": begun.state,
            "nonce": begun.nonce,
            "verifier": begun.verifier,
            "next": target,
            "at": int(time.time()),
        }
        return redirect(begun.address)

    @public
    def callback(self) -> ResponseReturnValue:
        self._offered()
        begun = session.pop(BEGUN, None)  # once: the same address called again finds nothing begun
        if not isinstance(begun, dict):  # nothing was begun here: not worth an entry that anybody could write
            return pages.log_in_page("", error="staff_signin.sso_failed"), 401
        if not _fits(begun, request.args.get("state", "")):
            return self._failed("state", "")
        if request.args.get("error") or not request.args.get("code"):
            return self._failed("declined", begun["next"])
        where = request.remote_addr or ""
        try:
            came = self._issuer.identify(request.args["code"], self._redirect(), begun["nonce"], begun["verifier"])
            member = single_sign_on.enter(self._database, self._settings, came, now(), where)
        except SignOnFailed as failed:
            return self._failed(failed.reason, begun["next"])
        except SignOnRefused as refused:
            return pages.log_in_page(begun["next"], error=f"staff_signin.sso_{refused.reason}"), 403
        if member.second_factor and not self._settings.oidc_second_factor:
            factor.begin(member, by_issuer=True)
            return redirect(url_for("console.login_code", next=begun["next"]))
        enter(member, by_issuer=True)
        return self._onward.lead(member, begun["next"], "")

    def _offered(self) -> None:
        if not self._settings.oidc_issuer:
            abort(404)

    def _redirect(self) -> str:
        """The address of `callback`, as it is registered with the issuer."""
        base = self._settings.public_url.rstrip("/")
        return base + url_for("console.sso_callback") if base else url_for("console.sso_callback", _external=True)

    def _failed(self, reason: str, target: str) -> ResponseReturnValue:
        single_sign_on.note_failure(self._database, self._settings, reason, request.remote_addr or "")
        unreachable = reason in ("unreachable", "other_issuer", "other_host", "keys")
        text = "sso_unreachable" if unreachable else "sso_failed"
        return pages.log_in_page(target, error=f"staff_signin.{text}"), 502 if unreachable else 401


def _fits(begun: dict[str, Any], state: str) -> bool:
    young = int(time.time()) - begun["at"] <= BEGUN_SECONDS
    return young and hmac.compare_digest(begun["state"].encode(), state.encode("utf-8", "replace"))


def register(blueprint: Blueprint, sso: SingleSignOn, limiter: Limiter, settings: Settings) -> None:
    """Add the views; log-ins by the issuer are counted per address like those by password."""
    counted = limiter.shared_limit(settings.rate_limit_logins, "staff single sign-on")
    blueprint.add_url_rule("/sso", "sso", counted(sso.begin))
    blueprint.add_url_rule("/sso/callback", "sso_callback", counted(sso.callback))
