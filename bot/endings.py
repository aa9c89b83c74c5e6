"""The fixed text of each ending, and whom to turn to: a non-answer always names a department and offers a person."""

from __future__ import annotations

from collections import Counter

from bot.answer import Contact, Status, TopicAnswer
from bot.opening_hours import contact
from bot.turn import Services, Topic
from bot.wording import say
from knowledge.articles import Department


def contact_of(services: Services, department: str, language: str) -> Contact:
    """The department of this key, else the reception, else the town hall's main counter by name."""
    content = services.content
    found: Department | None = content.department_of.get(department) or content.reception
    if found is None:
        name = say("endings.main_counter", language, municipality=content.municipality.name)
        return Contact(department=department or name)
    return contact(found, content.municipality, services.clock(), language)


def told(text: str, contact: Contact, language: str) -> str:
    """The text followed by the contact in one sentence, for channels that show plain text only."""
    phone = say("endings.contact_phone", language, phone=contact.phone) if contact.phone else ""
    hours = say("endings.contact_hours", language, hours=contact.hours) if contact.hours else ""
    return f"{text}\n{say('endings.contact', language, department=contact.department, phone=phone, hours=hours)}"


def ending(topic: Topic, status: Status, services: Services, language: str, **slots: object) -> TopicAnswer:
    """The answer of a topic that ends without an article."""
    to = contact_of(services, _likely_department(topic) if status == Status.UNSURE else "", language)
    slots.setdefault("municipality", services.content.municipality.name)
    text = say(f"endings.{status.value}", language, **slots)
    if status != Status.SMALL_TALK:
        text = told(text, to, language)
    return TopicAnswer(
        topic.text, status, text, contact=to, probability=topic.probability, ranking=ranking(topic),
        facet=topic.facets[0].key if topic.facets else None,
    )  # fmt: skip


def _likely_department(topic: Topic) -> str:
    """The department two of the three best candidates agree on; "" leads to the reception."""
    departments = Counter(r.candidate.article.department for r in topic.ranked[:3])
    key, times = next(iter(departments.most_common(1)), ("", 0))
    return key if times > 1 or len(topic.ranked) == 1 else ""


def ranking(topic: Topic, most: int = 20) -> tuple[str, ...]:
    """Ids of the best candidates, best first."""
    return tuple(r.candidate.article.id for r in topic.ranked[:most])
