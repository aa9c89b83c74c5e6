"""Who may see a staff page: one guard before every request under /staff, whichever blueprint answers it.

A view says with `roles` or `everyone` or `public` who may use it; one that says nothing is the administrators'.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import urlsplit

from flask import Flask, Response, abort, current_app, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import LoginManager, current_user, login_user, logout_user
from flask_wtf.csrf import CSRFProtect

import authentication
from accounts import Role
from authentication import Member
from bot.console import pages
from database import Database
from settings import Settings

IDLE_SECONDS = 4 * 60 * 60
"""A session without any action of a person ends; a page that refreshes itself is none."""
LONGEST_SECONDS = 12 * 60 * 60
"""NIST SP 800-63B section 4.2.3: log in again at least every 12 hours."""
REFRESH_HEADER = "X-Madoguchi-Refresh"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)

LONGEST_FORM = 2_000_000
"""Bytes of a form of staff pages: the longest article in Japanese, each letter of which takes nine bytes in a form."""

_SEEN_EVERY = 60
_AUDIENCE = "staff_audience"
_SIZE = "staff_form_size"
_ALL = tuple(Role)
_NOBODY_ELSE = ("administrators",)
View = TypeVar("View", bound=Callable[..., ResponseReturnValue])


def roles(*allowed: Role) -> Callable[[View], View]:
    """The view is for these roles, and for administrators."""
    return _mark(tuple(allowed) or _NOBODY_ELSE)


def everyone(view: View) -> View:
    """The view is for every member of staff who is logged in, also before the first password is changed and a demanded
    second factor is set up."""
    return _mark((*_ALL, "early"))(view)


def public(view: View) -> View:
    """The view is also for people who are not logged in."""
    return _mark(())(view)


def accepts(size: int) -> Callable[[View], View]:
    """A form sent to the view may have this many bytes; other staff pages take LONGEST_FORM."""

    def mark(view: View) -> View:
        setattr(view, _SIZE, size)
        return view

    return mark


def carries(typed: Callable[[], str], again: str) -> Callable[[View], View]:
    """What was typed into the view's form survives the end of a session: `typed` gives it, the log-in brings it back.

    The method `again` of the same object shows the form once more when only its token was out of date.
    """

    def mark(view: View) -> View:
        setattr(view, pages.TYPED, typed)
        setattr(view, pages.AGAIN, again)
        return view

    return mark


def init_login(app: Flask, database: Database, settings: Settings) -> None:
    """Sessions, the guard, CSRF protection and headers of everything under /staff."""
    app.config.update(WTF_CSRF_CHECK_DEFAULT=False, WTF_CSRF_TIME_LIMIT=None, WTF_CSRF_SSL_STRICT=False)
    app.config.setdefault("SESSION_COOKIE_SAMESITE", "Lax")
    csrf = CSRFProtect(app)
    manager = LoginManager(app)
    manager.user_loader(lambda session_id: authentication.resume(database, session_id))
    pages.offer_towns(app, database, settings)
    pages.demand_factor(app, settings)

    @app.before_request
    def guard() -> ResponseReturnValue | None:
        if not _is_staff(request.path) or request.endpoint is None or request.endpoint.endswith(".static"):
            return None
        view = current_app.view_functions[request.endpoint]
        request.max_content_length = getattr(view, _SIZE, LONGEST_FORM)
        request.max_form_memory_size = LONGEST_FORM
        _end_old_session()
        audience = getattr(view, _AUDIENCE, None)
        if audience != () and not current_user.is_authenticated:
            return pages.ask_to_log_in()
        refused = None if audience == () else _refusal(current_user, audience)
        if refused is None:
            csrf.protect()
        return refused

    @app.after_request
    def protect(response: Response) -> Response:
        if _is_staff(request.path):
            response.headers.setdefault("Content-Security-Policy", POLICY)  # a report brings a stricter one of its own
            if not (request.endpoint or "").endswith(".static"):
                response.headers["Cache-Control"] = "no-store"
        return response

    app.context_processor(lambda: pages.context() if _is_staff(request.path) else {})


def enter(member: Member, *, by_issuer: bool = False) -> None:
    """Begin a session with nothing in it that was there before the log-in but the language.

    `by_issuer` when the issuer of the single sign-on has said who this is.
    """
    kept = pages.language()
    session.clear()
    session[pages.LANGUAGE] = kept
    session["since"] = session["seen"] = int(time.time())
    session[pages.BY_ISSUER] = by_issuer
    login_user(member)


def leave() -> None:
    """End the session of this browser."""
    kept = pages.language()
    logout_user()
    session.clear()
    session[pages.LANGUAGE] = kept


def local_path(target: str) -> str:
    """`target` when it is a path of the staff pages, else nothing: a log-in never sends people to another site."""
    parts = urlsplit(target)
    unsafe = parts.scheme or parts.netloc or "\\" in target or not target.isprintable() or any(c.isspace() for c in target)
    return "" if unsafe or not target.startswith("/staff/") else target


def _mark(audience: tuple[Any, ...]) -> Callable[[View], View]:
    def mark(view: View) -> View:
        setattr(view, _AUDIENCE, audience)
        return view

    return mark


def _is_staff(path: str) -> bool:
    return path == "/staff" or path.startswith("/staff/")


def _refusal(member: Member, audience: tuple[Any, ...] | None) -> ResponseReturnValue | None:
    allowed = audience or ()
    if member.must_change_password and "early" not in allowed:
        return redirect(url_for("console.password", next=request.full_path.rstrip("?") if request.method == "GET" else ""))
    if pages.factor_is_missing(member) and "early" not in allowed:
        return redirect(url_for("console.factor", next=request.full_path.rstrip("?") if request.method == "GET" else ""))
    if not member.may(*(role for role in allowed if role in _ALL)):
        abort(403)
    return None


def _end_old_session() -> None:
    if "since" not in session:
        return
    at = int(time.time())
    if at - session["seen"] > IDLE_SECONDS or at - session["since"] > LONGEST_SECONDS:
        leave()
    elif REFRESH_HEADER not in request.headers and at - session["seen"] >= _SEEN_EVERY:
        session["seen"] = at
