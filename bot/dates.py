"""Days and ages that residents name: 「11月20日」「来年2月3日」「3週間前」「令和8年12月1日」「14歳」「生後5か月」.

A day is a span: an exact one begins and ends on the same day, 「3週間前」 and 「去年の10月」 are wider.
"""

from __future__ import annotations

import calendar
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

_ERAS = {"令和": 2018, "平成": 1988, "昭和": 1925}
"""Year before the first of each era."""
_DIGITS = str.maketrans("〇一二三四五六七八九", "0123456789")
_KANJI_NUMBER = re.compile(r"[一二三四五六七八九十]+(?=日|週間|か月|カ月|ヶ月|ケ月|年前|歳|才|月)")
_YEAR = r"(?:(?P<era>令和|平成|昭和)(?P<era_year>\d{1,2}|元)年|(?P<year>\d{4})年|(?P<near>再来年|来年|今年|去年|昨年|一昨年|おととし)の?)?"
_DAY = re.compile(
    rf"{_YEAR}(?P<month>\d{{1,2}})月(?P<day>\d{{1,2}})日|(?<![\d/])(?:(?P<y>\d{{4}})/)?(?P<m>\d{{1,2}})/(?P<d>\d{{1,2}})(?![\d/])"
)
_MONTH = re.compile(rf"{_YEAR}(?P<month>\d{{1,2}})月(?!\d|中?分|額|料)")
_NEAR_YEARS = {"再来年": 2, "来年": 1, "今年": 0, "去年": -1, "昨年": -1, "一昨年": -2, "おととし": -2}
_WORDS = {
    "一昨日": -2, "おととい": -2, "昨日": -1, "きのう": -1, "今日": 0, "きょう": 0, "本日": 0, "明後日": 2, "あさって": 2, "明日": 1,
    "あした": 1, "あす": 1,
}  # fmt: skip
_WORD = re.compile("|".join(_WORDS))
_AGO = re.compile(r"(?P<n>\d{1,3})(?P<unit>日|週間|か月|カ月|ヶ月|ケ月|年)(?P<way>前|後)(?!まで|から)")
_DAYS_OF = {"日": 1, "週間": 7, "か月": 30, "カ月": 30, "ヶ月": 30, "ケ月": 30, "年": 365}
_PAST = re.compile(r"た(?![いくらめちりだ])|んだ(?:の|けど|が|$)|とられ")
_VAGUE = re.compile(
    r"(?:先|来|今|再来|先々)(?:週|月)|(?:去|昨|来|今|再来)年|\d{1,2}月(?!分)|(?:年|月)末|(?:月|火|水|木|金|土|日)曜|\d{1,2}日(?!以内|間|前|後|目)|\d(?:週間|か月|年)(?:前|後)"
)
FAR = 120
"""Days from the question up to which a day without a year is the nearest one where nothing tells the past."""
_AGE = re.compile(
    r"(?<![\d〜~\-])(?P<years>\d{1,3})\s?[歳才](?=(?P<after>.{0,6}))|生後(?P<months>\d{1,2})(?:か|カ|ヶ|ケ)月|(?:赤ちゃん|赤ん坊|子|息子|娘|孫)(?:は|が)?(?P<baby>\d{1,2})(?:か|カ|ヶ|ケ)月"
    r"|(?<![\d月/:〜~\-])(?P<bare>[1-9]\d)(?:です|だけど|なんだけど|なんですが|で(?=会社|退職|仕事))"
)
_NO_PRESENT_AGE = re.compile(
    r"^(?:に?なる|に?なり|まで|から|以上|以下|未満|の(?:とき|時|頃|ころ)|のうち|の?誕生日|前|ごろ|くらいまで|以降)"
)


@dataclass(frozen=True)
class Span:
    """Days named in `text[start:end]`, the first and the last that may be meant."""

    first: date
    last: date
    said: str
    start: int
    end: int

    @property
    def exact(self) -> bool:
        return self.first == self.last


def folded(text: str) -> str:
    """NFKC, kanji numbers before a unit of time as digits: the text in which positions of a Span count."""
    plain = unicodedata.normalize("NFKC", text)
    return _KANJI_NUMBER.sub(lambda found: str(_number(found[0])), plain)


