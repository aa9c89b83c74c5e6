"""The learned ranker: trees over what a search found out about each candidate, none of it particular to a municipality.

Fitted by evaluation/fit_ranker.py (LambdaMART, Burges 2010) on our own questions over our own FAQ collection, whose
articles the encoder never saw; see docs/models/ranker.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indexer.search import Candidate

MODEL = Path(__file__).parent / "ranker.txt"
OWN = ("lexical", "share", "coverage", "asked_words", "told_words", "asked_context", "told_context", "sum")
COMPARED = ("sum", "lexical", "asked_words", "told_words", "asked_context", "told_context")
FEATURES = (*OWN, *(f"{name}_behind" for name in COMPARED), *(f"{name}_standing" for name in COMPARED), "question_words")
"""OWN of the candidate; how far it is behind the best of all candidates, and in their standard deviations; log(1 + words)."""


class RankerMismatch(ValueError):
    """The file was fitted for other features than this version computes."""


def features(candidates: Sequence[Candidate], sums: Sequence[float], question_words: int) -> NDArray[np.float64]:
    """Features of all candidates of one question, shape (len(candidates), len(FEATURES)); `sums` are the label-free scores."""
    own = np.array(
        [(c.lexical, c.share, c.coverage, c.words[0], c.words[1], *c.context, s) for c, s in zip(candidates, sums, strict=True)]
    ).reshape(len(candidates), len(OWN))
    compared = own[:, [OWN.index(name) for name in COMPARED]]
    if not len(own):
        return np.zeros((0, len(FEATURES)))
    behind = compared - compared.max(axis=0)
    standing = (compared - compared.mean(axis=0)) / (compared.std(axis=0) + 1e-9)
    words = np.full((len(own), 1), np.log1p(question_words))
    return np.hstack([own, behind, standing, words])


class Ranker:
    """Light to make; the trees are read by `load`. Safe to use from many threads."""

    def __init__(self, booster: Any) -> None:
        self._booster = booster

    def scores(self, features: NDArray[np.float64]) -> NDArray[np.float64]:
        """A score a candidate, shape (n,): greater is better, comparable within one question only."""
        if not len(features):
            return np.zeros(0)
        return np.asarray(self._booster.predict(features, num_threads=1), dtype=np.float64)


@cache
def load(path: Path = MODEL) -> Ranker:
    """The shipped ranker; takes about a second, most of it the import of LightGBM. Raises RankerMismatch."""
    import lightgbm

    booster = lightgbm.Booster(model_file=str(path))
    if tuple(booster.feature_name()) != FEATURES:
        raise RankerMismatch(f"{path} was fitted on {booster.feature_name()}, this version computes {list(FEATURES)}")
    return Ranker(booster)
