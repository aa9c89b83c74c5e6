"""Where telephone numbers and e-mail addresses stand in a detection copy (REQUIREMENTS.md section 2)."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from functools import cache
from pathlib import Path

import yaml

NUMBERS = Path(__file__).parent.parent / "texts" / "emergency_numbers.yml"

Span = tuple[int, int, str]

_GAP = r"(?: ?[-.・] ?| ?\( ?| ?\) ?| {1,2})?"
_INTERNATIONAL = re.compile(rf"(?<![\d+])(?:\+ ?81|0081|010-?81){_GAP}(?:\(?0\)?)?(?:{_GAP}\d){{9,10}}(?!\d)")
_MOBILE = re.compile(rf"(?<!\d)(?<!\d-)\(?0{_GAP}[5-9]{_GAP}0(?:{_GAP}\d){{8}}(?!\d|-\d)")
_FIXED = re.compile(
    r"(?<!\d)(?<!\d-)(?:\(?0[1-9]\d{8}"
    r"|\(?0\d{1,4} ?(?:[-.・ (]|\) ?-?) ?\d{1,4} ?[-.・ )] ?\d{3,4}"
    r"|\(?0\d{2,4} ?[-)] ?\d{5,7})(?!\d|-\d)"
)
_TOLL_FREE = re.compile(rf"(?<!\d)(?<!\d-)0800(?:{_GAP}\d){{7}}(?!\d|-\d)")
_LOCAL = re.compile(r"(?:電話(?:番号)?|TEL|Tel|tel|連絡先|携帯|自宅)(?:は|[:.]|です|が)? ?(?P<n>\d{2,4} ?[-(] ?\d{4})(?!\d|-\d)")
_DOMAIN = re.compile(r" ?@ ?[A-Za-z0-9-]{1,63}(?: ?\. ?[A-Za-z0-9-]{1,63}){1,8}")
_LOCAL_PART = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}\Z")


def phones(copy: str, public: Collection[str]) -> Iterator[Span]:
    """Mobile, IP, fixed and international numbers of ten or eleven digits, and short ones after 電話 or TEL.

    `public` holds numbers as digits only (0 in front); they are not found, nor are their last digits after 電話.
    """
    for pattern in (_INTERNATIONAL, _MOBILE, _TOLL_FREE, _FIXED):
        for match in pattern.finditer(copy):
            digits = national_digits(match.group())
            if len(digits) in (10, 11) and digits not in public:
                yield *match.span(), "電話番号"
    for match in _LOCAL.finditer(copy):
        digits = national_digits(match["n"])
        if not any(number.endswith(digits) for number in public):
            yield *match.span("n"), "電話番号"


def public_phones(copy: str, public: Collection[str]) -> Iterator[tuple[int, int]]:
    """Spans of published and emergency numbers, which stay in the text."""
    for pattern in (_INTERNATIONAL, _MOBILE, _TOLL_FREE, _FIXED):
        for match in pattern.finditer(copy):
            if national_digits(match.group()) in public:
                yield match.span()


def emails(copy: str) -> Iterator[Span]:
    """E-mail addresses; the search starts at each @, so a long word costs nothing."""
    for match in _DOMAIN.finditer(copy):
        local = _LOCAL_PART.search(copy, max(0, match.start() - 64), match.start())
        if local:
            yield local.start(), match.end(), "メールアドレス"


def national_digits(phone: str) -> str:
    """Digits of a telephone number as dialled in Japan: +81 90-1234-5678 gives 09012345678."""
    digits = "".join(character for character in phone if character.isdigit())
    for prefix in ("0081", "01081", "81"):
        if digits.startswith(prefix) and (prefix != "81" or "+" in phone):
            return "0" + digits.removeprefix(prefix).removeprefix("0")
    return digits


@cache
def emergency_phones() -> frozenset[str]:
    """Digits of every number in the reviewed file of emergency numbers."""
    data = yaml.safe_load(NUMBERS.read_text(encoding="utf-8"))
    return frozenset(national_digits(entry["number"]) for entry in data["numbers"].values())
