"""VectorStore protocol and FAISS: cosines of unit vectors, exact for a town, approximate above EXACT_UP_TO vectors."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import faiss

EXACT_UP_TO = 50_000
"""Vectors that are all compared: 5 ms a question at 650 dimensions, and the time grows with their number."""
PROBED = 64
"""Lists of an approximate index that are compared; there are 2 sqrt(n) of them, 2,000 for a million vectors.

Twice as many find 0.6 % more of the 200 nearest and take twice the time.
"""
SAMPLE_PER_LIST, ROUNDS = 40, 8
"""k-means learns the lists from a sample: 39 a list is the least that FAISS takes without a warning."""
ADDED_AT_ONCE = 65_536
READ_AT_ONCE = 1_000
"""FAISS wakes a thread on every core for more; a question needs some 3,000, and other questions need the cores."""
SIMD_WIDTH = 16
"""FAISS compares half-precision vectors some 12 times slower when their dimension is no multiple of it."""

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
    """A FAISS index of inner products: exact (IndexFlatIP) or approximate (IVF over half-precision vectors).

    Vectors of an approximate index come back rounded to half precision, and rounding them again changes nothing: an
    index may be made from the vectors of the one before any number of times.
    """

    def __init__(self, index: faiss.Index) -> None:
        self._index = index

    @classmethod
    def build(cls, vectors: NDArray[np.float32]) -> FaissStore:
        """Exact up to EXACT_UP_TO vectors, approximate above."""
        return cls.exact(vectors) if len(vectors) <= EXACT_UP_TO else cls.approximate(vectors)

    @classmethod
    def exact(cls, vectors: NDArray[np.float32]) -> FaissStore:
        """Right to the last digit."""
        import faiss  # what scores a run alone does without it

        index = faiss.IndexFlatIP(vectors.shape[1])
        index.add(_rows(vectors))
        return cls(index)

    @classmethod
    def approximate(cls, vectors: NDArray[np.float32]) -> FaissStore:
        """Finds some 98 % of the 200 nearest of a million in 3 ms (docs/benchmarks.md). The same vectors give the same index."""
        import faiss

        size, dimension = vectors.shape
        padded = -(-dimension // SIMD_WIDTH) * SIMD_WIDTH
        lists = max(1, int(2 * size**0.5))
        inverted = faiss.IndexIVFScalarQuantizer(
            faiss.IndexFlatIP(padded), padded, lists, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT, False
        )
        inverted.cp.niter, inverted.cp.seed, inverted.cp.spherical = ROUNDS, 1, True
        inverted.cp.min_points_per_centroid = 1
        inverted.nprobe = PROBED
        wider = faiss.RemapDimensionsTransform(dimension, padded, False)  # type: ignore[arg-type]  # the stubs lack this form
        index = faiss.IndexPreTransform(wider, inverted)
        drawn = np.random.default_rng(0).permutation(size)[: SAMPLE_PER_LIST * lists]
        index.train(_rows(vectors[np.sort(drawn)]) if size else np.zeros((1, dimension), dtype=np.float32))
        for start in range(0, size, ADDED_AT_ONCE):
            index.add(_rows(vectors[start : start + ADDED_AT_ONCE]))
        inverted.make_direct_map()
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
        scores, ids = self._index.search(_rows(query.reshape(1, -1)), min(k, self.size))
        # FAISS pads with -1 when it finds fewer; a padded id must never reach an article.
        return [(int(i), float(s)) for i, s in zip(ids[0], scores[0], strict=True) if i >= 0]

    def vectors(self, ids: Ids) -> NDArray[np.float32]:
        if not len(ids):
            return np.zeros((0, self.dimension), dtype=np.float32)
        wanted = np.asarray(ids, dtype=np.int64)
        parts = (wanted[start : start + READ_AT_ONCE] for start in range(0, len(wanted), READ_AT_ONCE))
        return np.concatenate([self._index.reconstruct_batch(part) for part in parts])

    def save(self, path: Path) -> None:
        import faiss

        faiss.write_index(self._index, str(path))

    @classmethod
    def load(cls, path: Path) -> FaissStore:
        """Open what `save` wrote; the vectors stay in the file, which all processes that answer share in the page cache."""
        import faiss

        return cls(faiss.read_index(str(path), faiss.IO_FLAG_MMAP_IFC))


def _rows(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.ascontiguousarray(vectors, dtype=np.float32)
