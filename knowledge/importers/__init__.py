"""What a municipality already has, read into articles: one module a format."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from knowledge.importers.csv_table import read_csv
from knowledge.importers.jsonl import read_jsonl
from knowledge.importers.markdown import read_markdown
from knowledge.importers.records import ArticleBuilder, ImportedRow
from knowledge.importers.xlsx_table import read_xlsx

__all__ = ["READERS", "ArticleBuilder", "ImportedRow", "read_files", "reader_of"]

Reader = Callable[[Path, ArticleBuilder], Iterator[ImportedRow]]

READERS: dict[str, Reader] = {
    ".md": read_markdown,
    ".markdown": read_markdown,
    ".jsonl": read_jsonl,
    ".ndjson": read_jsonl,
    ".csv": read_csv,
    ".tsv": read_csv,
    ".xlsx": read_xlsx,
    ".xlsm": read_xlsx,
}
"""Reader of a file by the end of its name, lower case; a folder is read as Markdown."""


def read_files(paths: Iterable[Path], builder: ArticleBuilder) -> Iterator[ImportedRow]:
    """Every row of the files in their order; an id that came before, and a file without articles, are errors.

    Raises FileNotFoundError for a path that is not there, ValueError for a format that no reader knows.
    """
    readers = [(path, reader_of(path)) for path in paths]
    return _unique(row for path, reader in readers for row in _not_empty(path, reader(path, builder)))


def reader_of(path: Path) -> Reader:
    """The reader of a path. Raises FileNotFoundError or ValueError naming the path."""
    if path.is_dir():
        return read_markdown
    if not path.is_file():
        raise FileNotFoundError(f"{path}: there is no such file or folder")
    if reader := READERS.get(path.suffix.lower()):
        return reader
    raise ValueError(f"{path}: this format is not known ({', '.join(READERS)}, or a folder of Markdown files)")


def _not_empty(path: Path, rows: Iterator[ImportedRow]) -> Iterator[ImportedRow]:
    empty = True
    for row in rows:
        empty = False
        yield row
    if empty:
        yield ImportedRow(f"{path.name}:1", error="there is no article in it")


def _unique(rows: Iterable[ImportedRow]) -> Iterator[ImportedRow]:
    places: dict[str, str] = {}
    for row in rows:
        if row.article and (first := places.get(row.article.id)):
            yield ImportedRow(row.place, error=f"the ID 「{row.article.id}」 was already used at {first}")
            continue
        if row.article:
            places[row.article.id] = row.place
        yield row
