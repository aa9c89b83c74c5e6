"""The claims of a text as an outsider reads them: addresses, dates, telephone numbers, amounts, and numbers with their units.

It shares no code with the desk's own check (bot/claims.py), so that one cannot hide the other's mistake.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

_ADDRESS = re.compile(r"https?://[!-~]+|[\w.+-]+@[\w.-]+")
_COMPOSED = re.compile(r"0\d{1,4}-\d{1,4}-\d{3,4}|(?:\d+年)?\d+月\d+日|\d+年\d+月|\d+:\d\d|\d+時\d+分")
_NUMBER = re.compile(r"(\d+(?:\.\d+)?)(万|千|億)?([^\W\d_a-z]|%|[a-zA-Z])?")
_KANJI = re.compile(r"[一二三四五六七八九十百千万]+(?:円|日|年|歳|通|か月|時|週間)")


def facts(text: str) -> Iterator[str]:
    """The claims of a text, as this script reads them: addresses, dates and the like whole, and numbers with what follows."""
    flat = unicodedata.normalize("NFKC", text)
    flat = re.sub(r"(?<=\d)[−‐‑‒–—ー](?=\d)", "-", flat)
    flat = re.sub(r"(?<=\d),(?=\d{3})", "", flat)
    for address in _ADDRESS.findall(flat):
        yield address.rstrip(".,)")
    flat = re.sub(r"\*\*|^[ \t]*\d+[.)] ", "", _ADDRESS.sub(" ", flat), flags=re.MULTILINE)
    yield from _COMPOSED.findall(flat)
    yield from ("".join(parts) for parts in _NUMBER.findall(flat))
    yield from _KANJI.findall(flat)


def missing(text: str, source: str) -> list[str]:
    """The claims of a text that the source does not have; a bare number may stand there with any unit."""
    known = set(facts(source))
    bare = {m for claim in known for m in re.findall(r"\d+(?:\.\d+)?", claim)}
    return [
        claim for claim in facts(text) if claim not in known and not (re.fullmatch(r"\d+(?:\.\d+)?", claim) and claim in bare)
    ]
