"""Markdown files with YAML front matter (docs/articles.md) in an archive: one article a file, one folder a category."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Sequence
from typing import Any

import yaml

from knowledge.articles import Article, to_json
from knowledge.importers.markdown import FIELDS


def markdown_zip(articles: Sequence[Article]) -> bytes:
    """The archive; two articles never share a file."""
    packed = io.BytesIO()
    used: set[str] = set()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, one in enumerate(articles, start=1):
            name = f"{_safe(one.category) or 'others'}/{_safe(one.id)}.md"
            if name.lower() in used:
                name = f"{name[:-3]}-{number}.md"
            used.add(name.lower())
            archive.writestr(name, markdown(one))
    return packed.getvalue()


def markdown(article: Article) -> str:
    """The file of one article; what is empty is left out."""
    data = {**to_json(article), "audience": article.audience.value}
    facts = {name: value for name, value in data["procedure"].items() if value}
    matter: dict[str, Any] = {name: data[name] for name in FIELDS if name not in ("procedure", "body") and data[name]}
    if facts:
        matter["procedure"] = facts
    written = yaml.safe_dump(matter, allow_unicode=True, sort_keys=False, width=10_000)
    return f"---\n{written}---\n{article.body}\n"


def _safe(name: str) -> str:
    """A name that every file system takes."""
    return re.sub(r'[\x00-\x1f<>:"/\\|?*]+', "-", name).strip(". -")[:80]
