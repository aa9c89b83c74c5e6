"""Pages and files for residents: the demo home page, the widget's files and labels, the page without JavaScript."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import yaml
from flask import Blueprint, Response, abort, jsonify, redirect, render_template, send_from_directory
from flask.typing import ResponseReturnValue
from flask_limiter import Limiter

from bot import opening_hours
from bot.channel_state import Switchboard
from bot.channels.web import CHANNEL
from bot.notices import notices_json
from bot.town import UnknownTown, load_town
from bot.wording import TEXTS, say
from database import Database, now
from settings import DEMO_MUNICIPALITY, Settings
from widget.ask import AskPage
from widget.resume import ResumePage

if TYPE_CHECKING:
    from bot.desk import Desk

HERE = Path(__file__).parent
STATIC = HERE / "static"
LANGUAGES = ("ja", "yasashii", "en")
"""Languages with labels of their own; others are served Japanese ones."""
CACHE_SECONDS = 300
"""Five minutes: an update reaches every resident soon, and a page view seldom asks for the files again."""
TYPES = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".svg": "image/svg+xml"}


def create_blueprint(settings: Settings, database: Database, desk: Desk, limiter: Limiter) -> Blueprint:
    """Everything at `/`, `/ask` and `/widget/`; questions count towards the same limit as those of the API."""
    blueprint = Blueprint("widget", __name__, template_folder="templates")
    site = _Site(settings, database)
    blueprint.add_url_rule("/", "home", site.home)
    blueprint.add_url_rule("/widget/texts/<language>.json", "texts", site.texts)
    blueprint.add_url_rule("/widget/reception/<code>/<language>.json", "reception", site.reception)
    blueprint.add_url_rule("/widget/<path:name>", "file", site.file)
    page = AskPage(settings, database, desk)
    counted = limiter.shared_limit(settings.rate_limit_messages, "messages")
    blueprint.add_url_rule("/ask", "ask", page.show, methods=["GET"])
    for path, view in (
        ("/ask", page.ask),
        ("/ask/person", page.request_person),
        ("/ask/feedback", page.judge),
        ("/ask/rating", page.rate),
    ):
        blueprint.add_url_rule(path, f"post_{view.__name__}", counted(view), methods=["POST"])
    resumed = ResumePage(settings, database)
    blueprint.add_url_rule("/resume/<token>", "resume", counted(resumed.show), methods=["GET"])
    blueprint.add_url_rule("/ask/clear", "post_clear", page.clear, methods=["POST"])
    blueprint.add_url_rule("/ask/<_step>", "ask_again", lambda _step: redirect("/ask"), methods=["GET"])
    return blueprint


@cache
def labels(language: str) -> dict[str, str]:
    """Every label of the widget in a language, Japanese where it has none."""
    keys = yaml.safe_load((TEXTS / "widget.yml").read_text(encoding="utf-8"))
    return {key: say(f"widget.{key}", language) for key in keys}


@cache
def emergency_numbers() -> dict[str, str]:
    """Numbers for the home page, from the one reviewed file."""
    entries = yaml.safe_load((TEXTS / "emergency_numbers.yml").read_text(encoding="utf-8"))["numbers"]
    return {key: str(entries[key]["number"]) for key in ("fire_ambulance", "police")}


class _Site:
    def __init__(self, settings: Settings, database: Database) -> None:
        self._settings = settings
        self._database = database
        self._switchboard = Switchboard.of(database)

    def home(self) -> ResponseReturnValue:
        with self._database.read() as session:
            try:
                town = load_town(session, self._settings.municipality)
            except UnknownTown:
                abort(404)
        local = now().astimezone(self._settings.zone)
        reception = opening_hours.contact(town.counter(""), town.municipality, local)
        return render_template(
            "widget/home.html",
            town=town.municipality,
            reception=reception,
            emergency=emergency_numbers(),
            demo=town.municipality.code == DEMO_MUNICIPALITY,
            max_length=self._settings.message_max_length,
            notices=notices_json(self._switchboard.shown(town.municipality.code, CHANNEL, local), "ja", local),
            label=lambda key, **slots: say(f"widget.{key}", "ja", **slots),
        )

    def texts(self, language: str) -> ResponseReturnValue:
        """The labels of a language; any other name than a language of the desk is refused."""
        if language not in LANGUAGES:
            abort(404)
        body = {"language": language, "labels": labels(language), "message_max_length": self._settings.message_max_length}
        return _shared(jsonify(body))

    def reception(self, code: str, language: str) -> ResponseReturnValue:
        """Whom a resident turns to before the desk knows the department, and whether that counter is open now."""
        municipality = self._settings.municipality if code == "default" else code
        with self._database.read() as session:
            try:
                town = load_town(session, municipality)
            except UnknownTown:
                abort(404)
        local = now().astimezone(self._settings.zone)
        response = jsonify(opening_hours.contact(town.counter(""), town.municipality, local, language))
        response.headers["Access-Control-Allow-Origin"] = "*"
        response.headers["Cache-Control"] = "no-store"
        return response

    def file(self, name: str) -> ResponseReturnValue:
        content_type = TYPES.get(Path(name).suffix)
        if content_type is None:
            abort(404)
        response = send_from_directory(STATIC, name, conditional=True)
        response.headers["Content-Type"] = content_type
        return _shared(response)


def _shared(response: Response) -> Response:
    """Any web site may load it: it is the same for everybody and says nothing about anyone."""
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    response.headers["Cache-Control"] = f"public, max-age={CACHE_SECONDS}"
    return response
