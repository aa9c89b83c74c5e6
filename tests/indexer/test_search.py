"""Candidates: what is in force, found by its words or its meaning, with scores that can be worked out by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from math import log

import numpy as np
import pytest
from small_knowledge import ARTICLES, CERTIFICATE, CONTENT, MOVING_IN, PLANNED, TODAY, snapshot_of
from threadpoolctl import threadpool_info

from indexer.search import Candidate, Found, SearchIndex
from indexer.snapshot import Snapshot
from knowledge.articles import Article, Procedure
from settings import SHARED_BASE


@pytest.fixture(scope="module")
def index() -> SearchIndex:
    return SearchIndex(snapshot_of(CONTENT))


def of(found: Found, article: str) -> Candidate:
    return next(c for c in found.kept if c.article.id == article)


def small(*articles: Article) -> SearchIndex:
    return SearchIndex(snapshot_of(replace(CONTENT, articles=articles)))


@pytest.mark.parametrize(
    ("on", "article", "kept"),
    [
        (date(2026, 11, 30), "heating-subsidy", False),
        (date(2026, 12, 1), "heating-subsidy", True),
        (date(2026, 11, 23), "summer-coupon", True),
        (date(2026, 11, 24), "summer-coupon", False),
    ],
)
def test_an_article_is_a_candidate_on_the_days_it_is_in_force(index: SearchIndex, on: date, article: str, kept: bool) -> None:
    found = index.search("灯油の助成と商品券", on)
    assert (article in {c.article.id for c in found.kept}) is kept
    assert ((article, "not in force") in found.rejected) is not kept


def test_an_alternative_phrasing_finds_its_article(index: SearchIndex) -> None:
    best = max(index.search("実印を登録したい", TODAY).kept, key=lambda c: c.question)
    assert best.article.id == "seal"
    assert best.question == pytest.approx(1, abs=1e-5)
    assert best.exact


def test_a_question_letter_for_letter_is_exact_whatever_its_punctuation(index: SearchIndex) -> None:
    assert of(index.search(" 実印を 登録したい？！", TODAY), "seal").exact
    assert not of(index.search("実印を登録したいのです", TODAY), "seal").exact


def test_cosines_are_those_of_the_best_question_form_and_the_best_part_of_the_body() -> None:
    body = "## 料金\n郵送\n## 場所\n窓口"
    article = replace(CERTIFICATE, title="住民 票", alternatives=("税 証明",), body=body, procedure=Procedure())
    candidate = of(small(article, MOVING_IN, PLANNED).search("住民 郵送", TODAY), article.id)
    # Two words against two, one shared: 1 / sqrt(2 x 2). The section is encoded with its heading: 料金 郵送.
    assert candidate.question == pytest.approx(0.5, abs=1e-5)
    assert candidate.body == pytest.approx(0.5, abs=1e-5)


def test_coverage_is_the_share_of_the_questions_idf_the_article_has() -> None:
    one = replace(CERTIFICATE, title="住民 票", alternatives=(), body="写し", procedure=Procedure())
    other = replace(one, id="tax", title="税", body="税")
    found = small(one, other, PLANNED).search("住民 ペンギン", TODAY)
    known, unknown = log(1 + 2.5 / 1.5), log(1 + 3.5 / 0.5)  # 住民 in one of three; ペンギン in none
    assert of(found, one.id).coverage == pytest.approx(known / (known + unknown))
    assert found.unknown_words == ("ペンギン",)


def test_lexical_scores_are_in_standard_deviations(index: SearchIndex) -> None:
    found = index.search("印鑑登録の手数料", TODAY)
    scores = index.snapshot.lexical.scores(found.words)
    at = [a.id for a in ARTICLES].index("seal")
    assert of(found, "seal").lexical == pytest.approx((scores[at] - scores.mean()) / scores.std(), rel=1e-5)


@pytest.mark.parametrize("words", ["", "。", "ペンギン"])
def test_a_question_that_shares_no_word_gives_numbers_all_the_same(index: SearchIndex, words: str) -> None:
    for candidate in index.search(words, TODAY).kept:
        assert candidate.coverage == candidate.lexical == 0
        assert np.isfinite([candidate.question, candidate.body]).all()


def test_towns_of_none_one_and_two_articles_can_be_searched() -> None:
    assert small().search("住民票", TODAY) == Found((), (), ("住民", "票"), ("住民", "票"))
    assert [c.article.id for c in small(CERTIFICATE).search("住民票", TODAY).kept] == ["residence-certificate"]
    assert len(small(CERTIFICATE, MOVING_IN).search("住民票", TODAY).kept) == 2


def test_articles_of_the_shared_base_are_candidates_beside_the_towns_own() -> None:
    texts = {"title": "マイナンバー制度", "alternatives": (), "body": "国の制度です。"}
    national = replace(CERTIFICATE, municipality=SHARED_BASE, id="my-number-law", **texts)  # type: ignore[arg-type]
    found = small(*ARTICLES, national).search("マイナンバー制度とは", TODAY)
    best = max(found.kept, key=lambda c: c.question)
    assert (best.article.id, best.article.municipality) == ("my-number-law", SHARED_BASE)


def test_each_article_is_a_candidate_once(index: SearchIndex) -> None:
    found = index.search("転入届と住民票と粗大ごみ", TODAY)
    ids = [c.article.id for c in found.kept]
    assert len(ids) == len(set(ids))


def test_the_background_of_unrelated_texts_is_low_and_never_zero_wide(index: SearchIndex) -> None:
    assert 0 < index.dense_mean < 0.5
    assert index.dense_deviation > 0
    assert (small(CERTIFICATE).dense_mean, small(CERTIFICATE).dense_deviation) == (0.0, 1.0)


def test_the_embedded_encoder_finds_by_meaning_what_shares_no_word(opened: Snapshot) -> None:
    real = SearchIndex(opened)
    found = real.search("ペットを迎えた", TODAY)
    ranked = sorted(found.kept, key=lambda c: -(c.question + c.body))
    assert of(found, "dog").coverage == 0
    assert "dog" in [c.article.id for c in ranked[:3]]


def test_cosines_of_a_question_wake_no_second_thread(index: SearchIndex) -> None:
    assert {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"} == {1}
