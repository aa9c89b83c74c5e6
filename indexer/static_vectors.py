"""The adapted word vectors as they answer: numpy alone, so that neither a question nor a small update loads torch."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file

from indexer import text
from indexer.base_vectors import DIMENSION, BaseVectors


@dataclass(frozen=True)
class StaticVectors:
    """`own` (n, 300) and `weights` (n,) of the words in `words`; other words count `unseen` with their general vector.

    A text is the weighted sum of its words, sent through one linear map (`matrix` (300, 300), `bias` (300,)).
    """

    words: Mapping[str, int]
    own: NDArray[np.float32]
    weights: NDArray[np.float32]
    unseen: float
    matrix: NDArray[np.float32]
    bias: NDArray[np.float32]
    base: BaseVectors

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit vectors, shape (len(texts), 300); zeros for a text without a known word."""
        summed = np.stack([self._summed(text.tokens(t)) for t in texts]) if len(texts) else np.zeros((0, DIMENSION))
        mapped = summed.astype(np.float32) @ self.matrix.T + self.bias
        mapped[~summed.any(axis=1)] = 0.0
        length = np.linalg.norm(mapped, axis=1, keepdims=True)
        units: NDArray[np.float32] = np.divide(mapped, length, out=np.zeros_like(mapped), where=length > 0)
        return units

    def vector(self, word: str) -> NDArray[np.float32] | None:
        """The word's own or general vector, shape (300,), before weight and map; None for an unknown word."""
        row = self.words.get(word)
        return self.own[row] if row is not None else self.base.vector(word)

    def _summed(self, words: Sequence[str]) -> NDArray[np.float32]:
        total = np.zeros(DIMENSION, dtype=np.float32)
        rows = [self.words[w] for w in words if w in self.words]
        if rows:
            total += self.weights[rows] @ self.own[rows]
        for word in words:
            if word not in self.words and (vector := self.base.vector(word)) is not None:
                total += self.unseen * self.base.factor(word) * vector
        return total

    @classmethod
    def load(cls, folder: Path) -> StaticVectors:
        """Open the folder WordVectors.save wrote."""
        config = json.loads((folder / "word_vectors.json").read_text(encoding="utf-8"))
        state = load_file(folder / "model.safetensors")
        words = {word: row for row, word in enumerate(config["words"])}
        return cls(
            words, state["own.weight"], state["weights"], config["unseen"], state["map.weight"], state["map.bias"],
            BaseVectors.load(folder),
        )  # fmt: skip
