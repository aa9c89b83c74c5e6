"""Encoder protocol; the embedded Japanese encoder, and any sentence-transformers model by folder or hub name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from indexer import base_vectors, contextual
from indexer.contextual import LONGEST_PASSAGE, LONGEST_QUESTION, ContextualEncoder
from indexer.static_vectors import StaticVectors

EMBEDDED = "embedded"
WORDS, CONTEXT = slice(0, base_vectors.DIMENSION), slice(base_vectors.DIMENSION, None)
"""The two halves of an embedded vector: adapted words, and the transformer's."""
WORDS_SHARE = 1 / 3
"""Share of the words in a cosine of embedded vectors; the transformer has the rest. Best of 1/2, 1/3, 1/4 on localgovFAQ dev."""
CONTEXT_DIGEST = "contextual.sha256"


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
    """Word vectors adapted to the municipality's articles beside a transformer's vector that is the same for all.

    Both halves are unit vectors, weighted so that a cosine of two texts is the weighted mean of the halves' cosines.
    The saved folder holds the adapted half and opens as a SentenceTransformer; the transformer lies in the package.
    """

    name = EMBEDDED

    def __init__(self, vectors: StaticVectors, context: ContextualEncoder | None = None) -> None:
        self.vectors, self._context = vectors, context or contextual.shared()

    @property
    def dimension(self) -> int:
        return base_vectors.DIMENSION + contextual.DIMENSION

    def encode_queries(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return self._encode(texts, LONGEST_QUESTION)

    def encode_passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return self._encode(texts, LONGEST_PASSAGE)

    def _encode(self, texts: Sequence[str], longest: int) -> NDArray[np.float32]:
        words, context = self.vectors.encode(texts), self._context.encode(texts, longest)
        joined = np.concatenate([WORDS_SHARE**0.5 * words, (1 - WORDS_SHARE) ** 0.5 * context], axis=1)
        joined[[not t.strip() for t in texts]] = 0.0
        return _unit(joined)  # a text without a known word has the transformer's half alone

    def save(self, folder: Path) -> None:
        """Write a sentence-transformers model folder (the word vectors, then normalisation) and which transformer goes with it."""
        from sentence_transformers import SentenceTransformer
        from sentence_transformers.base.modules.normalize import Normalize

        from indexer.word_vectors import WordVectors

        SentenceTransformer(modules=[WordVectors.of(self.vectors), Normalize()], device="cpu").save(
            str(folder), create_model_card=False
        )
        (folder / CONTEXT_DIGEST).write_text(contextual.digest(), encoding="ascii")


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
            _check_context(Path(source))
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


def _check_context(folder: Path) -> None:
    if (folder / CONTEXT_DIGEST).read_text(encoding="ascii") != contextual.digest():
        raise ValueError("its vectors were made with another transformer than this version's: build the index again")


def _unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    vectors = np.asarray(vectors, dtype=np.float32)
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    units: NDArray[np.float32] = np.divide(vectors, length, out=np.zeros_like(vectors), where=length > 0)
    return units
