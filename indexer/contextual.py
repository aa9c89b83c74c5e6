"""A small Japanese transformer for short texts, run by ONNX Runtime in eight bits: meaning that single words do not carry.

Six layers distilled from multilingual-e5-small (MIT) and trained on our own questions; docs/models/contextual-encoder.md
says on what, with which command. It lies in the repository: no hub and no network are needed.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

FOLDER = Path(__file__).parent / "models" / "contextual"
DIMENSION = 384
LONGEST_QUESTION, LONGEST_PASSAGE = 48, 72
"""Tokens read of a question and of a passage, title included; the model was trained on about these lengths."""
END = 2
"""Token that closes a text."""


class ContextualEncoder:
    """Texts -> unit vectors of 384 dimensions; safe to use from many threads.

    Texts are run one by one: activations are rounded to eight bits by their range, so that in a batch a text's vector
    would depend on its neighbours; and on a processor a batch is no faster.
    """

    def __init__(self, folder: Path = FOLDER) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(str(folder / "model.onnx"), options, providers=["CPUExecutionProvider"])
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))

    def encode(self, texts: Sequence[str], longest: int) -> NDArray[np.float32]:
        """Unit vectors, shape (len(texts), 384); each text is cut after `longest` tokens."""
        tokens = [_cut(encoding.ids, longest) for encoding in self._tokenizer.encode_batch(list(texts))]
        if len(tokens) < 2:
            rows = [self._run(one) for one in tokens]
        else:
            with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
                rows = list(pool.map(self._run, tokens))
        return np.stack(rows) if rows else np.zeros((0, DIMENSION), dtype=np.float32)

    def _run(self, tokens: Sequence[int]) -> NDArray[np.float32]:
        vector: Any = self._session.run(["vectors"], {"ids": np.asarray([tokens], dtype=np.int64)})[0]
        return np.asarray(vector[0], dtype=np.float32)


def _cut(tokens: list[int], longest: int) -> list[int]:
    return tokens if len(tokens) <= longest else [*tokens[: longest - 1], END]


@cache
def shared() -> ContextualEncoder:
    """The encoder of this process; loading takes about 0.2 s and 60 MB."""
    return ContextualEncoder()


@cache
def digest() -> str:
    """SHA-256 (hex) of the model: vectors of another one are not comparable with it."""
    return hashlib.sha256(b"".join((FOLDER / name).read_bytes() for name in ("model.onnx", "tokenizer.json"))).hexdigest()
