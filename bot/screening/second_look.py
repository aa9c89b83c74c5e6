"""A second look for emergencies whose wording the patterns lack: a fixed linear classifier over characters and words.

No network, no generative model: hashed n-grams of the folded text times a reviewed file of weights (card:
docs/models/emergency-second-look.md), fitted by `python -m evaluation.fit_emergencies`.
"""

from __future__ import annotations

import itertools
import math
import re
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

WEIGHTS = Path(__file__).parent / "second_look.npz"

BUCKETS = 1 << 18
LONGEST_GRAM = 5
PIECE = 60
"""Characters. A longer message is looked at piece by piece, so that a plea is not lost in a long text."""

LARGEST_PENALTY = 1.5
"""Log-odds. A plea in a very long message must not need more than this above one that stands alone."""

_TIGHT = r"[\u1000-\u109f\u1100-\u11ff\u3041-\u30ff\u3130-\u318f\u3400-\u9fff\uac00-\ud7af]"
_LOOSE_SPACE = re.compile(rf"(?<={_TIGHT}) +| +(?={_TIGHT})")
_PUNCTUATION = re.compile(r"[^\w\u0900-\u097f\u1000-\u109f々ー]+|_+")
_REPEATED = re.compile(r"(.)\1{2,}")
_SENTENCE = re.compile(r"[^。!?\n]+")
_SALTS = tuple(np.uint64(0x9E3779B97F4A7C15 * (2 * size + 1) % 2**64) for size in range(LONGEST_GRAM + 1))
_STEP = np.uint64(0x100000001B3)
_MIX = np.uint64(0xFF51AFD7ED558CCD)
_SHIFT = np.uint64(40)
_LONGEST_WORD = 24


@dataclass(frozen=True)
class Weights:
    """One row for each bucket; column 0 decides whether it is an emergency, the others which kind."""

    kinds: tuple[str, ...]
    table: NDArray[np.int8]
    scales: NDArray[np.float32]
    biases: NDArray[np.float32]
    threshold: float

    def scores(self, piece: str) -> NDArray[np.float32]:
        """Log-odds: of an emergency of any kind first, then of each kind."""
        rows = buckets(piece)
        total = self.table[rows].sum(axis=0, dtype=np.int32) / np.sqrt(max(1, len(rows)))
        return np.asarray(total * self.scales + self.biases, dtype=np.float32)


@dataclass(frozen=True)
class Look:
    """`log_odds` of an emergency, `kind` the likeliest one, `is_emergency` whether the odds reach the threshold."""

    log_odds: float
    kind: str
    is_emergency: bool


def second_look(folded: str) -> Look:
    """What the classifier makes of a text in the form of `emergencies.fold`.

    A long text is cut into pieces; the piece most like an emergency decides, its odds divided by the number of
    pieces, because every piece is one more chance of a false alarm. Time grows linearly with the text.
    """
    weights = load_weights()
    if not any(character.isalnum() for character in folded):
        return Look(-math.inf, weights.kinds[0], False)
    scored = [weights.scores(piece) for piece in pieces(folded)]
    best = max(scored, key=lambda scores: float(scores[0]))
    log_odds = float(best[0]) - min(LARGEST_PENALTY, math.log(len(scored)))
    return Look(log_odds, weights.kinds[int(np.argmax(best[1:]))], log_odds >= weights.threshold)


def pieces(folded: str) -> Iterator[str]:
    """The whole text when it is short; otherwise its sentences, and windows of a sentence that is too long."""
    if len(folded) <= PIECE:
        yield folded
        return
    for sentence in _SENTENCE.findall(folded) or [""]:
        if len(sentence) <= PIECE:
            yield sentence
        else:
            yield from (sentence[start : start + PIECE] for start in range(0, len(sentence) - PIECE // 3, PIECE // 2))


def buckets(piece: str) -> NDArray[np.int64]:
    """Which rows of the table a piece touches: its character n-grams up to five and its words, each once, sorted."""
    text = plain(piece)
    if not text:
        return np.empty(0, dtype=np.int64)
    codes = np.frombuffer(f"\x02{text}\x03".encode("utf-32-le"), dtype=np.uint32).astype(np.uint64)
    found = [_hashed_words(text.split())]
    rolling = np.zeros(len(codes), dtype=np.uint64)
    for size in range(1, min(LONGEST_GRAM, len(codes)) + 1):
        rolling = (rolling[: len(codes) - size + 1] ^ codes[size - 1 :]) * _STEP
        mixed = (rolling + _SALTS[size]) * _MIX
        found.append(((mixed ^ (mixed >> _SHIFT)) >> _SHIFT) & np.uint64(BUCKETS - 1))
    return np.unique(np.concatenate(found)).astype(np.int64)


def plain(piece: str) -> str:
    """Without punctuation, without spaces between characters of scripts that need none, long repetitions shortened."""
    text = _LOOSE_SPACE.sub("", piece)
    return _REPEATED.sub(r"\1\1", " ".join(_PUNCTUATION.sub(" ", text).split()))


def _hashed_words(words: Sequence[str]) -> NDArray[np.uint64]:
    short = [word for word in words if len(word) <= _LONGEST_WORD]
    grams = [*short, *(f"{first} {second}" for first, second in itertools.pairwise(short))]
    return np.fromiter((zlib.crc32(gram.encode()) & (BUCKETS - 1) for gram in grams), dtype=np.uint64, count=len(grams))


@cache
def load_weights(path: Path = WEIGHTS) -> Weights:
    """The reviewed weights. Raises ValueError when they were fitted for another number of buckets."""
    with np.load(path, allow_pickle=False) as stored:
        if len(stored["table"]) != BUCKETS:
            raise ValueError(f"{path.name} has {len(stored['table'])} rows, not {BUCKETS}: fit it again")
        return Weights(
            tuple(str(kind) for kind in stored["kinds"]),
            stored["table"],
            stored["scales"],
            stored["biases"],
            float(stored["threshold"]),
        )
