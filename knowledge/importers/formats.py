"""Which format a file is: told by what it holds; its name only decides between kinds of text."""

from __future__ import annotations

import zipfile
from pathlib import Path

from knowledge.importers.remarks import Problem

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


def _kind_of_zip(path: Path) -> str:
    try:
        with zipfile.ZipFile(path) as opened:
            names = set(opened.namelist())
    except (zipfile.BadZipFile, OSError, ValueError):
        raise Problem("the file is damaged, or not the kind of file its name says", "not_zip") from None
    if "word/document.xml" in names:
        return "docx"
    if {"pack.json", "articles.jsonl"} <= names:
        return "pack"
    return "xlsx" if "xl/workbook.xml" in names else "zip"
