"""The length of a Japanese sentence in morae, counted on its reading."""

from __future__ import annotations

import re

DAILY_LIMIT = 48
EMERGENCY_LIMIT = 24

_SMALL = re.compile(r"[ぁぃぅぇぉゃゅょゎァィゥェォャュョヮ]")
_KANA = re.compile(r"[ぁ-ゖァ-ヺー]")
_SILENT = re.compile(r"[\s、。，．,.・「」『』()（）!?！？…:：-]")


def morae(text: str) -> int:
    """Count the morae of a reading in kana.

    Each kana is one mora, so are っ, ん and ー; small ゃゅょ (and ぁぃぅぇぉゎ) belong to the kana before them
    (REQUIREMENTS.md section 4). Punctuation and spaces are silent.
    Raises ValueError when anything else, such as kanji, digits or Latin letters, is left: its reading is unknown.
    """
    spoken = _SILENT.sub("", text)
    unread = _KANA.sub("", spoken)
    if unread:
        raise ValueError(f"no reading in kana for {unread!r}")
    return len(_SMALL.sub("", spoken))
