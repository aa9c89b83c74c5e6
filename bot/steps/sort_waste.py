"""Waste questions are answered from the table and the calendar by look-up, never by similarity."""

from __future__ import annotations

from datetime import date

from bot import waste_talk
from bot.answer import Choice, Source, Status, TopicAnswer
from bot.endings import contact_of, ranking, told
from bot.turn import Services, Topic, Turn
from bot.waste_talk import TABLE_ID
from bot.wording import say
from indexer.text import surfaces
from knowledge import waste
from knowledge.waste import WasteItem, WasteTable

MOST_CHOICES = 5
_TOLD_BY_ARTICLES = frozenset({"fee", "deadline", "proxy", "online", "mail", "eligibility", "counter", "documents"})
_UNCERTAIN = (Status.UNSURE, Status.OUT_OF_SCOPE, Status.ASKED_BACK)


def sort_waste(turn: Turn, services: Services) -> Turn:
    """Set `answer` of the topics that ask how to put out an item or when something is collected."""
    table = services.content.waste
    if table is None:
        return turn
    return turn.with_(topics=tuple(_sorted(t, turn, services, table) for t in turn.topics))


def _sorted(topic: Topic, turn: Turn, services: Services, table: WasteTable) -> Topic:
    if topic.chosen or topic.status in (Status.PERSON_REQUESTED, Status.OTHER_MUNICIPALITY, Status.SMALL_TALK):
        return topic
    if topic.status == Status.ANSWERED and any(facet.key in _TOLD_BY_ARTICLES for facet in topic.facets):
        return topic  # the table knows neither fees nor deadlines
    desk = _WasteDesk(topic, turn, services, table)
    answer = desk.collection_day() or desk.item()
    return topic.with_(answer=answer, status=answer.status) if answer else topic


class _WasteDesk:
    """One topic at the sorting table; each method gives an answer or None when it is not asked that."""

    def __init__(self, topic: Topic, turn: Turn, services: Services, table: WasteTable) -> None:
        self.topic, self.services, self.table = topic, services, table
        self.language, self.today = turn.language, turn.question.asked_on
        self.contact = contact_of(services, services.content.waste_department, self.language)
        self.said = topic.said or topic.text
        self.district = waste_talk.district(self.said, topic.text, turn.question.history, table)

    def collection_day(self) -> TopicAnswer | None:
        """When something is collected; asks for the district where the conversation has not named it."""
        if not waste.asks_collection_day(self.topic.text):
            return None
        labels: list[str] = []
        for words in (self.said, self.topic.text):
            labels = labels or waste.find_labels(self.table, words)
            if not labels and waste_talk.names_item(self.table, words):
                return None  # 「フライパンはいつ出せる」 is answered with the item's category and its days
        collected = [x for x in labels or self.table.labels if self._collected(x)]
        if not collected:
            # Nothing of this kind has a day of its own (粗大ごみ): an article says how it is collected.
            return self._dates(labels) if labels and self.topic.status in _UNCERTAIN else None
        return self._dates(labels or collected) if self.district else self._ask_district(labels)

    def _dates(self, labels: list[str]) -> TopicAnswer:
        text = "\n".join(self._when(x) for x in labels)
        return self._answer(text if all(self._days(x) for x in labels) else told(text, self.contact, self.language))

    def _ask_district(self, labels: list[str], known: str = "") -> TopicAnswer:
        asked = "と".join(labels) or say("waste.all_labels", self.language)
        districts = [area.district for area in self.table.areas]
        questions = [(d, say("waste.district_question", self.language, district=d, label=asked)) for d in districts]
        return self._ask(f"{known}\n{say('waste.which_district', self.language)}".strip(), questions)

    def item(self) -> TopicAnswer | None:
        """How to put out one or several items; asks for the material, or offers near items where nothing else is known."""
        text = self.topic.text
        if not waste.asks_about_waste(text):
            return None
        named = self.said if waste_talk.names_item(self.table, self.said) else text
        matches = waste.look_up_each(self.table, named, surfaces(named))
        rows = [row for match in matches if match.kind == "one" for row in match.items]
        if rows and all(match.kind == "one" for match in matches):
            how = "\n".join(self._how(row) for row in rows)
            collected = [x for x in dict.fromkeys(row.label for row in rows) if self._collected(x)]
            if collected and not self.district and waste.asks_collection_day(text):
                return self._ask_district(collected, how)
            return self._answer(how)
        material = next((match for match in matches if match.kind == "ask_material"), None)
        if material:
            name = material.items[0].name
            known = [self._how(row) for row in rows]
            made_of = [row.material for row in material.items]
            questions = [(m, say("waste.material_question", self.language, material=m, name=name)) for m in made_of]
            return self._ask("\n".join([*known, say("waste.which_material", self.language, name=name)]), questions)
        near = matches[0].nearest[:MOST_CHOICES] if matches else ()
        if near and self.topic.status in _UNCERTAIN:
            questions = [(name, say("waste.item_question", self.language, name=name)) for name in near]
            return self._ask(say("waste.which_item", self.language), questions)
        return None

    def _collected(self, label: str) -> bool:
        return any(area.days.get(label) for area in self.table.areas)

    def _days(self, label: str) -> str:
        return next((area.days.get(label, "") for area in self.table.areas if area.district == self.district), "")

    def _when(self, label: str) -> str:
        days = self._days(label)
        if not days or self.district is None:
            return say("waste.no_days", self.language, label=label)
        coming = waste.next_collection(self.table, self.district, label, self.today)
        dates = say("waste.and", self.language).join(self._date(day) for day in coming)
        spoken = waste.describe_days(days)
        return say("waste.days", self.language, district=self.district, label=label, days=spoken, dates=dates)

    def _date(self, day: date) -> str:
        weekday = say(f"hours.weekday_{day.weekday()}", self.language)
        return say("waste.date", self.language, month=day.month, day=day.day, weekday=weekday)

    def _how(self, row: WasteItem) -> str:
        key = "waste.item_of_material" if row.material else "waste.item"
        lines = [say(key, self.language, name=row.name, material=row.material, label=row.label), row.notice]
        if self.district and self._days(row.label):
            lines.append(self._when(row.label))
        return "".join(lines)

    def _answer(self, text: str) -> TopicAnswer:
        return self._reply(Status.ANSWERED, text, ())

    def _ask(self, text: str, questions: list[tuple[str, str]]) -> TopicAnswer:
        return self._reply(Status.ASKED_BACK, text, tuple(Choice(label, question) for label, question in questions))

    def _reply(self, status: Status, text: str, choices: tuple[Choice, ...]) -> TopicAnswer:
        title = say("waste.table_title", self.language, municipality=self.services.content.municipality.name)
        checked = self.services.content.waste_checked
        date_checked = checked.isoformat() if checked else ""
        source = Source(TABLE_ID, title, self.services.content.municipality.url, self.contact.department, date_checked)
        answered = status == Status.ANSWERED
        return TopicAnswer(
            self.topic.text, status, text, sources=(source,) if answered else (), choices=choices, contact=self.contact,
            probability=1.0 if answered else self.topic.probability, ranking=ranking(self.topic),
            facet=self.topic.facets[0].key if self.topic.facets else None,
        )  # fmt: skip
