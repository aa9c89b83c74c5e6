"""`python -m evaluation reliability CASES.jsonl`: can the probability that the first answer is right be believed?

A case is a line {"probability", "right", "source"}: what the decision said, whether the first article was right, and the
set that the question came from.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from evaluation.measured import Measured, named

COMMAND = "python -m evaluation reliability"
BEGIN, END = "<!-- reliability -->", "<!-- end of reliability -->"
BINS = 10
ALL = "all"

Probabilities = Sequence[float] | NDArray[np.float64]
Rights = Sequence[bool] | NDArray[np.bool_]
Cases = Mapping[str, tuple[Sequence[float], Sequence[bool]]]
"""Source -> probabilities and whether each was right."""


class BadCases(ValueError):
    """The cases cannot be used; the message says which and why."""


@dataclass(frozen=True)
class Bin:
    """Cases whose probability is in [low, high), in the last bin in [low, high]; both means are None in an empty one."""

    low: float
    high: float
    n: int
    said: float | None
    was: float | None


@dataclass(frozen=True)
class Summary:
    """`auroc` is None when all or none were right, everything is None without a case."""

    n: int
    right: float | None
    auroc: float | None
    ece: float | None
    brier: float | None
    bins: tuple[Bin, ...]


@dataclass(frozen=True)
class Point:
    """Answering only from `threshold` on answers the share `coverage` of the questions, the share `risk` of them wrongly."""

    threshold: float
    coverage: float
    risk: float


def summary(probabilities: Probabilities, right: Rights) -> Summary:
    """AUROC, expected calibration error over 10 equal-width bins (Naeini et al., 2015), Brier score (Brier, 1950).

    Raises BadCases when the lengths differ or a probability is not in [0, 1].
    """
    p, r = _arrays(probabilities, right)
    found = bins(p, r)
    if not len(p):
        return Summary(0, None, None, None, None, found)
    gaps = (b.n / len(p) * abs(b.said - b.was) for b in found if b.said is not None and b.was is not None)
    auroc = float(roc_auc_score(r, p)) if 0 < r.sum() < len(r) else None
    return Summary(len(p), float(r.mean()), auroc, float(sum(gaps)), float(np.mean((p - r) ** 2)), found)


def bins(probabilities: Probabilities, right: Rights) -> tuple[Bin, ...]:
    """The cases by probability, in 10 bins of equal width. Raises BadCases."""
    p, r = _arrays(probabilities, right)
    edges = np.arange(BINS + 1) / BINS  # linspace would put 0.3 above 0.3
    at = np.clip(np.searchsorted(edges, p, side="right") - 1, 0, BINS - 1)
    found = []
    for number in range(BINS):
        inside = at == number
        means = (float(p[inside].mean()), float(r[inside].mean())) if inside.any() else (None, None)
        found.append(Bin(float(edges[number]), float(edges[number + 1]), int(inside.sum()), *means))
    return tuple(found)


def risk_coverage(probabilities: Probabilities, right: Rights) -> list[Point]:
    """Risk at every coverage that a threshold can reach (El-Yaniv and Wiener, 2010), most certain first.

    Cases of equal probability are answered together or not at all. Raises BadCases.
    """
    p, r = _arrays(probabilities, right)
    order = np.argsort(-p, kind="stable")
    p, wrong = p[order], np.cumsum(~r[order])
    last = [i for i in range(len(p)) if i + 1 == len(p) or p[i + 1] < p[i]]
    return [Point(float(p[i]), (i + 1) / len(p), float(wrong[i] / (i + 1))) for i in last]


def read_cases(path: Path) -> dict[str, tuple[list[float], list[bool]]]:
    """By source, in the order in which sources come. Raises BadCases, OSError."""
    found: dict[str, tuple[list[float], list[bool]]] = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        try:
            data = json.loads(line)
            probability, right = float(data["probability"]), data["right"]
            if not 0 <= probability <= 1 or not isinstance(right, bool):
                raise ValueError("probability is in [0, 1] and right is true or false")
            p, r = found.setdefault(str(data.get("source", ALL)), ([], []))
        except (ValueError, KeyError, TypeError) as error:
            raise BadCases(f"{path}:{number}: not a case {{probability, right, source}}: {error!r}") from error
        p.append(probability)
        r.append(right)
    return found


def plot(probabilities: Probabilities, right: Rights, path: Path, sources: Sequence[str] | None = None) -> None:
    """Reliability diagram and risk-coverage curve side by side as SVG, one colour a source; the same cases, the same file.

    Raises BadCases.
    """
    from evaluation.reliability_plot import draw  # matplotlib is no part of the desk

    p, r = _arrays(probabilities, right)
    labels = np.array(sources if sources is not None else [ALL] * len(p))
    if len(labels) != len(p):
        raise BadCases(f"{len(labels)} sources for {len(p)} cases")
    draw({name: (p[labels == name], r[labels == name]) for name in dict.fromkeys(labels.tolist())}, path)


def figures(cases: Cases) -> Iterator[Measured]:
    """What can be pinned, for each source."""
    for source, (p, r) in cases.items():
        found = summary(p, r)
        for name, value in (("AUROC", found.auroc), ("ECE", found.ece), ("Brier", found.brier)):
            why = "" if value is not None else "all right, all wrong or no case"
            yield Measured(named("reliability", source, name), value, COMMAND, why=why, more={"n": found.n})


def markdown(cases: Cases, typed: str, image: str = "") -> str:
    """A table with a row a source, and the share right where the decision said 50 % and more, 80 % and more."""
    lines = [
        f"- command: `{typed}`",
        "",
        "| source | cases | right | AUROC | ECE | Brier | from 0.5 on: answered, wrong | from 0.8 on: answered, wrong |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for source, (p, r) in cases.items():
        found = summary(p, r)
        cells = [source, str(found.n), *(_shown(v) for v in (found.right, found.auroc, found.ece, found.brier))]
        lines.append(f"| {' | '.join((*cells, _at(p, r, 0.5), _at(p, r, 0.8)))} |")
    if image:
        lines += ["", f"![How often the first answer was right beside what the decision said, and risk by coverage]({image})"]
    return "\n".join(lines) + "\n"


def _at(p: Probabilities, r: Rights, threshold: float) -> str:
    reached = [point for point in risk_coverage(p, r) if point.threshold >= threshold]
    return f"{reached[-1].coverage:.2f}, {reached[-1].risk:.3f}" if reached else "0.00, undefined"


def _shown(value: float | None) -> str:
    return "undefined" if value is None else f"{value:.3f}"


def _arrays(probabilities: Probabilities, right: Rights) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    p, r = np.asarray(probabilities, dtype=np.float64), np.asarray(right, dtype=bool)
    if p.shape != r.shape or p.ndim != 1:
        raise BadCases(f"{p.shape} probabilities for {r.shape} cases")
    if not np.all((p >= 0) & (p <= 1)):  # NaN is neither
        raise BadCases("a probability is not in [0, 1]")
    return p, r
