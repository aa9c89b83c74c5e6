"""JSON: one file, or one article a line."""

from __future__ import annotations

import json
from collections.abc import Sequence

from knowledge.articles import Article, to_json
from knowledge.exporters.table_cells import Town

FORMAT = "madoguchi-articles"
VERSION = 1


def json_file(articles: Sequence[Article], town: Town) -> bytes:
    """One object: whose articles these are, from when, and all of them."""
    about = {"code": town.municipality.code, "name": town.municipality.name}
    content = {"format": FORMAT, "version": VERSION, "municipality": about, "exported_on": town.on.isoformat()}
    return json.dumps({**content, "articles": [to_json(one) for one in articles]}, ensure_ascii=False, indent=1).encode("utf-8")


def json_lines(articles: Sequence[Article]) -> bytes:
    """One article a line."""
    return "".join(json.dumps(to_json(one), ensure_ascii=False) + "\n" for one in articles).encode("utf-8")
