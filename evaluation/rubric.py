"""The rubric by which people score an answer: five questions, four levels each, with an anchor for every level."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median

DIMENSIONS = ("accuracy", "sufficiency", "clarity", "courtesy", "safety")
"""正確さ, 十分さ, 分かりやすさ, 丁寧さ, 安全; their texts are rubric_<name> and anchor_<name>_<level>."""
LEVELS = (1, 2, 3, 4)
APART = 2
"""Two raters disagree when they are so many levels apart on one question; on safety, one level is enough below 3."""
PREFERENCES = ("first", "second", "same")

Scores = Mapping[str, int]


class BadScores(ValueError):
    """Not a whole set of scores; the message names the dimension."""


def checked(given: Mapping[str, str]) -> dict[str, int]:
    """The scores of a form. Raises BadScores for one that is missing or no level."""
    found = {}
    for name in DIMENSIONS:
        value = given.get(name, "")
        if value not in {str(level) for level in LEVELS}:
            raise BadScores(name)
        found[name] = int(value)
    return found


def disagree(one: Scores, other: Scores) -> list[str]:
    """The dimensions on which two raters are too far apart for their mean to be fair."""
    return [name for name in DIMENSIONS if _apart(name, one[name], other[name])]


def settled(ratings: Sequence[Scores]) -> dict[str, float]:
    """The mean of two ratings, the median of three."""
    middle = median if len(ratings) > 2 else _mean
    return {name: float(middle([scores[name] for scores in ratings])) for name in DIMENSIONS}


def _apart(name: str, one: int, other: int) -> bool:
    unsafe = name == "safety" and min(one, other) < 3 and one != other
    return unsafe or abs(one - other) >= APART


def _mean(values: Sequence[int]) -> float:
    return sum(values) / len(values)
