"""An index with one article replaced or added is, to the last number, the one that a build would make."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from small_knowledge import CERTIFICATE, CONTENT, MOVING_IN, TODAY, OverlapEncoder, snapshot_of

from indexer.overlay import with_article
from indexer.passage_table import PassageTable
from indexer.search import SearchIndex
from indexer.snapshot import Snapshot
from indexer.vector_store import FaissStore
from knowledge.articles import Article
from knowledge.snapshot_content import Content

LONGER = replace(
    CERTIFICATE,
    body="住民票の写しは、本庁舎と駅前の出張所で取れます。\n\n## 手数料\n\n1通400円です。",
    alternatives=("住民票がほしい", "駅前で住民票"),
)
SHORTER = replace(MOVING_IN, body="転入届は14日以内です。", alternatives=())
NEW = replace(CERTIFICATE, id="a-first", title="墓地の募集", body="市営墓地の募集は6月です。", alternatives=("お墓を買いたい",))
LAST = replace(NEW, id="zz-last")
QUESTIONS = ("住民票がほしい", "駅前で住民票", "お墓を買いたい", "引っ越してきた", "犬を飼い始めた", "手数料はいくら", "児童手当")


def snapshot(content: Content) -> Snapshot:
    """What a build makes: articles in the order of their ids, passages encoded as the synchronisation does."""
    made = snapshot_of(replace(content, articles=tuple(sorted(content.articles, key=lambda a: a.id))))
    return replace(made, store=FaissStore.build(made.encoder.encode_passages([p.encoded for p in made.passages])))


@pytest.fixture(scope="module")
def base() -> Snapshot:
    return snapshot(CONTENT)


def rebuilt(article: Article, without: bool = False) -> Snapshot:
    kept = [a for a in CONTENT.articles if a.id != article.id] + ([] if without else [article])
    return snapshot(replace(CONTENT, articles=tuple(kept)))


@pytest.mark.parametrize("article", [LONGER, SHORTER, NEW, LAST, CERTIFICATE], ids=["longer", "shorter", "new", "last", "same"])
def test_every_question_finds_what_a_build_would_find(base: Snapshot, article: Article) -> None:
    laid, made = SearchIndex(with_article(base, article)), SearchIndex(rebuilt(article))
    assert (laid.dense_mean, laid.dense_deviation) == pytest.approx((made.dense_mean, made.dense_deviation))
    for question in QUESTIONS:
        one, other = laid.search(question, TODAY), made.search(question, TODAY)
        assert {c.article.id: c for c in one.kept}.keys() == {c.article.id: c for c in other.kept}.keys()
        for found, wanted in zip(sorted(one.kept, key=_key), sorted(other.kept, key=_key), strict=True):
            assert found.article == wanted.article
            assert (found.exact, found.coverage) == (wanted.exact, pytest.approx(wanted.coverage))
            numbers = [(c.lexical, c.question, c.body, c.share) for c in (found, wanted)]
            assert numbers[0] == pytest.approx(numbers[1], abs=1e-5)
        assert one.rejected == other.rejected


@pytest.mark.parametrize("article", [LONGER, SHORTER, NEW, LAST], ids=["longer", "shorter", "new", "last"])
def test_passages_words_vectors_and_table_are_those_of_a_build(base: Snapshot, article: Article) -> None:
    laid, made = with_article(base, article), rebuilt(article)
    assert list(laid.passages) == list(made.passages)
    assert [laid.passages[i] for i in range(-3, len(laid.passages))] == [made.passages[i] for i in range(-3, len(made.passages))]
    assert list(laid.words) == list(made.words)
    ids = range(laid.store.size)
    assert laid.store.size == made.store.size
    np.testing.assert_allclose(laid.store.vectors(ids), made.store.vectors(ids), atol=1e-6)
    table = PassageTable.of(made.passages, [a.id for a in made.content.articles])
    assert laid.table is not None
    for name in ("first", "kinds", "phrases", "asked"):
        np.testing.assert_array_equal(getattr(laid.table, name), getattr(table, name), name)


def test_an_article_can_be_left_out(base: Snapshot) -> None:
    laid = with_article(base, MOVING_IN, without=True)
    assert list(laid.passages) == list(rebuilt(MOVING_IN, without=True).passages)
    found = SearchIndex(laid).search("引っ越してきたら何をすればいい", TODAY)
    assert MOVING_IN.id not in {c.article.id for c in found.kept}


def test_only_what_is_new_in_the_article_is_encoded(base: Snapshot) -> None:
    encoder = OverlapEncoder()
    with_article(
        replace(base, encoder=encoder), replace(CERTIFICATE, alternatives=(*CERTIFICATE.alternatives, "じゅうみんひょう"))
    )
    assert encoder.encoded == ["じゅうみんひょう"]


def test_the_served_index_stays_as_it_is(base: Snapshot) -> None:
    before = SearchIndex(base).search("住民票がほしい", TODAY)
    with_article(base, LONGER)
    assert SearchIndex(base).search("住民票がほしい", TODAY) == before


def _key(candidate: object) -> str:
    return candidate.article.id  # type: ignore[attr-defined,no-any-return]
