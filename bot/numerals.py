"""Numbers, dates and times of a text in one way of writing: 三百円, ３００円 and 300 yen are all 300円."""

from __future__ import annotations

import re
import unicodedata

UNIT = (
    "円|年度|年|か月|ヶ月|カ月|ヵ月|ケ月|箇月|月|日|週間?|時間?|分|秒|歳|才|人|名|枚|通|部|回|件|階|番|号|条|項|割|%|パーセント|倍|点|世帯"
    "|度|級|個|台|本|袋|匹|頭|km|cm|mm|kg|m2|m|g|l|リットル|丁目|桁|冊|口|校|か所|か国|泊|食|桝|杯|畳"
)
_ERAS = {"令和": 2018, "平成": 1988, "昭和": 1925, "大正": 1911, "R": 2018, "H": 1988, "S": 1925}
_KANJI = {c: n for n, c in enumerate("〇一二三四五六七八九")}
_TENS = {"十": 10, "百": 100, "千": 1000}
_MONTHS = (
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
)
_MONTH = "|".join(f"{m}|{m[:3]}\\.?" for m in _MONTHS)
_ENGLISH_UNITS = (
    (r"(?:japanese )?yen|jpy", "円"), (r"calendar days?|days?", "日"), (r"weeks?", "週間"), (r"months?", "か月"),
    (r"years? old|years? of age", "歳"), (r"years?", "年"), (r"hours?", "時間"), (r"minutes?", "分"),
    (r"people|persons?", "人"), (r"cop(?:y|ies)", "通"), (r"percent", "%"), (r"digits?", "桁"),
)  # fmt: skip

_DASH = re.compile(r"(?<=\d)[‐‑‒–—―−－ー](?=\d)")
_LIST_MARKER = re.compile(r"^\s*\d+[.)](?=\s)", re.MULTILINE)
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_KANJI_NUMBER = re.compile(rf"(?<![第\d])([〇一二三四五六七八九十百千]+(?:万[〇一二三四五六七八九十百千]*)?)(?={UNIT})")
_MIXED = re.compile(r"(?<![\d.])(\d+(?:\.\d+)?)(億|万|千)(?:(\d+)(千))?(\d{1,4})?(?=円|人|世帯|件|枚|部|点)")
_COUNTED_MONTHS = re.compile(r"(?<=\d)[ヶカヵケ箇ヵ](?=[月所国])")
_ERA = re.compile(r"(令和|平成|昭和|大正)(元|\d{1,2})年")
_SHORT_ERA = re.compile(r"(?<![A-Za-z])([RHS])(\d{1,2})[./](\d{1,2})[./](\d{1,2})(?![\d.])")
_WESTERN = re.compile(r"(?<![\d.\-/])((?:18|19|20)\d{2})([-/.])(\d{1,2})\2(\d{1,2})(?![\d.\-/])")
_ENGLISH_DATE = re.compile(rf"\b({_MONTH}) (\d{{1,2}})(?:st|nd|rd|th)?\b(?:,? (\d{{4}}))?", re.IGNORECASE)
_DAY_FIRST = re.compile(rf"\b(\d{{1,2}})(?:st|nd|rd|th)? ({_MONTH})\b(?:,? (\d{{4}}))?", re.IGNORECASE)
_CLOCK = re.compile(
    r"(午前|午後)?(?<!\d)(\d{1,2})(?:時(?!間)(?:(\d{1,2})分|(半))?|:(\d{2})(?![\d:]))(?: ?(a\.?m\.?|p\.?m\.?)(?![a-z]))?",
    re.IGNORECASE,
)
_ZERO = re.compile(r"(?<![\d.\-])0(?=\d[月日時分])")
_RANGE = re.compile(rf"(?<![\d.])(\d+)\s*[〜~]\s*(\d+)({UNIT})")
_BETWEEN = re.compile(r"(?<=[\d円年月日時分歳人])\s*[〜~]\s*(?=\d)")
_YEN_SIGN = re.compile(r"[¥￥]\s?(\d+)")


def normal_numbers(text: str) -> str:
    """The text in NFKC with Arabic numbers, years of the common era, 24-hour times, Japanese units, から for 〜."""
    plain = arabic(_THOUSANDS.sub("", _LIST_MARKER.sub(" ", folded(text))))
    plain = _COUNTED_MONTHS.sub("か", plain).replace("才", "歳")
    plain = _english(plain) if re.search(r"[A-Za-z¥]", plain) else plain
    plain = _ERA.sub(lambda m: f"{_ERAS[m[1]] + (1 if m[2] == '元' else int(m[2]))}年", plain)
    plain = _SHORT_ERA.sub(lambda m: f"{_ERAS[m[1]] + int(m[2])}年{int(m[3])}月{int(m[4])}日", plain)
    plain = _WESTERN.sub(lambda m: f"{m[1]}年{int(m[3])}月{int(m[4])}日", plain)
    plain = _CLOCK.sub(_clock, _ZERO.sub("", plain))
    plain = _MIXED.sub(lambda m: _plain_number(_mixed_value(m)), plain)
    return _BETWEEN.sub("から", _RANGE.sub(r"\1\3から\2\3", plain))


def folded(text: str) -> str:
    """NFKC, and every dash between digits is a hyphen."""
    return _DASH.sub("-", unicodedata.normalize("NFKC", text))


def arabic(text: str) -> str:
    """Kanji numerals that count something as Arabic numbers."""
    return _KANJI_NUMBER.sub(lambda m: str(_kanji_value(m[1])), text)


def _english(text: str) -> str:
    text = re.sub(r"(?<![\d:])(\d{1,2})(?= ?[ap]\.?m\b)", r"\1:00", text, flags=re.IGNORECASE)
    text = _YEN_SIGN.sub(r"\1円", text)
    text = _ENGLISH_DATE.sub(lambda m: _date(m[3], m[1], m[2]), text)
    text = _DAY_FIRST.sub(lambda m: _date(m[3], m[2], m[1]), text)
    for pattern, unit in _ENGLISH_UNITS:
        text = re.sub(rf"(?<=\d)[ -]?(?:{pattern})\b", unit, text, flags=re.IGNORECASE)
    return text


def _date(year: str | None, month: str, day: str) -> str:
    number = next(n for n, name in enumerate(_MONTHS, 1) if name.startswith(month.lower()[:3]))
    return f"{f'{year}年' if year else ''}{number}月{int(day)}日"


def _clock(match: re.Match[str]) -> str:
    hour = int(match[2])
    minute = 30 if match[4] else int(match[3] or match[5] or 0)
    afternoon = match[1] == "午後" or (match[6] or "").lower().startswith("p")
    return f"{hour + 12 if afternoon and hour < 12 else hour}時{f'{minute}分' if minute else ''}"


def _mixed_value(match: re.Match[str]) -> float:
    great = {"億": 1e8, "万": 1e4, "千": 1e3}[match[2]]
    return float(match[1]) * great + float(match[3] or 0) * 1000 + float(match[5] or 0)


def _plain_number(value: float) -> str:
    return str(int(value)) if value == int(value) else str(value)


def _kanji_value(digits: str) -> int:
    if "万" in digits:
        great, _, small = digits.partition("万")
        return _kanji_value(great) * 10_000 + (_kanji_value(small) if small else 0)
    if not any(c in _TENS for c in digits):
        return int("".join(str(_KANJI[c]) for c in digits))  # 二〇二六
    total, current = 0, 0
    for c in digits:
        if c in _TENS:
            total, current = total + (current or 1) * _TENS[c], 0
        else:
            current = _KANJI[c]
    return total + current
