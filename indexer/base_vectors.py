"""General Japanese word vectors: 480,000 words of ja-ginza 5.2 (MIT), and ours for those that questions were seen with."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file, save_file

FILE = "base.safetensors"
PRETRAINED = Path(__file__).parent / "models" / "general_vectors.safetensors"
DIMENSION = 300


def _hash(word: str) -> int:
    return int.from_bytes(hashlib.blake2b(word.encode(), digest_size=8).digest(), "little")


@dataclass(frozen=True)
class BaseVectors:
    """`rows` (n, 300) float32; a word is found by its hash in the sorted `hashes`, whose row is `row_of`.

    `factors` (n,) say how much more or less than by its idf a word of that row counts; `matrix` (300, 300) and `bias`
    (300,) are the linear map an adaptation starts from. Kept beside the adapted vectors so that answering needs neither
    spaCy nor its 2 s of loading.
    """

    rows: NDArray[np.float32]
    hashes: NDArray[np.uint64]
    row_of: NDArray[np.int32]
    factors: NDArray[np.float32]
    matrix: NDArray[np.float32]
    bias: NDArray[np.float32]

    def vector(self, word: str) -> NDArray[np.float32] | None:
        """Vector of the word, shape (300,); None when the general vocabulary does not have it."""
        row = self._row(word)
        return None if row is None else self.rows[row]

    def factor(self, word: str) -> float:
        """Factor on the word's weight; 1 for a word without one of its own."""
        row = self._row(word)
        return 1.0 if row is None else float(self.factors[row])

    def save(self, folder: Path) -> None:
        # Half precision costs under 0.001 of a cosine and halves the file.
        arrays: dict[str, NDArray[Any]] = {
            "rows": self.rows.astype(np.float16), "hashes": self.hashes, "row_of": self.row_of,
            "factors": self.factors, "matrix": self.matrix, "bias": self.bias,
        }  # fmt: skip
        save_file(arrays, folder / FILE)

    @classmethod
    def load(cls, folder: Path) -> BaseVectors:
        arrays = load_file(folder / FILE)
        rows = arrays.pop("rows").astype(np.float32)
        return cls(rows, **arrays)

    def _row(self, word: str) -> int | None:
        key = np.uint64(_hash(word))
        at = int(np.searchsorted(self.hashes, key))
        return int(self.row_of[at]) if at < len(self.hashes) and self.hashes[at] == key else None


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
    row_of = {_hash(nlp.vocab.strings[key]): row for key, row in vectors.key2row.items()}
    rows = rows.astype(np.float16).astype(np.float32)
    return _tabled(
        rows, row_of, np.ones(len(rows), np.float32), np.eye(DIMENSION, dtype=np.float32), np.zeros(DIMENSION, np.float32)
    )


@cache
def general() -> BaseVectors:
    """The vectors every adaptation starts from: ja-ginza's, with our own where evaluation/pretrain.py learned them."""
    base, learned = from_ginza(), load_file(PRETRAINED)
    row_of = dict(zip(base.hashes.tolist(), base.row_of.tolist(), strict=True))
    first = len(base.rows)
    row_of.update({key: first + at for at, key in enumerate(learned["hashes"].tolist())})
    rows = np.concatenate([base.rows, learned["rows"].astype(np.float32)])
    factors = np.concatenate([base.factors, learned["factors"].astype(np.float32)])
    return _tabled(rows, row_of, factors, learned["matrix"].astype(np.float32), learned["bias"].astype(np.float32))


def save_pretrained(
    words: Sequence[str],
    rows: NDArray[np.float32],
    factors: NDArray[np.float32],
    matrix: NDArray[np.float32],
    bias: NDArray[np.float32],
) -> None:
    """Write PRETRAINED: row i and factor i belong to words[i]; words are kept as hashes only."""
    PRETRAINED.parent.mkdir(exist_ok=True)
    arrays = {"rows": rows, "factors": factors, "matrix": matrix, "bias": bias}
    halves = {name: np.ascontiguousarray(array, dtype=np.float16) for name, array in arrays.items()}
    save_file({"hashes": np.array([_hash(w) for w in words], dtype=np.uint64), **halves}, PRETRAINED)


def _tabled(
    rows: NDArray[np.float32],
    row_of: dict[int, int],
    factors: NDArray[np.float32],
    matrix: NDArray[np.float32],
    bias: NDArray[np.float32],
) -> BaseVectors:
    ordered = sorted(row_of.items())
    hashes = np.array([h for h, _ in ordered], dtype=np.uint64)
    return BaseVectors(rows, hashes, np.array([r for _, r in ordered], dtype=np.int32), factors, matrix, bias)
