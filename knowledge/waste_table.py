"""The waste table of a municipality: items, collection areas and closures, read from 5374's CSV files.

`items.csv` is 5374's `target.csv` (`label,name,notice,furigana`) with two optional columns: `synonyms`, everyday
words separated by `|`, and `material`, which tells apart the rows of one name that go to different categories.
"""

import csv
import io
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from knowledge.collection_calendar import Closure, parse_date, parse_days

Record = TypeVar("Record")
ITEM_COLUMNS = ("label", "name", "notice", "furigana")
AREA_COLUMNS = ("地名", "センター")
CLOSURE_COLUMNS = ("名称", "休止開始日", "休止終了日")

_TO_HIRAGANA = {katakana: katakana - 0x60 for katakana in range(ord("ァ"), ord("ヶ") + 1)}


def plain(text: str) -> str:
    """NFKC and lower case: the form in which scripts are told apart."""
    return unicodedata.normalize("NFKC", text).lower()


def fold(text: str) -> str:
    """`plain`, with katakana as hiragana, letter for letter: positions are those of `plain(text)`."""
    return plain(text).translate(_TO_HIRAGANA)


@dataclass(frozen=True)
class WasteItem:
    """One row of the table: what it is called, its category (`label`) and how to put it out (`notice`)."""

    name: str
    furigana: str
    label: str
    notice: str
    synonyms: tuple[str, ...] = ()
    material: str = ""


@dataclass(frozen=True)
class CollectionArea:
    """A district, the centre that serves it, and the cell of collection days of every label."""

    district: str
    center: str
    days: Mapping[str, str]


