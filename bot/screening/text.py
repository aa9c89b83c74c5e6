"""Cleaning of a resident's message: nothing invisible stays in it, and its visible text is unchanged."""

from __future__ import annotations

import re
import unicodedata

_HORIZONTAL = re.compile(r"[^\S\n]+")
_BLANK_LINES = re.compile(r"\n{3,}")
_LINE_ENDS = re.compile(r"\r\n?|[\x0b\x0c\x85\u2028\u2029]")
# Letters that draw nothing: fillers of Hangul, Khmer inherent vowels, combining grapheme joiner, Braille blank.
_BLANK_LETTERS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
_DROPPED_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
_JOINER = "\u200d"
_NON_JOINER = "\u200c"
_KEYCAPS = frozenset("0123456789#*")


def clean(text: str) -> str:
    """Remove what cannot be seen, bring line ends and spaces to one form, and normalise to NFC.

    Removed: control characters other than the line feed, lone surrogates, format characters (zero width,
    bidirectional controls, soft hyphen, tag characters U+E0000-E007F that can hide instructions for a model),
    private use and unassigned code points, letters that draw nothing. Kept, because they change what is seen:
    ideographic variation selectors after a kanji (UTS #37), emoji and text selectors after a symbol (UTS #51),
    joiners inside an emoji sequence and after a virama, where Nepali and Burmese spelling need them.
    Runs of spaces, tabs and ideographic spaces become one space, three or more line feeds become two.
    The result is stable: `clean(clean(text)) == clean(text)`. The length limit is the caller's business.
    """
    if text.isascii() and text.isprintable() and "  " not in text:
        return text.strip()
    visible = _visible(_LINE_ENDS.sub("\n", text).replace("\t", " "))
    composed = unicodedata.normalize("NFC", visible)
    lines = [_HORIZONTAL.sub(" ", line).strip() for line in composed.split("\n")]
    return _BLANK_LINES.sub("\n\n", "\n".join(lines)).strip()


def _visible(text: str) -> str:
    kept: list[str] = []
    for position, character in enumerate(text):
        before = kept[-1] if kept else ""
        after = text[position + 1] if position + 1 < len(text) else ""
        if _stays(character, before, after):
            kept.append(character)
    return "".join(kept)


def _stays(character: str, before: str, after: str) -> bool:
    code = ord(character)
    if character == "\n" or 0x20 <= code < 0x7F:
        return True
    if character in _BLANK_LETTERS:
        return False
    if 0xE0100 <= code <= 0xE01EF:
        return bool(before) and _is_kanji(before)
    if code in (0xFE0E, 0xFE0F):
        return bool(before) and (unicodedata.category(before) == "So" or (before in _KEYCAPS and after == "\u20e3"))
    if 0xFE00 <= code <= 0xFE0F:
        return bool(before) and _is_kanji(before)
    if character in (_JOINER, _NON_JOINER):
        return _joins(character, before, after)
    return unicodedata.category(character) not in _DROPPED_CATEGORIES


def _joins(character: str, before: str, after: str) -> bool:
    if not before or not after:
        return False
    if unicodedata.combining(before) == 9:  # a virama: Devanagari half forms such as र्‍
        return unicodedata.category(after).startswith("L")
    in_emoji = unicodedata.category(before) in {"So", "Sk"} or before == "\ufe0f"
    return character == _JOINER and in_emoji and unicodedata.category(after) == "So"


def _is_kanji(character: str) -> bool:
    code = ord(character)
    return 0x3400 <= code <= 0x9FFF or 0xF900 <= code <= 0xFAFF or 0x20000 <= code <= 0x3FFFF or character == "々"
