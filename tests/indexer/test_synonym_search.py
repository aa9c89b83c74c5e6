"""Official words that a question's own words stand for: found by normal forms, weaker than what was asked, and nothing else."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from small_knowledge import ARTICLES, CODE, CONTENT, TODAY, snapshot_of

from indexer import text
from indexer.lexical import LexicalIndex
from indexer.search import SearchIndex
from indexer.synchronise import synchronise
from indexer.synonyms import WEIGHT, Synonyms, phrase_of, unrecognisable
from knowledge import synonyms
from knowledge.synonym_table import shared_groups

BASE = synonyms.in_use(shared_groups())
SMALL = Synonyms(
    {
        "動物の死体": ("猫が死んだ", "死骸"),
        "死亡": ("死んだ", "亡くなった"),
        "滞納": ("払えない",),
        "納付": ("払う",),
        "転入": ("引っ越してきた", "引っ越し"),
        "転出": ("引っ越し",),
        "印鑑": ("はんこ", "実印"),
    }
)


def added(question: str, known: Synonyms = SMALL) -> tuple[str, ...]:
    return known.added(question, text.tokens(question))


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("猫が死んでいます", ("動物", "死体")),
        ("猫が家の前で死んでいました", ("動物", "死体")),
        ("父が死にました", ("死亡",)),
        ("父が亡くなって困っています", ("死亡",)),
        ("引越しの届け", ("転入", "転出")),
        ("引っ越してきました", ("転入",)),
        ("ハンコを作りたい", ("印鑑",)),
        ("犬を飼いたい", ()),
        ("", ()),
    ],
)
def test_a_questions_words_stand_for_official_ones_however_they_are_written(question: str, words: tuple[str, ...]) -> None:
    assert added(question) == words


def test_words_of_a_phrase_too_far_apart_or_in_another_order_are_not_it() -> None:
    assert added("猫とけんかした犬と近所の子が公園で死んだ") == ("死亡",)
    assert added("死んだ父の猫") == ("死亡",)


def test_a_phrase_that_denies_is_not_found_where_nothing_is_denied() -> None:
    assert added("税金が払えない") == ("滞納",)
    assert added("税金が払えません") == ("滞納",)
    assert added("税金を払いたい") == ("納付",)


def test_what_the_question_has_already_is_not_added() -> None:
    assert added("はんこ（印鑑）を登録したい") == ()


@pytest.mark.parametrize("said", ["はんこ", "結婚した", "亡くなった", "払えない", "猫が死んだ", "ゴミの日"])
def test_words_that_can_be_recognised_are_kept(said: str) -> None:
    assert phrase_of(said)
    assert unrecognisable([said]) == []


@pytest.mark.parametrize("said", ["猫がいなくなった", "いらないもの", "どこで", "何時まで", "です"])
def test_words_of_which_too_little_would_be_left_are_not_used(said: str) -> None:
    assert unrecognisable(["はんこ", said]) == [said]
    assert added("猫の手術をしたい", Synonyms({"動物の保護": (said,)})) == ()


def test_every_word_of_the_base_can_be_recognised() -> None:
    assert {official: lost for official, words in BASE.items() if (lost := unrecognisable(words))} == {}


def test_an_official_word_counts_less_than_the_residents_own() -> None:
    documents = [["印鑑", "登録"], ["判子", "登録"], ["税", "証明"], ["犬", "登録"]]
    lexical = LexicalIndex.build(documents)
    scores = SMALL.scores(lexical, "はんこ", ["判子"])
    plain, official = lexical.scores(["判子"]), lexical.scores(["印鑑"])
    np.testing.assert_allclose(scores, plain + WEIGHT * official, rtol=1e-6)
    assert 0 < scores[0] < scores[1]
    assert scores[2] == scores[3] == 0


def test_a_search_finds_by_the_official_word_and_reports_the_residents_words() -> None:
    question = "白い箱を届け出たい"
    before = SearchIndex(snapshot_of(CONTENT)).search(question, TODAY)
    after = SearchIndex(snapshot_of(replace(CONTENT, synonyms={"印鑑登録": ("白い箱",)}))).search(question, TODAY)
    lexical = [{c.article.id: c.lexical for c in found.kept}.get("seal", 0.0) for found in (before, after)]
    assert lexical[1] > lexical[0] + 1
    assert after.words == before.words
    assert after.unknown_words == before.unknown_words


def test_changing_only_a_synonym_makes_a_new_snapshot_and_encodes_nothing(tiny_model: Path, tmp_path: Path) -> None:
    home, setting = tmp_path / CODE, str(tiny_model)
    first = synchronise(CONTENT, home, setting)
    changed = replace(CONTENT, synonyms={"印鑑": ("はんこ",)})
    second = synchronise(changed, home, setting)
    assert second.snapshot != first.snapshot
    assert (second.encoded, second.updated, second.skipped) == (0, (), len(ARTICLES))
    assert synchronise(changed, home, setting).snapshot == second.snapshot


def test_the_whole_base_is_asked_in_well_under_a_millisecond() -> None:
    known = Synonyms(BASE)
    question = "先週引っ越してきて、国保と子どもの学童の手続きをまとめてしたいのですが、土日でもはんこなしでできますか"
    words = text.tokens(question)
    times = []
    for _ in range(200):
        started = time.perf_counter()
        known.added(question, words)
        times.append(time.perf_counter() - started)
    assert sorted(times)[len(times) // 2] < 0.001
