"""Articles as Markdown files with optional YAML front matter (docs/articles.md), one file or a folder of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from frontmatter.default_handlers import YAMLHandler

from knowledge.importers.decoding import UnreadableFile, read_text
from knowledge.importers.records import ArticleBuilder, ImportedRow

FIELDS = (
    "id", "title", "category", "department", "alternatives", "audience", "language", "procedure",
    "source_url", "valid_from", "valid_until", "last_checked", "owner",
)  # fmt: skip
_FIRST_HEADING = re.compile(r"\A\s*#[ \t]+(?P<title>\S.*?)[ \t]*#*[ \t]*(?:\n|\Z)")


def read_markdown(path: Path, builder: ArticleBuilder) -> Iterator[ImportedRow]:
    """The article of a file, or of every .md file under a folder; names beginning with "." or "_" are skipped."""
    if path.is_file():
        yield _row(path, path.name, builder)
        return
    for file in sorted(path.rglob("*.md")):
        within = file.relative_to(path)
        if not any(part.startswith((".", "_")) for part in within.parts):
            yield _row(file, within.as_posix(), builder)


def _row(path: Path, name: str, builder: ArticleBuilder) -> ImportedRow:
    try:
        return builder.row(f"{name}:1", fields_of(path, path.stem))
    except UnreadableFile as error:
        return ImportedRow(f"{name}:{error.row}", error=error.remark)


def fields_of(path: Path, stem: str) -> dict[str, Any]:
    """Front matter and body by the names of fields; `stem` is the id of a file that gives none. Raises UnreadableFile."""
    fields, body = _split(read_text(path).replace("\r\n", "\n"))
    heading = _FIRST_HEADING.match(body)
    if not fields.get("title"):
        fields["title"] = heading["title"] if heading else stem
        body = body[heading.end() :] if heading else body
    return {**fields, "id": fields.get("id") or stem, "body": body}


def _split(text: str) -> tuple[dict[str, Any], str]:
    handler = YAMLHandler()
    if not handler.detect(text):
        return {}, text
    try:
        matter, body = handler.split(text)
        # BaseLoader leaves everything as it is written: an id 007 stays 007, a title 「no」 stays no.
        fields = handler.load(matter, Loader=yaml.BaseLoader) or {}
    except yaml.MarkedYAMLError as error:
        row = error.problem_mark.line + 1 if error.problem_mark else 1
        raise UnreadableFile(f"the front matter is not YAML: {error.problem}", row) from None
    except ValueError:
        raise UnreadableFile("the front matter has no closing line ---") from None
    if not isinstance(fields, dict):
        raise UnreadableFile("the front matter is not a list of `name: value`")
    if unknown := [name for name in fields if name not in FIELDS]:
        raise UnreadableFile(f"unknown field in the front matter: {', '.join(unknown)}")
    return fields, body
