"""Shares with their uncertainty, and whether a change between two spans of weeks can be chance. Standard library only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import atan, cos, log, sin, sqrt

Z95 = 1.959964
WEEKS = 4
"""Weeks on each side of a comparison."""
LEAST = 20
"""Questions of a topic in both spans together, below which nothing is said about a change."""
_DEGREES = 2 * WEEKS - 2


def wilson(share: float, n: int) -> tuple[float, float]:
    """Bounds of the 95 % interval of a share of n independent cases (Wilson, 1927)."""
    centre = (share + Z95**2 / (2 * n)) / (1 + Z95**2 / n)
    half = Z95 * sqrt(share * (1 - share) / n + Z95**2 / (4 * n**2)) / (1 + Z95**2 / n)
    return max(0.0, centre - half), min(1.0, centre + half)


@dataclass(frozen=True)
class Change:
    """A topic's questions in the weeks before and in these weeks.

    `ratio`: of its shares of all questions, so that a busy month alone is no rise; `p`: two-sided chance of such a ratio
    without any change, None where there were too few questions; `adjusted`: the same among all topics looked at.
    """

    topic: str
    before: int
    now: int
    ratio: float | None
    p: float | None
    adjusted: float | None = None


def change(topic: str, before: Sequence[int], now: Sequence[int], all_before: Sequence[int], all_now: Sequence[int]) -> Change:
    """Compare four weeks with the four before.

    Counts of a week scatter more than independent questions would, so the variance is scaled by what the weeks themselves
    show (quasi-Poisson) and the ratio's logarithm is held against Student's t with 6 degrees of freedom.
    """
    old, new, old_all, new_all = sum(before), sum(now), sum(all_before), sum(all_now)
    if old + new < LEAST or not old_all or not new_all:
        return Change(topic, old, new, None, None)
    expected = [old / old_all * total for total in all_before] + [new / new_all * total for total in all_now]
    pairs = zip([*before, *now], expected, strict=True)
    scatter = max(1.0, sum((x - e) ** 2 / e for x, e in pairs if e > 0) / _DEGREES)
    ratio = ((new + 0.5) / new_all) / ((old + 0.5) / old_all)
    t = log(ratio) / sqrt(scatter * (1 / (new + 0.5) + 1 / (old + 0.5)))
    return Change(topic, old, new, ratio, two_sided(t))


def two_sided(t: float) -> float:
    """P(|T| >= |t|) for Student's t with 6 degrees of freedom (Abramowitz and Stegun 26.7.4, the form for even degrees)."""
    angle = atan(abs(t) / sqrt(_DEGREES))
    term = total = 1.0
    for step in range(1, _DEGREES // 2):
        term *= (2 * step - 1) / (2 * step) * cos(angle) ** 2
        total += term
    return max(0.0, 1.0 - sin(angle) * total)


def adjusted(changes: Sequence[Change]) -> list[Change]:
    """With the p-values of Benjamini and Hochberg (1995): of those at most 0.05, one in twenty is expected to be chance."""
    known = sorted((c for c in changes if c.p is not None), key=lambda c: c.p or 0.0, reverse=True)
    found: dict[str, float] = {}
    least = 1.0
    for rank, item in zip(range(len(known), 0, -1), known, strict=True):
        least = min(least, (item.p or 0.0) * len(known) / rank)
        found[item.topic] = least
    return [Change(c.topic, c.before, c.now, c.ratio, c.p, found.get(c.topic)) for c in changes]
