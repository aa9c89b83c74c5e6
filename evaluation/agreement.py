"""How far raters agree: Cohen's weighted kappa, Krippendorff's alpha, both with bootstrap intervals; and who drifts.

A value that cannot be worked out (no pair, no variation) is None with its n, never 0 or 1.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from math import comb
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from evaluation.intervals import Score
from evaluation.rubric import LEVELS

RESAMPLES = 1000
Unit = TypeVar("Unit")
Pairs = Sequence[tuple[int, int]]
"""Two raters' levels of the same answers."""


@dataclass(frozen=True)
class Drift:
    """One rater in one week: ratings, and the mean distance from what was settled in the end (positive: more generous)."""

    staff: int
    week: date
    n: int
    distance: float


def weighted_kappa(pairs: Pairs, levels: Sequence[int] = LEVELS) -> float | None:
    """Cohen's kappa with quadratic weights (Cohen, 1968): 1 - observed / expected weighted disagreement.

    None without a pair, or when both raters gave one and the same level throughout.
    """
    if not pairs:
        return None
    place = {level: at for at, level in enumerate(levels)}
    table = np.zeros((len(levels), len(levels)))
    for one, other in pairs:
        table[place[one], place[other]] += 1
    weights = np.subtract.outer(np.arange(len(levels)), np.arange(len(levels))) ** 2
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / len(pairs)
    disagreement = float((weights * expected).sum())
    return None if disagreement == 0 else float(1.0 - float((weights * table).sum()) / disagreement)


def alpha(units: Sequence[Sequence[int]], levels: Sequence[int] = LEVELS) -> float | None:
    """Krippendorff's alpha for ordinal levels; a unit holds the levels of all who rated one answer, in any order.

    1 - D_observed / D_expected over pairable values (Krippendorff, 2011); units with one value say nothing. None
    without a pair, or when all values are the same.
    """
    pairable = [unit for unit in units if len(unit) > 1]
    coincidences = _coincidences(pairable, levels)
    totals = coincidences.sum(axis=0)
    n = float(totals.sum())
    if not n:
        return None
    distance = _ordinal(totals)
    expected = float((distance * np.outer(totals, totals)).sum())
    observed = float((distance * coincidences).sum())
    return None if expected == 0 else float(1.0 - (n - 1) * observed / expected)


def kappa_score(name: str, pairs: Pairs) -> Score:
    """Weighted kappa with its 95 % bootstrap interval over answers."""
    return _resampled(name, list(pairs), weighted_kappa)


def alpha_score(name: str, units: Sequence[Sequence[int]]) -> Score:
    """Alpha with its 95 % bootstrap interval over answers."""
    return _resampled(name, [unit for unit in units if len(unit) > 1], alpha)


def drift(ratings: Sequence[tuple[int, date, Mapping[str, int], Mapping[str, float]]]) -> list[Drift]:
    """(rater, Monday of the week, scores, settled scores) of each rating -> one line a rater and week."""
    found: dict[tuple[int, date], list[float]] = {}
    for staff, week, scores, final in ratings:
        found.setdefault((staff, week), []).append(float(np.mean([scores[name] - final[name] for name in scores])))
    return [Drift(staff, week, len(of), float(np.mean(of))) for (staff, week), of in sorted(found.items())]


def sign_test(wins: int, losses: int) -> float | None:
    """Two-sided exact binomial test that neither is preferred; ties are left out (Dixon and Mood, 1946). None without a preference."""
    n = wins + losses
    if n == 0:
        return None
    tail = sum(comb(n, k) for k in range(min(wins, losses) + 1)) / 2**n
    return min(1.0, 2 * float(tail))


def _coincidences(units: Sequence[Sequence[int]], levels: Sequence[int]) -> NDArray[np.float64]:
    place = {level: at for at, level in enumerate(levels)}
    matrix = np.zeros((len(levels), len(levels)))
    for unit in units:
        counts = np.zeros(len(levels))
        for value in unit:
            counts[place[value]] += 1
        matrix += (np.outer(counts, counts) - np.diag(counts)) / (len(unit) - 1)
    return matrix


def _ordinal(totals: NDArray[np.float64]) -> NDArray[np.float64]:
    """Squared ordinal distances: the values between two levels, and half of those at both."""
    size = len(totals)
    distance = np.zeros((size, size))
    for low in range(size):
        for high in range(low + 1, size):
            between = totals[low : high + 1].sum() - (totals[low] + totals[high]) / 2
            distance[low, high] = distance[high, low] = between**2
    return distance


def _resampled(name: str, units: list[Unit], statistic: Callable[[list[Unit]], float | None]) -> Score:
    value = statistic(units)
    if value is None:
        return Score(name, None, None, None, len(units))
    generator = np.random.default_rng(0)
    found = [statistic([units[i] for i in generator.integers(len(units), size=len(units))]) for _ in range(RESAMPLES)]
    defined = [v for v in found if v is not None]
    low, high = np.quantile(defined, (0.025, 0.975)) if defined else (value, value)
    return Score(name, value, float(low), float(high), len(units))
