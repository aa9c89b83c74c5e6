"""What every staff page shares: its language, its texts, its place in the navigation, and the pages of refusals."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Flask, current_app, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from werkzeug.exceptions import HTTPException

from accounts import Role
from authentication import Member
from bot.wording import say
from database import Database
from knowledge import store
from settings import Settings

LANGUAGE = "staff_language"
LANGUAGES = ("ja", "en")
BY_ISSUER = "staff_by_issuer"
"""What a session says of its log-in: whether it was the single sign-on's."""
DRAFT_LENGTH = 150_000
"""Characters of what was typed that are carried through a log-in: the longest article with all its fields."""
TYPED = "staff_typed"
AGAIN = "staff_again"

_EVALUATORS = (Role.EVALUATOR, Role.EDITOR, Role.APPROVER)
_NAVIGATION = "staff_navigation"
_TOWNS = "staff_towns"
_FACTOR = "staff_factor"


GROUPS = ("residents", "knowledge", "evaluation", "management", "own")
"""The first row of the navigation; `console.group_<name>` is what it is called. The second row holds its places."""


@dataclass(frozen=True)
class Place:
    """An entry of the navigation: the view, its text (`subject.entry`), its group, who sees it.

    Views whose endpoint is that of the place and `_something` lie below it.
    """

    endpoint: str
    text: str
    group: str
    roles: tuple[Role, ...] = ()

    def holds(self, endpoint: str) -> bool:
        return endpoint == self.endpoint or endpoint.startswith(f"{self.endpoint}_")


@dataclass(frozen=True)
class Group:
    """What one member sees of a group; `here` when the page shown lies in it."""

    name: str
    places: tuple[Place, ...]
    here: bool


def navigation() -> list[Place]:
    """The entries in their order; another console appends its own."""
    places: list[Place] = current_app.extensions.setdefault(
        _NAVIGATION,
        [
            Place("console.queue", "console.queue_title", "residents", (Role.AGENT,)),
            Place("console.canned", "staff_inbox.canned_title", "residents", (Role.AGENT,)),
            Place("console.channels", "staff_channels.title", "residents", (Role.APPROVER,)),
            Place("console.articles", "staff_articles.title", "knowledge", tuple(Role)),
            Place("console.article_queue", "staff_articles.queue_title", "knowledge", (Role.APPROVER,)),
            Place("console.health", "staff_health.title", "knowledge", tuple(Role)),
            Place("console.tasks", "staff_tasks.title", "knowledge", (Role.AGENT, Role.EDITOR, Role.APPROVER, Role.EVALUATOR)),
            Place("console.trial", "staff_trial.title", "knowledge", tuple(Role)),
            Place("console.translations", "staff_translations.title", "knowledge", (Role.EDITOR, Role.APPROVER)),
            Place("console.plain", "staff_translations.plain_title", "knowledge", tuple(Role)),
            Place("console.synonyms", "console.synonyms_title", "knowledge", tuple(Role)),
            Place("evaluation.life", "staff_life.title", "evaluation", tuple(Role)),
            Place("evaluation.runs", "staff_evaluation.runs_title", "evaluation", _EVALUATORS),
            Place("evaluation.ratings", "staff_rating.title", "evaluation", (Role.EVALUATOR,)),
            Place("evaluation.sets", "staff_evaluation.sets_title", "evaluation", _EVALUATORS),
            Place("console.imports", "staff_imports.title", "knowledge", (Role.EDITOR, Role.APPROVER)),
            Place("console.exports", "staff_imports.export_title", "knowledge", (Role.EDITOR, Role.APPROVER)),
            Place("console.accounts", "console.accounts_title", "management"),
            Place("console.audit", "staff_audit.title", "management"),
            Place("console.password", "console.account_title", "own", tuple(Role)),
            Place("console.factor", "staff_signin.factor_title", "own", tuple(Role)),
        ],
    )
    return places


def groups(member: Member, endpoint: str) -> list[Group]:
    """The navigation as `member` sees it on the page of `endpoint`."""
    seen = [place for place in navigation() if member.may(*place.roles)]
    made = [(name, tuple(place for place in seen if place.group == name)) for name in GROUPS]
    here = _place_of(seen, endpoint)
    return [Group(name, places, here is not None and here.group == name) for name, places in made if places]


def _place_of(places: Sequence[Place], endpoint: str) -> Place | None:
    """The place the view lies below, the longest name winning: a hand-over lies below the queue."""
    named = "console.queue" if endpoint.startswith("console.handoff") else endpoint
    return max((p for p in places if p.holds(named)), key=lambda p: len(p.endpoint), default=None)


