"""Answers as HTML on the page without JavaScript."""

from __future__ import annotations

import pytest

from bot.markup import date_in_words, dial, markdown, plain, safe_address


def test_markdown_becomes_lists_tables_and_headings_below_the_title() -> None:
    html = markdown("## 必要なもの\n\n- 印鑑\n\n| 種類 | 料金 |\n|---|---|\n| 写し | 300円 |")
    assert "<h5>必要なもの</h5>" in html
    assert "<li>印鑑</li>" in html
    assert "<td>300円</td>" in html


@pytest.mark.parametrize(
    "source",
    [
        "<img src=x onerror=alert(1)>",
        "[x](javascript:alert(1))",
        "<script>alert(1)</script>",
        "[x](data:text/html,1)",
        "![x](http://a/b.png)",
    ],
)
def test_hostile_markdown_makes_no_element_that_acts(source: str) -> None:
    html = markdown(source)
    assert "<img" not in html
    assert "<script" not in html
    assert 'href="javascript' not in html
    assert 'href="data' not in html


def test_plain_text_is_escaped_and_keeps_its_lines_and_addresses() -> None:
    html = plain("<b>一行目</b>\nhttps://www.city.midorino.example/a?b=1&c=2（参考）")
    assert "&lt;b&gt;一行目&lt;/b&gt;<br>" in html
    assert '<a href="https://www.city.midorino.example/a?b=1&amp;c=2"' in html
    assert html.endswith("（参考）")


def test_numbers_with_a_hash_can_be_dialled() -> None:
    assert dial("#8008") == "tel:%238008"
    assert dial("0120-279-338") == "tel:0120279338"


def test_addresses_that_act_are_not_linked() -> None:
    assert safe_address("javascript:alert(1)") == ""
    assert safe_address(" JaVaScRiPt:alert(1)") == ""
    assert safe_address("https://www.city.midorino.example/") == "https://www.city.midorino.example/"
    assert safe_address("/life/moving.html") == "/life/moving.html"


def test_dates_are_written_in_words_and_other_text_is_left_alone() -> None:
    assert date_in_words("2026-10-05", "ja") == "2026年10月5日"
    assert date_in_words("2026-10-05", "en") == "5 October 2026"
    assert date_in_words("不明", "ja") == "不明"
