"""Cleaning of messages."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.screening.text import clean


@pytest.mark.parametrize(
    ("dirty", "cleaned"),
    [
        ("ご\x00み\x1b", "ごみ"),
        ("住\u200b民\ufeff票", "住民票"),
        ("\u202eabc\u202c", "abc"),
        ("hello\U000e0069\U000e0067\U000e006e", "hello"),
        ("a\ud800b", "ab"),
        ("一行\r\n二行\tつづき", "一行\n二行 つづき"),
        ("が  ぎ\u3000\u3000ぐ", "が ぎ ぐ"),
        ("か\u3099", "が"),
        ("あ\n\n\n\n\nい", "あ\n\nい"),
        ("  ごみ  ", "ごみ"),
        ("あ\ufe0fい", "あい"),
        ("ㅤ\u3164空", "空"),
    ],
)
def test_what_cannot_be_seen_is_removed(dirty: str, cleaned: str) -> None:
    assert clean(dirty) == cleaned


@pytest.mark.parametrize("text", ["葛\U000e0100城", "❤\ufe0f", "1\ufe0f\u20e3", "👨\u200d👩\u200d👧", "गर्\u200dयो", "髙﨑㈱①𠮷"])
def test_selectors_and_joiners_that_change_what_is_seen_stay(text: str) -> None:
    assert clean(text) == text


@given(st.text(alphabet=st.characters(codec=None), max_size=80))
def test_cleaning_twice_changes_nothing_more(text: str) -> None:
    assert clean(clean(text)) == clean(text)
