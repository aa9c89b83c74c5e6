"""Markdown as plain text: every word and number stays, only the formatting goes."""

from __future__ import annotations

import re

import pytest
from small_knowledge import MOVING_IN

from bot.plain_text import plain


@pytest.mark.parametrize(
    ("markdown", "text"),
    [
        ("手数料は**300円**です。", "手数料は300円です。"),
        ("## 持ち物\n\n- 旅券\n- 写真", "持ち物\n・旅券\n・写真"),
        ("1. 出す\n2. 待つ\n\n終わり", "1. 出す\n2. 待つ\n終わり"),
        ("3. 三番目から", "3. 三番目から"),
        ("[申請書](https://www.town.koharu.example/a.pdf)を出す", "申請書（https://www.town.koharu.example/a.pdf）を出す"),
        ("<https://www.town.koharu.example/>", "https://www.town.koharu.example/"),
        ("| 区分 | 金額 |\n|---|---|\n| 大人 | 500円 |", "区分 / 金額\n大人 / 500円"),
        ("一行目\n二行目", "一行目\n二行目"),
        ("```\nコード 1\n```", "コード 1"),
        ("> 引用です", "引用です"),
        ("`ID` と ![図](a.png)", "ID と 図"),
        ("", ""),
        ("- \n\n次の段落", "次の段落"),
    ],
)
def test_formatting_goes_and_words_stay(markdown: str, text: str) -> None:
    assert plain(markdown) == text


def test_html_is_shown_as_it_is_written_and_never_dropped() -> None:
    assert "300円" in plain("<script>alert(1)</script>300円")


def test_no_number_of_an_article_is_lost() -> None:
    assert re.findall(r"\d+", plain(MOVING_IN.body)) == re.findall(r"\d+", MOVING_IN.body)
