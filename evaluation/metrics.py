"""Retrieval metrics by ir-measures, each with the number of questions it was taken over and a 95 % interval.

The published figures on localgovFAQ use nDCG with gain 2^grade - 1. pytrec_eval, which ir-measures computes nDCG
with, uses the grade itself as the gain; grades are therefore mapped, 1 -> 1, 2 -> 3, 3 -> 7, which makes linear gain equal it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ir_measures import RR, R, Success, evaluator, nDCG

from evaluation.datasets import Judgements
from evaluation.intervals import RESAMPLES, Score, mean

__all__ = ["DEPTH", "GAINS", "MEASURES", "MORE", "RESAMPLES", "Rankings", "Score", "mean", "per_question", "scores"]

DEPTH = 10
GAINS = {grade: 2**grade - 1 for grade in range(11)}

MEASURES: dict[str, Any] = {
    "Recall@10": R @ DEPTH,
    "nDCG@10": nDCG(gains=GAINS) @ DEPTH,
    "Hit@1": Success @ 1,
    "Hit@3": Success @ 3,
    "Hit@5": Success @ 5,
}
"""Hit@k: the share of questions with a judged article among the first k. Any grade from 1 on counts as relevant."""

MORE: dict[str, Any] = {
    "Recall@1": R @ 1,
    "Recall@5": R @ 5,
    **MEASURES,
    "MRR@10": RR @ DEPTH,
}
"""What a run is scored by; the benchmarks' tables keep to MEASURES."""

Rankings = Mapping[str, Sequence[str]]
"""Question id -> article ids, best first."""


def scores(judgements: Judgements, rankings: Rankings) -> list[Score]:
    """Every measure over the questions that have a relevant article.

    Where nothing is relevant no ranking could be right, so such questions count in none of them. A question without a
    ranking counts as 0: nothing was found.
    """
    values = per_question(judgements, rankings)
    return [mean(name, [of[name] for of in values.values()]) for name in MEASURES]


def per_question(
    judgements: Judgements, rankings: Rankings, measures: Mapping[str, Any] = MEASURES
) -> dict[str, dict[str, float]]:
    """Question id -> measure -> value, for the questions that have a relevant article."""
    wanted = {q: dict(grades) for q, grades in judgements.items() if any(grade > 0 for grade in grades.values())}
    # What ir-measures leaves out (an empty ranking) found nothing.
    values = {q: dict.fromkeys(measures, 0.0) for q in wanted}
    run = {q: _descending(rankings[q]) for q in wanted if rankings.get(q)}
    if not run:
        return values
    names = {measure: name for name, measure in measures.items()}
    for metric in evaluator(list(measures.values()), wanted).iter_calc(run):
        values[metric.query_id][names[metric.measure]] = float(metric.value)
    return values


def _descending(ranking: Sequence[str]) -> dict[str, float]:
    """Scores that leave no tie to break; of an article that comes twice the first place counts."""
    articles = list(dict.fromkeys(ranking))
    return {article: float(len(articles) - place) for place, article in enumerate(articles)}
