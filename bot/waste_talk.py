"""Waste questions that go on over several messages: 「桜台」 after 「燃えないゴミいつ」, 「鍋は？」 after 「傘の捨て方」."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot import subject_words, topics
from bot.answer import Status
from bot.question import PastTurn
from bot.wording import say
from indexer import text
from knowledge import waste
from knowledge.waste import WasteTable

TABLE_ID = "waste-table"
"""Id of the sorting table as the source of an answer."""
_LIVING = re.compile(r"地区|地域|町内|[一二三四五六七八九十0-9０-９]+丁目|に?住んで(?:い)?(?:る|ます)|在住|住まい")
LONGEST_FOLLOW_UP = 4
"""Content words of a message that only names a district, a category or an item."""


def earlier_question(said: str, history: Sequence[PastTurn], table: WasteTable) -> str | None:
    """The waste question this message goes on with; None when it stands alone or turns to something else."""
    if waste.asks_collection_day(said) or len(text.tokens(said)) > LONGEST_FOLLOW_UP:
        return None
    if waste.asks_about_waste(said) and not subject_words.names_no_subject(said) and not waste.find_labels(table, said):
        return None  # 「では電池は何ごみ？」 says all there is to know
    named = _only_tells_where(said, table) or waste.find_labels(table, said) or names_item(table, said)
    return _last_asked(history, table) if named or subject_words.names_no_subject(said) else None


def district(said: str, whole: str, history: Sequence[PastTurn], table: WasteTable) -> str | None:
    """The district of this message, else of the question it goes on with, else the one named last before."""
    places = (waste.find_district(table, words) for words in (said, whole, *(t.question for t in reversed(history))))
    return next((place for place in places if place), None)


def names_item(table: WasteTable, said: str) -> str | None:
    """The name of the row of the sorting table that is meant, None when none is or several are."""
    found = waste.look_up(table, said, text.surfaces(said))
    return found.items[0].name if found.kind in ("one", "ask_material") else None


def _only_tells_where(said: str, table: WasteTable) -> bool:
    """「桜台です」「中央に住んでいます」「桜台は？」, but not 「桜台の避難所は？」."""
    place = waste.find_district(table, said)
    return place is not None and subject_words.names_no_subject(_LIVING.sub("", said.replace(place, "")))


def _last_asked(history: Sequence[PastTurn], table: WasteTable) -> str | None:
    """The last question for an item or a day, with what was asked about it since (「いつ出せますか」)."""
    since: list[str] = []
    for past in reversed(history):
        for part in reversed(topics.split(past.question)):
            if waste.asks_collection_day(part) or waste.asks_about_waste(part):
                return " ".join([part, *since])
            if TABLE_ID in past.article_ids and (name := names_item(table, part)):
                return " ".join([say("waste.item_question", name=name), *since])
        if past.status != Status.ASKED_BACK and TABLE_ID not in past.article_ids:
            return None
        if subject_words.names_no_subject(past.question):
            since.insert(0, past.question)
    return None
