"""CSV and Excel tables with whatever columns they have: the header is found, nothing is asked of it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import chain, islice
from pathlib import Path

from knowledge.importers.columns import read_header
from knowledge.importers.csv_table import csv_cells
from knowledge.importers.decoding import UnreadableFile
from knowledge.importers.records import ImportedRow
from knowledge.importers.remarks import Remark, remark_of
from knowledge.importers.source import Event, Options, SourceRow, failed
from knowledge.importers.table import HEADER_WITHIN, MORE_CELLS, Cells
from knowledge.importers.xlsx_table import Sheet, sheets_of

_GUARDED = re.compile(r"'+[=+\-@\t\r＝＋－＠]")


def read_csv_source(path: Path, name: str, options: Options) -> Iterator[Event]:
    """Every record of a CSV or tab-separated file; places are "file:row" as a spreadsheet counts."""
    try:
        cells = csv_cells(path, name)
    except UnreadableFile as error:
        yield failed(f"{name}:{error.row}", error.remark)
        return
    yield from _table(cells, name, closed=True)


def read_xlsx_source(path: Path, name: str, options: Options) -> Iterator[Event]:
    """Every row of the visible sheets with a header of questions and answers; where none has one, of all visible sheets."""
    sheets = sheets_of(path)
    if isinstance(sheets, Remark):
        yield failed(f"{name}:1", sheets)
        return
    filled = [sheet for sheet in sheets if any(any(cell.strip() for cell in cells) for _, cells in sheet.rows)]
    shown = [sheet for sheet in filled if sheet.visible]
    wanted = [sheet for sheet in shown if _knows_articles(sheet)] or shown
    left = [sheet.title for sheet in filled if sheet not in wanted]
    notes = (Remark(f"sheets not read: {', '.join(left)}", "sheets_skipped", names="、".join(left)),) if left else ()
    for sheet in wanted:
        label = f"{name}[{sheet.title}]" if len(wanted) > 1 else name
        yield from _table(iter(sheet.rows), label, notes=notes)
        notes = ()
    if not wanted:
        yield failed(f"{name}:1", Remark("the file is empty", "file_empty"))


def unguarded(text: str) -> str:
    """A cell without the apostrophe that an export put before what a spreadsheet would take for a formula."""
    return text[1:] if _GUARDED.match(text) else text


def _knows_articles(sheet: Sheet) -> bool:
    return any({"title", "body"} <= read_header(row).fields.keys() for _, row in sheet.rows[:HEADER_WITHIN])


def _table(
    cells: Iterator[Cells | ImportedRow], name: str, closed: bool = False, notes: tuple[Remark, ...] = ()
) -> Iterator[SourceRow]:
    above = list(islice(cells, HEADER_WITHIN))
    at = _header_at(above)
    if at is None:
        wrong = next((row for row in above if isinstance(row, ImportedRow)), None)
        yield failed(wrong.place if wrong else f"{name}:1", (wrong and wrong.error) or Remark("the file is empty", "file_empty"))
        return
    header = above[at]
    assert not isinstance(header, ImportedRow)  # noqa: S101 - _header_at gives rows of cells only
    names = _names(header[1])
    skipped = [row[0] for row in above[:at] if isinstance(row, tuple) and any(cell.strip() for cell in row[1])]
    if skipped:
        notes = (*notes, Remark(f"{len(skipped)} rows above the header were not read", "rows_above", count=len(skipped)))
    empty = True
    for row in chain((row for row in above[:at] if isinstance(row, ImportedRow)), above[at + 1 :], cells):
        made = _row(row, names, name, closed)
        if made is not None:
            empty = False
            yield SourceRow(made.place, made.given, made.problem, (*notes, *made.notes))
            notes = ()
    if empty:
        yield failed(f"{name}:{header[0]}", Remark("there is no article in it", "no_articles"))


def _header_at(rows: Sequence[Cells | ImportedRow]) -> int | None:
    """The row that names most fields, two at least; else the first one with two cells or more, or with any."""
    tables = [(at, row[1]) for at, row in enumerate(rows) if isinstance(row, tuple) and any(cell.strip() for cell in row[1])]
    if not tables:
        return None
    known = {at: len(read_header(cells).fields) for at, cells in tables}
    best = max(known, key=lambda at: (known[at], -at))
    if known[best] > 1:  # a single one may be a cell that happens to read 「A」
        return best
    return next((at for at, cells in tables if sum(bool(cell.strip()) for cell in cells) > 1), tables[0][0])


def _names(header: Sequence[str]) -> list[str]:
    """A name for every column up to the last named one; equal names are told apart."""
    width = max(position for position, name in enumerate(header, start=1) if name.strip())
    names: list[str] = []
    for position, cell in enumerate(header[:width], start=1):
        plain = re.sub(r"\s+", " ", cell).strip() or f"列{position}"
        repeated = sum(other == plain or other.startswith(f"{plain} (") for other in names)
        names.append(f"{plain} ({repeated + 1})" if repeated else plain)
    return names


def _row(row: Cells | ImportedRow, names: Sequence[str], name: str, closed: bool) -> SourceRow | None:
    if isinstance(row, ImportedRow):
        return failed(row.place, remark_of(row.error or ""))
    number, cells = row
    if not any(cell.strip() for cell in cells):
        return None
    place = f"{name}:{number}"
    given = {column: unguarded(cell) for column, cell in zip(names, cells, strict=False)}
    beyond = [cell for cell in cells[len(names) :] if cell.strip()]
    if beyond and closed:
        return SourceRow(place, given, MORE_CELLS)
    notes = (Remark(f"cells beyond the header: {', '.join(beyond)[:200]}", "cells_beyond", text="、".join(beyond)[:200]),)
    return SourceRow(place, given, notes=notes if beyond else ())
