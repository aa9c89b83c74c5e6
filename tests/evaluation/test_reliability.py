"""Reliability and risk, worked by hand, by an independent formula and beside scikit-learn."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from sklearn.calibration import calibration_curve
from sklearn.metrics import brier_score_loss

from evaluation import reliability
from evaluation.reliability import BadCases, Point
from evaluation.shares import wilson

P, R = [0.95, 0.85, 0.85, 0.15], [True, True, False, False]


def test_four_cases_worked_by_hand() -> None:
    found = reliability.summary(P, R)
    # Bins: 0.95 alone (right 1), two at 0.85 (right 1/2), 0.15 alone (right 0).
    # ECE = 1/4 * 0.05 + 2/4 * 0.35 + 1/4 * 0.15 = 0.225; Brier = (0.05^2 + 0.15^2 + 0.85^2 + 0.15^2) / 4 = 0.1925.
    assert found.ece == pytest.approx(0.225)
    assert found.brier == pytest.approx(0.1925)
    # Pairs right over wrong: 0.95 wins both, 0.85 ties with 0.85 and wins over 0.15: (2 + 0.5 + 1) / 4.
    assert found.auroc == pytest.approx(3.5 / 4)
    assert (found.n, found.right) == (4, 0.5)


def test_risk_by_coverage_worked_by_hand_keeps_equal_probabilities_together() -> None:
    assert reliability.risk_coverage(P, R) == [
        Point(0.95, 0.25, 0.0),
        Point(0.85, 0.75, pytest.approx(1 / 3)),
        Point(0.15, 1.0, 0.5),
    ]


@pytest.mark.parametrize("seed", range(5))
def test_random_cases_are_as_scikit_learn_and_the_definition_have_them(seed: int) -> None:
    generator = np.random.default_rng(seed)
    p = generator.random(400)
    right = generator.random(400) < p**2
    found = reliability.summary(p, right)
    assert found.brier == pytest.approx(brier_score_loss(right, p))
    was, said = calibration_curve(right, p, n_bins=10)
    sizes = np.histogram(p, bins=10, range=(0, 1))[0]
    assert found.ece == pytest.approx(np.sum(sizes[sizes > 0] / 400 * np.abs(was - said)))
    assert [b.n for b in found.bins] == sizes.tolist()
    pairs = p[right][:, None] - p[~right][None, :]
    assert found.auroc == pytest.approx(np.mean((pairs > 0) + 0.5 * (pairs == 0)))
    for point in reliability.risk_coverage(p, right):
        told = p >= point.threshold
        assert (point.coverage, point.risk) == (pytest.approx(told.mean()), pytest.approx(1 - right[told].mean()))


def test_a_case_on_an_edge_belongs_to_the_bin_above_and_certainty_to_the_last() -> None:
    found = reliability.bins([0.0, 0.1, 0.3, 0.7, 0.999, 1.0], [True] * 6)
    assert [b.n for b in found] == [1, 1, 0, 1, 0, 0, 0, 1, 0, 2]
    assert (found[2].said, found[2].was) == (None, None)


@pytest.mark.parametrize(("p", "r"), [([0.9, 0.2], [True, True]), ([0.9, 0.2], [False, False])])
def test_with_only_right_or_only_wrong_cases_there_is_no_auroc_but_the_rest(p: list[float], r: list[bool]) -> None:
    found = reliability.summary(p, r)
    assert found.auroc is None
    assert found.ece is not None


def test_without_a_case_everything_is_undefined_and_nothing_is_0() -> None:
    found = reliability.summary([], [])
    assert (found.n, found.right, found.auroc, found.ece, found.brier) == (0, None, None, None, None)
    assert reliability.risk_coverage([], []) == []
    assert "undefined" in reliability.markdown({"none": ([], [])}, "c")


@pytest.mark.parametrize(("p", "r"), [([0.1], [True, False]), ([1.1], [True]), ([-0.1], [True]), ([float("nan")], [True])])
def test_what_is_no_probability_is_refused(p: list[float], r: list[bool]) -> None:
    with pytest.raises(BadCases):
        reliability.summary(p, r)


def test_wilsons_interval_is_the_published_one() -> None:
    # Newcombe (1998), table I: 81 of 263 gives 0.2553 to 0.3662.
    low, high = wilson(81 / 263, 263)
    assert (low, high) == (pytest.approx(0.2553, abs=1e-4), pytest.approx(0.3662, abs=1e-4))


def test_the_picture_is_the_same_for_the_same_cases_and_names_each_source(tmp_path: Path) -> None:
    for name in ("a.svg", "b.svg"):
        reliability.plot([*P, 0.0, 1.0], [*R, False, True], tmp_path / "images" / name, ["faq"] * 4 + ["own"] * 2)
    first, second = ((tmp_path / "images" / name).read_bytes() for name in ("a.svg", "b.svg"))
    assert first == second
    text = "".join(ElementTree.fromstring(first).itertext())
    assert "faq (n=4, ECE 0.225)" in text
    assert "own (AUROC 1.000)" in text


def test_sources_that_do_not_fit_the_cases_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadCases, match="1 sources for 4 cases"):
        reliability.plot(P, R, tmp_path / "x.svg", ["faq"])


def test_cases_are_read_by_source_and_a_bad_one_is_named(tmp_path: Path) -> None:
    path = tmp_path / "cases.jsonl"
    records = [{"probability": 0.9, "right": True, "source": "faq"}, {"probability": 0.1, "right": False}]
    path.write_text("".join(json.dumps(r) + "\n" for r in records), encoding="utf-8")
    assert reliability.read_cases(path) == {"faq": ([0.9], [True]), "all": ([0.1], [False])}
    path.write_text('{"probability": 0.9, "right": true}\n{"probability": 2, "right": true}\n', encoding="utf-8")
    with pytest.raises(BadCases, match=r"cases\.jsonl:2"):
        reliability.read_cases(path)


def test_the_report_says_how_much_is_answered_from_a_threshold_on() -> None:
    page = reliability.markdown({"faq": (P, R)}, "the command", "images/reliability.svg")
    assert "| faq | 4 | 0.500 | 0.875 | 0.225 | 0.192 | 0.75, 0.333 | 0.75, 0.333 |" in page
    assert "](images/reliability.svg)" in page


def test_what_can_be_pinned_is_named_by_source() -> None:
    assert [f.name for f in reliability.figures({"faq": (P, R)})] == [
        f"reliability | faq | {m}" for m in ("AUROC", "ECE", "Brier")
    ]
