"""Every number, date, amount and address of an answer must stand in its source, in whatever notation it is written."""

from __future__ import annotations

import pytest

from bot.claims import claims, unsupported

SOURCE = """手数料は1通300円、郵送では1,500円です。令和8年10月1日から変わります。8時30分から17時15分まで。
| 区分 | 金額 |
|---|---|
| 大人 | 500円 |
| 子ども | 250 |
1. 申請書を出す
2. 14日以内に受け取る
電話は０９９－０００－１１１０（内線 12）、https://www.town.koharu.example/a.html、mado@town.koharu.example へ。"""


@pytest.mark.parametrize(
    "answer",
    [
        "300円です", "３００円です", "1500円", "1,500円", "１，５００円", "令和8年10月1日", "10月1日から", "8時30分から", "17時15分", "大人は500円", "子どもは250円",
        "14日以内", "099-000-1110", "０９９ー０００ー１１１０", "099‐000‐1110", "内線12", "https://www.town.koharu.example/a.html。",
        "mado@town.koharu.example", "1. まず出す\n2. 次に", "数のない文", "",
    ],
)  # fmt: skip
def test_what_stands_in_the_source_is_supported(answer: str) -> None:
    assert unsupported(answer, SOURCE) == []


@pytest.mark.parametrize(
    ("answer", "wrong"),
    [
        ("350円です", "350円"),
        ("30円です", "30円"),  # part of 300
        ("14円です", "14円"),  # 14 counts days
        ("1円です", "1円"),  # 1. marks an entry of a list
        ("500円で14時まで", "14時"),
        ("令和7年10月1日", "令和7年10月"),
        ("平成8年", "平成8年"),
        ("1月10日から", "1月10日"),
        ("10月2日", "10月2日"),
        ("8時15分から", "8時15分"),
        ("099-000-1111", "099-000-1111"),
        ("000-1110", "000-1110"),
        ("https://www.town.koharu.example/b.html", "https://www.town.koharu.example/b.html"),
        ("https://evil.example/a.html", "https://evil.example/a.html"),
        ("help@town.koharu.example", "help@town.koharu.example"),
        ("大人は250枚と600円", "600円"),
    ],
)
def test_what_does_not_is_named(answer: str, wrong: str) -> None:
    assert wrong in unsupported(answer, SOURCE)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("令和元年5月1日", {"令和元年5月", "5月1日", "5月", "1日"}),
        ("2026-10-01", {"2026-10-01"}),
        ("2万5千円", {"2万", "5千円"}),
        ("3か月以内に2,000円", {"3か月", "2000円"}),
        ("１／２", {"1/2"}),
    ],
)
def test_claims_are_in_the_form_in_which_they_are_compared(text: str, expected: set[str]) -> None:
    assert set(claims(text)) == expected
