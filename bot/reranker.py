"""A cross-encoder by setting: reads question and article together, and scores how well the one answers the other."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np

BATCH = 20


class RerankerUnavailable(RuntimeError):
    """The model named by the setting cannot be loaded; the message says which and what to do."""


class Reranker(Protocol):
    """Scores of texts for a question, the higher the better; they order the texts of one question and mean nothing else."""

    def scores(self, question: str, texts: Sequence[str]) -> list[float]: ...


class CrossEncoderReranker:
    """A sentence-transformers CrossEncoder with one output."""

    def __init__(self, model: Any) -> None:
        self._model = model
        self._one_at_a_time = threading.Lock()

    def scores(self, question: str, texts: Sequence[str]) -> list[float]:
        """One finite score a text. Raises ValueError when the model gives anything else."""
        if not texts:
            return []
        with self._one_at_a_time:  # a fast tokenizer changes its own truncation while it works
            raw = self._model.predict([(question, text) for text in texts], batch_size=BATCH, show_progress_bar=False)
        scores = np.asarray(raw, dtype=np.float64)
        if scores.shape != (len(texts),) or not np.isfinite(scores).all():
            raise ValueError(f"the re-ranker gave scores of shape {scores.shape} for {len(texts)} texts")
        return [float(score) for score in scores]


def load(name: str) -> CrossEncoderReranker | None:
    """Load the model in a folder or, where reachable, by hub name; None for "". Raises RerankerUnavailable with the reason."""
    if not name:
        return None
    try:
        from sentence_transformers import CrossEncoder

        model = CrossEncoder(name, device="cpu")
        labels = model.config.num_labels
    except Exception as error:
        raise RerankerUnavailable(
            f"the re-ranker {name!r} could not be loaded: {error}. "
            "Set MADOGUCHI_RERANKER to a folder of a sentence-transformers CrossEncoder, a hub name this machine can reach, or nothing."
        ) from error
    if labels != 1:
        raise RerankerUnavailable(f"the re-ranker {name!r} has {labels} outputs; MADOGUCHI_RERANKER needs a model with one")
    return CrossEncoderReranker(model)
