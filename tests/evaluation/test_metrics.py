"""The metrics, worked by hand and against a formula written independently of ir-measures."""

from __future__ import annotations

import math
import random

import pytest

from evaluation import metrics

GRADES = {"q": {"a": 2, "b": 1, "c": 1}}


def by_name(judgements: dict[str, dict[str, int]], rankings: dict[str, list[str]]) -> dict[str, metrics.Score]:
    return {score.name: score for score in metrics.scores(judgements, rankings)}


def test_a_ranking_worked_by_hand() -> None:
    found = by_name(GRADES, {"q": ["x", "b", "a", "y"]})
    # Recall: a and b of a, b, c.
    assert found["Recall@10"].value == pytest.approx(2 / 3)
    # Gain 2^grade - 1: a 3, b and c 1. DCG = 1/log2(3) + 3/log2(4) = 0.63093 + 1.5 = 2.13093;
    # ideal a, b, c: 3/log2(2) + 1/log2(3) + 1/log2(4) = 3 + 0.63093 + 0.5 = 4.13093; 2.13093 / 4.13093 = 0.51585.
    assert found["nDCG@10"].value == pytest.approx(0.51585, abs=1e-5)
    assert [found[name].value for name in ("Hit@1", "Hit@3", "Hit@5")] == [0.0, 1.0, 1.0]


def test_the_gain_is_two_to_the_grade_less_one_and_not_the_grade() -> None:
    # The right article second, a related one first. With linear gain: (1 + 2/log2(3)) / (2 + 1/log2(3)) = 0.85972.
    # With 2^grade - 1: (1 + 3/log2(3)) / (3 + 1/log2(3)) = 2.89279 / 3.63093 = 0.79671.
    found = by_name({"q": {"a": 2, "b": 1}}, {"q": ["b", "a"]})
    assert found["nDCG@10"].value == pytest.approx(0.79671, abs=1e-5)


def test_the_ideal_ranking_is_1_and_one_without_a_judged_article_0() -> None:
    assert {s.value for s in metrics.scores(GRADES, {"q": ["a", "b", "c"]})} == {1.0}
    assert {s.value for s in metrics.scores(GRADES, {"q": ["x", "y"]})} == {0.0}


def test_what_stands_after_the_tenth_place_does_not_count() -> None:
    found = by_name({"q": {"a": 1}}, {"q": [*"0123456789", "a"]})
    assert found["Recall@10"].value == 0.0
    assert found["nDCG@10"].value == 0.0


@pytest.mark.parametrize("place", range(1, 8))
def test_hit_at_k_looks_at_the_first_k(place: int) -> None:
    ranking = ["x" + str(n) for n in range(place - 1)] + ["a"]
    found = by_name({"q": {"a": 1}}, {"q": ranking})
    assert [found[f"Hit@{k}"].value for k in (1, 3, 5)] == [float(place <= k) for k in (1, 3, 5)]


def test_an_empty_ranking_and_a_missing_one_count_as_nothing_found() -> None:
    judgements = {"found": {"a": 1}, "empty": {"a": 1}, "missing": {"a": 1}}
    for score in metrics.scores(judgements, {"found": ["a"], "empty": []}):
        assert score.value == pytest.approx(1 / 3)
        assert score.n == 3


def test_without_questions_a_measure_is_undefined_and_never_0() -> None:
    for score in metrics.scores({}, {"q": ["a"]}):
        assert (score.value, score.low, score.high, score.n) == (None, None, None, 0)
        assert str(score) == "undefined (n=0)"


def test_a_question_to_which_nothing_is_relevant_is_left_out() -> None:
    judgements = {"answerable": {"a": 1}, "judged irrelevant": {"a": 0}}
    for score in metrics.scores(judgements, {"answerable": ["a"], "judged irrelevant": ["a"]}):
        assert (score.value, score.n) == (1.0, 1)


def test_an_article_that_comes_twice_counts_once_at_its_first_place() -> None:
    assert by_name(GRADES, {"q": ["a", "a", "b"]})["nDCG@10"].value == by_name(GRADES, {"q": ["a", "b"]})["nDCG@10"].value


def independent_ndcg(grades: dict[str, int], ranking: list[str]) -> float:
    gained = sum((2 ** grades.get(article, 0) - 1) / math.log2(place + 2) for place, article in enumerate(ranking[:10]))
    best = sorted(grades.values(), reverse=True)[:10]
    return gained / sum((2**grade - 1) / math.log2(place + 2) for place, grade in enumerate(best))


@pytest.mark.parametrize("seed", range(20))
def test_random_rankings_score_as_an_independent_formula_says(seed: int) -> None:
    generator = random.Random(seed)
    articles = [f"a{n}" for n in range(40)]
    judgements = {
        f"q{n}": {article: generator.randint(0, 3) for article in generator.sample(articles, 15)} | {"sure": 1} for n in range(12)
    }
    rankings = {q: generator.sample([*articles, "sure"], generator.randint(1, 30)) for q in judgements}
    for question, values in metrics.per_question(judgements, rankings).items():
        grades, ranking = judgements[question], rankings[question]
        relevant = {article for article, grade in grades.items() if grade > 0}
        assert values["nDCG@10"] == pytest.approx(independent_ndcg(grades, ranking), abs=1e-9)
        assert values["Recall@10"] == pytest.approx(len(relevant & set(ranking[:10])) / len(relevant))
        for k in (1, 3, 5):
            assert values[f"Hit@{k}"] == float(bool(relevant & set(ranking[:k])))


def test_the_interval_holds_the_mean_and_narrows_with_more_questions() -> None:
    few, many = metrics.mean("few", [0.0, 1.0] * 10), metrics.mean("many", [0.0, 1.0] * 500)
    for score in (few, many):
        assert score.low is not None
        assert score.high is not None
        assert score.low < 0.5 < score.high
    # A mean of 1000 fair coins lies within 1.96 * sqrt(0.25 / 1000) = 0.031 of a half in 95 of 100 cases.
    assert many.high == pytest.approx(0.531, abs=0.004)
    assert few.high is not None
    assert many.high is not None
    assert few.high > many.high


def test_the_same_run_has_the_same_interval_every_time() -> None:
    assert metrics.mean("a", [0.0, 0.5, 1.0]) == metrics.mean("a", [0.0, 0.5, 1.0])
