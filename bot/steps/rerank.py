"""Where a re-ranker is set: the best candidates again, by a model that reads question and article together."""

from __future__ import annotations

import numpy as np
import structlog

from bot.plain_text import plain
from bot.reranker import Reranker
from bot.turn import Ranked, Services, Topic, Turn
from indexer.passages import fact_lines
from knowledge.articles import Article

log = structlog.get_logger(__name__)
TOP = 20
"""Candidates read again; the rest stay behind them."""
SHARE = 0.5
"""Weight of the re-ranker against the ranker. Not tuned: which model runs is the installation's choice, so equal weight."""
LONGEST = 1500
"""Characters of an article that are read; cross-encoders for Japanese take 512 tokens, about 800 to 1,000 characters."""


def rerank(turn: Turn, services: Services) -> Turn:
    """Set `ranked` of every topic anew; without a re-ranker, or when it fails, leave it as the ranker made it."""
    reranker = services.reranker
    if reranker is None:
        return turn
    return turn.with_(topics=tuple(t.with_(ranked=_reranked(t, reranker)) for t in turn.topics))


def _reranked(topic: Topic, reranker: Reranker) -> tuple[Ranked, ...]:
    """What the resident picked and what staff gave this very question to stay in front, in the ranker's order."""
    fixed = [r for r in topic.ranked if r.candidate.article.id == topic.chosen or r.candidate.exact]
    free = [r for r in topic.ranked if r not in fixed]
    again, rest = free[:TOP], free[TOP:]
    if len(again) < 2:
        return topic.ranked
    try:
        scores = reranker.scores(topic.text, [read(r.candidate.article) for r in again])
    except Exception as error:
        log.error("reranker_failed", error=type(error).__name__)
        return topic.ranked
    mixed = [Ranked(r.candidate, score) for r, score in zip(again, mix([r.score for r in again], scores), strict=True)]
    return (*fixed, *sorted(mixed, key=lambda r: (-r.score, r.candidate.article.id)), *rest)


def mix(ranker: list[float], reranker: list[float]) -> list[float]:
    """The mean of both, the second brought to the mean and deviation of the first, which is the unit `decide` knows."""
    first, second = np.asarray(ranker), np.asarray(reranker)
    deviation = float(second.std())
    standard = (second - second.mean()) / deviation if deviation > 0 else np.zeros_like(second)
    return [float(x) for x in (1 - SHARE) * first + SHARE * (first.mean() + first.std() * standard)]


def read(article: Article) -> str:
    """What the re-ranker reads of an article: title, body, facts."""
    facts = "\n".join(f"{label}：{'、'.join(values)}" for _, label, values in fact_lines(article.procedure))
    return f"{article.title}\n{plain(article.body)}\n{facts}"[:LONGEST]
