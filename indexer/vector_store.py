"""VectorStore protocol and FAISS: cosines of unit vectors, exact for a town, approximate above EXACT_UP_TO vectors."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import faiss
import numpy as np
from numpy.typing import NDArray

EXACT_UP_TO = 50_000
"""Vectors that are all looked at: 5 ms a question at 650 dimensions, and the time grows with their number."""

Ids = Sequence[int] | NDArray[np.integer[Any]]


class VectorStore(Protocol):
    """Vectors under the ids 0…n-1."""

    @property
    def size(self) -> int: ...

    @property
    def dimension(self) -> int: ...

    def search(self, query: NDArray[np.float32], k: int) -> list[tuple[int, float]]:
        """The `k` ids of greatest cosine with `query` (shape (dimension,)), best first; fewer when there are fewer."""
        ...

    def vectors(self, ids: Ids) -> NDArray[np.float32]:
        """Stored vectors; shape (len(ids), dimension)."""
        ...

    def save(self, path: Path) -> None: ...


class FaissStore:
    """Exact search (IndexFlatIP): right to the last digit."""

    def __init__(self, index: faiss.Index) -> None:
        self._index = index

    @classmethod
    def build(cls, vectors: NDArray[np.float32]) -> FaissStore:
        index = faiss.IndexFlatIP(vectors.shape[1])
        index.add(np.ascontiguousarray(vectors, dtype=np.float32))
        return cls(index)

    @property
    def size(self) -> int:
        return int(self._index.ntotal)

    @property
    def dimension(self) -> int:
        return int(self._index.d)

    def search(self, query: NDArray[np.float32], k: int) -> list[tuple[int, float]]:
        if self.size == 0 or k < 1:
            return []
        scores, ids = self._index.search(np.ascontiguousarray(query.reshape(1, -1), dtype=np.float32), min(k, self.size))
        # FAISS pads with -1 when it finds fewer; a padded id must never reach an article.
        return [(int(i), float(s)) for i, s in zip(ids[0], scores[0], strict=True) if i >= 0]

    def vectors(self, ids: Ids) -> NDArray[np.float32]:
        if not len(ids):
            return np.zeros((0, self.dimension), dtype=np.float32)
        return np.asarray(self._index.reconstruct_batch(np.asarray(ids, dtype=np.int64)), dtype=np.float32)

    def save(self, path: Path) -> None:
        faiss.write_index(self._index, str(path))

    @classmethod
    def load(cls, path: Path) -> FaissStore:
        return cls(faiss.read_index(str(path)))
