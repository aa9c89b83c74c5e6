"""Synonyms as a CSV table that staff open in a spreadsheet, and the base that ships with the desk as one."""

from __future__ import annotations

import csv
import io
import re
from codecs import BOM_UTF8
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from knowledge.importers.columns import fold as fold_name
from knowledge.importers.decoding import UnreadableFile, read_text
from knowledge.synonyms import BadSynonyms, SynonymGroup, checked, of_the_base, tidied
from settings import SHARED_BASE

SHARED = Path(__file__).parent / "shared_synonyms.csv"
NAMES: Mapping[str, tuple[str, ...]] = {
    "official": ("行政の言葉", "公式の言葉", "正式な言葉", "official"),
    "words": ("住民の言葉", "言い換え", "言いかえ", "words"),
    "note": ("メモ", "備考", "note"),
    "active": ("使う", "使用", "active"),
}
HEADER_WITHIN = 20
"""Rows in which the header is looked for: offices put a title and a date above it."""
YES, NO = "はい", "いいえ"

_FIELD_OF = {fold_name(name): field for field, names in NAMES.items() for name in names}
_BETWEEN = re.compile(r"[、,，;；|｜\r\n]")
_MARKED = re.compile(r"^'(?=[=+@-])")
_YES = frozenset({"", YES, "1", "○", "◯", "〇", "yes", "true", "使う"})
_NO = frozenset({NO, "0", "×", "no", "false", "使わない"})


@dataclass(frozen=True)
class SynonymRow:
    """One row of a file, read or not; `place` is file and row as a spreadsheet counts them."""

    place: str
    group: SynonymGroup | None = None
    error: str | None = None


def words_of(cell: str) -> list[str]:
    """The words of a cell or a text field, separated by 「、」, commas, semicolons, bars or line ends."""
    return [word for part in _BETWEEN.split(cell) if (word := tidied(part))]


def read_table(path: Path, municipality: str) -> list[SynonymRow]:
    """Every row of the file, UTF-8 (with or without BOM) or cp932; those that cannot be read say why.

    A row that switches a group of the base off may leave its words out. Raises FileNotFoundError.
    """
    try:
        text = read_text(path)
    except UnreadableFile as error:
        return [SynonymRow(f"{path.name}:{error.row}", error=str(error))]
    cells = _cells(text, path.name)
    for _, found in zip(range(HEADER_WITHIN), cells, strict=False):
        if isinstance(found, tuple) and {"official", "words"} <= set(header := _header(found[1])):
            return list(_unique(_row(row, header, path.name, municipality) for row in cells))
    return [SynonymRow(f"{path.name}:1", error=f"no columns {NAMES['official'][0]} and {NAMES['words'][0]} in the first rows")]


def write_table(groups: Iterable[SynonymGroup]) -> bytes:
    """The groups as CSV that a spreadsheet opens: UTF-8 with BOM, CRLF."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(names[0] for names in NAMES.values())
    for group in groups:
        row = (group.official, "、".join(group.words), group.note, YES if group.active else NO)
        writer.writerow([_harmless(cell) for cell in row])
    return BOM_UTF8 + out.getvalue().encode()


@cache
def shared_groups() -> tuple[SynonymGroup, ...]:
    """The base of national procedures' words. Raises ValueError when the file that ships with the desk is damaged."""
    rows = read_table(SHARED, SHARED_BASE)
    if bad := [f"{row.place}: {row.error}" for row in rows if row.error]:
        raise ValueError("; ".join(bad))
    return tuple(of_the_base(row.group) for row in rows if row.group)


@cache
def shared_group(official: str) -> SynonymGroup | None:
    """The group of the base for an official word."""
    return next((group for group in shared_groups() if group.official == official), None)


def _cells(text: str, name: str) -> Iterator[tuple[int, Sequence[str]] | SynonymRow]:
    first = text.split("\n", 1)[0]
    delimiter = "\t" if first.count("\t") > first.count(",") else ","
    # strict: an unclosed quotation mark would otherwise swallow every row after it into one cell
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    number = 0
    while True:
        number += 1
        try:
            yield number, next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield SynonymRow(f"{name}:{number}", error=f"not valid CSV near line {reader.line_num}: {error}")


def _header(cells: Sequence[str]) -> dict[str, int]:
    fields: dict[str, int] = {}
    for position, name in enumerate(cells):
        if field := _FIELD_OF.get(fold_name(name)):
            fields.setdefault(field, position)
    return fields


def _row(
    row: tuple[int, Sequence[str]] | SynonymRow, header: Mapping[str, int], name: str, municipality: str
) -> SynonymRow | None:
    if isinstance(row, SynonymRow):
        return row
    number, cells = row
    if not any(cell.strip() for cell in cells):
        return None
    place = f"{name}:{number}"
    cell = {field: _MARKED.sub("", cells[at]) if at < len(cells) else "" for field, at in header.items()}
    switch = tidied(cell.get("active", "")).lower()
    if switch not in _YES | _NO:
        return SynonymRow(place, error=f"「{switch}」 is neither {YES} nor {NO}")
    words = words_of(cell["words"])
    if not words and switch in _NO and municipality != SHARED_BASE and (base := shared_group(tidied(cell["official"]))):
        words = list(base.words)
    try:
        return SynonymRow(place, checked(municipality, cell["official"], words, cell.get("note", ""), switch in _YES))
    except BadSynonyms as error:
        return SynonymRow(place, error=str(error))


def _unique(rows: Iterable[SynonymRow | None]) -> Iterator[SynonymRow]:
    places: dict[str, str] = {}
    for row in rows:
        if row is None:
            continue
        if row.group and (first := places.get(row.group.official)):
            yield replace(row, group=None, error=f"「{row.group.official}」 was already given at {first}")
            continue
        if row.group:
            places[row.group.official] = row.place
        yield row


def _harmless(cell: str) -> str:
    # A cell that begins so is a formula to a spreadsheet (OWASP, CSV injection); the reader takes the mark away again.
    return f"'{cell}" if cell.startswith(("=", "+", "@", "-")) else cell
