"""What the encoder learns from: which question forms an article's body answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from indexer import text
from indexer.passages import Kind, Passage


@dataclass(frozen=True)
class Pair:
    """A question and the body that answers it, as words; pairs of one article are never each other's negatives."""

    article: str
    question: tuple[str, ...]
    body: tuple[str, ...]


def training_pairs(article_passages: Mapping[str, Sequence[Passage]]) -> list[Pair]:
    """One pair per question form of every article that has a body."""
    pairs = []
    for article, parts in article_passages.items():
        bodies = [tuple(text.tokens(p.text)) for p in parts if p.kind == Kind.BODY]
        questions = [tuple(text.tokens(p.text)) for p in parts if p.kind == Kind.QUESTION]
        pairs += [Pair(article, q, body) for body in bodies if body for q in questions if q]
    return pairs
