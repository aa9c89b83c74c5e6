"""Articles as files that others can read, one module a format; what is read back gives the same articles."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from knowledge.articles import Article, Department, Municipality
from knowledge.exporters.csv_file import csv_cp932, csv_utf8
from knowledge.exporters.faq_page import faq_page
from knowledge.exporters.json_file import json_file, json_lines
from knowledge.exporters.markdown_zip import markdown_zip
from knowledge.exporters.pack import pack
from knowledge.exporters.table_cells import Left, Town
from knowledge.exporters.xlsx_file import xlsx_file

__all__ = ["FORMATS", "Exported", "Town", "export"]

Made = tuple[bytes, Sequence[Left]]


@dataclass(frozen=True)
class Exported:
    """A file to be saved. `left` are rows, or letters in them, that the format cannot hold; none is lost silently."""

    name: str
    media_type: str
    content: bytes
    left: tuple[Left, ...] = ()


@dataclass(frozen=True)
class _Format:
    ending: str
    media_type: str
    make: Callable[[Sequence[Article], Town], Made]


FORMATS: Mapping[str, _Format] = {
    "csv": _Format(".csv", "text/csv; charset=utf-8", lambda articles, town: (csv_utf8(articles, town), ())),
    "csv-cp932": _Format("-shift_jis.zip", "application/zip", csv_cp932),
    "xlsx": _Format(".xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", xlsx_file),
    "json": _Format(".json", "application/json", lambda articles, town: (json_file(articles, town), ())),
    "jsonl": _Format(".jsonl", "application/x-ndjson", lambda articles, town: (json_lines(articles), ())),
    "markdown": _Format("-markdown.zip", "application/zip", lambda articles, town: (markdown_zip(articles), ())),
    "faqpage": _Format(".jsonld", "application/ld+json", lambda articles, town: (faq_page(articles), ())),
    "pack": _Format("-pack.zip", "application/zip", lambda articles, town: (pack(articles, town), ())),
}
"""Every format by name."""


def export(
    name: str, articles: Sequence[Article], municipality: Municipality, departments: Sequence[Department], on: date
) -> Exported:
    """The articles in a format. Raises KeyError for an unknown one."""
    form = FORMATS[name]
    content, left = form.make(sorted(articles, key=lambda one: one.id), Town(municipality, tuple(departments), on))
    safe = re.sub(r"[^\w-]", "", municipality.code)
    return Exported(f"faq-{safe}-{on:%Y%m%d}{form.ending}", form.media_type, content, tuple(left))
