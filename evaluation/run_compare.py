"""Two runs over the same questions side by side: what changed, by how much, and whether that can be chance.

A measure has lost when the one-sided paired bootstrap over groups of questions says so at the level of `LEVEL` divided by
the number of measures (Bonferroni): of equal systems at most `LEVEL` of all comparisons are called worse.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from evaluation import paired
from evaluation.metrics import Score
from evaluation.prediction_file import Line, Run
from evaluation.question_measures import HIGHER_IS_BETTER, Values, per_question
from evaluation.run_scores import groups

LEVEL = 0.05
GUARDED = (
    "recall@10", "ndcg@10", "hit@1", "served", "right", "facts_contained", "nothing_forbidden", "grounded", "facet_exact",
    "complete", "unanswerable_left", "no_failure",
)  # fmt: skip
"""Measures that must not lose; length and latency are shown, and judged by people."""
RESAMPLES = 4000
LEAST_QUESTIONS = 5
"""Questions that must differ before a loss is called: below it a bootstrap says little (one changed question among 1,000)."""


class NotComparable(ValueError):
    """The two runs were not asked the same questions."""


@dataclass(frozen=True)
class Change:
    """A measure in both runs over the questions that have it in both. `lost`: significantly worse. `worse`/`better` count questions."""

    measure: str
    before: float | None
    after: float | None
    difference: Score
    worse: int
    better: int
    chance: float | None
    lost: bool


@dataclass(frozen=True)
class ChangedAnswer:
    """A question whose outcome, first article or text changed. `verdict`: better, worse or other."""

    key: str
    text: str
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    verdict: str


@dataclass(frozen=True)
class Comparison:
    """`missing`: measures which the second run can no longer say anything about though the first could."""

    changes: tuple[Change, ...]
    answers: tuple[ChangedAnswer, ...]
    questions: int
    missing: tuple[str, ...]

    @property
    def lost(self) -> tuple[Change, ...]:
        return tuple(change for change in self.changes if change.lost)


def compare(before: Run, after: Run) -> Comparison:
    """Raises NotComparable."""
    old, new = {line.item.key: line for line in before.lines}, {line.item.key: line for line in after.lines}
    if old.keys() != new.keys() or any(old[key].item.text != new[key].item.text for key in old):
        raise NotComparable("the two runs were not asked the same questions")
    first, second = per_question(before), per_question(after)
    missing = tuple(name for name in GUARDED if first[name] and not second[name])
    changes = tuple(_change(name, first, second, groups(before)) for name in HIGHER_IS_BETTER)
    answers = [answer for key in old if (answer := _changed(old[key], new[key], first, second))]
    order = {"worse": 0, "other": 1, "better": 2}
    return Comparison(changes, tuple(sorted(answers, key=lambda a: (order[a.verdict], a.key))), len(old), missing)


def chance_of_loss(differences: Mapping[str, float], grouped: Mapping[str, str], seed: int = 0) -> float:
    """How often a system no worse would show a mean difference as low as this one: one-sided, in [0, 1].

    Sign-flipping of whole groups of questions (a paired randomisation test; Fisher, 1935; Smucker et al., 2007, for
    retrieval): under equality each group's difference has either sign.
    """
    number: dict[str, int] = {}
    at = [number.setdefault(grouped.get(key, f"\0{key}"), len(number)) for key in differences]
    sums = np.bincount(at, weights=list(differences.values()))
    sums = sums[sums != 0]
    if not len(sums):
        return 1.0
    flipped = np.where(np.random.default_rng(seed).random((RESAMPLES, len(sums))) < 0.5, -1.0, 1.0) @ sums
    return float((1 + np.count_nonzero(flipped <= sums.sum() + 1e-12)) / (RESAMPLES + 1))


def lost_measures(before: Run, after: Run) -> list[str]:
    """Measures that are significantly worse: what `compare` calls lost, without everything else it works out."""
    first, second = per_question(before), per_question(after)
    return [name for name in GUARDED if _is_lost(name, *_gains(name, first, second), groups(before))[1]]


def _change(name: str, first: Values, second: Values, grouped: Mapping[str, str]) -> Change:
    both, gains = _gains(name, first, second)
    old, new = {k: first[name][k] for k in both}, {k: second[name][k] for k in both}
    difference = paired.difference(name, new, old, grouped)
    worse, better = sum(g < 0 for g in gains.values()), sum(g > 0 for g in gains.values())
    chance, lost = _is_lost(name, both, gains, grouped)
    return Change(name, _mean(old), _mean(new), difference, worse, better, chance, lost)


def _gains(name: str, first: Values, second: Values) -> tuple[list[str], dict[str, float]]:
    both = [key for key in first[name] if key in second[name]]
    sign = 1 if HIGHER_IS_BETTER[name] else -1
    return both, {key: sign * (second[name][key] - first[name][key]) for key in both}


def _is_lost(name: str, both: Sequence[str], gains: Mapping[str, float], grouped: Mapping[str, str]) -> tuple[float | None, bool]:
    chance = chance_of_loss(gains, grouped) if both else None
    worse = sum(gain < 0 for gain in gains.values())
    return chance, name in GUARDED and chance is not None and worse >= LEAST_QUESTIONS and chance < LEVEL / len(GUARDED)


def _changed(old: Line, new: Line, first: Values, second: Values) -> ChangedAnswer | None:
    before, after = brief(old), brief(new)
    if before == after:
        return None
    key = old.item.key
    gain = sum(
        (second[name][key] - first[name][key])
        for name in ("served", "right", "unanswerable_left", "facts_contained", "hit@1")
        if key in first[name] and key in second[name]
    )
    return ChangedAnswer(key, old.item.text, before, after, "better" if gain > 0 else "worse" if gain < 0 else "other")


def brief(line: Line) -> dict[str, Any]:
    """What of an answer a reader compares."""
    return {
        "status": line.status.value,
        "first": line.ranking[0] if line.ranking else "",
        "cited": list(line.cited),
        "answer": line.prediction["answer"],
    }


def _mean(values: Mapping[str, float]) -> float | None:
    return float(np.mean(list(values.values()))) if values else None


def verdict(comparison: Comparison) -> tuple[bool, Sequence[str]]:
    """Whether the second run may be shipped, and a line for each reason why not."""
    reasons = [
        f"{c.measure}: {c.before:.3f} -> {c.after:.3f} (worse on {c.worse}, better on {c.better} questions, p = {c.chance:.4f})"
        for c in comparison.lost
    ]
    reasons += [f"{name}: the new run says nothing about it any more" for name in comparison.missing]
    return not reasons, reasons
