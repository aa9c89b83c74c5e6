"""Agreement of raters: against independent implementations on random data, and by hand."""

from __future__ import annotations

from datetime import date

import krippendorff
import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score

from evaluation.agreement import Drift, alpha, alpha_score, drift, kappa_score, sign_test, weighted_kappa
from evaluation.rubric import LEVELS


def random_pairs(seed: int, n: int) -> list[tuple[int, int]]:
    generator = np.random.default_rng(seed)
    first = generator.integers(1, 5, size=n)
    second = np.clip(first + generator.integers(-1, 2, size=n), 1, 4)
    return list(zip(first.tolist(), second.tolist(), strict=True))


@pytest.mark.parametrize("seed", range(20))
def test_kappa_agrees_with_scikit_learn(seed: int) -> None:
    pairs = random_pairs(seed, 40)
    theirs = cohen_kappa_score([a for a, _ in pairs], [b for _, b in pairs], labels=list(LEVELS), weights="quadratic")
    assert weighted_kappa(pairs) == pytest.approx(theirs, abs=1e-9)


@pytest.mark.parametrize("seed", range(20))
def test_alpha_agrees_with_the_package_krippendorff_with_scores_missing(seed: int) -> None:
    generator = np.random.default_rng(seed)
    table = generator.integers(1, 5, size=(3, 30)).astype(float)
    table[1] = np.clip(table[0] + generator.integers(-1, 2, size=30), 1, 4)
    table[generator.random((3, 30)) < 0.2] = np.nan
    units = [[int(v) for v in column if not np.isnan(v)] for column in table.T]
    theirs = krippendorff.alpha(reliability_data=table, level_of_measurement="ordinal", value_domain=list(LEVELS))
    assert alpha(units) == pytest.approx(theirs, abs=1e-9)


def test_kappa_by_hand() -> None:
    # (1,1) (1,1) (4,4) (1,4): observed weighted disagreement 9. Rows 1: 3, 4: 1; columns 1: 2, 4: 2: expected (3x2 + 1x2)/4 x 9 = 18.
    assert weighted_kappa([(1, 1), (1, 1), (4, 4), (1, 4)]) == pytest.approx(1 - 9 / 18)


def test_alpha_by_hand() -> None:
    # Two units (1,1) and (4,4): no disagreement. With (1,4) alone there is nothing but disagreement: 1 - (2-1) x 2d/(2d) = 0.
    assert alpha([[1, 1], [4, 4]]) == pytest.approx(1.0)
    assert alpha([[1, 4]]) == pytest.approx(0.0)


@pytest.mark.parametrize("of", [[], [(3, 3), (3, 3)]])
def test_without_pairs_or_variation_agreement_is_undefined(of: list[tuple[int, int]]) -> None:
    assert weighted_kappa(of) is None
    assert alpha(of) is None
    found = (kappa_score("clarity", of), alpha_score("clarity", of))
    assert [(score.value, score.low, score.n) for score in found] == [(None, None, len(of))] * 2


def test_the_interval_holds_the_value_and_narrows_with_more_answers() -> None:
    few, many = kappa_score("x", random_pairs(1, 30)), kappa_score("x", random_pairs(1, 600))
    for score in (few, many):
        assert score.low <= score.value <= score.high  # type: ignore[operator]
    assert many.high - many.low < few.high - few.low  # type: ignore[operator]


def test_a_rater_who_grows_generous_is_seen_week_by_week() -> None:
    monday, next_monday = date(2026, 11, 2), date(2026, 11, 9)
    ratings = [
        (1, monday, {"clarity": 3, "safety": 3}, {"clarity": 3.0, "safety": 3.0}),
        (1, next_monday, {"clarity": 4, "safety": 4}, {"clarity": 3.0, "safety": 3.0}),
        (1, next_monday, {"clarity": 3, "safety": 4}, {"clarity": 3.0, "safety": 4.0}),
    ]
    assert drift(ratings) == [Drift(1, monday, 1, 0.0), Drift(1, next_monday, 2, 0.5)]


@pytest.mark.parametrize(("wins", "losses", "chance"), [(0, 0, None), (5, 5, 1.0), (5, 0, 0.0625), (1, 7, 0.0703125)])
def test_the_sign_test_by_hand(wins: int, losses: int, chance: float | None) -> None:
    # 5 of 5: 2 x 1/32. 1 of 8: 2 x (1 + 8)/256.
    assert sign_test(wins, losses) == chance
