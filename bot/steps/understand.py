"""Which questions the message holds, what each leaves out, and whether one wants something else than an answer."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot import follow_up, intents, topics, waste_talk
from bot.answer import Status
from bot.candidates import Candidates
from bot.facets import Facet, recognise
from bot.question import PastTurn
from bot.steps.decide import decide
from bot.steps.rank import rank
from bot.steps.retrieve import retrieve
from bot.turn import Services, Topic, Turn

_NAMES_ONLY = re.compile(
    r"^(?:じゃあ?|では|あと)?[、,\s]*[^、。?？がを]{1,14}?"
    r"(?:は|も|なら|だと|だったら|でも|ても|の場合は?|(?:の)?(?:ほう|方|やつ)は?|です|やけど|だけど|ですけど|ですが)[。?？\s]*$"
)
LOOKED_BACK = 2
"""Exchanges in which what is asked of a thing is looked for where the message only names the thing."""
MOST_TOPICS = 5
"""Questions of one message answered apart; the rest is kept with the last so that nothing is dropped."""


def understand(turn: Turn, services: Services) -> Turn:
    """Set `topics`, at least one; each keeps the resident's words."""
    if turn.question.choice:
        article = services.content.article_of.get(turn.question.choice)
        if article is not None:
            # What was asked for stands in the question before; the pressed title only names the article.
            asked = turn.question.history[-1].question if turn.question.history else ""
            return turn.with_(topics=(Topic(turn.text, recognise(asked), said=asked, chosen=article.id),))
    if intents.is_small_talk(turn.text):
        return turn.with_(topics=(Topic(turn.text, status=Status.SMALL_TALK),))
    looked_up: dict[str, Topic] = {}
    candidates = candidates_of(turn, services, looked_up)
    parts = topics.split(turn.text, candidates)
    if len(parts) > MOST_TOPICS:
        parts = [*parts[: MOST_TOPICS - 1], " ".join(parts[MOST_TOPICS - 1 :])]
    understood = [_topic(part, turn, services, candidates) for part in parts]
    found = {said: topic.found for said, topic in looked_up.items()}
    return turn.with_(topics=tuple(topic.with_(found=found.get(topic.text)) for topic in understood))


def candidates_of(turn: Turn, services: Services, looked_up: dict[str, Topic]) -> Candidates:
    """Look-ups of any text as this turn makes them; each is noted in `looked_up`, ranked and with its probability."""

    def ranked(said: str) -> tuple[str, ...]:
        alone = turn.with_(topics=(Topic(said),))
        (looked_up[said],) = decide(rank(retrieve(alone, services), services), services).topics
        return tuple(ranked.candidate.article.id for ranked in looked_up[said].ranked)

    return Candidates(ranked, services.content, lambda said: looked_up[said].probability or 0.0)


def _topic(part: str, turn: Turn, services: Services, candidates: Candidates) -> Topic:
    history, table = turn.question.history, services.content.waste
    earlier = waste_talk.earlier_question(part, history, table) if table else None
    text, follows = (f"{earlier} {part}", ()) if earlier else follow_up.standalone(part, history, candidates)
    topic = Topic(text, _facets(part, history), said=part, follows=follows)
    if intents.wants_person(part):
        return topic.with_(status=Status.PERSON_REQUESTED)
    if intents.other_municipality(part, services.content):
        return topic.with_(status=Status.OTHER_MUNICIPALITY)
    return topic


def _facets(part: str, history: Sequence[PastTurn]) -> tuple[Facet, ...]:
    """What is asked for; what the question before asked for where this one only names another thing (「体育館は？」)."""
    found = recognise(part)
    if found or not _NAMES_ONLY.search(part):
        return found
    return next((asked for turn in reversed(history[-LOOKED_BACK:]) if (asked := recognise(turn.question))), ())
