"""Every format staff may bring, found by what a file holds rather than by its name, and read into rows."""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

from knowledge.importers import archive
from knowledge.importers.docx_document import read_docx
from knowledge.importers.html_page import read_html
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
}
"""Reader of each format; `zip` holds files of these, and `site` is not a file."""

FORMATS = (*READERS, "zip", "site")
ENDINGS = {
    ".csv": "csv", ".tsv": "csv", ".txt": "csv", ".xlsx": "xlsx", ".xlsm": "xlsx", ".jsonl": "jsonl", ".ndjson": "jsonl",
    ".json": "json", ".jsonld": "json", ".md": "markdown", ".markdown": "markdown", ".docx": "docx", ".docm": "docx",
    ".html": "html", ".htm": "html", ".xhtml": "html", ".pdf": "pdf", ".zip": "zip",
}  # fmt: skip
"""What the end of a name promises; also what the upload field of the staff page offers."""


def format_of(path: Path, name: str) -> str:
    """The format of a file. Raises Problem for one that nothing here reads, with what to do instead."""
    with path.open("rb") as file:
        head = file.read(1024)
    if not head.strip():
        raise Problem("the file is empty", "file_empty")
    promised = ENDINGS.get(Path(name).suffix.lower(), "")
    if head.lstrip()[:5] == b"%PDF-":
        return "pdf"
    if head[:8] == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
        raise Problem("an old Office file, or one protected by a password: save it anew as .docx or .xlsx", "old_office")
    if head[:4] in (b"PK\x03\x04", b"PK\x05\x06"):
        return _kind_of_zip(path)
    if promised in ("", "pdf", "docx", "xlsx", "zip"):
        raise Problem(f"{Path(name).suffix or name}: not a file that can be read here", "unknown_format", name=name[:100])
    return promised


def read_source(path: Path, name: str, options: Options | None = None) -> Iterator[Event]:
    """Every row of a file, or of the files in an archive; what cannot be read is a row with its problem."""
    options = options or Options()
    try:
        kind = format_of(path, name)
        if kind == "zip":
            yield from _read_archive(path, name, options)
            return
        if kind in ("docx", "xlsx"):
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


def _kind_of_zip(path: Path) -> str:
    try:
        with zipfile.ZipFile(path) as opened:
            names = set(opened.namelist())
    except (zipfile.BadZipFile, OSError, ValueError):
        raise Problem("the file is damaged, or not the kind of file its name says", "not_zip") from None
    if "word/document.xml" in names:
        return "docx"
    return "xlsx" if "xl/workbook.xml" in names else "zip"
