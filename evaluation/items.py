"""A question and what the desk has to do with it; sets of them read from files, told apart by digest, split and checked.

JSON lines, or a table (CSV in UTF-8 with or without BOM or cp932) with the same names as headers, lists separated by 「｜」.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import date
from typing import Any

from bot.facets import FACETS
from indexer.passage_table import phrase_key
from knowledge.importers.decoding import text_of

LANGUAGES = ("ja", "yasashii", "en", "zh-Hans", "vi", "ko", "tl", "ne", "pt", "id", "my")
CHANNELS = ("web", "line", "kiosk", "phone", "counter", "batch")
SPLITS = ("tune", "test")
SEPARATOR = "｜"
LONGEST_TEXT = 1000
LISTS = ("conversation", "expected", "facets", "must", "must_not")
ALIKE = 0.8
"""Share of common character pairs (Dice) from which two questions are taken for the same."""


class BadItem(ValueError):
    """A question cannot be used; `place` says which and the message what to change."""

    def __init__(self, place: str, why: str) -> None:
        super().__init__(f"{place}: {why}")
        self.place, self.why = place, why


@dataclass(frozen=True)
class Item:
    """One question. Any of the articles `expected` answers it, or `hand_over` says that nothing may.

    `grades` are those of `expected` in its order (2 correct, 1 related; none given: all 1). With `all_needed` the message
    asks several things and every article of `expected` is needed. `must` and `must_not`: words the answer has to contain and must not contain. `conversation`: what was asked before.
    """

    key: str
    text: str
    conversation: tuple[str, ...] = ()
    expected: tuple[str, ...] = ()
    grades: tuple[int, ...] = ()
    all_needed: bool = False
    hand_over: bool = False
    facets: tuple[str, ...] = ()
    must: tuple[str, ...] = ()
    must_not: tuple[str, ...] = ()
    topic: str = ""
    language: str = "ja"
    channel: str = "web"
    source: str = ""
    asked_on: date | None = None
    split: str = "tune"

    def graded(self) -> dict[str, int]:
        """Expected article -> grade."""
        return dict(zip(self.expected, self.grades or (1,) * len(self.expected), strict=True))

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values; `item_of` turns them back."""
        data = {**asdict(self), "asked_on": self.asked_on.isoformat() if self.asked_on else None}
        return {name: list(value) if isinstance(value, tuple) else value for name, value in data.items()}


FIELDS = tuple(f.name for f in fields(Item))


@dataclass(frozen=True)
class Contamination:
    """A test question that training has seen. `kind`: same (letter for letter), alike, or article (questions on it train too)."""

    kind: str
    test: str
    train: str


def item_of(data: Mapping[str, Any], place: str) -> Item:
    """The item of a dictionary. Raises BadItem."""
    if unknown := sorted(set(data) - set(FIELDS)):
        raise BadItem(place, f"unknown field {unknown[0]}; known are {', '.join(FIELDS)}")
    values: dict[str, Any] = {name: tuple(_list(data.get(name))) for name in LISTS}
    values |= {name: str(data.get(name) or default).strip() for name, default in _TEXTS.items()}
    values |= {name: _truth(data.get(name), name, place) for name in ("hand_over", "all_needed")}
    values["grades"] = _grades(data.get("grades"), place)
    values["asked_on"] = _day(data.get("asked_on"), place)
    item = Item(**values)
    _check(item, place)
    return item


def read_jsonl(text: str) -> list[Item]:
    """The items of JSON lines. Raises BadItem for the first bad line or a key that came before."""
    found = []
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            data = json.loads(line)
        except ValueError as error:
            raise BadItem(f"line {number}", f"not JSON: {error}") from None
        if not isinstance(data, dict):
            raise BadItem(f"line {number}", "not a JSON object")
        found.append(item_of(data, f"line {number}"))
    return _distinct(found)


def read_csv(content: bytes) -> list[Item]:
    """The items of a table with a header. Raises BadItem."""
    rows = csv.DictReader(io.StringIO(text_of(content), newline=""))
    found = []
    for row in rows:
        place = f"line {rows.line_num}"
        if None in row:
            raise BadItem(place, "more cells than the header has")
        if any((value or "").strip() for value in row.values()):
            found.append(item_of({k: unguarded(v) for k, v in row.items() if k and v not in (None, "")}, place))
    return _distinct(found)


def write_jsonl(items: Iterable[Item]) -> str:
    return "".join(json.dumps(item.to_json(), ensure_ascii=False) + "\n" for item in items)


