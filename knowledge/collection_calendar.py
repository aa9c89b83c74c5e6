"""Collection days as 5374 writes them: 「月 木」, 「水2 水4」, and the dates they stand for.

The syntax is that of `area_days.csv` in codeforkanazawa-org/5374, whose README is its only specification:
a weekday, a weekday with its number in the month, a single date (20261230), every second week from a date
(隔水20260401), a reference to a remark (*1), and months after a colon (「水2:4 5 6」).
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

WEEKDAYS = "月火水木金土日"
HORIZON_DAYS = 400  # a label collected once a year is still found; one never collected ends the search


@dataclass(frozen=True)
class Closure:
    """A stretch of days, both ends included, on which a collection centre does not collect."""

    center: str
    start: date
    end: date

    def covers(self, day: date) -> bool:
        return self.start <= day <= self.end


@dataclass(frozen=True)
class CollectionDays:
    """One cell of `area_days.csv`, read. `weekly` and `nth` count Monday as 0."""

    weekly: frozenset[int] = frozenset()
    nth: frozenset[tuple[int, int]] = frozenset()
    alternate: tuple[tuple[int, date], ...] = ()
    dates: frozenset[date] = frozenset()
    months: frozenset[int] = frozenset(range(1, 13))

    def include(self, day: date) -> bool:
        """Whether the cell names this day; closures are not its business."""
        if day in self.dates:
            return True
        if day.month not in self.months:
            return False
        weekday = day.weekday()
        return (
            weekday in self.weekly
            or (weekday, (day.day - 1) // 7 + 1) in self.nth
            or any(weekday == wanted and day >= first and (day - first).days // 7 % 2 == 0 for wanted, first in self.alternate)
        )


def parse_days(text: str) -> CollectionDays:
    """Read one cell. Raises ValueError, naming the part, when a part follows none of the forms above."""
    pattern, _, months = text.replace("　", " ").partition(":")
    weekly, nth, alternate, dates = set(), set(), [], set()
    for part in pattern.split():
        if part in WEEKDAYS and len(part) == 1:
            weekly.add(WEEKDAYS.index(part))
        elif found := re.fullmatch(rf"([{WEEKDAYS}])([1-5])", part):
            nth.add((WEEKDAYS.index(found[1]), int(found[2])))
        elif found := re.fullmatch(rf"隔([{WEEKDAYS}])(\d{{8}})", part):
            alternate.append((WEEKDAYS.index(found[1]), parse_date(found[2])))
        elif re.fullmatch(r"\d{8}", part):
            dates.add(parse_date(part))
        elif not re.fullmatch(r"\*\d", part):
            raise ValueError(f"「{part}」 is not a collection day (expected 月, 水2, 隔水20260401 or 20261230)")
    chosen = frozenset(_month(part) for part in months.split()) or frozenset(range(1, 13))
    return CollectionDays(frozenset(weekly), frozenset(nth), tuple(alternate), frozenset(dates), chosen)


def parse_date(text: str) -> date:
    """Read 2026-12-31, 2026/12/31, 2026/1/3 or 20261231. Raises ValueError for anything else."""
    found = re.fullmatch(r"(\d{4})[-/](\d{1,2})[-/](\d{1,2})|(\d{4})(\d{2})(\d{2})", text.strip())
    if found is None:
        raise ValueError(f"「{text}」 is not a date (expected 2026-12-31 or 2026/12/31)")
    year, month, day = (int(part) for part in found.groups() if part is not None)
    return date(year, month, day)


def describe_days(text: str) -> str:
    """Say a cell in words: 「月 木」 -> 「毎週月曜日・木曜日」, 「水2 水4」 -> 「第2・第4水曜日」.

    An empty cell gives an empty string. Raises ValueError as `parse_days` does.
    """
    days = parse_days(text)
    phrases = []
    if days.weekly:
        phrases.append("毎週" + "・".join(f"{WEEKDAYS[weekday]}曜日" for weekday in sorted(days.weekly)))
    for weekday in sorted({weekday for weekday, _ in days.nth}):
        numbers = sorted(number for other, number in days.nth if other == weekday)
        phrases.append("・".join(f"第{number}" for number in numbers) + f"{WEEKDAYS[weekday]}曜日")
    phrases += [f"{first.year}年{first.month}月{first.day}日から隔週{WEEKDAYS[weekday]}曜日" for weekday, first in days.alternate]
    phrases += [f"{day.year}年{day.month}月{day.day}日" for day in sorted(days.dates)]
    described = "、".join(phrases)
    if described and len(days.months) < 12:
        described += "（" + "・".join(f"{month}月" for month in sorted(days.months)) + "）"
    return described


def collection_dates(text: str, closures: Iterable[Closure], today: date, count: int) -> list[date]:
    """The next `count` collections from `today` on, today included; days inside a closure fall out.

    A collection lost to a closure is not moved to another day: municipalities announce such a day as a date
    of its own, and the cell then lists that date. Fewer than `count` when none lies within 400 days.
    """
    days, closed = parse_days(text), list(closures)
    ahead = (today + timedelta(days=offset) for offset in range(HORIZON_DAYS))
    open_days = (day for day in ahead if days.include(day) and not any(closure.covers(day) for closure in closed))
    return [day for day, _ in zip(open_days, range(count), strict=False)]


def _month(text: str) -> int:
    if not re.fullmatch(r"[1-9]|1[0-2]", text):
        raise ValueError(f"「{text}」 is not a month")
    return int(text)
