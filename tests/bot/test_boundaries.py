"""A sentence begins another question where the index finds another article for it; weights and features belong together."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from small_knowledge import CONTENT

from bot import boundaries
from bot.boundaries import FEATURES, Kind, begins_another, features, goes_on, kind_of, probability
from bot.candidates import Candidates

FOUND = {
    "転入届はどこですか": ("moving-in", "moving-out"),
    "粗大ごみの出し方を教えて": ("bulky-waste", "collection-days"),
    "転入届はいつまでですか": ("moving-in", "moving-out"),
}


def candidates() -> Candidates:
    return Candidates(lambda said: FOUND.get(said, ("moving-in", "bulky-waste")), CONTENT)


def test_another_article_begins_another_question_and_the_same_does_not() -> None:
    known = candidates()
    assert begins_another(known, "転入届はどこですか", "粗大ごみの出し方を教えて")
    assert not begins_another(known, "転入届はどこですか", "転入届はいつまでですか")
    assert goes_on(known, "転入届はどこですか", "転入届はいつまでですか")


def test_what_the_index_is_less_sure_of_begins_less_likely_another_question() -> None:
    sure, unsure = (Candidates(lambda said: FOUND[said], CONTENT, lambda _, p=p: p) for p in (0.9, 0.02))
    FOUND.setdefault("転入届はどこですか 粗大ごみの出し方を教えて", ("moving-in", "bulky-waste"))
    pair = ("転入届はどこですか", "粗大ごみの出し方を教えて")
    assert probability(sure, *pair) > probability(unsure, *pair)


def test_where_nothing_is_found_nothing_begins() -> None:
    assert probability(Candidates(lambda _: (), CONTENT), "a", "b") == 0.0


def test_every_kind_of_boundary_has_a_limit() -> None:
    assert set(boundaries._model()["limits"]) == set(Kind)
    assert kind_of("住民票はいくら？", "ごみの日は？", comma=False) == Kind.QUESTIONS
    assert kind_of("保険証なくした。", "ごみの日は？", comma=False) == Kind.STATEMENT
    assert kind_of("住民票はいくら", "ごみの日は？", comma=True) == Kind.COMMA


def test_a_tree_is_followed_to_its_leaf() -> None:
    tree = [0, 0.5, -1.0, [1, 0.25, 2.0, 3.0]]
    assert [boundaries._leaf(tree, values) for values in ([0.5, 1.0], [0.6, 0.25], [0.6, 0.3])] == [-1.0, 2.0, 3.0]


def test_every_feature_is_a_share() -> None:
    values = features(candidates(), "転入届はどこですか", "粗大ごみの出し方を教えて")
    assert len(values) == len(FEATURES)
    assert all(0 <= value <= 1 for value in values)


def test_where_nothing_is_found_nothing_is_told() -> None:
    assert features(Candidates(lambda _: (), CONTENT), "a", "b") == [0.0] * len(FEATURES)


def test_weights_of_other_features_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = json.loads(boundaries.MODEL.read_text(encoding="utf-8"))
    other = tmp_path / "boundaries.json"
    other.write_text(json.dumps({**data, "features": ["length"]}), encoding="utf-8")
    monkeypatch.setattr(boundaries, "MODEL", other)
    boundaries._model.cache_clear()
    try:
        with pytest.raises(ValueError, match="fit_topics"):
            begins_another(candidates(), "転入届はどこですか", "粗大ごみの出し方を教えて")
    finally:
        boundaries._model.cache_clear()
