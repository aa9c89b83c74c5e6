"""A mean with its interval: what every measurement gives, without the libraries that some of them need."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

RESAMPLES = 2000


@dataclass(frozen=True)
class Score:
    """A mean over `n` questions, in [0, 1]; `value`, `low` and `high` are None when there was no question to score."""

    name: str
    value: float | None
    low: float | None
    high: float | None
    n: int

    def __str__(self) -> str:
        if self.value is None:
            return f"undefined (n={self.n})"
        return f"{self.value:.3f} [{self.low:.3f}–{self.high:.3f}] (n={self.n})"


def mean(name: str, values: Sequence[float]) -> Score:
    """Mean and its 95 % percentile bootstrap interval over questions (Efron, 1979), 2,000 resamples from a fixed seed."""
    n = len(values)
    if not n:
        return Score(name, None, None, None, 0)
    array: NDArray[np.float64] = np.asarray(values, dtype=np.float64)
    drawn = np.random.default_rng(0).integers(n, size=(RESAMPLES, n))
    low, high = np.quantile(array[drawn].mean(axis=1), (0.025, 0.975))
    return Score(name, float(array.mean()), float(low), float(high), n)
