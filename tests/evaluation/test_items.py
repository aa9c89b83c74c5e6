"""Questions of a set: what is refused, what survives a spreadsheet, how they are split and what training has seen."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation.items import (
    BadItem,
    Contamination,
    Item,
    contamination,
    digest,
    item_of,
    read_csv,
    read_jsonl,
    split_of,
    write_csv,
    write_jsonl,
)

WHOLE = Item(
    "q1", "住民票はいくら？", conversation=("住民票がほしい",), expected=("a", "b"), grades=(2, 1), facets=("fee",), must=("300円",),
    must_not=("無料",), topic="証明書", language="ja", channel="line", source="窓口の記録", asked_on=date(2026, 4, 1), split="test",
)  # fmt: skip
HANDED_OVER = Item("q2", "市長の電話番号は", hand_over=True)


@pytest.mark.parametrize(
    "read", [lambda items: read_jsonl(write_jsonl(items)), lambda items: read_csv(write_csv(items).encode())]
)
def test_a_set_is_the_same_after_writing_and_reading(read: object) -> None:
    assert read([WHOLE, HANDED_OVER]) == [WHOLE, HANDED_OVER]  # type: ignore[operator]


def test_a_table_saved_by_a_spreadsheet_in_cp932_is_read() -> None:
    table = "key,text,expected,hand_over\r\nq1,①の髙﨑さんの住民票,a｜b,\r\n,,,\r\nq2,市長に会いたい,,はい\r\n"
    assert [i.expected for i in read_csv(table.encode("cp932"))] == [("a", "b"), ()]


@pytest.mark.parametrize("text", ["=HYPERLINK(1)", "+81", "-1", "@x"])
def test_no_cell_begins_a_formula_and_the_text_comes_back(text: str) -> None:
    written = write_csv([Item("q", text, hand_over=True)])
    assert f",'{text}" in written
    assert read_csv(written.encode())[0].text == text


@pytest.mark.parametrize(
    ("data", "why"),
    [
        ({"key": "q", "text": "x"}, "either"),
        ({"key": "q", "text": "x", "expected": ["a"], "hand_over": True}, "either"),
        ({"key": "", "text": "x", "hand_over": True}, "key"),
        ({"key": "q", "text": " ", "hand_over": True}, "text"),
        ({"key": "q", "text": "x" * 1001, "hand_over": True}, "1000"),
        ({"key": "q", "text": "x", "hand_over": "perhaps"}, "hand_over"),
        ({"key": "q", "text": "x", "hand_over": True, "language": "fr"}, "language"),
        ({"key": "q", "text": "x", "hand_over": True, "split": "train"}, "split"),
        ({"key": "q", "text": "x", "hand_over": True, "facets": ["colour"]}, "facet"),
        ({"key": "q", "text": "x", "hand_over": True, "asked_on": "昨日"}, "asked_on"),
        ({"key": "q", "text": "x", "expected": ["a"], "grades": [1, 2]}, "grade"),
        ({"key": "q", "text": "x", "expected": ["a"], "grades": ["9"]}, "grade"),
        ({"key": "q", "text": "x", "hand_over": True, "expcted": ["a"]}, "expcted"),
    ],
)
def test_what_is_no_question_is_refused_with_its_place_and_reason(data: dict[str, object], why: str) -> None:
    with pytest.raises(BadItem, match=why) as refused:
        item_of(data, "line 7")
    assert refused.value.place == "line 7"


def test_a_key_that_comes_twice_is_refused() -> None:
    with pytest.raises(BadItem, match="came before"):
        read_jsonl(write_jsonl([HANDED_OVER, HANDED_OVER]))


def test_a_changed_word_gives_another_digest() -> None:
    other = Item("q2", "市長の電話番号は？", hand_over=True)
    assert digest([WHOLE, HANDED_OVER]) != digest([WHOLE, other])


@settings(max_examples=50, deadline=None)
@given(st.lists(st.lists(st.integers(0, 30), min_size=1, max_size=3), min_size=1, max_size=40), st.floats(0, 1))
def test_no_article_has_questions_on_both_sides(linked: list[list[int]], share: float) -> None:
    items = [Item(f"q{n}", f"質問{n}", expected=tuple(f"a{i}" for i in dict.fromkeys(of))) for n, of in enumerate(linked)]
    sides = split_of(items, share)
    of_article: dict[str, set[str]] = {}
    for item in items:
        for article in item.expected:
            of_article.setdefault(article, set()).add(sides[item.key])
    assert all(len(found) == 1 for found in of_article.values())


def test_about_the_share_asked_for_is_kept_for_testing() -> None:
    items = [Item(f"q{n}", f"質問{n}", expected=(f"a{n}",)) for n in range(1000)]
    assert 200 < list(split_of(items, 0.25).values()).count("test") < 300


def test_what_training_has_seen_is_named_with_the_gravest_reason() -> None:
    train = [
        Item("t1", "住民票の写しはどこで取れますか", expected=("a",)),
        Item("t2", "粗大ごみの出し方を教えてください", expected=("w",)),
    ]
    test = [
        Item("s1", "住民票の写しは、どこで取れますか？", expected=("x",)),
        Item("s2", "粗大ごみの出し方を教えて", expected=("y",)),
        Item("s3", "転出の手続きは", expected=("w",)),
        Item("s4", "犬が死にました", expected=("z",)),
    ]
    assert contamination(test, train) == [
        Contamination("same", "s1", "t1"),
        Contamination("alike", "s2", "t2"),
        Contamination("article", "s3", "t2"),
    ]
