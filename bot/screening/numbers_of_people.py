"""Where numbers that belong to one person stand in a detection copy (REQUIREMENTS.md section 2)."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator

from bot.screening import check_digits
from bot.screening.detection_copy import blank

Span = tuple[int, int, str]

_SEPARATOR = r"(?: ?[-./_・|:] ?| {1,3})?"
_DIGITS = re.compile(r"\d+")
_RUN = re.compile(rf"(?<!\d)\d+(?:{_SEPARATOR}\d+)*")
_TWELVE = re.compile(r"(?<!\d)(?:\d{12}|\d{4}([- ]{1,3}|[ \n,.・/_])\d{4}\1\d{4})(?!\d)(?![- ]\d{4}(?!\d))")
_CARD = re.compile(r"(?<!\d)(?:\d{13,16}|\d{4}([- ]{1,3})\d{4}\1\d{4}\1\d{1,4}|\d{4}([- ]{1,3})\d{6}\2\d{4,5})(?!\d)")
_MONEY = re.compile(r" ?(?:[万億千]?円|[万億]?人|回|件)")
_NEAR = 20

_RESIDENCE_CARD = re.compile(r"(?<![A-Za-z0-9])[A-Za-z]{2}[- ]?\d{4}[- ]?\d{4}[- ]?[A-Za-z]{2}(?![A-Za-z0-9])")
_PASSPORT = re.compile(r"(?<![A-Za-z0-9])[A-Za-z]{2}[- ]?\d{7}(?!\d)")
_EMPLOYMENT = re.compile(r"(?<!\d)(?:\d{4}[- ]\d{6}[- ]\d|\d{11})(?!\d|[-]\d)")
_PENSION = re.compile(r"(?<!\d)\d{4}[- ]\d{6}(?!\d|-\d)")
_TEN = re.compile(r"(?<!\d)\d{10}(?!\d)")
_YUCHO = re.compile(r"(?<!\d)[01]\d{4} ?[-–の、, ]? ?(?:\d ?- ?)?(?:番号)?[:は ]{0,2}\d{1,7}1(?!\d|-\d)")
_YUCHO_NUMBER = re.compile(r"(?<=番号)[:は ]{0,3}\d{1,7}1(?!\d|-\d)")
_YUCHO_SIGN = re.compile(r"(?<=記号)[:は ]{0,3}[01]\d{4}(?!\d|-\d)")
_SEVEN = re.compile(r"(?<!\d)(?<!\d-)\d{7}(?!\d|-\d)")
_EIGHT = re.compile(r"(?<!\d)(?<!\d-)\d{8}(?!\d|-\d)")


def national_numbers(copy: str, dates: list[tuple[int, int]]) -> Iterator[Span]:
    """Payment cards (Luhn) and every twelve-digit number; a valid 個人番号 is found in any grouping of its digits.

    `dates` are spans that look like dates, in order: a valid window that touches one is left alone unless it is
    the whole run of digits. A valid 法人番号 of thirteen digits is public and left alone.
    """
    cards = [match.span() for match in _CARD.finditer(copy) if _is_card(match.group())]
    yield from ((*span, "カード番号") for span in cards)
    rest = blank(copy, cards)
    windows = [span for run in _RUN.finditer(rest) for span in _valid_windows(run, dates)]
    windows = [span for span in windows if not _MONEY.match(rest, span[1])]
    yield from ((*span, _label(copy, *span)) for span in windows)
    for match in _TWELVE.finditer(blank(rest, windows)):
        if not _MONEY.match(rest, match.end()):
            yield *match.span(), _label(copy, *match.span())


def keyword_numbers(copy: str) -> Iterator[Span]:
    """Numbers known by their form or by a word near them: 在留カード, 旅券, 雇用保険, 年金, ゆうちょ, 口座, 保険."""
    yield from _found(_RESIDENCE_CARD, copy, "在留カード番号")
    yield from _near(_PASSPORT, copy, r"パスポート|旅券|ぱすぽーと|passport|hộ chiếu|护照|여권", "旅券番号")
    for match in _EMPLOYMENT.finditer(copy):
        if not match.group().isdigit() or _is_near(copy, match, r"雇用保険|被保険者"):
            yield *match.span(), "雇用保険の番号"
    for match in _PENSION.finditer(copy):
        if not match.group().startswith("0") or _is_near(copy, match, r"年金"):
            yield *match.span(), "基礎年金番号"
    yield from _near(_TEN, copy, r"年金", "基礎年金番号")
    if re.search(r"ゆうちょ|郵貯|貯金|記号|口座|郵便局|振込", copy):
        for pattern in (_YUCHO, _YUCHO_SIGN, _YUCHO_NUMBER):
            yield from _near(pattern, copy, r"ゆうちょ|郵貯|貯金|記号|口座|郵便局|振込", "ゆうちょの記号番号")
    yield from _near(_SEVEN, copy, r"口座|普通|当座|銀行|信用金庫|信金|支店", "口座番号")
    for match in _EIGHT.finditer(copy):
        valid = check_digits.is_insurer_number(match.group()) and _is_near(copy, match, r"記号|番号|保険")
        if valid or _is_near(copy, match, r"保険者|保険証|被保険"):
            yield *match.span(), "保険者番号"


def _is_card(text: str) -> bool:
    digits = _only_digits(text)
    return check_digits.passes_luhn(digits) and not check_digits.is_corporate_number(digits)


def _valid_windows(run: re.Match[str], dates: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    groups = [(part.start(), part.end()) for part in _DIGITS.finditer(run.string, *run.span())]
    counts = [end - start for start, end in groups]
    whole = sum(counts) == 12
    first = 0
    while first < len(groups):
        last = _last_group(counts, first)
        if last is not None:
            start, end = groups[first][0], groups[last][1]
            dated = not whole and _touches(dates, start, end)
            if not dated and check_digits.is_my_number(_only_digits(run.string[start:end])):
                yield start, end
                first = last
        first += 1


def _last_group(counts: list[int], first: int) -> int | None:
    """The group that completes twelve digits from `first`, or None when no group ends there."""
    total = 0
    for last in range(first, min(first + 12, len(counts))):
        total += counts[last]
        if total >= 12:
            return last if total == 12 else None
    return None


def _label(copy: str, start: int, end: int) -> str:
    digits = _only_digits(copy[start:end])
    if check_digits.is_driving_licence(digits) and re.search(r"免許", copy[max(0, start - _NEAR) : end + _NEAR]):
        return "運転免許証番号"
    if check_digits.is_my_number(digits):
        return "個人番号"
    return "運転免許証番号" if check_digits.is_driving_licence(digits) else "12桁の番号"


def _touches(spans: list[tuple[int, int]], start: int, end: int) -> bool:
    """Whether one of the spans, which are in order and apart, overlaps start to end."""
    place = bisect_left(spans, (end, 0))
    return place > 0 and spans[place - 1][1] > start


def _only_digits(text: str) -> str:
    return "".join(character for character in text if character.isdigit())


def _found(pattern: re.Pattern[str], copy: str, label: str) -> Iterator[Span]:
    for match in pattern.finditer(copy):
        yield *match.span(), label


def _near(pattern: re.Pattern[str], copy: str, words: str, label: str) -> Iterator[Span]:
    for match in pattern.finditer(copy):
        if _is_near(copy, match, words):
            yield *match.span(), label


def _is_near(copy: str, match: re.Match[str], words: str) -> bool:
    around = copy[max(0, match.start() - _NEAR) : match.end() + _NEAR]
    return re.search(words, around, re.IGNORECASE) is not None
