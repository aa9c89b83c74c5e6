"""When counters are open: weekdays, holidays, the year end, late Thursdays."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from town_fixture import CITIZENS, GENERAL, LIBRARY, TOWN

from bot.opening_hours import after_open_minutes, contact, describe_hours, describe_moment, is_open, next_opening
from knowledge.articles import Department, Municipality

TOKYO = ZoneInfo("Asia/Tokyo")
NEW_YEAR = "年末年始を除く）"


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=TOKYO)


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("2026-11-24T08:29:59", False),
        ("2026-11-24T08:30", True),
        ("2026-11-24T17:14:59", True),
        ("2026-11-24T17:15", False),
        ("2026-11-22T10:00", False),  # Sunday
        ("2026-11-23T10:00", False),  # Monday, 勤労感謝の日
        ("2026-12-28T10:00", True),  # the last working day of the year
        ("2026-12-29T10:00", False),
        ("2026-12-31T10:00", False),
        ("2027-01-01T10:00", False),
        ("2027-01-03T10:00", False),
        ("2027-01-04T10:00", True),
        ("2026-09-22T10:00", False),  # 国民の休日 between 敬老の日 and 秋分の日
        ("2027-03-22T10:00", False),  # 振替休日 of 春分の日 on a Sunday
    ],
)
def test_the_counter_is_open_on_working_days_only(moment: str, expected: bool) -> None:
    assert is_open(GENERAL, TOWN, at(moment)) is expected


def test_thursday_is_open_late_where_the_department_says_so() -> None:
    assert is_open(CITIZENS, TOWN, at("2026-11-26T18:59"))
    assert not is_open(CITIZENS, TOWN, at("2026-11-27T18:59"))


def test_a_library_is_open_on_sunday_but_not_on_a_holiday() -> None:
    assert is_open(LIBRARY, TOWN, at("2026-11-22T10:00"))
    assert not is_open(LIBRARY, TOWN, at("2026-11-03T10:00"))  # 文化の日, a Tuesday


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("2026-11-20T17:15", "2026-11-24T08:30"),  # Friday evening: weekend, then 勤労感謝の日
        ("2026-11-24T07:00", "2026-11-24T08:30"),
        ("2026-11-24T08:30", "2026-11-25T08:30"),  # it has just opened: the next time is tomorrow
        ("2026-12-28T17:15", "2027-01-04T08:30"),
        ("2027-01-01T00:00", "2027-01-04T08:30"),
    ],
)
def test_the_next_opening_skips_holidays_and_the_year_end(moment: str, expected: str) -> None:
    assert next_opening(GENERAL, TOWN, at(moment)) == at(expected)


@pytest.mark.parametrize(
    ("moment", "minutes", "expected"),
    [
        ("2026-11-24T10:00", 30, "2026-11-24T10:30"),
        ("2026-11-24T17:05", 30, "2026-11-25T08:50"),  # 10 minutes today, 20 tomorrow
        ("2026-11-20T18:00", 30, "2026-11-24T09:00"),
        ("2026-12-28T17:00", 30, "2027-01-04T08:45"),
        ("2026-11-24T16:45", 30, "2026-11-24T17:15"),
        ("2026-11-24T08:30", 1440, "2026-11-26T15:00"),  # 525 minutes a day: two days and 390 minutes
    ],
)
def test_only_minutes_within_opening_hours_count(moment: str, minutes: int, expected: str) -> None:
    assert after_open_minutes(GENERAL, TOWN, at(moment), minutes) == at(expected)


def test_a_counter_without_hours_never_opens_and_promises_nothing() -> None:
    silent = Department(TOWN.code, "x", "相談員")
    assert next_opening(silent, TOWN, at("2026-11-24T10:00")) is None
    assert after_open_minutes(silent, TOWN, at("2026-11-24T10:00"), 30) is None
    assert contact(silent, TOWN, at("2026-11-24T10:00")).open_now is None


def test_a_moment_without_a_time_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        is_open(GENERAL, TOWN, datetime(2026, 11, 24, 10))


@pytest.mark.parametrize(
    ("department", "language", "expected"),
    [
        (GENERAL, "ja", "平日 8時30分から17時15分まで（土日祝日・年末年始を除く）"),
        (CITIZENS, "ja", f"月曜日から水曜日・金曜日 8時30分から17時15分まで、木曜日 8時30分から19時まで（土日祝日・{NEW_YEAR}"),
        (LIBRARY, "ja", f"火曜日から金曜日 9時30分から19時まで、土曜日・日曜日 9時30分から17時まで（月曜日・祝日・{NEW_YEAR}"),
        (GENERAL, "en", "Monday to Friday 8:30 to 17:15 (closed on weekends, public holidays, the New Year holidays)"),
        (GENERAL, "vi", "平日 8時30分から17時15分まで（土日祝日・年末年始を除く）"),
    ],
)
def test_hours_read_as_a_clerk_would_say_them(department: Department, language: str, expected: str) -> None:
    assert describe_hours(department, language) == expected


def test_the_year_end_is_left_out_where_the_town_works_on_those_days() -> None:
    always = Municipality(code="990035", name="ねむらない市")
    assert describe_hours(GENERAL, "ja", always) == "平日 8時30分から17時15分まで（土日祝日を除く）"


def test_a_moment_of_the_same_day_is_said_without_its_date() -> None:
    now = at("2026-11-24T10:00")
    assert describe_moment(at("2026-11-24T10:30"), now) == "本日10時30分"
    assert describe_moment(at("2026-11-25T09:00"), now) == "11月25日（水曜日）9時"
    assert describe_moment(at("2026-11-25T09:05"), now, "en") == "9:05 on Wednesday, 11/25"


def test_a_contact_says_whether_the_counter_is_open_now() -> None:
    open_now, closed = (contact(GENERAL, TOWN, at(f"2026-11-24T{hour}:00")) for hour in (10, 20))
    assert (open_now.open_now, closed.open_now) == (True, False)
    assert (open_now.department, open_now.key, open_now.phone) == ("総合案内", "general", "099-000-1100")
