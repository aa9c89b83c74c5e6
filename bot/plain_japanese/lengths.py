"""Morae of a sentence as it is read out: kana one each, numbers as they are spoken, letters by their names."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.screening.plain_japanese import morae
from indexer.text import Word

_UNREAD = re.compile(r"[^ぁ-ゖァ-ヺー]")
_NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")
_LETTER = 2
"""エー, ビー, シー: most names of letters have two morae."""
_DIGIT = (2, 2, 1, 2, 2, 1, 2, 2, 2, 2)
"""れい いち に さん よん ご ろく なな はち きゅう."""
_POWER = (0, 2, 2, 2)
"""nothing, じゅう, ひゃく, せん."""
_GREAT = (0, 2, 2, 2)
"""nothing, まん, おく, ちょう."""


def spoken_length(words: Sequence[Word]) -> int:
    """Morae of the words in a row; signs are silent."""
    return sum(_of_word(word) for word in words)


def number_length(number: str) -> int:
    """Morae of a number in digits: 14 is じゅうよん, 4; 1,000 is せん, 2; 0.5 is れいてんご, 5."""
    whole, _, part = number.replace(",", "").partition(".")
    total = _whole(int(whole)) if len(whole) <= 16 else sum(_DIGIT[int(c)] for c in whole)
    return total + (2 + sum(_DIGIT[int(c)] for c in part) if part else 0)


def _of_word(word: Word) -> int:
    if word.part[0] in ("補助記号", "空白"):
        return 0
    if _NUMBER.fullmatch(word.surface):
        return number_length(word.surface)
    reading = word.reading if not _UNREAD.search(word.reading) else ""
    if reading:
        return morae(reading)
    digits = sum(number_length(found) for found in _NUMBER.findall(word.surface))
    rest = _NUMBER.sub("", word.surface)
    letters = sum(c.isascii() and c.isalpha() for c in rest)
    kana = "".join(c for c in rest if not _UNREAD.match(c))
    kanji = sum(not c.isascii() and c.isalpha() and bool(_UNREAD.match(c)) for c in rest)
    return digits + letters * _LETTER + morae(kana) + kanji * 2


def _whole(number: int) -> int:
    if number == 0:
        return _DIGIT[0]
    total, group = 0, 0
    while number:
        number, rest = divmod(number, 10_000)
        if rest:
            # 10,000 is いちまん, while 1,000 is せん.
            total += _small(rest) + _GREAT[min(group, 3)]
        group += 1
    return total


def _small(number: int) -> int:
    total = 0
    for place, digit in enumerate(int(c) for c in reversed(str(number))):
        if digit:
            total += _POWER[place] + (_DIGIT[digit] if digit > 1 or place == 0 else 0)
    return total