def language() -> str:
    """The language the member of staff reads."""
    chosen = session.get(LANGUAGE)
    return chosen if chosen in LANGUAGES else LANGUAGES[0]


def t(entry: str, **slots: object) -> str:
    """A text of bot/texts/console.yml, or of another subject when `entry` names it."""
    key = entry if "." in entry else f"console.{entry}"
    return say(key, language(), **slots)


def context() -> dict[str, Any]:
    """What the layout needs; for the templates of every staff page."""
    member = current_user if current_user.is_authenticated else None
    endpoint = request.endpoint or ""
    places = [] if member is None or member.must_change_password or factor_is_missing(member) else groups(member, endpoint)
    here = _place_of([place for group in places for place in group.places], endpoint)
    return {"t": t, "language": language(), "member": member, "places": places, "here": here, "Role": Role}


def home() -> str:
    """Where a member of staff begins."""
    if current_user.is_authenticated and factor_is_missing(current_user):
        return url_for("console.factor")
    inbox = current_user.is_authenticated and current_user.may(Role.AGENT)
    return url_for("console.queue" if inbox else "console.password")


def ask_to_log_in() -> ResponseReturnValue:
    """Send a reader to the log-in, and show it at once to somebody who has just sent something: nothing typed is lost."""
    if request.method in ("GET", "HEAD"):
        return redirect(url_for("console.login", next=request.full_path.rstrip("?")))
    typed = getattr(current_app.view_functions[request.endpoint or ""], TYPED, None)
    if typed is not None:
        return log_in_page(request.path, typed()[:DRAFT_LENGTH] if from_here() else "", notice="session_ended"), 401
    handoff = (request.view_args or {}).get("handoff")
    target = url_for("console.handoff", handoff=handoff) if handoff is not None else ""
    draft = request.form.get("text", "")[:DRAFT_LENGTH] if from_here() else ""
    return log_in_page(target, draft, notice="session_ended"), 401


def log_in_page(target: str, draft: str = "", **about: Any) -> str:
    """The log-in form; `target` and `draft` are carried through it."""
    return render_template("console/login.html", target=target, draft=draft, **current_app.extensions[_TOWNS](), **about)


def refusal(status: int, entry: str) -> tuple[str, int]:
    """A page that says what cannot be done and leads back."""
    return render_template("console/refusal.html", message=t(entry), home=home()), status


def register(blueprint: Blueprint) -> None:
    """Answer refusals of the console with pages in its own look."""
    for status, entry in ((403, "forbidden"), (404, "not_found"), (405, "not_found"), (413, "too_large"), (429, "too_many")):
        blueprint.register_error_handler(status, _page(status, entry))


def offer_towns(app: Flask, database: Database, settings: Settings) -> None:
    """Let the log-in form name the municipalities of this installation, the own one first, and the single sign-on."""
    single_sign_on = settings.oidc_label if settings.oidc_issuer else ""

    def find() -> dict[str, Any]:
        with database.read() as session:
            towns = store.municipalities(session)
            return {"towns": towns, "own": settings.municipality, "single_sign_on": single_sign_on}

    app.extensions[_TOWNS] = find


def demand_factor(app: Flask, settings: Settings) -> None:
    """Say which roles only enter with a second factor."""
    app.extensions[_FACTOR] = (frozenset(settings.second_factor_roles.split()), settings.oidc_second_factor)


def factor_is_demanded(member: Member) -> bool:
    """Whether this role only enters with a second factor, and the issuer of the single sign-on has not asked for one."""
    demanding, issuer_asks = current_app.extensions[_FACTOR]
    return member.role in demanding and not (issuer_asks and entered_by_issuer())


def factor_is_missing(member: Member) -> bool:
    """Whether a second factor has to be set up before anything else."""
    return not member.second_factor and factor_is_demanded(member)


def entered_by_issuer() -> bool:
    """Whether this session began by single sign-on."""
    return bool(session.get(BY_ISSUER))


def _page(status: int, entry: str) -> Callable[[Exception], ResponseReturnValue]:
    def answer(error: Exception) -> ResponseReturnValue:
        page, code = refusal(status, entry)
        kept = [(k, v) for k, v in error.get_headers() if k != "Content-Type"] if isinstance(error, HTTPException) else []
        return page, code, kept

    return answer


def from_here() -> bool:
    """Whether the form sent is one of this site; another could put words into the reply box of whoever logs in next."""
    return request.headers.get("Sec-Fetch-Site", "same-origin") == "same-origin"
