"""Residents' words for official words: what is a sound group, whose counts, and who is warned."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from knowledge import synonyms
from knowledge.synonym_table import shared_groups
from knowledge.synonyms import BadSynonyms, Origin, SynonymGroup, checked
from settings import SHARED_BASE

TOWN = "990019"


def group(official: str, *words: str, active: bool = True, town: str = TOWN) -> SynonymGroup:
    return checked(town, official, words, active=active)


def test_words_are_kept_in_one_form_and_once_each() -> None:
    made = checked(TOWN, " 印鑑 ", ["はんこ", "ハンコ", "ﾊﾝｺ", "  判子 ", "", "はんこ"], "市民課の\n言葉")
    assert (made.official, made.words, made.note) == ("印鑑", ("はんこ", "ハンコ", "判子"), "市民課の 言葉")


def test_a_phrase_keeps_one_space_where_it_has_several() -> None:
    assert group("動物の死体", "猫が　　死んだ").words == ("猫が 死んだ",)


@pytest.mark.parametrize(
    ("official", "words", "note", "reason", "word"),
    [
        ("", ["はんこ"], "", "official_empty", ""),
        ("印鑑", [], "", "words_empty", ""),
        ("印鑑", ["　"], "", "words_empty", ""),
        ("印鑑", ["あ"], "", "too_short", "あ"),
        ("印鑑", ["ｱ"], "", "too_short", "ア"),
        ("印鑑", ["A"], "", "too_short", "A"),
        ("税", ["税金" * 21], "", "too_long", "税金" * 21),
        ("印鑑", ["〜!"], "", "no_word", "〜!"),
        ("印鑑", ["<b>はんこ</b>"], "", "no_word", "<b>はんこ</b>"),
        ("印鑑", ["印\u200b鑑"], "", "no_word", "印\u200b鑑"),
        ("マイナンバー", ["ﾏｲﾅﾝﾊﾞｰ"], "", "same_word", "マイナンバー"),
        ("印鑑", ["はんこ"], "長" * 301, "note_too_long", ""),
        ("印鑑", [f"はんこ{n}" for n in range(41)], "", "too_many", ""),
    ],
)
def test_what_is_no_synonym_is_refused_with_the_word_at_fault(
    official: str, words: Sequence[str], note: str, reason: str, word: str
) -> None:
    with pytest.raises(BadSynonyms) as refused:
        checked(TOWN, official, words, note)
    assert (refused.value.reason, refused.value.word) == (reason, word)
    assert str(refused.value)


def test_a_single_kanji_is_a_word() -> None:
    assert group("有害鳥獣", "猪", "鹿").words == ("猪", "鹿")


def test_the_towns_own_group_lies_over_the_shared_one_of_the_same_official_word() -> None:
    base = [synonyms.of_the_base(group("印鑑", "はんこ", town=SHARED_BASE)), synonyms.of_the_base(group("死亡", "死んだ"))]
    seen = synonyms.laid_over([group("印鑑", "判子"), group("字", "区長さん")], base)
    assert [(one.official, one.words, one.origin) for one in seen] == [
        ("印鑑", ("判子",), Origin.CHANGED),
        ("字", ("区長さん",), Origin.OWN),
        ("死亡", ("死んだ",), Origin.SHARED),
    ]


def test_a_group_that_is_switched_off_is_seen_and_not_used() -> None:
    base = [synonyms.of_the_base(group("印鑑", "はんこ"))]
    seen = synonyms.laid_over([group("印鑑", "はんこ", active=False)], base)
    assert [one.active for one in seen] == [False]
    assert synonyms.in_use(seen) == {}


def test_a_word_of_two_groups_is_warned_of() -> None:
    others = [group("転出", "引っ越し", "出ていく"), group("転居", "引っ越し", active=False), group("印鑑", "はんこ")]
    assert synonyms.conflicts(group("転入", "引っ越し", "越してきた"), others) == [("引っ越し", "転出")]


def test_two_groups_that_explain_each_other_are_warned_of() -> None:
    assert synonyms.conflicts(group("個人番号", "マイナンバー"), [group("マイナンバー", "個人番号")]) == [
        ("マイナンバー", "マイナンバー")
    ]


def test_a_group_does_not_conflict_with_itself() -> None:
    assert synonyms.conflicts(group("印鑑", "はんこ", "判子"), [group("印鑑", "はんこ")]) == []


def test_the_base_that_ships_covers_a_city_hall_and_contradicts_itself_nowhere() -> None:
    base = shared_groups()
    assert len(base) >= 250
    assert all(one.municipality == SHARED_BASE and one.origin is Origin.SHARED and one.active for one in base)
    known = synonyms.in_use(base)
    for official, word in (
        ("廃棄物", "ごみ"), ("死亡", "他界"), ("印鑑", "はんこ"), ("転入", "引っ越し"), ("出生届", "赤ちゃんが生まれた"),
        ("放課後児童クラブ", "学童"), ("市民税・県民税", "住民税"), ("原動機付自転車", "原付"), ("両親学級", "パパママ教室"),
        ("動物の死体", "猫が死んだ"),
    ):  # fmt: skip
        assert word in known[official]
    mutual = [(one.official, word) for one in base for word, other in synonyms.conflicts(one, base) if word == other]
    assert mutual == []
