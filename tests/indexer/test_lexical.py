"""BM25 scores every document, also empty ones, and is the same after a restart."""

from __future__ import annotations

from math import log
from pathlib import Path

import numpy as np
import pytest

from indexer.lexical import K1, B, LexicalIndex

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
