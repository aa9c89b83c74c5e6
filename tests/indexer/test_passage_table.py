"""The arrays over all passages tell of each its article, its kind and which question it is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from small_knowledge import ARTICLES

from indexer.passage_table import KINDS, PassageTable, phrase_key
from indexer.passages import Kind, passages

PASSAGES = [p for article in ARTICLES for p in passages(article)]
IDS = [article.id for article in ARTICLES]


def test_every_passage_is_of_the_article_and_the_kind_it_was_made_with() -> None:
    table = PassageTable.of(PASSAGES, IDS)
    assert [IDS[i] for i in table.article_of(range(len(PASSAGES)))] == [p.article for p in PASSAGES]
    assert [KINDS[kind] for kind in table.kinds] == [p.kind for p in PASSAGES]
    assert table.first[-1] == len(PASSAGES)


def test_articles_without_passages_own_none() -> None:
    table = PassageTable.of(PASSAGES[:1], ["before", PASSAGES[0].article, "behind"])
    assert table.first.tolist() == [0, 0, 1, 1]
    assert table.article_of([0]).tolist() == [1]
    assert PassageTable.of([], []).first.tolist() == [0]


def test_passages_in_another_order_than_the_articles_are_refused() -> None:
    with pytest.raises(ValueError, match="order of the articles"):
        PassageTable.of(reversed(PASSAGES), IDS)


def test_every_question_form_is_found_by_its_letters() -> None:
    table = PassageTable.of(PASSAGES, IDS)
    forms = [at for at, p in enumerate(PASSAGES) if p.kind == Kind.QUESTION]
    assert all(at in table.like(PASSAGES[at].text) for at in forms)
    assert [PASSAGES[at].text for at in table.like("「実印を 登録したい」。")] == ["実印を登録したい"]
    assert table.like("ペンギンを飼いたい") == []


def test_two_articles_asked_the_same_are_both_found() -> None:
    doubled = [p for article in ARTICLES[:2] for p in passages(article) if p.kind == Kind.QUESTION][:1]
    again = [p for p in PASSAGES if p.article == ARTICLES[1].id][:1]
    same = [*doubled, type(again[0])(**{**vars(again[0]), "text": f"{doubled[0].text}？"})]
    assert PassageTable.of(same, IDS).like(doubled[0].text) == [0, 1]


def test_a_saved_table_is_read_back(tmp_path: Path) -> None:
    table = PassageTable.of(PASSAGES, IDS)
    table.save(tmp_path / "passages.npz")
    again = PassageTable.load(tmp_path / "passages.npz")
    for name in ("first", "kinds", "phrases", "asked"):
        assert np.array_equal(getattr(table, name), getattr(again, name))


def test_a_phrase_key_ignores_spaces_and_punctuation_only() -> None:
    assert phrase_key(" 実印を　登録したい？！") == phrase_key("実印を登録したい")
    assert phrase_key("実印") != phrase_key("印実")
