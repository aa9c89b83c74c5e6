"""Readings over the kanji, by Sudachi: pieces of a text, each with its reading in hiragana where it has kanji."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from html import unescape

from markupsafe import Markup, escape

from indexer.text import words

_KANJI = re.compile(r"[一-龠々〆ヵヶ]")
_KANA = re.compile(r"[ぁ-ゖァ-ヺー]")
_TAG = re.compile(r"(<[^>]*>)")
_NAME = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9]*)")
_LEFT_ALONE = frozenset({"title", "textarea", "option", "script", "style", "ruby"})
_SAFE_COUNTERS = frozenset("円年月時歳")
"""After a number these are always read the same; 日, 分, 本 and others change with the number, so they get no reading."""
_SPOKEN = {"私": "わたし", "明日": "あした", "今日": "きょう", "昨日": "きのう", "市": "し", "町": "まち", "村": "むら"}
"""Readings of everyday speech where the dictionary gives another one."""


@dataclass(frozen=True)
class Piece:
    """`reading` is None where the text needs none."""

    text: str
    reading: str | None = None


@lru_cache(maxsize=2048)
def furigana(text: str) -> tuple[Piece, ...]:
    """The text in pieces; joined they are the text. What cannot be read surely has no reading."""
    pieces: list[Piece] = []
    after_number = False
    for word in words(text):
        counter = after_number and word.surface not in _SAFE_COUNTERS
        pieces += (
            [Piece(word.surface)] if counter else _of_word(word.surface, _SPOKEN.get(word.surface) or _hiragana(word.reading))
        )
        after_number = word.part[1:2] == ("数詞",) and not _KANJI.search(word.surface)
    return tuple(_joined(pieces))


def ruby(text: str) -> Markup:
    """The text as HTML with <ruby>; the text itself is escaped."""
    made = []
    for piece in furigana(text):
        shown = escape(piece.text)
        made.append(
            shown
            if piece.reading is None
            else Markup("<ruby>{}<rp>（</rp><rt>{}</rt><rp>）</rp></ruby>").format(shown, piece.reading)
        )
    return Markup("").join(made)


def _of_word(surface: str, reading: str) -> list[Piece]:
    """送り仮名 stay outside: 引っ越し is 引(ひ)っ越(こ)し."""
    if not _KANJI.search(surface) or any(c.isdigit() for c in surface) or not reading or _KANA.sub("", reading):
        return [Piece(surface)]
    parts = re.findall(r"[ぁ-ゖァ-ヺー]+|[^ぁ-ゖァ-ヺー]+", surface)
    pattern = "".join(re.escape(_hiragana(part)) if _KANA.match(part) else "(.+?)" for part in parts)
    match = re.fullmatch(pattern, reading)
    if match is None:
        return [Piece(surface, reading)]
    read = iter(match.groups())
    return [Piece(part) if _KANA.match(part) else Piece(part, next(read)) for part in parts]


def _hiragana(text: str) -> str:
    return "".join(chr(ord(c) - 0x60) if "ァ" <= c <= "ヶ" else c for c in text)


def _joined(pieces: list[Piece]) -> list[Piece]:
    """Neighbours without a reading as one piece."""
    found: list[Piece] = []
    for piece in pieces:
        if found and piece.reading is None and found[-1].reading is None:
            found[-1] = Piece(found[-1].text + piece.text)
        else:
            found.append(piece)
    return found


def ruby_page(html: str) -> str:
    """A whole page of ours with readings over its text; what is in fields, titles and attributes stays as it is."""
    made: list[str] = []
    closed: list[str] = []
    for piece in _TAG.split(html):
        name = _NAME.match(piece)
        if name is None:
            made.append(piece if closed or not _KANJI.search(piece) else str(ruby(unescape(piece))))
            continue
        made.append(piece)
        tag = name[2].lower()
        if tag in _LEFT_ALONE:
            if not name[1]:
                closed.append(tag)
            elif closed:
                closed.pop()
    return "".join(made)
