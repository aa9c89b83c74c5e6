"""All figures of a run, overall and by slice, from its file alone; what cannot be said is None with its n, never 0."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

import numpy as np

from evaluation import paired
from evaluation.metrics import RESAMPLES, Score
from evaluation.prediction_file import Line, Run
from evaluation.question_measures import HIGHER_IS_BETTER, per_question, right
from evaluation.reliability import Point, Summary, risk_coverage, summary

LENGTHS = ((10, "≤10"), (20, "11–20"), (40, "21–40"), (10**9, "41–"))
AGES = ((30, "≤30 d"), (90, "31–90 d"), (365, "91–365 d"), (10**9, "> 365 d"))
SLICED = ("served", "right", "recall@10", "unanswerable_left", "grounded")
"""Measures that slices show."""
UNKNOWN = "—"


@dataclass(frozen=True)
class Slice:
    """The questions of one value of one property. `scores`: those of SLICED, in their order."""

    property: str
    value: str
    n: int
    scores: tuple[Score, ...]


@dataclass(frozen=True)
class RunScores:
    """`calibration` is over the questions that have a probability; `groups`: question -> first expected article."""

    scores: tuple[Score, ...]
    latency: tuple[Score, ...]
    calibration: Summary
    auroc: Score
    curve: tuple[Point, ...]
    outcomes: Mapping[str, int]
    statuses: Mapping[str, int]
    slices: tuple[Slice, ...]
    questions: int

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        return asdict(self)


def score(run: Run) -> RunScores:
    """Everything; intervals are 95 % bootstrap intervals that resample questions on one article together."""
    values = per_question(run)
    grouped = groups(run)
    calibrated = [(line.probability, right(line)) for line in run.lines if line.probability is not None]
    p, r = [float(probability) for probability, _ in calibrated], [was for _, was in calibrated]
    return RunScores(
        scores=tuple(paired.mean(name, values[name], grouped) for name in HIGHER_IS_BETTER if name != "ms"),
        latency=tuple(_quantile(name, q, list(values["ms"].values())) for name, q in (("p50", 0.5), ("p95", 0.95))),
        calibration=summary(p, r),
        auroc=_auroc(p, r),
        curve=tuple(risk_coverage(p, r)),
        outcomes=dict(Counter(line.outcome.value for line in run.lines).most_common()),
        statuses=dict(Counter(line.status.value for line in run.lines).most_common()),
        slices=tuple(_slices(run, values, grouped)),
        questions=len(run.lines),
    )


def groups(run: Run) -> dict[str, str]:
    """Question -> the article it is resampled with; questions that nothing answers stand alone."""
    return {line.item.key: line.item.expected[0] for line in run.lines if line.item.expected}


def _slices(run: Run, values: Mapping[str, Mapping[str, float]], grouped: Mapping[str, str]) -> list[Slice]:
    made = datetime.fromisoformat(run.header.made_at).date()
    properties: dict[str, Callable[[Line], str]] = {
        "topic": lambda line: line.item.topic or UNKNOWN,
        "channel": lambda line: line.item.channel,
        "language": lambda line: line.item.language,
        "length": lambda line: _bucket(len(line.item.text), LENGTHS),
        "age": lambda line: _age(line.item.asked_on, made),
    }
    found = []
    for name, of in properties.items():
        keys: dict[str, list[str]] = defaultdict(list)
        for line in run.lines:
            keys[of(line)].append(line.item.key)
        for value, members in sorted(keys.items(), key=lambda entry: -len(entry[1])):
            of_slice = [
                paired.mean(measure, {k: values[measure][k] for k in members if k in values[measure]}, grouped)
                for measure in SLICED
            ]
            found.append(Slice(name, value, len(members), tuple(of_slice)))
    return found


def _age(asked_on: date | None, made: date) -> str:
    return UNKNOWN if asked_on is None else _bucket((made - asked_on).days, AGES)


def _bucket(number: int, bounds: Sequence[tuple[int, str]]) -> str:
    return next(name for bound, name in bounds if number <= bound)


def _quantile(name: str, q: float, values: Sequence[float]) -> Score:
    """A quantile with the percentile bootstrap's interval; milliseconds."""
    if not values:
        return Score(name, None, None, None, 0)
    array = np.asarray(values)
    drawn = np.random.default_rng(0).integers(len(array), size=(min(RESAMPLES, 500), len(array)))
    low, high = np.quantile(np.quantile(array[drawn], q, axis=1), (0.025, 0.975))
    return Score(name, float(np.quantile(array, q)), float(low), float(high), len(array))


def _auroc(p: Sequence[float], r: Sequence[bool]) -> Score:
    """Area under the ROC curve as the Mann-Whitney statistic, with a bootstrap interval; None when all or none are right."""
    value = summary(p, r).auroc
    if value is None:
        return Score("AUROC", None, None, None, len(p))
    probabilities, rights = np.asarray(p), np.asarray(r, dtype=bool)
    generator = np.random.default_rng(0)
    found = []
    for _ in range(500):
        at = generator.integers(len(probabilities), size=len(probabilities))
        if 0 < rights[at].sum() < len(at):
            found.append(mann_whitney(probabilities[at], rights[at]))
    low, high = np.quantile(found, (0.025, 0.975))
    return Score("AUROC", value, float(low), float(high), len(p))


def mann_whitney(p: Any, r: Any) -> float:
    """The share of (right, wrong) pairs whose right one has the higher probability; a tie counts half."""
    order = np.sort(p[~r])
    wins = np.searchsorted(order, p[r], side="left") + np.searchsorted(order, p[r], side="right")
    return float(wins.sum() / (2 * len(order) * r.sum()))
