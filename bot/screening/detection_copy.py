"""A copy of a message in which personal data can be found, with the way back to the original characters."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

GAP = "\x00"

_HYPHENS = re.compile(r"(?<=[0-9〇零一二三四五六七八九十)])( ?)[‐‑‒–—―−－ーｰ─━](?= ?[0-9〇零一二三四五六七八九十(])")
_KANJI_DIGITS = "〇零一二三四五六七八九"
_KANJI_RUN = re.compile(rf"[{_KANJI_DIGITS}](?:[- ]{{0,2}}[{_KANJI_DIGITS}0-9]){{6,}}")
_KANJI_VALUES = str.maketrans(_KANJI_DIGITS, "00123456789")
_VOICED = {"ﾞ", "ﾟ"}


@dataclass(frozen=True)
class DetectionCopy:
    """`text` is normalised; its character i came from the original characters starts[i] to ends[i]."""

    text: str
    starts: tuple[int, ...] | range
    ends: tuple[int, ...] | range

    def original(self, start: int, end: int) -> tuple[int, int]:
        """The span of the original text from which copy[start:end] was made; start < end."""
        return self.starts[start], self.ends[end - 1]


def detection_copy(text: str) -> DetectionCopy:
    """NFKC by character, any decimal digit as 0-9, hyphens folded between digits, kanji digits in long runs.

    Invisible format characters are left out, so that they cannot split a number. `ー`, `−` and `‐` become `-`
    only between digits, because NFKC alone leaves them and words contain ー.
    """
    if text.isascii():
        return DetectionCopy(text, range(len(text)), range(1, len(text) + 1))
    characters: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    position = 0
    while position < len(text):
        width = 2 if text[position + 1 : position + 2] in _VOICED else 1
        for character in _normal(text[position : position + width]):
            characters.append(character)
            starts.append(position)
            ends.append(position + width)
        position += width
    return DetectionCopy(_fold_digits("".join(characters)), tuple(starts), tuple(ends))


def blank(text: str, spans: Iterable[tuple[int, int]]) -> str:
    """The same text with every span replaced by gaps that no pattern matches; lengths are kept."""
    parts: list[str] = []
    position = 0
    for start, end in sorted(spans):
        if end <= position:
            continue
        start = max(start, position)
        parts += [text[position:start], GAP * (end - start)]
        position = end
    return "".join([*parts, text[position:]])


def _normal(unit: str) -> str:
    if unit.isascii():
        return unit
    if len(unit) == 1:
        if unicodedata.category(unit) == "Cf" or unit == GAP:
            return ""
        value = unicodedata.decimal(unit, None)
        if value is not None:
            return str(int(value))
    return unicodedata.normalize("NFKC", unit)


def _fold_digits(text: str) -> str:
    folded = _HYPHENS.sub(r"\1-", text)
    return _KANJI_RUN.sub(lambda run: run.group().translate(_KANJI_VALUES), folded)
