"""Whether a piece of a message begins another question: small trees over what the index finds for the pieces.

Fitted by `python -m evaluation.fit_topics` (gradient boosting, Friedman, 2001). They read places in rankings, shares of words
and calibrated probabilities only, whose scale neither encoder nor municipality changes.
"""

from __future__ import annotations

import json
import math
import re
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

from bot.candidates import NEAR, Candidates
from bot.messages import ASKS, Unit
from bot.subject_words import ends_in_noun, subject_nouns, subject_words

MODEL = Path(__file__).with_name("boundaries.json")
FEATURES = (
    "before_in_now", "now_in_before", "shared", "now_in_both", "before_in_both", "both_found", "other_article", "same_category",
    "told_by_before", "told_by_now", "named", "common_words", "marked", "sure_before", "sure_now", "sure_both", "less_sure",
    "words_now", "words_before", "nouns", "asks", "asked", "reason", "adds", "noun_before", "noun_now", "comma",
)  # fmt: skip
MANY = 8
"""Words from which on a text counts as long."""
UNLIKELY = 0.3
"""Below this probability nothing else makes another question of what is said."""
_REASON = re.compile(r"(?:て|で|から|ので|んで|けど|が|し)[、。…\s]*$")


class Kind(StrEnum):
    """Where a boundary stands. Each kind has its own limit: most statements explain, most commas part nothing."""

    QUESTIONS = "questions"
    STATEMENT = "statement"
    COMMA = "comma"


def begins_another(candidates: Candidates, before: str, said: str, comma: bool = False) -> bool:
    """Whether `said` is another question than `before`, likely enough for a boundary of its kind."""
    limit: float = _model()["limits"][kind_of(before, said, comma)]
    return probability(candidates, before, said, comma) >= limit


def goes_on(candidates: Candidates, before: str, said: str) -> bool:
    """Whether `said` most likely belongs to the question before it, whatever its form."""
    return probability(candidates, before, said) < UNLIKELY


def probability(candidates: Candidates, before: str, said: str, comma: bool = False) -> float:
    """How likely `said` begins another question, in [0, 1]; `comma`: both stand in one sentence."""
    values = features(candidates, before, said, comma)
    if not any(values):
        return 0.0
    return 1 / (1 + math.exp(-sum(_leaf(tree, values) for tree in _model()["trees"])))


def kind_of(before: str, said: str, comma: bool) -> Kind:
    """The kind of the boundary between two pieces."""
    if comma:
        return Kind.COMMA
    return Kind.QUESTIONS if ASKS.search(before) and ASKS.search(said) else Kind.STATEMENT


def features(candidates: Candidates, before: str, said: str, comma: bool = False) -> list[float]:
    """FEATURES in order, each in [0, 1]."""
    both_said = f"{before} {said}"
    first, now, both = candidates.first(before), candidates.first(said), candidates.first(both_said)
    if not first or not now:
        return [0.0] * len(FEATURES)
    words, earlier = subject_words(said), subject_words(before)
    told = [_share(words, lambda w, a=article: candidates.mentions(a, w)) for article in (first[0], now[0])]
    sure = [candidates.sure(text) for text in (before, said, both_said)]
    return [
        _place(first[0], now),
        _place(now[0], first),
        len(set(first) & set(now)) / len(set(first) | set(now)),
        _place(now[0], both),
        _place(first[0], both),
        float({first[0], now[0]} <= set(both[: NEAR + 1])),
        float(first[0] != now[0]),
        float(candidates.category(first[0]) == candidates.category(now[0])),
        *told,
        float(bool(candidates.named(said, now[0]))),
        _share(words, lambda w: w in earlier),
        float(candidates.marked(said)),
        *sure,
        min(sure[:2]),
        min(1.0, len(words) / MANY),
        min(1.0, len(earlier) / MANY),
        min(1.0, len(subject_nouns(said)) / MANY),
        float(bool(ASKS.search(said))),
        float(bool(ASKS.search(before))),
        float(bool(_REASON.search(before))),
        float(Unit(said).adds),
        float(ends_in_noun(before)),
        float(ends_in_noun(said)),
        float(comma),
    ]


def _place(article: str, ranking: tuple[str, ...]) -> float:
    """1 for the first place, 0.5 for the second, 0 for none."""
    return 1 / (1 + ranking.index(article)) if article in ranking else 0.0


def _share(words: list[str], holds: Any) -> float:
    return sum(bool(holds(word)) for word in words) / len(words) if words else 1.0


def _leaf(tree: Any, values: list[float]) -> float:
    """The value of a tree [feature, threshold, at or below, above] whose leaves are numbers."""
    while isinstance(tree, list):
        feature, threshold, below, above = tree
        tree = below if values[feature] <= threshold else above
    return float(tree)


@cache
def _model() -> dict[str, Any]:
    data: dict[str, Any] = json.loads(MODEL.read_text(encoding="utf-8"))
    if tuple(data["features"]) != FEATURES:
        raise ValueError("bot/boundaries.json was fitted for other features: run `python -m evaluation.fit_topics`")
    return data
