"""Dates as Japanese offices write them."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.importers.dates import ERAS, read_date

APRIL_FIRST_2025 = date(2025, 4, 1)


@pytest.mark.parametrize(
    "text",
    [
        "2025-04-01",
        "2025/4/1",
        "2025.4.1",
        "20250401",
        "2025年4月1日",
        "２０２５年４月１日",
        "２０２５／０４／０１",
        "令和7年4月1日",
        "令和７年４月１日",
        "令和 7 年 4 月 1 日",
        "R7.4.1",
        "r7.4.1",
        "R07.04.01",
        "R7/4/1",
        "R7-4-1",
        "㋿7年4月1日",
        "㋿７.４.１",
        "平成37年4月1日",
        "2025-04-01 00:00:00",
        "2025-04-01T09:30",
        "2025/4/1 0:00",
        "令和7年4月1日（火）",
        "2025年4月1日(火曜日)",
        " 2025-04-01 ",
    ],
)
def test_one_day_in_every_way_of_writing_it(text: str) -> None:
    assert read_date(text) == APRIL_FIRST_2025


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("令和元年5月1日", date(2019, 5, 1)),
        ("㋿元年５月１日", date(2019, 5, 1)),
        ("R元.5.1", date(2019, 5, 1)),
        ("R1.5.1", date(2019, 5, 1)),
        ("平成31年4月30日", date(2019, 4, 30)),
        ("H元.1.8", date(1989, 1, 8)),
        ("昭和64年1月7日", date(1989, 1, 7)),
        ("S20.8.15", date(1945, 8, 15)),
        ("大正15年12月24日", date(1926, 12, 24)),
        ("M45.7.29", date(1912, 7, 29)),
        ("2024-02-29", date(2024, 2, 29)),
    ],
)
def test_eras_begin_with_their_first_year(text: str, day: date) -> None:
    assert read_date(text) == day


@pytest.mark.parametrize(
    "text",
    [
        "",
        "未定",
        "4月1日",
        "2025年4月",
        "25-04-01",
        "7.4.1",
        "令和2025年4月1日",
        "令和7年4月31日",
        "2025-02-29",
        "2025-13-01",
        "令和0年1月1日",
        "令和元年4月30日",
        "平成元年1月7日",
        "2025-04-01から",
        "45748",
        "2025-04-01 2025-05-01",
    ],
)
def test_anything_else_is_refused_and_quoted(text: str) -> None:
    with pytest.raises(ValueError, match=f"「{text}」"):
        read_date(text)


@given(st.dates(ERAS["令和"], date(2100, 12, 31)))
def test_a_day_of_reiwa_reads_the_same_in_era_and_western_years(day: date) -> None:
    assert read_date(f"令和{day.year - 2018}年{day.month}月{day.day}日") == read_date(day.isoformat()) == day


def test_the_eras_follow_each_other_without_a_gap() -> None:
    starts = sorted(ERAS.values())
    for name, start in ERAS.items():
        ended = next((later for later in starts if later > start), None)
        if ended:  # its last day, counted in its own years
            last = ended - timedelta(days=1)
            assert read_date(f"{name}{last.year - start.year + 1}年{last.month}月{last.day}日") == last
