"""What a resident asked, as the pipeline receives it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from bot.answer import Status


@dataclass(frozen=True)
class PastTurn:
    """An earlier exchange of the conversation: the masked question and what the desk did with it."""

    question: str
    status: Status | None = None
    article_ids: tuple[str, ...] = ()


@dataclass(frozen=True)
class Question:
    """One message.

    `text` is what arrived; nothing but the screen step reads it. `choice` is the id of the article a resident
    picked among offered choices. `asked_on` is the municipality's date, for articles in force.
    """

    municipality: str
    text: str
    asked_on: date
    language: str = "ja"
    channel: str = "web"
    history: tuple[PastTurn, ...] = ()
    choice: str | None = None
