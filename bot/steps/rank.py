"""Order each topic's candidates: words and meaning weighed together, the conversation's own articles first."""

from __future__ import annotations

from bot.turn import Ranked, Services, Topic, Turn
from indexer.search import Candidate, SearchIndex

DENSE_WEIGHT = 4.0
"""Weight of the vectors against BM25, both in standard deviations; tuned on localgovFAQ dev (docs/benchmarks.md)."""
FOLLOWED = 6.0
"""What an article the conversation is about gains in a follow-up question, in the same unit."""


def rank(turn: Turn, services: Services) -> Turn:
    """Set `ranked` of every topic, best first; equal scores in the order of their ids."""
    return turn.with_(topics=tuple(t.with_(ranked=_ranked(t, services.index)) for t in turn.topics))


def fused(candidate: Candidate, index: SearchIndex) -> float:
    """BM25 plus DENSE_WEIGHT times the cosines with question and body, each in standard deviations."""
    dense = (candidate.question + candidate.body - index.dense_mean) / index.dense_deviation
    return candidate.lexical + DENSE_WEIGHT * dense


def _ranked(topic: Topic, index: SearchIndex) -> tuple[Ranked, ...]:
    candidates = topic.found.kept if topic.found else ()
    scored = [Ranked(c, fused(c, index) + (FOLLOWED if c.article.id in topic.follows else 0.0)) for c in candidates]
    # What the resident picked comes first, then an article staff gave this very question to.
    return tuple(
        sorted(
            scored,
            key=lambda r: (r.candidate.article.id != topic.chosen, not r.candidate.exact, -r.score, r.candidate.article.id),
        )
    )
