"""Days and ages worked out a second time, from the rule's wording alone; shares no code with bot/deadlines.py."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, timedelta

import jpholiday

from bot.answer import WorkedOut
from knowledge.snapshot_content import Content

_STEP = re.compile(r"(\d+)(営業日|日|週間|か月|年)(以内|前)")
_FROM_MONTHS = re.compile(r"生後(\d+)か月から")
_FROM_YEARS = re.compile(r"(\d+)歳?(?:以上|[〜~]|から)")
_TO_YEARS = re.compile(r"(?:以上|[〜~]|から満?|^)(\d+)歳(未満)?$")


def worked_out_again(worked: WorkedOut, source: str, asked_on: date | None, content: Content) -> bool:
    """Whether the rule stands in the article and gives this result, and the line tells that result and no other number."""
    flat = unicodedata.normalize("NFKC", source)
    if worked.rule not in flat or worked.rule not in worked.text:
        return False
    if worked.kind == "age":
        return worked.months is not None and _inside(worked.rule, worked.months) == (worked.result == "inside")
    if worked.result == "passed":
        return not worked.day
    day, result = date.fromisoformat(worked.day), date.fromisoformat(worked.result)
    told = (f"{result.month}月{result.day}日", f"{result.month}/{result.day}")
    if _day(worked.rule, day, content) != result or not any(date_ in worked.text for date_ in told):
        return False
    over = bool(re.search("過ぎて|すぎました|ended|is over", worked.text))
    return asked_on is None or worked.kind == "opens" or over == (result < asked_on)


def _day(rule: str, day: date, content: Content) -> date | None:
    found = _STEP.search(rule)
    if not found:
        return None
    number, unit, way = int(found[1]), found[2], found[3]
    if unit == "営業日":
        return _open_days_before(day, number, set(content.municipality.closed_days))
    sign = -1 if way == "前" else 1
    if unit in ("日", "週間"):
        moved = day + timedelta(days=sign * number * (7 if unit == "週間" else 1))
    else:
        moved = _months_on(day, sign * number * (1 if unit == "か月" else 12))
    return moved - timedelta(days=1) if "含めて" in rule else moved


def _months_on(day: date, months: int) -> date:
    """The same day of another month, or that month's last where it has no such day."""
    first = day.replace(day=1)
    for _ in range(abs(months)):
        first = (first + timedelta(days=31)).replace(day=1) if months > 0 else (first - timedelta(days=1)).replace(day=1)
    last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    return min(first + timedelta(days=day.day - 1), last)


def _open_days_before(day: date, number: int, closed: set[str]) -> date:
    """The `number`-th day before on which counters are open: no weekend, holiday, year's end, or day of their own."""
    before = (day - timedelta(days=n) for n in range(1, 60))
    year_end = {(12, 29), (12, 30), (12, 31), (1, 1), (1, 2), (1, 3)}
    counted = [
        d
        for d in before
        if d.isoweekday() <= 5
        and not jpholiday.is_holiday(d)
        and (d.month, d.day) not in year_end
        and d.strftime("%m-%d") not in closed
    ]
    return counted[number - 1]


def _inside(rule: str, months: int) -> bool:
    least = _FROM_MONTHS.search(rule)
    years = _FROM_YEARS.search(rule)
    low = int(least[1]) if least else 12 * int(years[1]) if years else 0
    most = _TO_YEARS.search(rule)
    high = 12 * (int(most[1]) + (0 if most[2] else 1)) if most else 10_000
    return low <= months < high
