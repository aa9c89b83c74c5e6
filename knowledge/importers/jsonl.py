"""FAQ as JSON lines: {"id", "question", "answer"} and, if there is more, the fields of docs/articles.md."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from knowledge.importers.columns import read_header
from knowledge.importers.decoding import UnreadableFile, read_text
from knowledge.importers.records import ArticleBuilder, ImportedRow
from knowledge.importers.remarks import Remark


def read_jsonl(path: Path, builder: ArticleBuilder) -> Iterator[ImportedRow]:
    """Each line of the file; empty lines are skipped. A key that stands for no field is warned of once."""
    try:
        lines = read_text(path).split("\n")  # not splitlines: U+2028 may stand unescaped inside a JSON string
    except UnreadableFile as error:
        yield ImportedRow(f"{path.name}:{error.row}", error=error.remark)
        return
    warned: set[str] = set()
    for number, line in enumerate(lines, start=1):
        if line.strip():
            yield _row(line, f"{path.name}:{number}", builder, warned)


def _row(line: str, place: str, builder: ArticleBuilder, warned: set[str]) -> ImportedRow:
    try:
        record = json.loads(line)
    except (ValueError, RecursionError) as error:
        return ImportedRow(place, error=Remark(f"not JSON: {error}", "not_json"))
    if not isinstance(record, dict):
        return ImportedRow(place, error=Remark("not a JSON object with id, question and answer", "not_json"))
    keys = list(record)
    header = read_header(keys)
    row = builder.row(place, {field: record[keys[position]] for field, position in header.fields.items()})
    unused = [name for name in header.unused if name not in warned]
    warned.update(unused)
    return replace(row, warnings=(f"keys not used: {', '.join(unused)}", *row.warnings)) if unused else row
