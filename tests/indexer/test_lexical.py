"""BM25 scores every document, also empty ones, and is the same after a restart."""

from __future__ import annotations

from math import log
from pathlib import Path

import numpy as np
import pytest

from indexer.lexical import K1, B, LexicalIndex, best, inverse_document_frequencies

DOCUMENTS = [["住民", "票"], ["粗大", "ごみ", "予約"], [], ["住民", "税"]]


def test_a_score_is_that_of_the_formula() -> None:
    # 住民 is in 2 of 4 documents, which are 2, 3, 1 (the placeholder of the empty one) and 2 words long: mean 2.
    # idf = ln(1 + (4 - 2 + 0.5) / (2 + 0.5)) = ln 2; tf part = 1 / (1 + k1 (1 - b + b 2/2)); Lucene leaves out k1 + 1.
    expected = log(2) / (1 + K1 * (1 - B + B * 1))
    assert LexicalIndex.build(DOCUMENTS).scores(["住民"]) == pytest.approx([expected, 0, 0, expected], rel=1e-5)


def test_a_rarer_word_weighs_more() -> None:
    scores = LexicalIndex.build(DOCUMENTS).scores(["住民", "票"])
    assert scores[0] > scores[3] > 0
    assert scores[1] == scores[2] == 0


@pytest.mark.parametrize("words", [[], ["知らない"], ["\0"]])
def test_unknown_words_score_nothing(words: list[str]) -> None:
    scores = LexicalIndex.build([d for d in DOCUMENTS if d]).scores(words)
    assert scores.shape == (3,)
    assert not scores.any()


def test_a_word_said_twice_counts_once() -> None:
    index = LexicalIndex.build(DOCUMENTS)
    assert index.scores(["住民", "住民"]).tolist() == index.scores(["住民"]).tolist()


def test_no_documents_at_all_are_an_empty_answer() -> None:
    index = LexicalIndex.build([])
    assert index.scores(["住民"]).shape == (0,)


def test_documents_without_words_are_an_answer_of_zeros() -> None:
    assert LexicalIndex.build([[], []]).scores(["住民"]).tolist() == [0, 0]


@pytest.mark.parametrize("documents", [DOCUMENTS, [], [[], []]])
def test_a_saved_index_scores_as_before(documents: list[list[str]], tmp_path: Path) -> None:
    index = LexicalIndex.build(documents)
    index.save(tmp_path / "lexical")
    loaded = LexicalIndex.load(tmp_path / "lexical", len(documents))
    assert np.array_equal(loaded.scores(["住民", "票", "予約"]), index.scores(["住民", "票", "予約"]))


def test_the_documents_of_a_word_are_those_that_have_it_in_ascending_order() -> None:
    index = LexicalIndex.build(DOCUMENTS * 50)
    assert index.documents("住民").tolist() == sorted([*range(0, 200, 4), *range(3, 200, 4)])
    assert [len(index.documents(word)) for word in ("知らない", "", "\0")] == [0, 0, 0]


@pytest.mark.parametrize("word", ["住民", "予約"])
def test_the_idf_of_a_word_is_that_of_its_documents(word: str) -> None:
    assert LexicalIndex.build(DOCUMENTS).idf(word) == inverse_document_frequencies(DOCUMENTS)[word]


def test_a_word_of_no_document_has_the_highest_idf() -> None:
    assert LexicalIndex.build(DOCUMENTS).idf("知らない") == log(1 + 4.5 / 0.5)  # n = 4, df = 0


def test_the_best_are_those_of_a_full_sort_with_equal_scores_in_their_order() -> None:
    generator = np.random.default_rng(0)
    for size in (0, 1, 5, 400):
        scores = generator.integers(-1, 6, size).astype(np.float32)  # many are equal
        for k in (1, 3, 60, 500):
            order = [int(at) for at in np.argsort(-scores, kind="stable") if scores[at] > 0]
            assert best(scores, k) == order[:k]
