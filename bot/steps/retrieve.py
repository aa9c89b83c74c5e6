"""Candidates for every topic, from the articles in force on the day of the question."""

from __future__ import annotations

from bot.turn import Services, Turn


def retrieve(turn: Turn, services: Services) -> Turn:
    """Set `found` of every topic, also of those that will not be answered: staff see what there was.

    What understand has looked up already is not looked up again.
    """
    on = turn.question.asked_on
    return turn.with_(topics=tuple(t.with_(found=t.found or services.index.search(t.text, on)) for t in turn.topics))
