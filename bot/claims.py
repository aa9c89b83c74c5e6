"""Checkable claims in a text: numbers, dates, telephone numbers, amounts, addresses on the web."""

from __future__ import annotations

import re
import unicodedata

_CLAIM = re.compile(r"https?://[^\s（）()、。「」<>]+|[\w.+-]+@[\w-]+\.[\w.-]+|\d[\d,.:/\-]*\d|\d")


def claims(text: str) -> list[str]:
    """Every number-like token and address, in the normal form in which they are compared."""
    return [match.rstrip(".,:/-") for match in _CLAIM.findall(_comparable(text))]


def unsupported(text: str, support: str) -> list[str]:
    """The claims of `text` that do not stand verbatim in `support`; a number inside a longer number does not count."""
    known = set(claims(support))
    return [claim for claim in claims(text) if claim not in known]


def _comparable(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text)
    return re.sub(r"(?<=\d)[‐‑‒–—―−－](?=\d)", "-", folded)
