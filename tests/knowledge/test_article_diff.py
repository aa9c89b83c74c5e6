"""What differs between two states of an article can be read: whole sentences, and letters within one that changed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from knowledge.article_diff import AROUND, LEFT_OUT, Piece, compare, differences
from knowledge.articles import Article, ConditionalDocument, Procedure

OLD = Article(
    "990019", "bulky", "粗大ごみの出し方", "電話で申し込みます。手数料は300円です。", alternatives=("ソファを捨てたい",),
    procedure=Procedure(fee="300円", conditional_documents=(ConditionalDocument("代理人のとき", "委任状"),)),
)  # fmt: skip


def test_only_fields_that_differ_are_named_in_the_order_of_the_form() -> None:
    new = replace(OLD, body="電話で申し込みます。", valid_until=date(2027, 3, 31), procedure=replace(OLD.procedure, fee="無料"))
    assert [d.field for d in differences(OLD, new)] == ["body", "valid_until", "fee"]
    assert differences(OLD, OLD) == []


def test_a_sentence_that_changed_is_marked_by_its_letters() -> None:
    new = replace(OLD, body="電話で申し込みます。手数料は500円です。")
    (body,) = differences(OLD, new)
    assert body.before == (
        Piece("same", "電話で申し込みます。"),
        Piece("same", "手数料は"),
        Piece("gone", "3"),
        Piece("same", "00円です。"),
    )
    assert body.after[2] == Piece("new", "5")


def test_a_sentence_that_is_quite_another_is_gone_as_a_whole() -> None:
    pieces = list(compare("電話で申し込みます。", "窓口は火曜日に休みます！"))
    assert pieces == [Piece("gone", "電話で申し込みます。"), Piece("new", "窓口は火曜日に休みます！")]


def test_lists_and_rows_are_compared_line_by_line() -> None:
    new = replace(OLD, procedure=replace(OLD.procedure, conditional_documents=()))
    (rows,) = differences(OLD, new)
    assert (rows.field, rows.before, rows.after) == ("conditional_documents", (Piece("gone", "代理人のとき：委任状"),), ())


def test_without_an_old_state_everything_that_says_something_is_new() -> None:
    assert {d.field for d in differences(None, OLD)} == {
        "title",
        "body",
        "alternatives",
        "audience",
        "language",
        "fee",
        "conditional_documents",
    }


def test_long_runs_without_a_change_are_left_out() -> None:
    long = "あ" * 1000
    (body,) = differences(replace(OLD, body=f"{long}。古い。{long}"), replace(OLD, body=f"{long}。{long}"))
    assert len(body.before[0].text) == AROUND + len(LEFT_OUT)
    assert body.before[1] == Piece("gone", "古い。")


@given(st.text("あい。\n", max_size=40), st.text("あいう。\n", max_size=40))
def test_the_pieces_give_back_both_texts(before: str, after: str) -> None:
    pieces = list(compare(before, after))
    assert "".join(p.text for p in pieces if p.kind != "new") == before
    assert "".join(p.text for p in pieces if p.kind != "gone") == after
