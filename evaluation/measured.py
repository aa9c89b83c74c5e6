"""Measured figures as JSON lines: what every benchmark leaves under runs/ and `python -m evaluation pins` reads."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ENDING = ".figures.jsonl"
SEPARATOR = " | "


class BadFigures(ValueError):
    """A line is not a figure; the message names file and line."""


@dataclass(frozen=True)
class Measured:
    """One figure. `name` is the same in every run, `set | system | measure`; `command` makes it, without its options.

    `value` is None where it could not be measured, and `why` says why; such a figure named `set` or `set | system` stands
    for all those below it. `more` is what belongs beside it: interval,
    number of questions, time.
    """

    name: str
    value: float | None
    command: str
    unit: str = ""
    why: str = ""
    more: Mapping[str, Any] = field(default_factory=dict)


def named(*parts: str) -> str:
    """The name of a figure."""
    return SEPARATOR.join(parts)


def above(name: str) -> list[str]:
    """The name itself and those it stands below, the nearest first."""
    parts = name.split(SEPARATOR)
    return [SEPARATOR.join(parts[:length]) for length in range(len(parts), 0, -1)]


def write(path: Path, figures: Iterable[Measured]) -> Path:
    """One line a figure; the folder is made when it is not there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(vars(f), ensure_ascii=False) + "\n" for f in figures), encoding="utf-8")
    return path


def read(path: Path) -> list[Measured]:
    """Raises BadFigures, OSError."""
    found = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        try:
            data = json.loads(line)
            value = None if data["value"] is None else float(data["value"])
            more = {"unit": data.get("unit", ""), "why": data.get("why", ""), "more": data.get("more", {})}
            found.append(Measured(str(data["name"]), value, str(data["command"]), **more))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise BadFigures(f"{path}:{number}: not a measured figure: {error!r}") from error
    return found
