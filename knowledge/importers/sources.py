"""Every format staff may bring, found by what a file holds rather than by its name, and read into rows."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from knowledge.importers import archive
from knowledge.importers.docx_document import read_docx
from knowledge.importers.formats import ENDINGS, format_of
from knowledge.importers.html_page import read_html
from knowledge.importers.pack_source import read_pack
from knowledge.importers.pdf_document import read_pdf
from knowledge.importers.remarks import Problem, Remark
from knowledge.importers.source import Event, Options, SourceReader, failed
from knowledge.importers.table_source import read_csv_source, read_xlsx_source
from knowledge.importers.text_source import read_json_source, read_jsonl_source, read_markdown_source

READERS: dict[str, SourceReader] = {
    "csv": read_csv_source,
    "xlsx": read_xlsx_source,
    "jsonl": read_jsonl_source,
    "json": read_json_source,
    "markdown": read_markdown_source,
    "docx": read_docx,
    "html": read_html,
    "pdf": read_pdf,
    "pack": read_pack,
}
"""Reader of each format; `zip` holds files of these, and `site` is not a file."""

FORMATS = (*READERS, "zip", "site")


def read_source(path: Path, name: str, options: Options | None = None) -> Iterator[Event]:
    """Every row of a file, or of the files in an archive; what cannot be read is a row with its problem."""
    options = options or Options()
    try:
        kind = format_of(path, name)
        if kind == "zip":
            yield from _read_archive(path, name, options)
            return
        if kind in ("docx", "xlsx", "pack"):
            archive.check(path)
        yield from READERS[kind](path, name, options)
    except Problem as problem:
        yield failed(f"{name}:1", problem.remark)


def _read_archive(path: Path, name: str, options: Options) -> Iterator[Event]:
    empty = True
    with tempfile.TemporaryDirectory() as folder:
        for member in archive.unpack(path, Path(folder)):
            empty = False
            if ENDINGS.get(member.path.suffix) == "zip":
                yield failed(f"{member.name}:1", Remark("an archive within an archive is not read", "nested_zip"))
            else:
                yield from read_source(member.path, member.name, options)
    if empty:
        yield failed(f"{name}:1", Remark("there is no article in it", "no_articles"))
