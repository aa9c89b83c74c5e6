"""General Japanese word vectors: 480,000 words of ja-ginza 5.2 (MIT) over 20,000 cluster vectors, in one small file."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file, save_file

FILE = "base.safetensors"
DIMENSION = 300


def _hash(word: str) -> int:
    return int.from_bytes(hashlib.blake2b(word.encode(), digest_size=8).digest(), "little")


class BaseVectors:
    """`rows` (n, 300) float32 of unit length; a word is found by its hash in the sorted `hashes`, whose row is `row_of`.

    Kept beside the adapted vectors so that answering needs neither spaCy nor its 2 s of loading.
    """

    def __init__(self, rows: NDArray[np.float32], hashes: NDArray[np.uint64], row_of: NDArray[np.int32]) -> None:
        self.rows, self._hashes, self._row_of = rows, hashes, row_of

    def vector(self, word: str) -> NDArray[np.float32] | None:
        """Unit vector of the word, shape (300,); None when the general vocabulary does not have it."""
        key = np.uint64(_hash(word))
        at = int(np.searchsorted(self._hashes, key))
        found = at < len(self._hashes) and self._hashes[at] == key
        return self.rows[self._row_of[at]] if found else None

    def save(self, folder: Path) -> None:
        # Half precision costs under 0.001 of a cosine and halves the file.
        rows = self.rows.astype(np.float16)
        save_file({"rows": rows, "hashes": self._hashes, "row_of": self._row_of}, folder / FILE)

    @classmethod
    def load(cls, folder: Path) -> BaseVectors:
        arrays = load_file(folder / FILE)
        return cls(arrays["rows"].astype(np.float32), arrays["hashes"], arrays["row_of"])


@cache
def from_ginza() -> BaseVectors:
    """Read the vectors from the installed ja_ginza package, once per process; takes about 3 s."""
    import spacy

    nlp = spacy.util.load_model(
        "ja_ginza", exclude=["tok2vec", "parser", "ner", "morphologizer", "compound_splitter", "bunsetu_recognizer"]
    )
    vectors = nlp.vocab.vectors
    rows = np.array(vectors.data, dtype=np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True) + 1e-9
    words = [(_hash(nlp.vocab.strings[key]), row) for key, row in vectors.key2row.items()]
    words.sort()
    hashes = np.array([h for h, _ in words], dtype=np.uint64)
    return BaseVectors(rows.astype(np.float16).astype(np.float32), hashes, np.array([r for _, r in words], dtype=np.int32))