@dataclass(frozen=True)
class WasteTable:
    """Everything the look-up answers from. Rows of one name differ in `material`."""

    items: tuple[WasteItem, ...] = ()
    areas: tuple[CollectionArea, ...] = ()
    closures: tuple[Closure, ...] = ()

    @cached_property
    def rows(self) -> dict[str, tuple[WasteItem, ...]]:
        """Name -> its rows, in the order of the file."""
        rows: dict[str, tuple[WasteItem, ...]] = {}
        for item in self.items:
            rows[item.name] = (*rows.get(item.name, ()), item)
        return rows

    @cached_property
    def names(self) -> dict[str, tuple[str, ...]]:
        """Folded word -> the names it can mean. A word that is itself a name means that name alone."""
        words: dict[str, dict[str, None]] = {}
        for item in self.items:
            without_brackets = re.sub(r"[（(].*?[)）]", "", item.name)
            for word in (without_brackets, item.furigana, *item.synonyms):
                words.setdefault(fold(word).strip(), {})[item.name] = None
        words |= {fold(name): {name: None} for name in self.rows}
        return {word: tuple(names) for word, names in words.items() if word}

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """Every category, those with collection days first."""
        with_days = (label for area in self.areas for label in area.days)
        return tuple(dict.fromkeys([*with_days, *(item.label for item in self.items)]))

    def to_json(self) -> dict[str, Any]:
        """The table as plain lists, dictionaries and strings; dates are ISO."""
        return {
            "items": [asdict(item) | {"synonyms": list(item.synonyms)} for item in self.items],
            "areas": [{"district": area.district, "center": area.center, "days": dict(area.days)} for area in self.areas],
            "closures": [
                {"center": closure.center, "start": closure.start.isoformat(), "end": closure.end.isoformat()}
                for closure in self.closures
            ],
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "WasteTable":
        """The inverse of `to_json`. Raises KeyError, TypeError or ValueError when the data is another shape."""
        return cls(
            items=tuple(WasteItem(**row | {"synonyms": tuple(row["synonyms"])}) for row in data["items"]),
            areas=tuple(CollectionArea(row["district"], row["center"], dict(row["days"])) for row in data["areas"]),
            closures=tuple(
                Closure(row["center"], date.fromisoformat(row["start"]), date.fromisoformat(row["end"]))
                for row in data["closures"]
            ),
        )


def read_table(folder: Path) -> WasteTable:
    """Read `items.csv`, `area_days.csv` and `center.csv` of one folder.

    Raises FileNotFoundError for a missing file, ValueError as the three readers do.
    """
    return WasteTable(
        items=tuple(read_items(folder / "items.csv")),
        areas=tuple(read_areas(folder / "area_days.csv")),
        closures=tuple(read_closures(folder / "center.csv")),
    )


def read_items(path: Path) -> list[WasteItem]:
    """Read the items. Raises ValueError, naming file and row, for an empty name or label or a repeated row."""
    seen: dict[tuple[str, str], int] = {}

    def item(row: Mapping[str, str], number: int) -> WasteItem:
        made = item_of(row)
        first = seen.setdefault((made.name, made.material), number)
        if first != number:
            raise ValueError(f"「{made.name}」 with material 「{made.material}」 is already in row {first}")
        return made

    return list(_records(path, ITEM_COLUMNS, item))


def read_areas(path: Path) -> list[CollectionArea]:
    """Read the districts; every column but the first two is a label. Raises ValueError, naming file and row."""

    return list(_records(path, AREA_COLUMNS, lambda row, _: area_of(row)))


def read_closures(path: Path) -> list[Closure]:
    """Read the closures; a row with neither date is a centre without one. Raises ValueError, naming file and row."""

    return [found for found in _records(path, CLOSURE_COLUMNS, lambda row, _: closure_of(row)) if found]


def item_of(row: Mapping[str, str]) -> WasteItem:
    """The item of a row of `target.csv`. Raises ValueError for an empty name or label."""
    for column in ("label", "name"):
        if not row[column]:
            raise ValueError(f"{column} is empty")
    synonyms = tuple(word.strip() for word in row.get("synonyms", "").split("|") if word.strip())
    return WasteItem(row["name"], row["furigana"], row["label"], row["notice"], synonyms, row.get("material", ""))


def area_of(row: Mapping[str, str]) -> CollectionArea:
    """The district of a row of `area_days.csv`. Raises ValueError for a cell that is no collection day."""
    days = {label: cell for label, cell in row.items() if label not in AREA_COLUMNS}
    for cell in days.values():
        parse_days(cell)
    return CollectionArea(row["地名"], row["センター"], days)


def closure_of(row: Mapping[str, str]) -> Closure | None:
    """The closure of a row of `center.csv`; None for a centre without one. Raises ValueError for bad dates."""
    if not row["休止開始日"] and not row["休止終了日"]:
        return None
    start, end = parse_date(row["休止開始日"]), parse_date(row["休止終了日"])
    if end < start:
        raise ValueError(f"the closure ends ({end}) before it starts ({start})")
    return Closure(row["名称"], start, end)


def _records(path: Path, required: Iterable[str], build: Callable[[Mapping[str, str], int], Record]) -> Iterator[Record]:
    lines = csv.reader(io.StringIO(_decoded(path), newline=""))
    header = [name.strip() for name in next(lines, [])]
    if missing := [name for name in required if name not in header]:
        raise ValueError(f"{path}: row 1: no column {', '.join(missing)}")
    for number, cells in enumerate(lines, start=2):
        values = [cell.strip() for cell in cells]
        if not any(values):
            continue
        if any(values[len(header) :]):
            raise ValueError(f"{path}: row {number}: {len(values)} cells, the header has {len(header)}")
        padded = values[: len(header)] + [""] * (len(header) - len(values))
        row = {name: value for name, value in zip(header, padded, strict=True) if name}
        try:
            yield build(row, number)
        except ValueError as error:
            raise ValueError(f"{path}: row {number}: {error}") from error


def _decoded(path: Path) -> str:
    content = path.read_bytes()
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        pass
    try:
        return content.decode("cp932")
    except UnicodeDecodeError as error:
        row = content.count(b"\n", 0, error.start) + 1
        raise ValueError(f"{path}: row {row}: neither UTF-8 nor cp932") from error
