"""The page behind the link of an e-mail: whoever has the link goes on with the conversation in this browser.

The link is never logged (only routes are), never sent on as a referrer, and looking at the page changes nothing: mail
programs look at links by themselves.
"""

from __future__ import annotations

from flask import make_response, render_template
from flask.typing import ResponseReturnValue

from bot import conversations, opening_hours, resume
from bot.town import Town, load_town
from bot.wording import say
from database import Database, now
from settings import Settings

LANGUAGES = ("ja", "yasashii", "en")


class ResumePage:
    def __init__(self, settings: Settings, database: Database) -> None:
        self._settings = settings
        self._database = database

    def show(self, token: str) -> ResponseReturnValue:
        """404 for a link that is wrong or whose conversation has been deleted."""
        with self._database.read() as session:
            row = resume.find(session, token)
            if row is None:
                return self._answer(load_town(session, self._settings.municipality), "ja", None, "", 404)
            talk = conversations.find(session, row.conversation)
            town = load_town(session, row.municipality)
        language = talk.language if talk.language in LANGUAGES else "ja"
        return self._answer(town, language, talk.id, row.receipt, 200)

    def _answer(self, town: Town, language: str, conversation: str | None, receipt: str, status: int) -> ResponseReturnValue:
        local = now().astimezone(self._settings.zone)
        page = render_template(
            "widget/resume.html",
            town=town.municipality,
            reception=opening_hours.contact(town.counter(""), town.municipality, local, language),
            language=language,
            tag="en" if language == "en" else "ja",
            conversation=conversation,
            receipt=receipt,
            label=lambda key, **slots: say(f"widget.{key}", language, **slots),
        )
        response = make_response(page, status)
        response.headers["Cache-Control"] = "no-store"
        return response
