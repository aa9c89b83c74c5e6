"""Normal forms join the spellings of one word; nothing of the tokeniser is shared between threads unprotected."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from indexer import text


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("引っ越し", "引越し"),
        ("引越し", "引越"),
        ("ﾏｲﾅﾝﾊﾞｰ", "マイナンバー"),
        ("子ども", "子供"),
        ("ＷＥＢ", "web"),
        ("届出", "届け出"),
        ("打ち合わせ", "打合せ"),
    ],
)
def test_spellings_of_one_word_have_one_normal_form(one: str, other: str) -> None:
    assert text.tokens(one) == text.tokens(other) != []


def test_stop_words_and_particles_are_left_out() -> None:
    assert text.tokens("住民票はどこで取れるものなのか教えてください") == ["住民", "票", "取れる"]


@pytest.mark.parametrize("empty", ["", "。、！", "はをが", "　\n"])
def test_a_text_without_content_words_has_no_tokens(empty: str) -> None:
    assert text.tokens(empty) == []


def test_a_text_beyond_sudachis_limit_is_cut_and_not_refused() -> None:
    # 20,000 characters of three bytes are 60,000 bytes; Sudachi refuses more than 49,149.
    assert len(text.tokens("𠮷野家と住民票の写し" * 2_000)) > 1_000
    assert text.surfaces("粗大ごみ" * 20_000)


def test_normalising_changes_width_and_case_only() -> None:
    assert text.normalise("ＡＢＣ １２３㈱") == "abc 123(株)"


def test_sentences_end_at_stops_and_lines_but_not_before_a_closing_bracket() -> None:
    assert text.sentences("転入です。いつまで？ 「急ぎです。」と言われた\n場所は") == [
        "転入です。",
        "いつまで？",
        "「急ぎです。」と言われた",
        "場所は",
    ]
    assert text.sentences("\n\n") == []


def test_surfaces_put_together_are_the_text() -> None:
    words = "壊れた傘はどう捨てますか"
    assert "".join(text.surfaces(words)) == words


def test_many_threads_tokenise_as_one_does() -> None:
    questions = ["住民票を郵送で取りたい", "粗大ごみの料金", "転入届の期限はいつまでですか", "児童手当の申請"] * 50
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(text.tokens, questions)) == [text.tokens(q) for q in questions]


def test_personal_names_are_found_where_they_stand() -> None:
    said = "山田太郎と申します。住民票がほしいです"
    assert [said[start:end] for start, end in text.person_names(said)] == ["山田太郎"]
    assert text.person_names("住民票の写しはいくらですか") == ()


def test_many_threads_find_names_at_once() -> None:
    # The pipeline of ja_ginza holds one Sudachi tokenizer, which raises "Already borrowed" on a second thread.
    said = ["山田太郎と申します", "佐藤花子の転出届を出したい", "鈴木一郎です。児童手当は？"] * 8
    alone = {sentence: tuple(text.person_names(sentence)) for sentence in set(said)}
    with ThreadPoolExecutor(8) as pool:
        assert [tuple(names) for names in pool.map(text.person_names, said)] == [alone[sentence] for sentence in said]


@pytest.mark.parametrize(("place", "known"), [("横浜", True), ("札幌市", True), ("住民票", False), ("大型", False)])
def test_a_place_is_known_by_its_name(place: str, known: bool) -> None:
    assert text.names_a_municipality(place) is known
