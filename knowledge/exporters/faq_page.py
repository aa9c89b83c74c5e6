"""FAQPage of schema.org as JSON-LD, safe inside a <script> of the municipality's own pages.

`text` is the answer as HTML, which search engines read; `madoguchi:article` holds the article itself, for this desk.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from typing import Any

from markdown_it import MarkdownIt

from knowledge.articles import Article, to_json

_ESCAPED = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}


def faq_page(articles: Sequence[Article]) -> bytes:
    """The JSON-LD; no text in it can end a <script> or begin a comment."""
    page = {
        "@context": ["https://schema.org", {"madoguchi": "urn:madoguchi:"}],
        "@type": "FAQPage",
        "mainEntity": [_question(one) for one in articles],
    }
    text = json.dumps(page, ensure_ascii=False, indent=1)
    for letter, escaped in _ESCAPED.items():
        text = text.replace(letter, escaped)
    return text.encode("utf-8")


def _question(article: Article) -> dict[str, Any]:
    own = {name: value for name, value in to_json(article).items() if name not in ("municipality", "state")}
    question: dict[str, Any] = {
        "@type": "Question",
        "@id": f"urn:madoguchi:{article.id}",
        "name": article.title,
        "inLanguage": article.language,
        "acceptedAnswer": {"@type": "Answer", "text": _parser().render(article.body).strip()},
        "madoguchi:article": own,
    }
    if article.source_url:
        question["url"] = article.source_url
    return question


@cache
def _parser() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False}).enable("table")
