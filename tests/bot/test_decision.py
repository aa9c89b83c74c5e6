"""The calibrated probability and the thresholds, with the arithmetic written out."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
from small_knowledge import CERTIFICATE

from bot import decision
from bot.decision import FEATURES, DecisionModel, Thresholds, features, load
from indexer.search import Candidate

MODEL = DecisionModel(
    mean=(10.0, 2.0, 0.5, 0.5, 5.0, 0.5, 1.0), scale=(5.0, 1.0, 0.1, 0.1, 1.0, 0.25, 1.0), weights=(1.0, 0.5, 2.0, 0.0, 0.0, -1.0, 0.0), bias=-0.5,
    thresholds={"ordinary": Thresholds(0.6, 0.2), "high_stakes": Thresholds(0.9, 0.4)}, high_stakes=frozenset({"税", "年金"}),
)  # fmt: skip
BEST = Candidate(CERTIFICATE, lexical=4.0, question=0.6, body=0.4, coverage=0.75)


def test_the_probability_is_that_of_the_logistic_regression() -> None:
    # (15-10)/5 = 1; (3-2)/1 = 1; (0.6-0.5)/0.1 = 1; (0.75-0.5)/0.25 = 1: -0.5 + 1 + 0.5 + 2 - 1 = 2.
    values = features([15.0, 12.0], BEST, 3)
    assert values == [15.0, 3.0, 0.6, 0.4, 4.0, 0.75, math.log1p(3)]
    assert MODEL.probability(values) == pytest.approx(1 / (1 + math.exp(-2)))


def test_features_that_run_away_are_capped() -> None:
    far = Candidate(CERTIFICATE, lexical=40.0, question=1.0, body=1.0, coverage=1.0)
    values = dict(zip(FEATURES, features([50.0, 1.0], far, 2), strict=True))
    assert (values["margin"], values["lexical"]) == (10.0, 15.0)
    assert dict(zip(FEATURES, features([50.0], far, 2), strict=True))["margin"] == 5.0  # nothing to be ahead of


@pytest.mark.parametrize("extreme", [1e9, -1e9])
def test_a_probability_stays_between_zero_and_one(extreme: float) -> None:
    assert 0 < MODEL.probability([extreme] * len(FEATURES)) < 1


def test_a_wrong_number_of_features_is_an_error() -> None:
    with pytest.raises(ValueError):
        MODEL.probability([1.0])


def test_topics_of_high_stakes_need_more() -> None:
    assert MODEL.thresholds_for("税").answer == 0.9
    assert MODEL.thresholds_for("証明書").answer == MODEL.thresholds_for("").answer == 0.6


def test_the_fitted_model_is_whole() -> None:
    fitted = load()
    assert len(fitted.mean) == len(fitted.scale) == len(fitted.weights) == len(FEATURES)
    assert all(scale > 0 for scale in fitted.scale)
    for thresholds in fitted.thresholds.values():
        assert 0 < thresholds.ask < thresholds.answer < 1
    assert fitted.thresholds["high_stakes"].answer >= fitted.thresholds["ordinary"].answer


def test_the_fitted_model_is_surer_of_a_close_and_clear_match() -> None:
    fitted = load()
    mean = list(fitted.mean)
    poor, good = (
        [m - 2 * s for m, s in zip(mean, fitted.scale, strict=True)],
        [m + 2 * s for m, s in zip(mean, fitted.scale, strict=True)],
    )
    assert fitted.probability(good) > fitted.probability(poor)


def test_a_model_fitted_on_other_features_is_refused(tmp_path: Path) -> None:
    data = json.loads(decision.MODEL.read_text(encoding="utf-8"))
    path = tmp_path / "decision.json"
    path.write_text(json.dumps({**data, "features": ["score"]}), encoding="utf-8")
    with pytest.raises(ValueError, match="fitted on"):
        load(path)
