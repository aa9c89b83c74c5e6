"""What every reader of the staff's import gives: rows of named values, as they stand in the source.

A row knows its place; what its columns stand for is decided later, by a person (knowledge.import_plan).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from knowledge.importers.records import LIMITS
from knowledge.importers.remarks import Remark, remark_of

LONGEST_VALUE = LIMITS["body"] + 1
"""Characters kept of one value; a longer one is an error of its row anyway, and the original file is kept."""


@dataclass(frozen=True)
class SourceRow:
    """One row or section: `given` by column, or the problem that keeps it from being read; `notes` do not."""

    place: str
    given: Mapping[str, Any] = field(default_factory=dict)
    problem: Remark | None = None
    notes: tuple[Remark, ...] = ()

    def to_json(self) -> dict[str, Any]:
        return {
            "place": self.place[:400],
            "given": {str(name)[:200]: _cut(value) for name, value in self.given.items()},
            "problem": self.problem.to_json() if self.problem is not None else {},
            "notes": [note.to_json() for note in self.notes],
        }


@dataclass(frozen=True)
class Progress:
    """How far a long reading is: `done` of `total` pages."""

    done: int
    total: int


@dataclass(frozen=True)
class Options:
    """What a reading may use. `done`: places read before it was interrupted, which are not read again."""

    done: frozenset[str] = frozenset()
    cores: int = 2


Event = SourceRow | Progress
SourceReader = Callable[[Path, str, Options], Iterator[Event]]
"""Reads a file; the second argument is the name staff know it by."""


def made_id(values: Sequence[Any]) -> str:
    """An ID out of the values that tell an article apart; the same values give the same ID."""
    text = json.dumps([str(value or "").strip() for value in values], ensure_ascii=False)
    return f"import-{hashlib.sha256(text.encode('utf-8', 'replace')).hexdigest()[:16]}"


def failed(place: str, words: str) -> SourceRow:
    """A row that could not be read."""
    return SourceRow(place, problem=remark_of(words))


def _cut(value: Any) -> Any:
    return value[:LONGEST_VALUE] if isinstance(value, str) else value
