"""CSV (and tab-separated) tables of questions and answers."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path

from knowledge.importers.decoding import UnreadableFile, read_text
from knowledge.importers.records import ArticleBuilder, ImportedRow
from knowledge.importers.remarks import Remark
from knowledge.importers.table import Cells, read_rows


def read_csv(path: Path, builder: ArticleBuilder) -> Iterator[ImportedRow]:
    """Each record of the file; rows are counted as a spreadsheet shows them, the header being one."""

    def place(number: int) -> str:
        return f"{path.name}:{number}"

    try:
        cells = csv_cells(path, path.name)
    except UnreadableFile as error:
        return iter([ImportedRow(place(error.row), error=error.remark)])
    return read_rows(cells, place, builder, closed=True)


def csv_cells(path: Path, name: str) -> Iterator[Cells | ImportedRow]:
    """Numbered records of the file, which is called `name` in places. Raises UnreadableFile."""
    return _records(read_text(path), name)


def _records(text: str, name: str) -> Iterator[Cells | ImportedRow]:
    first = text.split("\n", 1)[0]
    csv.field_size_limit(2**31 - 1)  # an over-long answer is an error of its row, not the end of the file
    # strict: an unclosed quotation mark would otherwise swallow every row after it into one answer
    reader = csv.reader(
        io.StringIO(text, newline=""), delimiter="\t" if first.count("\t") > first.count(",") else ",", strict=True
    )
    number = 0
    while True:
        number += 1
        try:
            yield number, next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            message = f"not valid CSV near line {reader.line_num}: {error}"
            yield ImportedRow(f"{name}:{number}", error=Remark(message, "not_csv", line=reader.line_num))
