"""Means and differences over questions that come in groups: several questions on one article are not independent."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from evaluation import metrics
from evaluation.metrics import RESAMPLES, Score

Values = Mapping[str, float]
"""Question id -> value."""


def mean(name: str, values: Values, groups: Mapping[str, str]) -> Score:
    """Mean over questions with its 95 % interval, resampling whole groups (cluster bootstrap, Field and Welsh, 2007).

    `groups`: question id -> group; a question that is not there is a group of its own. When every question is, this
    is metrics.mean.
    """
    number: dict[str, int] = {}
    at = [number.setdefault(groups.get(question, f"\0{question}"), len(number)) for question in values]
    if len(number) == len(values):
        return metrics.mean(name, list(values.values()))
    sizes = np.bincount(at)
    sums = np.bincount(at, weights=list(values.values()))
    drawn = np.random.default_rng(0).integers(len(sizes), size=(RESAMPLES, len(sizes)))
    means = sums[drawn].sum(axis=1) / sizes[drawn].sum(axis=1)
    low, high = np.quantile(means, (0.025, 0.975))
    return Score(name, float(sums.sum() / sizes.sum()), float(low), float(high), len(values))


def difference(name: str, ours: Values, theirs: Values, groups: Mapping[str, str]) -> Score:
    """Mean of ours - theirs, in [-1, 1], by question, with the paired bootstrap's interval: both see the same resamples.

    Raises ValueError when they were not asked the same questions.
    """
    if ours.keys() != theirs.keys():
        raise ValueError("a paired difference needs the same questions on both sides")
    return mean(name, {question: ours[question] - theirs[question] for question in ours}, groups)
