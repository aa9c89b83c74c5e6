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
    """ln(1 + (n - df + 0.5) / (df + 0.5)) of every word (Robertson and Zaragoza, 2009)."""
    frequency = Counter(word for document in documents for word in set(document))
    size = len(documents)
    return {w: math.log(1 + (size - c + 0.5) / (c + 0.5)) for w, c in frequency.items()}


class LexicalIndex:
    """BM25 (Lucene's idf) of `size` documents, each a list of words."""

    def __init__(self, retriever: bm25s.BM25, size: int) -> None:
        self._retriever = retriever
        self.size = size

    @classmethod
    def build(cls, documents: Sequence[Sequence[str]]) -> LexicalIndex:
        retriever = bm25s.BM25(method="lucene", k1=K1, b=B)
        # bm25s cannot index an empty vocabulary; a word no query contains keeps empty documents valid.
        retriever.index([list(d) or ["\0"] for d in documents] or [["\0"]], show_progress=False)
        return cls(retriever, len(documents))

    def scores(self, words: Sequence[str]) -> NDArray[np.float32]:
        """BM25 of each document for the query words; shape (size,), 0 where nothing matches."""
        known = [w for w in dict.fromkeys(words) if w in self._retriever.vocab_dict]
        if not known or not self.size:
            return np.zeros(self.size, dtype=np.float32)
        return np.asarray(self._retriever.get_scores(known), dtype=np.float32)[: self.size]

    def save(self, folder: Path) -> None:
        self._retriever.save(str(folder))

    @classmethod
    def load(cls, folder: Path, size: int) -> LexicalIndex:
        return cls(bm25s.BM25.load(str(folder)), size)
