"""Diagrams as SVG with presentation attributes only, so that the strict policy of the staff pages shows them.

The figures of every diagram stand in a table beside it; for a screen reader the diagram is a picture with a name.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from math import log10

from markupsafe import Markup, escape

WIDTH, HEIGHT = 960, 280
LEFT, RIGHT, TOP, BOTTOM = 64, 12, 12, 36
INK, GRID = "#4d4d52", "#d8d8db"
COLOURS = ("#0017c1", "#008299", "#b35c00", "#767680")
"""At least 4.5 to 1 on white and told apart by their lightness too."""
BAND_WIDE, BAND_NARROW = "#d9e6ff", "#9db7f9"


@dataclass(frozen=True)
class Series:
    """Values week by week, stacked in bars; `label` is what the legend calls them."""

    label: str
    values: Sequence[float]


@dataclass(frozen=True)
class Band:
    """A forecast week: the expected count with its 80 and 95 % intervals."""

    mean: float
    low80: float
    high80: float
    low95: float
    high95: float


def bars(weeks: Sequence[date], series: Sequence[Series], name: str) -> Markup:
    """Stacked bars, one a week."""
    tops = [sum(one.values[place] for one in series) for place in range(len(weeks))]
    frame = _Frame(len(weeks), max(tops, default=0))
    drawn = []
    for place in range(len(weeks)):
        floor = 0.0
        for colour, one in zip(COLOURS, series, strict=False):
            value = one.values[place]
            if value > 0:
                drawn.append(_box(frame.x(place, 0.12), frame.y(floor + value), frame.step * 0.76, frame.high(value), colour))
            floor += value
    return _svg(name, [*frame.lines(), *drawn, *frame.weeks(weeks)])


def forecast(weeks: Sequence[date], history: Sequence[float], bands: Sequence[Band], name: str) -> Markup:
    """The last weeks as a line, the next ones as a line between two intervals. `weeks` covers both."""
    most = max([*history, *(band.high95 for band in bands)], default=0)
    frame = _Frame(len(weeks), most)
    begin = len(history)
    drawn = []
    for place, band in enumerate(bands, begin):
        for low, high, colour, inset in ((band.low95, band.high95, BAND_WIDE, 0.1), (band.low80, band.high80, BAND_NARROW, 0.1)):
            drawn.append(_box(frame.x(place, inset), frame.y(high), frame.step * (1 - 2 * inset), frame.high(high - low), colour))
    said = [(frame.x(place, 0.5), frame.y(value)) for place, value in enumerate(history)]
    will = [(frame.x(place, 0.5), frame.y(band.mean)) for place, band in enumerate(bands, begin)]
    drawn.append(_line(said, INK))
    drawn.append(_line([*said[-1:], *will], COLOURS[0], dashed=True))
    drawn += [Markup('<circle cx="{:.1f}" cy="{:.1f}" r="4" fill="{}"/>').format(x, y, COLOURS[0]) for x, y in will]
    return _svg(name, [*frame.lines(), *drawn, *frame.weeks(weeks)])


class _Frame:
    """Where a value and a week lie in the picture."""

    def __init__(self, places: int, most: float) -> None:
        self.step = (WIDTH - LEFT - RIGHT) / max(1, places)
        self._unit = _round_step(most)
        self._top = max(1, -int(-most // self._unit)) * self._unit

    def x(self, place: int, within: float) -> float:
        return LEFT + (place + within) * self.step

    def y(self, value: float) -> float:
        return TOP + (HEIGHT - TOP - BOTTOM) * (1 - value / self._top)

    def high(self, value: float) -> float:
        return (HEIGHT - TOP - BOTTOM) * value / self._top

    def lines(self) -> list[Markup]:
        """Horizontal lines with their values."""
        made = []
        value = 0.0
        while value <= self._top * 1.0001:
            y = self.y(value)
            made.append(
                Markup('<line x1="{}" x2="{}" y1="{:.1f}" y2="{:.1f}" stroke="{}"/>').format(LEFT, WIDTH - RIGHT, y, y, GRID)
            )
            made.append(_text(LEFT - 8, y + 5, f"{value:,.0f}", "end"))
            value += self._unit
        return made

    def weeks(self, weeks: Sequence[date]) -> list[Markup]:
        """Dates under the first, then every so many weeks that they do not touch."""
        every = max(1, -(-len(weeks) * 64 // (WIDTH - LEFT - RIGHT)))
        return [
            _text(self.x(place, 0.5), HEIGHT - 12, f"{week.month}/{week.day}", "middle")
            for place, week in enumerate(weeks)
            if place % every == 0
        ]


def _round_step(most: float) -> float:
    """1, 2 or 5 times a power of ten, so that four to eight lines are drawn; never below 1."""
    rough = max(1.0, most / 5)
    size = 10 ** int(log10(rough))
    return float(next(size * k for k in (1, 2, 5, 10) if size * k >= rough))


def _box(x: float, y: float, width: float, height: float, colour: str) -> Markup:
    shape = Markup('<rect x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}" fill="{}"/>')
    return shape.format(x, y, width, max(0.0, height), colour)


def _line(points: Sequence[tuple[float, float]], colour: str, dashed: bool = False) -> Markup:
    placed = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    dash = Markup(' stroke-dasharray="6 4"') if dashed else Markup("")
    return Markup('<polyline points="{}" fill="none" stroke="{}" stroke-width="2.5"{}/>').format(placed, colour, dash)


def _text(x: float, y: float, words: str, anchor: str) -> Markup:
    shape = Markup('<text x="{:.1f}" y="{:.1f}" fill="{}" font-size="14" text-anchor="{}">{}</text>')
    return shape.format(x, y, INK, anchor, words)


def _svg(name: str, parts: Sequence[Markup]) -> Markup:
    head = Markup('<svg class="chart" viewBox="0 0 {} {}" role="img" aria-label="{}">').format(WIDTH, HEIGHT, escape(name))
    return head + Markup("").join(parts) + Markup("</svg>")
