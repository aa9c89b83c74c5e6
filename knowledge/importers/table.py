"""Rows of a spreadsheet, from whatever file, to articles: finds the header, then reads what is under it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import chain, islice

from knowledge.importers.columns import Header, describe_missing, read_header
from knowledge.importers.records import ArticleBuilder, ImportedRow
from knowledge.importers.remarks import Remark

HEADER_WITHIN = 20
"""Rows in which the header is looked for: offices put a title and a date above it."""

MORE_CELLS = Remark("more cells than the header has: is a text with a comma not in quotation marks?", "more_cells")

Cells = tuple[int, Sequence[str]]


def read_rows(
    cells: Iterable[Cells | ImportedRow], place: Callable[[int], str], builder: ArticleBuilder, closed: bool = False
) -> Iterator[ImportedRow]:
    """Read numbered rows of cells; rows that already are an error pass through, empty ones are skipped.

    Without a row that names id, question and answer there is a single error, placed at the row that came nearest.
    `closed`: a cell beyond the header's last column is an error, as an unquoted comma in a CSV file makes it.
    """
    rows = iter(cells)
    above = list(islice(rows, HEADER_WITHIN))
    headers = [(read_header(row[1]), at) for at, row in enumerate(above) if isinstance(row, tuple)]
    if not headers:
        yield next(
            (row for row in above if isinstance(row, ImportedRow)),
            ImportedRow(place(1), error=Remark("the file is empty", "file_empty")),
        )
        return
    header, at = min(headers, key=lambda found: len(found[0].missing))
    number = _number(above[at])
    if header.missing:
        yield ImportedRow(place(number), error=describe_missing(header.missing))
        return
    notes: tuple[str, ...] = (f"columns not used: {', '.join(header.unused)}",) if header.unused else ()
    for row in chain(above[at + 1 :], rows):
        found = row if isinstance(row, ImportedRow) else _row(row, header, place, builder, closed)
        if found:
            yield replace(found, warnings=notes + found.warnings)
            notes = ()


def has_header(cells: Iterable[Cells]) -> bool:
    return any(not read_header(row).missing for _, row in islice(cells, HEADER_WITHIN))


def _number(row: Cells | ImportedRow) -> int:
    return row[0] if isinstance(row, tuple) else 1


def _row(row: Cells, header: Header, place: Callable[[int], str], builder: ArticleBuilder, closed: bool) -> ImportedRow | None:
    number, cells = row
    if not any(cell.strip() for cell in cells):
        return None
    if closed and any(cell.strip() for cell in cells[header.width :]):
        return ImportedRow(place(number), error=MORE_CELLS)
    fields = {name: cells[position] for name, position in header.fields.items() if position < len(cells)}
    return builder.row(place(number), fields)
