"""JSON lines, JSON and Markdown as named values; also the FAQPage of schema.org, in a file of its own."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from knowledge.importers.decoding import UnreadableFile, read_text
from knowledge.importers.html_page import to_markdown
from knowledge.importers.json_ld import faq_page
from knowledge.importers.markdown import fields_of
from knowledge.importers.remarks import Remark
from knowledge.importers.source import Event, Options, SourceRow, failed

_NOT_JSON = Remark("not a JSON object with id, question and answer", "not_json")


def read_jsonl_source(path: Path, name: str, options: Options) -> Iterator[Event]:
    """Each line that is not empty."""
    try:
        lines = read_text(path).split("\n")
    except UnreadableFile as error:
        yield failed(f"{name}:{error.row}", error.remark)
        return
    for number, line in enumerate(lines, start=1):
        if line.strip():
            yield _record(_parsed(line), f"{name}:{number}")


def read_json_source(path: Path, name: str, options: Options) -> Iterator[Event]:
    """A list of objects, an object that holds one under `articles`, or a FAQPage of schema.org."""
    try:
        content = _parsed(read_text(path))
    except UnreadableFile as error:
        yield failed(f"{name}:{error.row}", error.remark)
        return
    if isinstance(content, Mapping) and (questions := list(faq_page(content, to_markdown))):
        content = questions
    records = content.get("articles") if isinstance(content, Mapping) else content
    if not isinstance(records, list):
        yield failed(f"{name}:1", _NOT_JSON)
        return
    for number, record in enumerate(records, start=1):
        yield _record(record, f"{name}:{number}")
    if not records:
        yield failed(f"{name}:1", Remark("there is no article in it", "no_articles"))


def read_markdown_source(path: Path, name: str, options: Options) -> Iterator[Event]:
    """The one article of a file."""
    try:
        fields = fields_of(path, Path(name).stem)
    except UnreadableFile as error:
        yield failed(f"{name}:{error.row}", error.remark)
        return
    yield SourceRow(f"{name}:1", fields)


def _record(record: Any, place: str) -> SourceRow:
    if isinstance(record, Remark):
        return failed(place, record)
    if not isinstance(record, Mapping):
        return failed(place, _NOT_JSON)
    # `municipality` and `state` of an export are not brought in: the town is one's own, and nothing is published by it.
    return SourceRow(place, {str(key): value for key, value in record.items() if key not in ("municipality", "state")})


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        return Remark(f"not JSON: {error}", "not_json")
