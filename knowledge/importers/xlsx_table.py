"""Excel workbooks (.xlsx, .xlsm) of questions and answers."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from knowledge.importers.records import ArticleBuilder, ImportedRow
from knowledge.importers.remarks import Remark
from knowledge.importers.table import Cells, has_header, read_rows

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

MOST_CELLS = 5_000_000
"""Cells of a sheet, empty ones counted: a single cell in the last row and column would make it 17 thousand million."""


def read_xlsx(path: Path, builder: ArticleBuilder) -> Iterator[ImportedRow]:
    """The rows of every visible sheet with a header; with one such sheet a place is "file:row", else "file[sheet]:row"."""
    sheets = sheets_of(path)
    if isinstance(sheets, Remark):
        yield ImportedRow(f"{path.name}:1", error=sheets)
        return
    visible = [sheet for sheet in sheets if sheet.visible]
    tables = {sheet.title: sheet.rows for sheet in visible}
    with_header = [title for title, rows in tables.items() if has_header(rows)]
    for title in with_header or list(tables)[:1]:
        name = f"{path.name}[{title}]" if len(with_header) > 1 else path.name
        yield from read_rows(tables[title], lambda number, name=name: f"{name}:{number}", builder)  # type: ignore[misc]


@dataclass(frozen=True)
class Sheet:
    """A sheet of a workbook: its rows as a person reads them, counted from 1."""

    title: str
    visible: bool
    rows: list[Cells]


def sheets_of(path: Path) -> list[Sheet] | Remark:
    """The sheets of a workbook, or what is wrong with the file."""
    from openpyxl import load_workbook  # 18 MiB that a process which answers residents does without
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        with path.open("rb") as file:  # by its path, openpyxl would refuse a file for the end of its name
            workbook = load_workbook(file, data_only=True)
    except (InvalidFileException, zipfile.BadZipFile, KeyError, ValueError, OSError, SyntaxError, TypeError):
        return Remark("not an Excel workbook (.xlsx); protected by a password?", "not_workbook")
    if big := next((one.title for one in workbook.worksheets if one.max_row * one.max_column > MOST_CELLS), None):
        return Remark(f"the sheet {big} is larger than {MOST_CELLS} cells", "sheet_too_large", name=big, limit=MOST_CELLS)
    return [Sheet(sheet.title, sheet.sheet_state == "visible", list(_rows(sheet))) for sheet in workbook.worksheets]


def cell_text(value: Any, number_format: str = "General") -> str:
    """A cell as a person reads it: no ".0", ISO dates, leading zeros where the format shows them."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, int) and re.fullmatch(r"0{2,}", number_format):
        return str(value).zfill(len(number_format))
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(sep=" ")
    if isinstance(value, (date, time)):
        return value.isoformat()
    return str(value)


def _rows(sheet: Worksheet) -> Iterator[Cells]:
    # Of merged cells only the first holds the value; a category merged over its rows stands for all of them.
    merged = {
        (row, column): sheet.cell(area.min_row, area.min_col)
        for area in sheet.merged_cells.ranges
        for row in range(area.min_row, min(area.max_row, sheet.max_row) + 1)
        for column in range(area.min_col, min(area.max_col, sheet.max_column) + 1)
    }
    for number, row in enumerate(sheet.iter_rows(), start=1):
        cells = [merged.get((number, column), cell) for column, cell in enumerate(row, start=1)]
        yield number, [cell_text(cell.value, cell.number_format) for cell in cells]
