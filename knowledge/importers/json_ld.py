"""Questions and answers of a FAQPage of schema.org, as fields of articles."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any


def faq_page(content: Mapping[str, Any], convert: Callable[[str], str]) -> Iterator[dict[str, Any]]:
    """Questions and answers of a FAQPage, wherever it stands in a JSON-LD object, as fields of articles.

    `convert` makes Markdown of the HTML of an answer; what this desk exported carries its articles itself.
    """
    for found in _pages(content, 0):
        entities = found.get("mainEntity")
        for entity in entities if isinstance(entities, list) else [entities]:
            if isinstance(entity, Mapping):
                answer = entity.get("acceptedAnswer")
                answer = answer[0] if isinstance(answer, list) and answer else answer
                text = answer.get("text", "") if isinstance(answer, Mapping) else ""
                yield _faq_fields(entity, convert(str(text)))


def _faq_fields(entity: Mapping[str, Any], text: str) -> dict[str, Any]:
    fields: dict[str, Any] = {"title": entity.get("name", ""), "body": text}
    if isinstance(given := entity.get("@id"), str) and given:
        fields["id"] = given.rpartition("#")[2].removeprefix("urn:madoguchi:")
    if isinstance(extra := entity.get("madoguchi:article"), Mapping):
        fields |= extra
    elif isinstance(url := entity.get("url"), str) and url:
        fields["source_url"] = url
    return fields


def _pages(content: Any, depth: int) -> Iterator[Mapping[str, Any]]:
    if depth > 5:
        return
    if isinstance(content, list):
        for one in content[:1000]:
            yield from _pages(one, depth + 1)
    elif isinstance(content, Mapping):
        kinds = content.get("@type")
        if kinds == "FAQPage" or (isinstance(kinds, list) and "FAQPage" in kinds):
            yield content
        else:
            yield from _pages(content.get("@graph"), depth + 1)
