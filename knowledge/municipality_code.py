"""団体コード: six digits, the last of which is a check digit. Text, never a number."""

from __future__ import annotations

import re

from settings import SHARED_BASE

_WEIGHTS = (6, 5, 4, 3, 2)


def check_digit(five: str) -> str:
    """The sixth digit: (11 - (digits x 6,5,4,3,2) mod 11) mod 10, e.g. 13101 -> 6 (総務省, 全国地方公共団体コード仕様)."""
    total = sum(int(digit) * weight for digit, weight in zip(five, _WEIGHTS, strict=True))
    return str((11 - total % 11) % 10)


def verify_code(code: str) -> None:
    """Raises ValueError, saying what is wrong, unless `code` is a 団体コード or the code of the shared base."""
    if code == SHARED_BASE:
        return
    if re.fullmatch(r"[0-9]{5}", code):
        raise ValueError(f"municipality code {code} has no check digit: with it, it is {code}{check_digit(code)}")
    if not re.fullmatch(r"[0-9]{6}", code):
        raise ValueError(f"municipality code {code!r} must be the six digits of the 団体コード")
    if code[5] != check_digit(code[:5]):
        raise ValueError(f"municipality code {code} has a wrong check digit: {code[:5]} is followed by {check_digit(code[:5])}")
