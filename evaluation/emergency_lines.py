"""`python -m evaluation.emergency_lines`: write evaluation/data/emergencies_train.jsonl, what the second look learns from.

Lines written for this project: fillings of the sentence frames in evaluation/data/emergency_templates_*.yml (`source` names
the frame) and single lines of evaluation/data/emergency_hand.txt. No resident's words, no data of others.
"""

from __future__ import annotations

import itertools
import json
import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import yaml

DATA = Path(__file__).parent / "data"
TRAIN = DATA / "emergencies_train.jsonl"
HAND = DATA / "emergency_hand.txt"
_SLOT = re.compile(r"\{([a-z]+)\}")


@dataclass(frozen=True)
class Line:
    """A labelled line; `kind` is None where nobody is in danger."""

    text: str
    language: str
    kind: str | None
    source: str


def training_lines() -> list[Line]:
    """Every line once, in a fixed order; the same files always give the same lines."""
    lines: dict[str, Line] = {}
    for line in itertools.chain(hand_lines(HAND), template_lines()):
        lines.setdefault(line.text, line)
    return list(lines.values())


def hand_lines(path: Path, source: str = "hand") -> Iterator[Line]:
    """Lines of a text file under headings `## kind language voice`; kind `none` where nobody is in danger."""
    kind, language = "", ""
    for text in path.read_text(encoding="utf-8").splitlines():
        if text.startswith("## "):
            kind, language = text.split()[1:3]
        elif text.strip() and not text.startswith("# "):
            yield Line(text.strip(), language, None if kind == "none" else kind, source)


def template_lines() -> Iterator[Line]:
    """`take` different fillings of every group of sentence frames."""
    for path in sorted(DATA.glob("emergency_templates_*.yml")):
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
        for group in data["groups"]:
            slots = {**data.get("slots", {}), **group.get("slots", {})}
            for text in fillings(group, slots):
                yield Line(text, group["language"], group["kind"], group["source"])


def fillings(group: Mapping[str, Any], slots: Mapping[str, Sequence[str]]) -> list[str]:
    """Up to `take` different fillings; each frame and each value gets its turn."""
    chance = random.Random(group["source"])  # noqa: S311 - repeatable, nothing secret
    turns = {name: _turns(values, chance) for name, values in slots.items()}
    frames = _turns(group["lines"], chance)
    found: dict[str, None] = {}
    for _ in range(group["take"] * 4):
        if len(found) >= group["take"]:
            break
        found[_SLOT.sub(lambda slot: next(turns[slot[1]]), next(frames)).strip()] = None
    return list(found)


def _turns(values: Sequence[str], chance: random.Random) -> Iterator[str]:
    while True:
        yield from chance.sample(values, len(values))


def _stored(line: Line) -> str:
    kept = {name: value for name, value in asdict(line).items() if value is not None}
    return json.dumps(kept, ensure_ascii=False, separators=(",", ":"))


def main() -> None:
    """Write the file and print how many lines it has."""
    lines = training_lines()
    TRAIN.write_text("".join(_stored(line) + "\n" for line in lines), encoding="utf-8")
    dangerous = sum(line.kind is not None for line in lines)
    print(f"{len(lines)} lines, {dangerous} of emergencies, {len(lines) - dangerous} of none; {TRAIN.stat().st_size} bytes")


if __name__ == "__main__":
    main()
