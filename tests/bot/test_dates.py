"""Days and ages are read as residents write them, and what is no day or no present age is left out."""

from __future__ import annotations

from datetime import date

import pytest

from bot.dates import add, ages, days, folded, vague

TODAY = date(2026, 11, 25)


@pytest.mark.parametrize(
    ("said", "day"),
    [
        ("11月20日に越してきました", date(2026, 11, 20)),
        ("１２月２５日に引っ越します", date(2026, 12, 25)),
        ("十二月一日に引っ越します", date(2026, 12, 1)),
        ("来年の2月20日まで", date(2027, 2, 20)),
        ("令和9年1月5日に生まれました", date(2027, 1, 5)),
        ("2025年10月3日に買った", date(2025, 10, 3)),
        ("12/10に来てほしい", date(2026, 12, 10)),
        ("1月10日に引っ越します", date(2027, 1, 10)),
        ("1月10日に引っ越しました", date(2026, 1, 10)),
        ("10月1日に持ってかれたっぽい", date(2026, 10, 1)),
        ("昨日引っ越しました", date(2026, 11, 24)),
        ("明日引っ越す", date(2026, 11, 26)),
        ("10日前に引っ越しました", date(2026, 11, 15)),
    ],
)
def test_a_day_is_read_against_the_day_of_the_question(said: str, day: date) -> None:
    assert [(s.first, s.last) for s in days(folded(said), TODAY)] == [(day, day)]


def test_weeks_ago_and_a_month_of_a_year_are_spans() -> None:
    assert [s.exact for s in days(folded("三週間前に引っ越した"), TODAY)] == [False]
    month = days("去年の10月に買った", TODAY)[0]
    assert (month.first, month.last) == (date(2025, 10, 1), date(2025, 10, 31))


@pytest.mark.parametrize(
    "said", ["2月30日に引っ越します", "来週引っ越します", "14日以内ですか", "6月1日に引っ越す", "住民票がほしい"]
)
def test_what_names_no_certain_day_gives_none(said: str) -> None:
    assert days(folded(said), TODAY) == []


def test_another_time_beside_the_day_is_noticed() -> None:
    said = "12月10日に引っ越すけど水道は1月に止めます"
    assert vague(said, days(said, TODAY))
    assert not vague("12月10日に引っ越します", days("12月10日に引っ越します", TODAY))


@pytest.mark.parametrize(
    ("said", "months"),
    [("38歳です", [456]), ("14です", [168]), ("生後5か月", [5]), ("赤ちゃん8か月", [8]), ("62で退職した", [744]), ("夫が75歳、私は70歳", [900, 840]),
     ("来月65歳になる", [-1]), ("17歳のときに作った", [-1]), ("70歳以上ですか", [-1]), ("10月14日です", [])],
)  # fmt: skip
def test_only_an_age_somebody_has_now_counts(said: str, months: list[int]) -> None:
    assert ages(folded(said)) == months


def test_a_month_later_is_the_last_day_where_there_is_no_such_day() -> None:
    assert add(date(2026, 11, 30), 3, "か月") == date(2027, 2, 28)
    assert add(date(2028, 2, 29), 1, "年") == date(2029, 2, 28)
