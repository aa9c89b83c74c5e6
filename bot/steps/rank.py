"""Order each topic's candidates: words and meaning weighed together, the conversation's own articles first."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from bot.ranker import Ranker, features
from bot.turn import Ranked, Services, Topic, Turn
from indexer.search import Candidate, SearchIndex

DENSE_WEIGHT = 7.0
"""Weight of the vectors against BM25, both in standard deviations; tuned on localgovFAQ dev (docs/benchmarks.md)."""
RANKER_WEIGHT = 0.6
"""Weight of the learned ranker against that sum, both in standard deviations over a question's candidates; tuned there too."""
FOLLOWED = 10.0
"""What an article the conversation is about gains in a follow-up question, in the same unit."""


def rank(turn: Turn, services: Services) -> Turn:
    """Set `ranked` of every topic, best first; equal scores in the order of their ids."""
    return turn.with_(topics=tuple(t.with_(ranked=_ranked(t, services)) for t in turn.topics))


def fused(candidate: Candidate, index: SearchIndex) -> float:
    """BM25 plus DENSE_WEIGHT times the cosines with question and body, each in standard deviations: needs no label."""
    dense = (candidate.question + candidate.body - index.dense_mean) / index.dense_deviation
    return candidate.lexical + DENSE_WEIGHT * dense


def scores(candidates: Sequence[Candidate], question_words: int, index: SearchIndex, ranker: Ranker | None) -> list[float]:
    """The sum, and where there is a ranker its opinion brought to the sum's deviation: one unit with or without it."""
    sums = [fused(c, index) for c in candidates]
    if ranker is None or len(sums) < 2:
        return sums
    learned = ranker.scores(features(candidates, sums, question_words))
    deviation = float(learned.std())
    if deviation == 0:
        return sums
    gained = RANKER_WEIGHT * float(np.std(sums)) * (learned - learned.mean()) / deviation
    return [float(s + g) for s, g in zip(sums, gained, strict=True)]


def _ranked(topic: Topic, services: Services) -> tuple[Ranked, ...]:
    candidates = topic.found.kept if topic.found else ()
    words = len(topic.found.words) if topic.found else 0
    known = scores(candidates, words, services.index, services.ranker)
    scored = [
        Ranked(c, score + (FOLLOWED if c.article.id in topic.follows else 0.0))
        for c, score in zip(candidates, known, strict=True)
    ]
    # What the resident picked comes first, then an article staff gave this very question to.
    return tuple(
        sorted(
            scored,
            key=lambda r: (r.candidate.article.id != topic.chosen, not r.candidate.exact, -r.score, r.candidate.article.id),
        )
    )
