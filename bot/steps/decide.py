"""Answer, ask back or hand over: by the calibrated probability that the best candidate is right."""

from __future__ import annotations

from bot.answer import Status
from bot.decision import features
from bot.turn import Services, Topic, Turn

NOTHING_FAMILIAR = 0.2
"""Below this share of known words (by idf) in the best article, what is asked about is not the desk's field."""
HALF_FAMILIAR = 0.35
"""Below this share no choices are offered: articles that miss the subject only puzzle (ラーメン屋 -> 死亡届)."""
SAME_QUESTION = 0.98
"""Probability when the question is, letter for letter, one that staff gave to exactly one article."""


def decide(turn: Turn, services: Services) -> Turn:
    """Set `probability` of every topic and, where nothing set it before, `status`."""
    return turn.with_(topics=tuple(_decided(t, services) for t in turn.topics))


def _decided(topic: Topic, services: Services) -> Topic:
    if not topic.ranked:
        return topic.with_(probability=0.0, status=topic.status or Status.OUT_OF_SCOPE)
    best = topic.ranked[0].candidate
    words = len(topic.found.words) if topic.found else 0
    model = services.decision
    if topic.chosen == best.article.id:
        probability = 1.0
    elif sum(r.candidate.exact for r in topic.ranked) == 1:
        probability = SAME_QUESTION
    else:
        probability = model.probability(features([r.score for r in topic.ranked], best, words))
    limits = model.thresholds_for(best.article.category)
    if probability >= limits.answer:
        status = Status.ANSWERED
    elif best.coverage < NOTHING_FAMILIAR:
        status = Status.OUT_OF_SCOPE
    elif probability >= limits.ask and best.coverage >= HALF_FAMILIAR and len(topic.ranked) > 1:
        status = Status.ASKED_BACK
    else:
        status = Status.UNSURE
    return topic.with_(probability=probability, status=topic.status or status)
