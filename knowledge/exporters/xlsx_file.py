"""An Excel workbook: one sheet of articles, and one of those that a cell cannot hold."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

from knowledge.articles import Article
from knowledge.exporters.table_cells import COLUMNS, Left, Town, cells

LONGEST_CELL = 32_767
"""Letters a cell of Excel holds."""


def xlsx_file(articles: Sequence[Article], town: Town) -> tuple[bytes, list[Left]]:
    """The workbook, and the articles that are not in it because a text is longer than a cell may be."""
    from openpyxl import Workbook  # 18 MiB that a process which answers residents does without

    book = Workbook(write_only=True)
    sheet = book.create_sheet("よくある質問")
    sheet.freeze_panes = "C2"
    sheet.append([_cell(sheet, name, bold=True) for name in COLUMNS.values()])
    left = []
    for one in articles:
        fields = cells(one, town)
        if long := [name for name, text in fields.items() if len(text) > LONGEST_CELL]:
            left += [Left(one.id, one.title[:200], COLUMNS[name], f"{len(fields[name])} > {LONGEST_CELL}") for name in long]
        else:
            sheet.append([_cell(sheet, text) for text in fields.values()])
    if left:
        notes = book.create_sheet("書き出していない記事")
        for one_left in left:
            notes.append([_cell(notes, text) for text in (one_left.article, one_left.title, one_left.field, one_left.what)])
    file = io.BytesIO()
    book.save(file)
    return file.getvalue(), left


def _cell(sheet: Any, text: str, bold: bool = False) -> Any:
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Alignment, Font

    cell = WriteOnlyCell(sheet, value=text)
    cell.data_type = "s"  # also what begins with "=": a text, never a formula
    cell.alignment = Alignment(vertical="top", wrap_text=True)
    if bold:
        cell.font = Font(bold=True)
    return cell
