"""When a counter is open, with Japanese holidays and the municipality's own closed days. Pure functions.

Every `at` is aware and in the municipality's own time zone. A period is [open, close): at closing time the counter is closed.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from itertools import pairwise

import jpholiday

from bot.answer import Contact
from bot.wording import say
from knowledge.articles import Department, Municipality

HORIZON_DAYS = 366
"""How far ahead an opening is looked for; a counter that stays closed for a year has no next opening."""
YEAR_END = {"12-29", "12-30", "12-31", "01-01", "01-02", "01-03"}
"""行政機関の休日に関する法律 第1条: the days from 29 December to 3 January."""

_JAPANESE = ("・", "、", "")
_SEPARATORS = {"en": (", ", "; ", " ")}
"""Between days, between periods and before a bracket."""


def is_open(department: Department, municipality: Municipality, at: datetime) -> bool:
    """Whether the counter is open at this moment. Raises ValueError when `at` is naive."""
    period = _period(department, municipality, _aware(at).date(), at)
    return period is not None and period[0] <= at < period[1]


def next_opening(department: Department, municipality: Municipality, at: datetime) -> datetime | None:
    """The next moment after `at` at which the counter opens; None when it does not open within a year.

    Raises ValueError when `at` is naive.
    """
    return next((start for start, _ in _periods(department, municipality, at) if start > at), None)


def after_open_minutes(department: Department, municipality: Municipality, at: datetime, minutes: int) -> datetime | None:
    """The moment by which the counter has been open for `minutes` from `at` on; None when it never has within a year.

    Raises ValueError when `at` is naive.
    """
    left = timedelta(minutes=minutes)
    for start, end in _periods(department, municipality, at):
        begin = max(start, at)
        if end <= begin:
            continue
        if end - begin >= left:
            return begin + left
        left -= end - begin
    return None


def describe_hours(department: Department, language: str = "ja", municipality: Municipality | None = None) -> str:
    """The hours as a phrase, weekdays with equal hours together; 年末年始 unless `municipality` is open on those days."""
    groups: dict[tuple[time, time], list[int]] = {}
    for weekday in sorted(department.hours):
        groups.setdefault(department.hours[weekday], []).append(weekday)
    if not groups:
        return say("hours.by_phone_only", language)
    periods = [
        say("hours.period", language, days=_days(days, language), start=clock(start, language), end=clock(end, language))
        for (start, end), days in groups.items()
    ]
    _, between_periods, before_bracket = _SEPARATORS.get(language, _JAPANESE)
    closed = say("hours.closed_on", language, days=_closed_days(department, language, municipality))
    return f"{between_periods.join(periods)}{before_bracket}{closed}"


def describe_moment(moment: datetime, at: datetime, language: str = "ja") -> str:
    """`moment` as seen from `at`: 本日10時30分, or 11月24日（火曜日）8時30分."""
    spoken = clock(moment.timetz(), language)
    if moment.date() == at.date():
        return say("hours.moment_today", language, time=spoken)
    weekday = say(f"hours.weekday_{moment.weekday()}", language)
    return say("hours.moment", language, month=moment.month, day=moment.day, weekday=weekday, time=spoken)


def clock(moment: time, language: str = "ja") -> str:
    if moment.minute == 0:
        return say("hours.full_hour", language, hour=moment.hour)
    return say("hours.hour_and_minute", language, hour=moment.hour, minute=moment.minute)


def contact(department: Department, municipality: Municipality, at: datetime, language: str = "ja") -> Contact:
    """Whom to turn to, and whether that counter is open at this moment (None when its hours are not known)."""
    return Contact(
        department=department.name,
        key=department.key,
        phone=department.phone,
        location=department.location,
        hours=describe_hours(department, language, municipality),
        open_now=is_open(department, municipality, at) if department.hours else None,
    )


def _aware(at: datetime) -> datetime:
    if at.tzinfo is None:
        raise ValueError("opening hours need a datetime in the municipality's time zone")
    return at


def _period(department: Department, municipality: Municipality, day: date, at: datetime) -> tuple[datetime, datetime] | None:
    hours = department.hours.get(day.weekday())
    if hours is None or jpholiday.is_holiday(day) or day.strftime("%m-%d") in municipality.closed_days:
        return None
    return datetime.combine(day, hours[0], at.tzinfo), datetime.combine(day, hours[1], at.tzinfo)


def _periods(department: Department, municipality: Municipality, at: datetime) -> Iterator[tuple[datetime, datetime]]:
    today = _aware(at).date()
    for offset in range(HORIZON_DAYS + 1):
        period = _period(department, municipality, today + timedelta(days=offset), at)
        if period is not None:
            yield period


def _days(weekdays: list[int], language: str) -> str:
    if weekdays == [0, 1, 2, 3, 4]:
        return say("hours.working_days", language)
    return _listed([_run(run, language) for run in _runs(weekdays)], language)


def _run(run: list[int], language: str) -> str:
    names = [say(f"hours.weekday_{weekday}", language) for weekday in run]
    if len(run) >= 3:
        return say("hours.days_range", language, first=names[0], last=names[-1])
    return _listed(names, language)


def _runs(weekdays: list[int]) -> list[list[int]]:
    runs = [[weekdays[0]]]
    for before, weekday in pairwise(weekdays):
        if weekday == before + 1:
            runs[-1].append(weekday)
        else:
            runs.append([weekday])
    return runs


def _closed_days(department: Department, language: str, municipality: Municipality | None) -> str:
    closed = [weekday for weekday in range(7) if weekday not in department.hours]
    parts: list[str] = []
    if closed[-2:] == [5, 6]:
        parts = [_days(closed[:-2], language)] if closed[:-2] else []
        parts.append(say("hours.weekend_and_holidays", language))
    else:
        parts = [_days(closed, language)] if closed else []
        parts.append(say("hours.holidays", language))
    if municipality is None or YEAR_END & set(municipality.closed_days):
        parts.append(say("hours.year_end", language))
    return _listed(parts, language)


def _listed(parts: list[str], language: str) -> str:
    return _SEPARATORS.get(language, _JAPANESE)[0].join(parts)
