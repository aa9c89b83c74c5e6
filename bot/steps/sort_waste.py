"""Waste questions are answered from the table and the calendar by look-up, never by similarity."""

from __future__ import annotations

from collections import Counter
from datetime import date

from bot.answer import Choice, Source, Status, TopicAnswer
from bot.endings import contact_of, ranking
from bot.turn import Services, Topic, Turn
from bot.wording import say
from indexer.text import surfaces
from knowledge import waste
from knowledge.waste import WasteItem, WasteTable

TABLE_ID = "waste-table"
MOST_CHOICES = 5
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
    desk = _WasteDesk(topic, turn, services, table)
    answer = desk.collection_day() or desk.item()
    return topic.with_(answer=answer, status=answer.status) if answer else topic


class _WasteDesk:
    """One topic at the sorting table; each method gives an answer or None when it is not asked that."""

    def __init__(self, topic: Topic, turn: Turn, services: Services, table: WasteTable) -> None:
        self.topic, self.services, self.table = topic, services, table
        self.language, self.today = turn.language, turn.question.asked_on
        self.district = waste.find_district(table, topic.text)

    def collection_day(self) -> TopicAnswer | None:
        """When something is collected; asks for the district where the question does not name it."""
        text = self.topic.text
        label = waste.find_label(self.table, text)
        if not waste.asks_collection_day(text):
            return None
        if self.district is None:
            districts = [area.district for area in self.table.areas]
            if not districts:
                return None
            asked = label or say("waste.all_labels", self.language)
            questions = [(d, say("waste.district_question", self.language, district=d, label=asked)) for d in districts]
            return self._ask(say("waste.which_district", self.language), questions)
        labels = [label] if label else [x for x in self.table.labels if self._days(x)]
        return self._answer("\n".join(self._when(x) for x in labels))

    def item(self) -> TopicAnswer | None:
        """How to put out one or several items; asks for the material, or offers near items where nothing else is known."""
        text = self.topic.text
        if not waste.asks_about_waste(text):
            return None
        matches = waste.look_up_each(self.table, text, surfaces(text))
        rows = [row for match in matches if match.kind == "one" for row in match.items]
        if rows and all(match.kind == "one" for match in matches):
            return self._answer("\n".join(self._how(row) for row in rows))
        material = next((match for match in matches if match.kind == "ask_material"), None)
        if material:
            name = material.items[0].name
            told = [self._how(row) for row in rows]
            questions = [
                (row.material, say("waste.material_question", self.language, material=row.material, name=name)) for row in material.items
            ]
            return self._ask("\n".join([*told, say("waste.which_material", self.language, name=name)]), questions)
        near = matches[0].nearest[:MOST_CHOICES] if matches else ()
        if near and self.topic.status in _UNCERTAIN:
            questions = [(name, say("waste.item_question", self.language, name=name)) for name in near]
            return self._ask(say("waste.which_item", self.language), questions)
        return None

    def _days(self, label: str) -> str:
        return next((area.days.get(label, "") for area in self.table.areas if area.district == self.district), "")

    def _when(self, label: str) -> str:
        days = self._days(label)
        if not days or self.district is None:
            return say("waste.no_days", self.language, label=label)
        dates = say("waste.and", self.language).join(self._date(d) for d in waste.next_collection(self.table, self.district, label, self.today))
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
        department = _waste_department(self.services)
        contact = contact_of(self.services, department, self.language)
        title = say("waste.table_title", self.language, municipality=self.services.content.municipality.name)
        checked = self.services.content.waste_checked
        source = Source(
            TABLE_ID, title, self.services.content.municipality.url, contact.department, checked.isoformat() if checked else ""
        )
        answered = status == Status.ANSWERED
        return TopicAnswer(
            self.topic.text, status, text, sources=(source,) if answered else (), choices=choices, contact=contact,
            probability=1.0 if answered else self.topic.probability, ranking=ranking(self.topic),
        )  # fmt: skip


def _waste_department(services: Services) -> str:
    """The department that answers for most articles on waste; "" leads to the reception."""
    keys = Counter(a.department for a in services.content.articles if a.category.startswith("ごみ") and a.department)
    return keys.most_common(1)[0][0] if keys else ""
