"""BM25 over Sudachi normal forms (bm25s), with a score for every document."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import bm25s
import numpy as np
from numpy.typing import NDArray

K1, B = 1.2, 0.75
"""Robertson and Zaragoza (2009), section 4: usual values, not tuned."""


def inverse_document_frequencies(documents: Sequence[Sequence[str]]) -> dict[str, float]:
    """`idf` of every word of the documents."""
    frequency = Counter(word for document in documents for word in set(document))
    return {word: idf(len(documents), count) for word, count in frequency.items()}


def idf(size: int, having: int) -> float:
    """ln(1 + (n - df + 0.5) / (df + 0.5)) of a word in `having` of `size` documents (Robertson and Zaragoza, 2009)."""
    return math.log(1 + (size - having + 0.5) / (having + 0.5))


class LexicalIndex:
    """BM25 (Lucene's idf) of `size` documents, each a list of words.

    bm25s keeps a sparse column for each word, its documents in ascending order: they are the postings too.
    """

    def __init__(self, retriever: bm25s.BM25, size: int) -> None:
        self._rows: dict[str, int] = retriever.vocab_dict
        self._retriever = retriever
        self._scores, self._documents, self._starts = (
            np.asarray(retriever.scores[part]) for part in ("data", "indices", "indptr")
        )
        self.size = size

    @classmethod
    def build(cls, documents: Sequence[Sequence[str]]) -> LexicalIndex:
        retriever = bm25s.BM25(method="lucene", k1=K1, b=B)
        # bm25s cannot index an empty vocabulary; a word no query contains keeps empty documents valid.
        retriever.index([list(d) or ["\0"] for d in documents] or [["\0"]], show_progress=False)
        return cls(retriever, len(documents))

    def scores(self, words: Sequence[str]) -> NDArray[np.float32]:
        """BM25 of each document for the query words; shape (size,), 0 where nothing matches."""
        total = np.zeros(self.size, dtype=np.float32)
        for word in dict.fromkeys(words):
            column = self._column(word)
            total[self._documents[column]] += self._scores[column]
        return total

    def documents(self, word: str) -> NDArray[np.int32]:
        """The documents that have the word, ascending; none for a word no document has."""
        return self._documents[self._column(word)]

    def idf(self, word: str) -> float:
        """Inverse document frequency; the highest for a word no document has."""
        return idf(self.size, len(self.documents(word)))

    def _column(self, word: str) -> slice:
        row = self._rows.get(word)
        # bm25s numbers an empty word behind the last column; the one of empty documents is no word either.
        if row is None or word in ("", "\0"):
            return slice(0, 0)
        return slice(int(self._starts[row]), int(self._starts[row + 1]))

    def save(self, folder: Path) -> None:
        self._retriever.save(str(folder))

    @classmethod
    def load(cls, folder: Path, size: int) -> LexicalIndex:
        """Open what `save` wrote; the columns stay in the file and are read as questions need them."""
        return cls(bm25s.BM25.load(str(folder), mmap=True), size)


def best(scores: NDArray[np.float32], k: int) -> list[int]:
    """The `k` documents of greatest score above 0, best first, equal ones in their order; without sorting all."""
    positive = np.flatnonzero(scores > 0)
    if len(positive) > k:
        least = -np.partition(-scores[positive], k - 1)[k - 1]
        positive = positive[scores[positive] >= least]
    return [int(at) for at in positive[np.argsort(-scores[positive], kind="stable")][:k]]
