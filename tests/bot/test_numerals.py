"""However a number, a date or a time is written, it is compared as one."""

from __future__ import annotations

import pytest

from bot.claims import claims, unsupported
from bot.numerals import normal_numbers


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        ("三百円", "300円"), ("一万五千円", "15000円"), ("二千三百四十円", "2340円"), ("十四日以内", "14日以内"), ("二〇二六年", "2026年"),
        ("1万5千円", "15000円"), ("6万1千円", "61000円"), ("5.5万円", "55000円"), ("3千円", "3000円"), ("１，５００円", "1500円"),
        ("令和8年10月1日", "2026年10月1日"), ("令和元年5月", "2019年5月"), ("㋿8年", "2026年"), ("R8.10.1", "2026年10月1日"),
        ("2026-10-01", "2026年10月1日"), ("2026/4/1", "2026年4月1日"), ("平成31年度", "2019年度"), ("昭和56年5月31日", "1981年5月31日"),
        ("午後5時半", "17時30分"), ("17:15", "17時15分"), ("8:30〜17:15", "8時30分から17時15分"), ("午前9時", "9時"), ("12時間", "12時間"),
        ("3〜5歳児", "3歳から5歳児"), ("3ヶ月", "3か月"), ("二十才", "20歳"), ("within 14 days", "within 14日"), ("¥300", "300円"),
        ("300 yen", "300円"), ("October 1, 2026", "2026年10月1日"), ("1 April", "4月1日"), ("5 p.m.", "17時"), ("8:30 a.m.", "8時30分"),
        ("0120−279ー338", "0120-279-338"), ("第一子", "第一子"), ("七夕", "七夕"), ("1. まず", "  まず"),
    ],
)  # fmt: skip
def test_every_notation_has_one_normal_form(written: str, normal: str) -> None:
    assert normal_numbers(written) == normal


@pytest.mark.parametrize("one", ["2026-10-02", "令和7年10月1日", "R8.11.1", "2026年1月10日"])
def test_different_dates_stay_different(one: str) -> None:
    assert normal_numbers(one) != normal_numbers("令和8年10月1日")


def test_kanji_numerals_are_claims() -> None:
    assert claims("三百円を十四日以内に") == ["300円", "14日"]
    assert unsupported("手数料は三百円です", "手数料は1通300円です") == []
    assert unsupported("手数料は三百五十円です", "手数料は1通300円です") == ["350円"]


def test_addresses_are_compared_letter_for_letter() -> None:
    source = "https://www.town.koharu.example/a.html mado@town.koharu.example"
    assert unsupported(source, source) == []
    for false in ("https://www.town.koharu.example/A.html", "mado@town.koharu.example.evil.example", "www.koharu.example/a"):
        assert unsupported(false, source)
