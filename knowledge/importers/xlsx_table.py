"""Excel workbooks (.xlsx, .xlsm) of questions and answers."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException
from openpyxl.worksheet.worksheet import Worksheet

from knowledge.importers.records import ArticleBuilder, ImportedRow
from knowledge.importers.remarks import Remark
from knowledge.importers.table import Cells, has_header, read_rows


def read_xlsx(path: Path, builder: ArticleBuilder) -> Iterator[ImportedRow]:
    """The rows of every visible sheet with a header; with one such sheet a place is "file:row", else "file[sheet]:row"."""
    try:
        workbook = load_workbook(path, data_only=True)
    except (InvalidFileException, zipfile.BadZipFile, KeyError, ValueError, OSError):
        yield ImportedRow(
            f"{path.name}:1", error=Remark("not an Excel workbook (.xlsx); protected by a password?", "not_workbook")
        )
        return
    visible = [sheet for sheet in workbook.worksheets if sheet.sheet_state == "visible"]
    tables = {sheet.title: list(_rows(sheet)) for sheet in visible}
    with_header = [title for title, rows in tables.items() if has_header(rows)]
    for title in with_header or [visible[0].title]:
        name = f"{path.name}[{title}]" if len(with_header) > 1 else path.name
        yield from read_rows(tables[title], lambda number, name=name: f"{name}:{number}", builder)  # type: ignore[misc]


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
        for row in range(area.min_row, area.max_row + 1)
        for column in range(area.min_col, area.max_col + 1)
    }
    for number, row in enumerate(sheet.iter_rows(), start=1):
        cells = [merged.get((number, column), cell) for column, cell in enumerate(row, start=1)]
        yield number, [cell_text(cell.value, cell.number_format) for cell in cells]
