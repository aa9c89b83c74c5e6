"""How sure the desk must be: a calibrated probability, and thresholds per class of topic."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from indexer.search import Candidate

MODEL = Path(__file__).parent / "decision.json"
FEATURES = ("score", "margin", "question", "body", "lexical", "coverage", "length")


@dataclass(frozen=True)
class Thresholds:
    """At or above `answer` the desk answers; at or above `ask` it asks back; below, it hands over."""

    answer: float
    ask: float


@dataclass(frozen=True)
class DecisionModel:
    """Logistic regression over features that do not depend on the municipality (Platt, 1999)."""

    mean: Sequence[float]
    scale: Sequence[float]
    weights: Sequence[float]
    bias: float
    thresholds: Mapping[str, Thresholds]
    high_stakes: frozenset[str]

    def probability(self, features: Sequence[float]) -> float:
        """Probability in (0, 1) that the best candidate answers the question; `features` in the order of FEATURES."""
        scaled = ((x - m) / s for x, m, s in zip(features, self.mean, self.scale, strict=True))
        logit = self.bias + sum(w * x for w, x in zip(self.weights, scaled, strict=True))
        return 1 / (1 + math.exp(-max(-30.0, min(30.0, logit))))

    def thresholds_for(self, category: str) -> Thresholds:
        """Stricter for categories in which a wrong answer costs a benefit or a deadline."""
        return self.thresholds["high_stakes" if category in self.high_stakes else "ordinary"]


def features(scores: Sequence[float], best: Candidate, question_words: int) -> list[float]:
    """Features of a ranked list, best first; values in the order of FEATURES."""
    margin = scores[0] - scores[1] if len(scores) > 1 else 5.0
    return [
        scores[0], min(margin, 10.0), best.question, best.body, min(best.lexical, 15.0), best.coverage,
        math.log1p(question_words),
    ]  # fmt: skip


def load(path: Path = MODEL) -> DecisionModel:
    """The fitted model. Raises ValueError when it was fitted on other features."""
    data = json.loads(path.read_text(encoding="utf-8"))
    if tuple(data["features"]) != FEATURES:
        raise ValueError(f"{path} was fitted on {data['features']}, this version computes {list(FEATURES)}")
    return DecisionModel(
        data["mean"], data["scale"], data["weights"], data["bias"],
        {name: Thresholds(**t) for name, t in data["thresholds"].items()}, frozenset(data["high_stakes"]),
    )  # fmt: skip
