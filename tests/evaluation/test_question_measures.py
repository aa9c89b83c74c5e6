"""What a question scores, by hand and against independent implementations; what cannot be said is undefined, never 0."""

from __future__ import annotations

import ir_measures
import numpy as np
import pytest
from run_fixture import line, run_of
from sklearn.metrics import roc_auc_score

from evaluation.question_measures import HIGHER_IS_BETTER, per_question
from evaluation.reliability import summary
from evaluation.run_scores import mann_whitney, score


def measured(measure: str, *lines: object) -> dict[str, float]:
    return dict(per_question(run_of(*lines))[measure])  # type: ignore[arg-type]


def test_an_answer_from_an_expected_article_is_right_and_served() -> None:
    lines = (
        line("1"),
        line("2", ("b",)),
        line("3", ("b",), outcome="ask_back", offered=("b", "c")),
        line("4", outcome="hand_over"),
    )
    assert measured("right", *lines) == {"1": 1.0, "2": 0.0}
    assert measured("served", *lines) == {"1": 1.0, "2": 0.0, "3": 1.0, "4": 0.0}


def test_answering_what_nothing_answers_is_wrong_and_not_left() -> None:
    lines = (line("1", ()), line("2", (), outcome="hand_over"), line("3", (), outcome="ask_back", offered=("a",)))
    assert measured("unanswerable_left", *lines) == {"1": 0.0, "2": 1.0, "3": 1.0}
    assert measured("right", *lines) == {"1": 0.0}
    assert measured("handed_over_found", *lines) == {"1": 0.0, "2": 1.0, "3": 0.0}


def test_the_hand_overs_precision_counts_those_handed_over() -> None:
    lines = (line("1", (), outcome="hand_over"), line("2", outcome="hand_over"), line("3"))
    assert measured("handed_over_rightly", *lines) == {"1": 1.0, "2": 0.0}


def test_where_nothing_should_be_handed_over_its_precision_is_undefined() -> None:
    found = {s.name: s for s in score(run_of(line("1", outcome="hand_over"))).scores}
    assert found["handed_over_rightly"].value is None
    assert found["handed_over_rightly"].n == 0


def test_required_facts_are_looked_for_without_regard_to_width_and_spaces() -> None:
    item = {"must": ("1通３００円", "郵送"), "must_not": ("無料",)}
    assert measured("facts_contained", line("1", item=item)) == {"1": 0.5}
    assert measured("nothing_forbidden", line("1", item=item)) == {"1": 1.0}
    assert measured("nothing_forbidden", line("1", item=item, answer="無 料です")) == {"1": 0.0}


def test_a_figure_that_is_not_in_the_cited_article_is_not_grounded() -> None:
    assert measured("grounded", line("1")) == {"1": 1.0}
    assert measured("grounded", line("1", answer="1通300円、郵送は800円です。")) == {"1": pytest.approx(2 / 3)}
    assert measured("grounded", line("1", answer="窓口でお渡しします。")) == {}


def test_the_facet_has_to_be_exactly_the_one_asked_for() -> None:
    item = {"facets": ("fee",)}
    lines = (line("1", item=item, facet="fee"), line("2", item=item, facet="documents"), line("3", item=item))
    assert measured("facet_exact", *lines) == {"1": 1.0, "2": 0.0, "3": 0.0}


def test_of_several_questions_in_one_message_each_articles_counts() -> None:
    item = {"all_needed": True}
    assert measured("complete", line("1", ("a", "b"), item=item)) == {"1": 0.5}
    assert measured("complete", line("1", ("a", "b"), item=item, cited=("a", "b"))) == {"1": 1.0}
    assert measured("complete", line("1", ("a", "b"))) == {}


def test_an_empty_run_has_undefined_figures_and_no_zero() -> None:
    found = score(run_of())
    assert [s.value for s in (*found.scores, *found.latency, found.auroc)] == [None] * (len(HIGHER_IS_BETTER) + 2)
    assert found.calibration.ece is None


def test_retrieval_measures_agree_with_ir_measures_on_random_rankings() -> None:
    generator = np.random.default_rng(7)
    ids = [f"d{n}" for n in range(30)]
    lines = []
    for number in range(60):
        ranking = tuple(generator.permutation(ids)[:20].tolist())
        relevant = tuple(generator.choice(ids, size=generator.integers(1, 5), replace=False).tolist())
        grades = tuple(int(g) for g in generator.integers(1, 4, size=len(relevant)))
        lines.append(line(f"{number}", relevant, item={"grades": grades}, ranking=ranking))
    ours = per_question(run_of(*lines))
    qrels = [ir_measures.Qrel(x.item.key, a, 2**g - 1) for x in lines for a, g in x.item.graded().items()]
    run = [ir_measures.ScoredDoc(x.item.key, a, float(-place)) for x in lines for place, a in enumerate(x.ranking)]
    theirs = {
        "recall@10": ir_measures.R @ 10, "recall@1": ir_measures.R @ 1, "ndcg@10": ir_measures.nDCG @ 10,
        "mrr@10": ir_measures.RR @ 10, "hit@3": ir_measures.Success @ 3,
    }  # fmt: skip
    for name, measure in theirs.items():
        for value in ir_measures.iter_calc([measure], qrels, run):
            assert ours[name][value.query_id] == pytest.approx(value.value, abs=1e-9)


def test_ndcg_by_hand() -> None:
    # Grades 2 and 1 have gains 3 and 1. Found at places 2 and 1: (1/log2(2) + 3/log2(3)) / (3/log2(2) + 1/log2(3)).
    lines = (line("1", ("a", "b"), item={"grades": (2, 1)}, ranking=("b", "a", "c")),)
    by_hand = (1 + 3 / np.log2(3)) / (3 + 1 / np.log2(3))
    assert measured("ndcg@10", *lines)["1"] == pytest.approx(by_hand, abs=1e-9)


def test_auroc_agrees_with_scikit_learn_on_random_data_with_ties() -> None:
    generator = np.random.default_rng(3)
    for _ in range(30):
        p = generator.integers(0, 8, size=50) / 8
        r = generator.random(50) < p
        if 0 < r.sum() < 50:
            assert mann_whitney(p, r) == pytest.approx(roc_auc_score(r, p), abs=1e-9)
            assert summary(p.tolist(), r.tolist()).auroc == pytest.approx(roc_auc_score(r, p), abs=1e-9)


def test_calibration_error_by_hand() -> None:
    # 0.9 said four times and right three times: 0.15; 0.1 said once and wrong: 0.1. Weighted: (4 x 0.15 + 1 x 0.1) / 5 = 0.14.
    lines = [line(f"{n}", ("a",) if n < 3 else ("b",)) for n in range(4)] + [line("4", ("b",), probability=0.1)]
    assert score(run_of(*lines)).calibration.ece == pytest.approx(0.14, abs=1e-9)


def test_slices_hold_each_question_once_a_property() -> None:
    lines = [
        line("1", item={"topic": "税"}),
        line("2", item={"topic": "税", "channel": "line"}),
        line("3", item={"language": "en"}),
    ]
    found = score(run_of(*lines)).slices
    for name in ("topic", "channel", "language", "length", "age"):
        assert sum(s.n for s in found if s.property == name) == 3
    assert {(s.value, s.n) for s in found if s.property == "topic"} == {("税", 2), ("—", 1)}
