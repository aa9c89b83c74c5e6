"""Diagrams of a run's report as SVG text, drawn with matplotlib: reliability, risk by coverage, measures with intervals."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure

from evaluation.metrics import Score
from evaluation.reliability import Point, Summary
from evaluation.reliability_plot import COLOURS, SAME_EVERY_TIME
from evaluation.shares import wilson

Say = Callable[..., str]
"""The text of an entry of staff_evaluation.yml in the reader's language."""
GRID_COLOUR = "#dddddd"


def decision(calibration: Summary, curve: Sequence[Point], say: Say) -> str:
    """Said against was, with Wilson intervals, beside the share wrong at every coverage; empty without a probability."""
    if not calibration.n:
        return ""
    figure = Figure(figsize=(9, 4), layout="constrained")
    left, right = figure.subplots(1, 2)
    left.plot([0, 1], [0, 1], color="#888888", linestyle=":", linewidth=1)
    filled = [(b.said, b.was, wilson(b.was, b.n)) for b in calibration.bins if b.said is not None and b.was is not None]
    below = [max(0.0, was - low) for _, was, (low, _) in filled]
    above = [max(0.0, high - was) for _, was, (_, high) in filled]
    said, was = [f[0] for f in filled], [f[1] for f in filled]
    left.errorbar(said, was, yerr=(below, above), color=COLOURS[0], marker="o", markersize=5, capsize=2, linewidth=1.2)
    left.set(xlabel=say("report_probability_said"), ylabel=say("report_was_right"), xlim=(0, 1), ylim=(0, 1))
    right.step([p.coverage for p in curve], [p.risk for p in curve], where="post", color=COLOURS[1])
    right.set(xlabel=say("report_coverage"), ylabel=say("report_risk"), xlim=(0, 1), ylim=(0, 1))
    for axes in (left, right):
        axes.grid(color=GRID_COLOUR, linewidth=0.6)
    return _svg(figure)


def measures(scores: Sequence[Score], say: Say) -> str:
    """Measures in [0, 1] as points with their 95 % intervals, one a line."""
    shown = [s for s in scores if s.value is not None and s.low is not None and s.high is not None and s.name != "length"]
    figure = Figure(figsize=(9, 0.5 + 0.32 * max(1, len(shown))), layout="constrained")
    axes = figure.subplots()
    for place, score in enumerate(reversed(shown)):
        value, low, high = float(score.value or 0), float(score.low or 0), float(score.high or 0)
        spread = ([max(0.0, value - low)], [max(0.0, high - value)])
        axes.errorbar([value], [place], xerr=spread, color=COLOURS[0], marker="o", markersize=5, capsize=3, linewidth=1.2)
    axes.set_yticks(range(len(shown)), [say(f"measure_{score.name}") for score in reversed(shown)])
    axes.set(xlim=(0, 1), ylim=(-0.6, len(shown) - 0.4))
    axes.grid(axis="x", color=GRID_COLOUR, linewidth=0.6)
    return _svg(figure)


def _svg(figure: Figure) -> str:
    out = io.StringIO()
    with mpl.rc_context(_FONT), warnings.catch_warnings():
        # Text stays text in the SVG: the reader's browser has the glyphs that matplotlib's own font lacks.
        warnings.filterwarnings("ignore", message="Glyph")
        figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
    text = out.getvalue()
    return re.sub(r"\s(width|height)=\"[\d.]+pt\"", "", text[text.index("<svg") :], count=2)


_FONT: Any = {**SAME_EVERY_TIME, "axes.unicode_minus": False}
