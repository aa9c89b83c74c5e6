"""How many questions a week brings: a Poisson regression on season, calendar and growth, and the level of the last weeks.

Weeks are counted by their Mondays. The season is a sum of sines (Fourier terms) whose finer ones are held back more, with
the calendar of Japanese town halls beside it: closed days, the turn of the year, and the weeks around 1 April in which
people move. What the regression missed in the last weeks is carried on and fades (exponential smoothing, damped).
numpy alone; a series takes milliseconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import pi

import jpholiday
import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

WHOLE_YEAR = 60
"""Weeks from which a season can be told from growth: one year and what comes after it."""
HARMONICS = ((WHOLE_YEAR, 4), (104, 10))
"""Weeks of history -> sines and cosines of the season."""
SMOOTHING, DAMPING, REMEMBERED = 0.35, 0.85, 16
"""Weight of the newest week in the level, what is left of it from week to week, and the weeks it looks back."""
ROUNDS = 12


@dataclass(frozen=True)
class Fitted:
    """A regression fitted to a history that begins on `first`; `level` is the logarithm it lay off in the last weeks."""

    first: date
    harmonics: int
    growing: bool
    weights: Array
    level: float

    def expected(self, weeks: Sequence[date]) -> Array:
        """The mean of each of these weeks, the first being the one after the history."""
        fading = self.level * DAMPING ** np.arange(1, len(weeks) + 1)
        lines = features(weeks, self.first, self.harmonics, self.growing) @ self.weights
        return np.asarray(np.exp(np.clip(lines + fading, -12, 16)), dtype=float)


def fit(weeks: Sequence[date], counts: Array) -> Fitted:
    """Fit to whole weeks without gaps, oldest first."""
    harmonics = max((k for least, k in HARMONICS if len(weeks) >= least), default=0)
    growing = len(weeks) >= WHOLE_YEAR
    x = features(weeks, weeks[0], harmonics, growing)
    weights = _regress(x, counts, _penalty(harmonics, growing))
    missed = np.log((counts + 0.5) / (np.exp(x @ weights) + 0.5))[-REMEMBERED:]
    share = SMOOTHING * (1 - SMOOTHING) ** np.arange(len(missed))[::-1]
    return Fitted(weeks[0], harmonics, growing, weights, float(share @ missed / share.sum()))


def features(weeks: Sequence[date], first: date, harmonics: int, growing: bool) -> Array:
    """One row a week: 1, closed days, turn of the year, late March, early April, growth, season."""
    columns = [np.ones(len(weeks))]
    columns += [np.array([share(week) for week in weeks]) for share in (_closed, _year_end, _before_april, _after_april)]
    columns.append(np.array([(week - first).days / 365.25 if growing else 0.0 for week in weeks]))
    angle = np.array([2 * pi * ((week + timedelta(days=3)).timetuple().tm_yday) / 365.25 for week in weeks])
    for k in range(1, harmonics + 1):
        columns += [np.sin(k * angle), np.cos(k * angle)]
    return np.stack(columns, axis=1)


def _penalty(harmonics: int, growing: bool) -> Array:
    """How strongly each weight is held at 0, in pseudo-observations of a mean week."""
    calendar = [0.0, 0.5, 0.5, 0.5, 0.5, 0.2 if growing else 1e6]
    return np.array(calendar + [0.02 * k**2 for k in range(1, harmonics + 1) for _ in range(2)])


def _regress(x: Array, counts: Array, penalty: Array) -> Array:
    """Poisson regression with a ridge, by iteratively reweighted least squares (McCullagh and Nelder, 1989, 2.5)."""
    mean = max(0.1, float(counts.mean()))
    weights: Array = np.zeros(x.shape[1])
    weights[0] = np.log(mean)
    ridge = np.diag(penalty * mean + 1e-9)
    for _ in range(ROUNDS):
        rate = np.exp(np.clip(x @ weights, -12, 16))
        target = x @ weights + (counts - rate) / rate
        weighted = x.T * rate
        step: Array = np.asarray(np.linalg.solve(weighted @ x + ridge, weighted @ target), dtype=float)
        if np.allclose(step, weights, atol=1e-6):
            return step
        weights = step
    return weights


def _closed(week: date) -> float:
    """Share of the week's working days on which counters are closed."""
    days = (week + timedelta(days=n) for n in range(5))
    return sum(jpholiday.is_holiday(day) or _year_turns(day) for day in days) / 5


def _year_end(week: date) -> float:
    return sum(_year_turns(week + timedelta(days=n)) for n in range(7)) / 7


def _year_turns(day: date) -> bool:
    return (day.month == 12 and day.day >= 29) or (day.month == 1 and day.day <= 3)


def _before_april(week: date) -> float:
    return sum(day.month == 3 and day.day >= 15 for day in (week + timedelta(days=n) for n in range(7))) / 7


def _after_april(week: date) -> float:
    return sum(day.month == 4 and day.day <= 12 for day in (week + timedelta(days=n) for n in range(7))) / 7