def write_csv(items: Iterable[Item]) -> str:
    """With a BOM, so that a spreadsheet reads it as UTF-8; a cell that would begin a formula is guarded by an apostrophe."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(FIELDS)
    for item in items:
        writer.writerow([guarded(_cell(value)) for value in item.to_json().values()])
    return "\ufeff" + out.getvalue()


def digest(items: Sequence[Item]) -> str:
    """SHA-256 (hex) over the items in their order."""
    return hashlib.sha256(write_jsonl(items).encode()).hexdigest()


def split_of(items: Sequence[Item], test_share: float) -> dict[str, str]:
    """Key -> tune or test, so that questions which share an article are on one side.

    Articles linked by a question form one group (union-find); a group's side follows from a hash of its smallest article,
    so it stays when other questions come. A question without an article is a group by its own words.
    """
    parent: dict[str, str] = {}

    def root(one: str) -> str:
        parent.setdefault(one, one)
        while parent[one] != one:
            parent[one] = parent[parent[one]]
            one = parent[one]
        return one

    for item in items:
        for article in item.expected[1:]:
            a, b = sorted((root(item.expected[0]), root(article)))
            parent[b] = a
    sides = {}
    for item in items:
        group = f"article {root(item.expected[0])}" if item.expected else f"words {phrase_key(item.text)}"
        sides[item.key] = "test" if hashlib.sha256(group.encode()).digest()[0] < 256 * test_share else "tune"
    return sides


def contamination(test: Sequence[Item], train: Sequence[Item]) -> list[Contamination]:
    """What of `test` is in `train` already, the gravest finding for each test question."""
    exact = {phrase_key(item.text): item.key for item in train}
    by_pair: dict[str, list[int]] = defaultdict(list)
    pairs = [_pairs(item.text) for item in train]
    for number, own in enumerate(pairs):
        for pair in own:
            by_pair[pair].append(number)
    trained = {article: item.key for item in reversed(train) for article in item.expected}
    found = (_seen(item, exact, by_pair, pairs, train, trained) for item in test)
    return [one for one in found if one]


def _seen(
    item: Item,
    exact: Mapping[str, str],
    by_pair: Mapping[str, list[int]],
    pairs: Sequence[frozenset[str]],
    train: Sequence[Item],
    trained: Mapping[str, str],
) -> Contamination | None:
    if same := exact.get(phrase_key(item.text)):
        return Contamination("same", item.key, same)
    own = _pairs(item.text)
    common: dict[int, int] = defaultdict(int)
    for pair in own:
        for number in by_pair.get(pair, ()):
            common[number] += 1
    alike = {n: 2 * count / (len(own) + len(pairs[n])) for n, count in common.items()}
    best = max(alike, key=lambda n: alike[n], default=None)
    if best is not None and alike[best] >= ALIKE:
        return Contamination("alike", item.key, train[best].key)
    shared = next((a for a in item.expected if a in trained), None)
    return Contamination("article", item.key, trained[shared]) if shared else None


def _pairs(text: str) -> frozenset[str]:
    flat = phrase_key(text)
    return frozenset(flat[at : at + 2] for at in range(max(1, len(flat) - 1)))


_TEXTS = {"key": "", "text": "", "topic": "", "language": "ja", "channel": "web", "source": "", "split": "tune"}


def _check(item: Item, place: str) -> None:
    if not item.key or len(item.key) > 100:
        raise BadItem(place, "`key` is needed, at most 100 characters")
    if not item.text or len(item.text) > LONGEST_TEXT:
        raise BadItem(place, f"`text` is needed, at most {LONGEST_TEXT} characters")
    if item.hand_over == bool(item.expected):
        raise BadItem(place, "give either `expected` articles or `hand_over`")
    if item.grades and len(item.grades) != len(item.expected):
        raise BadItem(place, "give a grade for every expected article, or none")
    for name, choices in (("language", LANGUAGES), ("channel", CHANNELS), ("split", SPLITS)):
        if getattr(item, name) not in choices:
            raise BadItem(place, f"`{name}` is one of {', '.join(choices)}")
    known = {facet.key for facet in FACETS}
    if wrong := [facet for facet in item.facets if facet not in known]:
        raise BadItem(place, f"unknown facet {wrong[0]}; known are {', '.join(sorted(known))}")


def _distinct(items: list[Item]) -> list[Item]:
    seen = set()
    for item in items:
        if item.key in seen:
            raise BadItem(item.key, "this key came before")
        seen.add(item.key)
    return items


def _list(value: Any) -> Iterator[str]:
    parts = value.split(SEPARATOR) if isinstance(value, str) else (value or ())
    return (text for part in parts if (text := str(part).strip()))


def _grades(value: Any, place: str) -> tuple[int, ...]:
    try:
        grades = tuple(int(grade) for grade in _list(value))
    except ValueError:
        raise BadItem(place, "`grades` are whole numbers") from None
    if any(not 1 <= grade <= 3 for grade in grades):
        raise BadItem(place, "a grade is 1, 2 or 3")
    return grades


def _truth(value: Any, name: str, place: str) -> bool:
    if value in (None, "", False, "0", "false", "いいえ"):
        return False
    if value in (True, "1", "true", "はい"):
        return True
    raise BadItem(place, f"`{name}` is true or false (はい or いいえ)")


def _day(value: Any, place: str) -> date | None:
    try:
        return date.fromisoformat(str(value)) if value else None
    except ValueError:
        raise BadItem(place, "`asked_on` is a day like 2026-11-25") from None


def _cell(value: Any) -> str:
    if isinstance(value, list):
        return SEPARATOR.join(map(str, value))
    return {True: "true", False: ""}.get(value, str(value)) if isinstance(value, bool) else str(value or "")


def guarded(cell: str) -> str:
    """The cell, with an apostrophe before what a spreadsheet would take for a formula."""
    return f"'{cell}" if cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell


def unguarded(cell: Any) -> Any:
    return cell[1:] if isinstance(cell, str) and cell[:2] in ("'=", "'+", "'-", "'@", "'\t", "'\r") else cell