def days(text: str, asked_on: date) -> list[Span]:
    """The days a folded text names, in order; what cannot be a day (2月30日) is left out.

    A day without a year is the last one where its sentence tells of the past, else the nearest, not farther than FAR.
    """
    found: list[Span] = []
    for span in [*_dated(text, asked_on), *_relative(text, asked_on), *_months(text, asked_on)]:
        if not any(span.start < other.end and other.start < span.end for other in found):
            found.append(span)
    return sorted(found, key=lambda span: span.start)


def vague(text: str, spans: list[Span]) -> bool:
    """Whether a folded text names a time besides the spans: 「来月」「2月に」「先週」."""
    rest = text
    for span in reversed(spans):
        rest = rest[: span.start] + " " + rest[span.end :]
    return bool(_VAGUE.search(rest))


def ages(text: str) -> list[int]:
    """The present ages a folded text names, in months; an age somebody will have or had counts as none."""
    found = []
    for match in _AGE.finditer(text):
        if match["years"]:
            found.append(-1 if _NO_PRESENT_AGE.match(match["after"]) else 12 * int(match["years"]))
        elif match["bare"]:
            found.append(12 * int(match["bare"]))
        else:
            found.append(int(match["months"] or match["baby"]))
    return found


def add(day: date, number: int, unit: str) -> date:
    """`day` plus a number of 日, 週間, か月 or 年; where the month has no such day, its last (民法143条)."""
    if unit in ("日", "週間"):
        return day + timedelta(days=number * (7 if unit == "週間" else 1))
    months = day.year * 12 + day.month - 1 + number * (12 if unit == "年" else 1)
    year, month = divmod(months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def _dated(text: str, asked_on: date) -> Iterator[Span]:
    for match in _DAY.finditer(text):
        month, day = int(match["month"] or match["m"]), int(match["day"] or match["d"])
        year = int(match["y"]) if match["y"] else _year(match, asked_on)
        past = bool(_PAST.search(_clause(text, match.start(), match.end())))
        on = _valid(year, month, day) if year else _nearest(month, day, asked_on, past)
        if on:
            yield Span(on, on, match[0], match.start(), match.end())


def _relative(text: str, asked_on: date) -> Iterator[Span]:
    for match in _WORD.finditer(text):
        on = asked_on + timedelta(days=_WORDS[match[0]])
        yield Span(on, on, match[0], match.start(), match.end())
    for match in _AGO.finditer(text):
        number, unit = int(match["n"]), match["unit"]
        sign = -1 if match["way"] == "前" else 1
        on = add(asked_on, sign * number, "か月" if unit.endswith("月") else unit)
        about = timedelta(days=0 if unit == "日" else _DAYS_OF[unit] // 2)
        yield Span(on - about, on + about, match[0], match.start(), match.end())


def _months(text: str, asked_on: date) -> Iterator[Span]:
    for match in _MONTH.finditer(text):
        year, month = _year(match, asked_on), int(match["month"])
        if year and 1 <= month <= 12:
            last = calendar.monthrange(year, month)[1]
            yield Span(date(year, month, 1), date(year, month, last), match[0], match.start(), match.end())


def _year(match: re.Match[str], asked_on: date) -> int | None:
    if match["era"]:
        return _ERAS[match["era"]] + (1 if match["era_year"] == "元" else int(match["era_year"]))
    if match["year"]:
        return int(match["year"])
    return asked_on.year + _NEAR_YEARS[match["near"]] if match["near"] else None


def _nearest(month: int, day: int, asked_on: date, past: bool) -> date | None:
    near = [on for year in (asked_on.year - 1, asked_on.year, asked_on.year + 1) if (on := _valid(year, month, day))]
    if past:
        return max((on for on in near if on <= asked_on), default=None)
    return next((on for on in near if abs((on - asked_on).days) <= FAR), None)


def _clause(text: str, start: int, end: int) -> str:
    """The clause around a position."""
    begin = max(text.rfind(sign, 0, start) for sign in "。!?\n") + 1
    ends = [at for sign in "。!?\n" if (at := text.find(sign, end)) >= 0]
    return text[begin : min(ends, default=len(text))]


def clause(text: str, span: Span) -> str:
    """The sentence of a folded text that names the day."""
    return _clause(text, span.start, span.end)


def _valid(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _number(kanji: str) -> int:
    if "十" not in kanji:
        return int(kanji.translate(_DIGITS))
    tens, _, ones = kanji.partition("十")
    return int(tens.translate(_DIGITS) or 1) * 10 + int(ones.translate(_DIGITS) or 0)
