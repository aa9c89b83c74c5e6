"""Waste questions that go on over several messages: 「桜台」 after 「燃えないゴミいつ」, 「鍋は？」 after 「傘の捨て方」."""

from __future__ import annotations

from collections.abc import Sequence

from bot import topics
from bot.answer import Status
from bot.question import PastTurn
from indexer import text
from knowledge import waste
from knowledge.waste import WasteTable

TABLE_ID = "waste-table"
"""Id of the sorting table as the source of an answer."""
LONGEST_FOLLOW_UP = 4
"""Content words of a message that only names a district, a category or an item."""


def earlier_question(said: str, history: Sequence[PastTurn], table: WasteTable) -> str | None:
    """The waste question this message goes on with; None when it stands alone or turns to something else."""
    if waste.asks_collection_day(said) or len(text.tokens(said)) > LONGEST_FOLLOW_UP:
        return None
    asked = _last_asked(history)
    if asked is None or not (waste.find_district(table, said) or waste.find_labels(table, said) or names_item(table, said)):
        return None
    return asked


def district(said: str, whole: str, history: Sequence[PastTurn], table: WasteTable) -> str | None:
    """The district of this message, else of the question it goes on with, else the one named last before."""
    places = (waste.find_district(table, words) for words in (said, whole, *(t.question for t in reversed(history))))
    return next((place for place in places if place), None)


def names_item(table: WasteTable, said: str) -> bool:
    """Whether a row of the sorting table is named."""
    return waste.look_up(table, said, text.surfaces(said)).kind in ("one", "ask_material")


def _last_asked(history: Sequence[PastTurn]) -> str | None:
    for past in reversed(history):
        for part in reversed(topics.split(past.question)):
            if waste.asks_collection_day(part) or waste.asks_about_waste(part):
                return part
        if past.status != Status.ASKED_BACK and TABLE_ID not in past.article_ids:
            return None
    return None
