"""Which questions the message holds, what each leaves out, and whether one wants something else than an answer."""

from __future__ import annotations

from bot import intents, topics, waste_talk
from bot.answer import Status
from bot.facets import recognise
from bot.turn import Services, Topic, Turn

MOST_TOPICS = 5
"""Questions of one message answered apart; the rest is kept with the last so that nothing is dropped."""


def understand(turn: Turn, services: Services) -> Turn:
    """Set `topics`, at least one; each keeps the resident's words."""
    if turn.question.choice:
        article = services.content.article_of.get(turn.question.choice)
        if article is not None:
            # What was asked for stands in the question before; the pressed title only names the article.
            asked = turn.question.history[-1].question if turn.question.history else ""
            return turn.with_(topics=(Topic(turn.text, recognise(asked), chosen=article.id),))
    if intents.is_small_talk(turn.text):
        return turn.with_(topics=(Topic(turn.text, status=Status.SMALL_TALK),))
    parts = topics.split(turn.text)
    if len(parts) > MOST_TOPICS:
        parts = [*parts[: MOST_TOPICS - 1], " ".join(parts[MOST_TOPICS - 1 :])]
    return turn.with_(topics=tuple(_topic(part, turn, services) for part in parts))


def _topic(part: str, turn: Turn, services: Services) -> Topic:
    history, table = turn.question.history, services.content.waste
    earlier = waste_talk.earlier_question(part, history, table) if table else None
    text, follows = (f"{earlier} {part}", ()) if earlier else topics.standalone(part, history)
    topic = Topic(text, recognise(part), said=part, follows=follows)
    if intents.wants_person(part):
        return topic.with_(status=Status.PERSON_REQUESTED)
    if intents.other_municipality(part, services.content):
        return topic.with_(status=Status.OTHER_MUNICIPALITY)
    return topic
