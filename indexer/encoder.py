"""Encoder protocol; the embedded Japanese encoder, and any sentence-transformers model by folder or hub name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from indexer.base_vectors import DIMENSION
from indexer.static_vectors import StaticVectors

EMBEDDED = "embedded"


class EncoderUnavailable(RuntimeError):
    """The model named by the setting cannot be loaded; the message says which and what to do."""


class Encoder(Protocol):
    """Texts -> unit vectors; shape (len(texts), dimension), float32. `name` says which model made them."""

    name: str

    @property
    def dimension(self) -> int: ...

    def encode_queries(self, texts: Sequence[str]) -> NDArray[np.float32]: ...

    def encode_passages(self, texts: Sequence[str]) -> NDArray[np.float32]: ...

    def save(self, folder: Path) -> None: ...


class EmbeddedEncoder:
    """Word vectors adapted to the municipality's articles. The same folder opens as a SentenceTransformer."""

    name = EMBEDDED

    def __init__(self, vectors: StaticVectors) -> None:
        self.vectors = vectors

    @property
    def dimension(self) -> int:
        return DIMENSION

    def encode_queries(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return self.vectors.encode(texts)

    def encode_passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return self.vectors.encode(texts)

    def save(self, folder: Path) -> None:
        """Write a sentence-transformers model folder: the word vectors, then normalisation."""
        from sentence_transformers import SentenceTransformer
        from sentence_transformers.base.modules.normalize import Normalize

        from indexer.word_vectors import WordVectors

        SentenceTransformer(modules=[WordVectors.of(self.vectors), Normalize()], device="cpu").save(
            str(folder), create_model_card=False
        )


class SentenceTransformerEncoder:
    """Any sentence-transformers model; its own query and document prompts are used where it has them."""

    def __init__(self, model: Any, name: str) -> None:
        self.model, self.name = model.eval(), name

    @property
    def dimension(self) -> int:
        return int(self.model.get_embedding_dimension() or 0)

    def encode_queries(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return self._vectors(self.model.encode_query, texts)

    def encode_passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return self._vectors(self.model.encode_document, texts)

    def _vectors(self, encode: Callable[..., Any], texts: Sequence[str]) -> NDArray[np.float32]:
        if not texts:  # the library gives an array of shape (0,) here
            return np.zeros((0, self.dimension), dtype=np.float32)
        return _unit(encode(list(texts), show_progress_bar=False, convert_to_numpy=True))

    def save(self, folder: Path) -> None:
        self.model.save(str(folder), create_model_card=False)


def load(source: str | Path, name: str) -> EmbeddedEncoder | SentenceTransformerEncoder:
    """Load a model: the embedded one from its snapshot, another from a folder or, where reachable, by hub name.

    Raises EncoderUnavailable with the reason.
    """
    try:
        if name == EMBEDDED:
            return EmbeddedEncoder(StaticVectors.load(Path(source)))
        import torch
        from sentence_transformers import SentenceTransformer

        torch.set_num_threads(1)  # many small questions at once: threads inside one only get in each other's way
        return SentenceTransformerEncoder(SentenceTransformer(str(source), device="cpu"), name)
    except Exception as error:
        raise EncoderUnavailable(
            f"the encoder {name!r} could not be loaded from {source}: {error}. "
            "Set MADOGUCHI_ENCODER to 'embedded', to a model folder, or to a hub name this machine can reach."
        ) from error


def _unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    vectors = np.asarray(vectors, dtype=np.float32)
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    units: NDArray[np.float32] = np.divide(vectors, length, out=np.zeros_like(vectors), where=length > 0)
    return units
