"""Whether a sentence of a message begins another question: a small regression on what the index finds for either.

Fitted by `python -m evaluation.fit_topics`; it reads places in rankings and shares of words only, whose scale no encoder changes.
"""

from __future__ import annotations

import json
import math
from functools import cache
from pathlib import Path
from typing import Any

from bot.candidates import Candidates
from bot.messages import ASKS
from bot.subject_words import subject_nouns, subject_words

MODEL = Path(__file__).with_name("boundaries.json")
FEATURES = (
    "before_in_now", "now_in_before", "shared", "now_in_both", "before_in_both", "same_category", "told_by_before", "told_by_now", "named",
    "words_now", "words_before", "nouns", "common_words", "asks", "marked",
)  # fmt: skip
MANY = 8
"""Words from which on a text counts as long."""


def begins_another(candidates: Candidates, before: str, said: str, least: float | None = None) -> bool:
    """Whether `said` begins another question than `before`, with at least the fitted probability or `least`."""
    model = _model()
    total = model["bias"] + sum(w * x for w, x in zip(model["weights"], features(candidates, before, said), strict=True))
    return bool(1 / (1 + math.exp(-total)) >= (model["limit"] if least is None else least))


def features(candidates: Candidates, before: str, said: str) -> list[float]:
    """FEATURES in order, each in [0, 1]."""
    first, now, both = candidates.first(before), candidates.first(said), candidates.first(f"{before} {said}")
    if not first or not now:
        return [0.0] * len(FEATURES)
    words, earlier = subject_words(said), subject_words(before)
    told = [_share(words, lambda w, a=article: candidates.mentions(a, w)) for article in (first[0], now[0])]
    return [
        _place(first[0], now),
        _place(now[0], first),
        len(set(first) & set(now)) / len(set(first) | set(now)),
        _place(now[0], both),
        _place(first[0], both),
        float(candidates.category(first[0]) == candidates.category(now[0])),
        told[0],
        told[1],
        float(bool(candidates.named(said, now[0]))),
        min(1.0, len(words) / MANY),
        min(1.0, len(earlier) / MANY),
        min(1.0, len(subject_nouns(said)) / MANY),
        _share(words, lambda w: w in earlier),
        float(bool(ASKS.search(said))),
        float(candidates.marked(said)),
    ]


def _place(article: str, ranking: tuple[str, ...]) -> float:
    """1 for the first place, 0.5 for the second, 0 for none."""
    return 1 / (1 + ranking.index(article)) if article in ranking else 0.0


def _share(words: list[str], holds: Any) -> float:
    return sum(bool(holds(word)) for word in words) / len(words) if words else 1.0


@cache
def _model() -> dict[str, Any]:
    data: dict[str, Any] = json.loads(MODEL.read_text(encoding="utf-8"))
    if tuple(data["features"]) != FEATURES:
        raise ValueError("bot/boundaries.json was fitted for other features: run `python -m evaluation.fit_topics`")
    return data
