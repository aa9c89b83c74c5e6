"""What a search must know of every passage, as arrays: its article, its kind, and the question forms by their letters."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from indexer import text
from indexer.passages import Kind, Passage

KINDS = tuple(Kind)


def phrase_key(question: str) -> str:
    """The question without spaces and punctuation, in the form in which texts are compared."""
    return re.sub(r"[\W_]+", "", text.normalise(question))


@dataclass(frozen=True)
class PassageTable:
    """The passages of article i are `first[i]` to `first[i + 1]` - 1; `kinds` (passages,) are places in KINDS.

    `phrases` (question forms,) are hashes of their phrase keys, ascending; `asked` the passages they stand in.
    """

    first: NDArray[np.int64]
    kinds: NDArray[np.uint8]
    phrases: NDArray[np.uint64]
    asked: NDArray[np.int32]

    @classmethod
    def of(cls, passages: Iterable[Passage], articles: Sequence[str]) -> PassageTable:
        """The table of passages that stand in the order of `articles`, which are ids. Raises ValueError when they do not."""
        position = {key: at for at, key in enumerate(articles)}
        counts = np.zeros(len(articles), dtype=np.int64)
        kinds: list[int] = []
        phrases: list[tuple[int, int]] = []
        last = 0
        for at, passage in enumerate(passages):
            article = position[passage.article]
            if article < last:
                raise ValueError(f"passage {passage.id} does not stand in the order of the articles")
            last = article
            counts[article] += 1
            kinds.append(KINDS.index(passage.kind))
            if passage.kind == Kind.QUESTION:
                phrases.append((phrase_hash(passage.text), at))
        phrases.sort()
        return cls(
            np.concatenate([[0], counts.cumsum()]),
            np.array(kinds, dtype=np.uint8),
            np.array([key for key, _ in phrases], dtype=np.uint64),
            np.array([at for _, at in phrases], dtype=np.int32),
        )

    def article_of(self, passages: Sequence[int]) -> NDArray[np.int64]:
        """Place of the article of each passage; shape (len(passages),)."""
        return np.searchsorted(self.first, np.asarray(passages, dtype=np.int64), side="right") - 1

    def like(self, question: str) -> list[int]:
        """Question forms whose phrase key has the hash of the question's: all that are equal to it, seldom another."""
        key = np.uint64(phrase_hash(question))
        start, end = np.searchsorted(self.phrases, key, "left"), np.searchsorted(self.phrases, key, "right")
        return [int(at) for at in self.asked[start:end]]

    def save(self, path: Path) -> None:
        np.savez(path, first=self.first, kinds=self.kinds, phrases=self.phrases, asked=self.asked)

    @classmethod
    def load(cls, path: Path) -> PassageTable:
        with np.load(path) as arrays:
            return cls(arrays["first"], arrays["kinds"], arrays["phrases"], arrays["asked"])


def phrase_hash(question: str) -> int:
    """A number below 2**64 that questions of equal phrase key share."""
    return int.from_bytes(hashlib.blake2b(phrase_key(question).encode(), digest_size=8).digest(), "little")
