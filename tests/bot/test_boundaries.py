"""A sentence begins another question where the index finds another article for it; weights and features belong together."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from small_knowledge import CONTENT

from bot import boundaries
from bot.boundaries import FEATURES, begins_another, features
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
    other = begins_another(known, "転入届はどこですか", "粗大ごみの出し方を教えて", 0.5)
    same = begins_another(known, "転入届はどこですか", "転入届はいつまでですか", 0.5)
    assert (other, same) == (True, False)


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
