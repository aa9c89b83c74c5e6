"""The two diagrams of evaluation/reliability.py, drawn with matplotlib."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from evaluation.reliability import Bin, bins, risk_coverage, summary
from evaluation.shares import wilson

COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#000000")
"""Told apart by colour-blind readers (Okabe and Ito, 2008)."""
MARKERS = "osD^vX"
SAME_EVERY_TIME: Any = {"svg.hashsalt": "madoguchi", "svg.fonttype": "none", "font.family": "sans-serif"}


def draw(cases: Mapping[str, tuple[NDArray[np.float64], NDArray[np.bool_]]], path: Path) -> None:
    """Write the SVG; the folder is made when it is not there."""
    figure = Figure(figsize=(10, 4.8), layout="constrained")
    left, right = figure.subplots(1, 2)
    left.plot([0, 1], [0, 1], color="#888888", linestyle="--", linewidth=1, label="as it should be")
    for number, (name, (p, r)) in enumerate(cases.items()):
        style = {"color": COLOURS[number % len(COLOURS)], "marker": MARKERS[number % len(MARKERS)], "markersize": 5}
        _reliability(left, f"{name} (n={len(p)}, ECE {_shown(summary(p, r).ece)})", bins(p, r), style)
        points = risk_coverage(p, r)
        label = f"{name} (AUROC {_shown(summary(p, r).auroc)})"
        right.step([q.coverage for q in points], [q.risk for q in points], where="post", color=style["color"], label=label)
    left.set(
        xlabel="probability that the decision gave",
        ylabel="share that was right (95 % Wilson interval)",
        xlim=(0, 1),
        ylim=(0, 1),
    )
    left.set_title("Reliability")
    right.set(
        xlabel="coverage: share of questions answered", ylabel="risk: share of those answered wrongly", xlim=(0, 1), ylim=(0, 1)
    )
    right.set_title("Risk by coverage")
    for axes in (left, right):
        axes.grid(color="#dddddd", linewidth=0.6)
        axes.legend(loc="upper left", fontsize="small")
    path.parent.mkdir(parents=True, exist_ok=True)
    with mpl.rc_context(SAME_EVERY_TIME):
        figure.savefig(path, format="svg", metadata={"Date": None, "Creator": None})


def _reliability(axes: Any, label: str, found: tuple[Bin, ...], style: Mapping[str, Any]) -> None:
    filled = [(b.said, b.was, wilson(b.was, b.n)) for b in found if b.said is not None and b.was is not None]
    said, was = [f[0] for f in filled], [f[1] for f in filled]
    # Rounding may put a limit of a share of 0 or 1 a hair on the wrong side of it.
    below = [max(0.0, share - low) for _, share, (low, _) in filled]
    above = [max(0.0, high - share) for _, share, (_, high) in filled]
    axes.errorbar(said, was, yerr=(below, above), label=label, capsize=2, linewidth=1.2, **style)


def _shown(value: float | None) -> str:
    return "undefined" if value is None else f"{value:.3f}"
