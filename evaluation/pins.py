"""`python -m evaluation pins`: are the measured figures still those that were published, within their tolerance?

pins.json has, for each pinned figure, its value, the tolerance and the command that makes it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from evaluation.measured import ENDING, Measured, above, read

PINS = Path(__file__).parent / "pins.json"
TOLERANCE = 0.01
"""Of a share in [0, 1]: adapting the vectors and training leave a score within a few thousandths on another machine."""


class BadPins(ValueError):
    """pins.json cannot be read; the message says which entry."""


class Verdict(StrEnum):
    """MISSING: the command that makes the figure was run and the figure is not there. NOT_RUN: that command was not run."""

    WITHIN = "within tolerance"
    OUTSIDE = "OUTSIDE"
    MISSING = "MISSING"
    UNMEASURED = "not measured"
    NOT_RUN = "not in these reports"


@dataclass(frozen=True)
class Pin:
    """`|measured - value| <= tolerance` must hold."""

    name: str
    value: float
    tolerance: float
    command: str


@dataclass(frozen=True)
class Judged:
    """A pin and what became of it."""

    pin: Pin
    verdict: Verdict
    measured: float | None = None
    why: str = ""

    @property
    def fails(self) -> bool:
        return self.verdict in (Verdict.OUTSIDE, Verdict.MISSING)

    def line(self) -> str:
        told = "" if self.measured is None else f", measured {self.measured:.4f}"
        reason = f" ({self.why})" if self.why else ""
        return (
            f"{self.verdict}: {self.pin.name}: {self.pin.value:.4f} ± {self.pin.tolerance:g}{told}{reason}; `{self.pin.command}`"
        )


def load(path: Path | None = None) -> list[Pin]:
    """The pins of a file, by default of the repository. Raises BadPins, OSError."""
    path = path or PINS
    try:
        return [Pin(str(d["name"]), float(d["value"]), float(d["tolerance"]), str(d["command"])) for d in _entries(path)]
    except (ValueError, KeyError, TypeError) as error:
        raise BadPins(f"{path}: not a list of {{name, value, tolerance, command}}: {error!r}") from error


def judge(pins: Sequence[Pin], figures: Iterable[Measured]) -> list[Judged]:
    """Every pin, in their order. A figure that its command did not report at all is as bad as a wrong one."""
    known = {figure.name: figure for figure in figures}
    commands = {figure.command for figure in known.values()}
    return [_judged(pin, _reported(pin.name, known), pin.command in commands) for pin in pins]


def _reported(name: str, known: Mapping[str, Measured]) -> Measured | None:
    """The figure, or the line that says why it and its neighbours could not be measured."""
    exact, *wider = above(name)
    if exact in known:
        return known[exact]
    return next((known[place] for place in wider if place in known and known[place].value is None), None)


def _judged(pin: Pin, figure: Measured | None, run: bool) -> Judged:
    if figure is None:
        return Judged(pin, Verdict.MISSING if run else Verdict.NOT_RUN)
    if figure.value is None:
        return Judged(pin, Verdict.UNMEASURED, why=figure.why)
    # A figure of exactly the tolerance's distance counts as within, whatever the last bit of the subtraction says.
    within = abs(figure.value - pin.value) <= pin.tolerance + 1e-9
    return Judged(pin, Verdict.WITHIN if within else Verdict.OUTSIDE, figure.value)


def written(pins: Sequence[Pin], figures: Iterable[Measured]) -> list[Pin]:
    """`pins` with the measured values; a pin's own tolerance stays, a new one gets the default.

    Shares only: times and memory are another machine's matter and have targets instead.
    """
    new = {pin.name: pin for pin in pins}
    for figure in figures:
        if figure.value is not None and not figure.unit:
            tolerance = new[figure.name].tolerance if figure.name in new else TOLERANCE
            new[figure.name] = Pin(figure.name, round(figure.value, 4), tolerance, figure.command)
    return list(new.values())


def save(pins: Sequence[Pin], path: Path) -> None:
    """One pin a line, so that a change of one figure is a change of one line."""
    lines = ",\n".join(" " + json.dumps(asdict(pin), ensure_ascii=False) for pin in pins)
    path.write_text(f"[\n{lines}\n]\n" if lines else "[]\n", encoding="utf-8")


def newest(folder: Path) -> list[Path]:
    """The latest report of each command in a folder of runs; their names are COMMAND-STAMP."""
    latest: dict[str, Path] = {}
    for path in sorted(folder.glob(f"*{ENDING}")):
        latest[path.name.removesuffix(ENDING).rstrip("-0123456789")] = path
    return list(latest.values())


def check(reports: Sequence[Path], write: bool = False, path: Path | None = None) -> tuple[str, int]:
    """What to print, and 0 when every pin holds, else 1. With `write` the pins become what was measured.

    Raises BadPins, BadFigures, OSError.
    """
    path = path or PINS
    figures = [figure for report in reports for figure in read(report)]
    pins = load(path)
    if write:
        save(written(pins, figures), path)
        return f"{len(load(path))} figures are pinned in {path.name}", 0
    if not pins:
        return f"no figure is pinned in {path.name} yet: `python -m evaluation pins --write`", 0
    judged = judge(pins, figures)
    failing = [one for one in judged if one.fails]
    told = sorted(judged, key=lambda one: one.fails)
    summary = f"{len(judged)} pinned figures, {len(failing)} of them not as pinned"
    return "\n".join((*(one.line() for one in told), summary)), int(bool(failing))


def _entries(path: Path) -> list[Mapping[str, Any]]:
    data = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(data, list):
        raise TypeError("not a list")
    return data
