"""The comparison: everybody is asked the same, a missing package is said, and a lead is only claimed with its interval."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from pathlib import Path

import pytest

from evaluation import compared_sets, comparisons, competitors, metrics, paired
from evaluation.compared_sets import ComparedSet
from evaluation.comparisons import COMMAND, DESK, Ran
from evaluation.competitors import COMPETITORS, Document, NotInstalled, Rank

DOCUMENTS = [
    Document("moving", "引っ越しの届け出\n転入届は窓口で出してください。", ("引っ越しの届け出",)),
    Document("waste", "粗大ごみの出し方\n粗大ごみは電話で予約してください。", ("粗大ごみの出し方",)),
    Document("tax", "住民税の納期\n住民税は年に4回納めます。", ("住民税の納期",)),
]
SET = ComparedSet(
    "three",
    "three articles",
    DOCUMENTS,
    {"q1": "引越しました", "q2": "粗大ごみはいつ"},
    {"q1": {"moving": 1}, "q2": {"waste": 1}},
    {},
)


def in_order(documents: Sequence[Document]) -> Rank:
    return lambda question: [d.id for d in documents]


def missing(documents: Sequence[Document]) -> Rank:
    raise NotInstalled("some-package is not installed")


def test_a_lead_is_the_mean_of_the_differences_question_by_question() -> None:
    ran = [Ran("three", DESK, {"q1": ["moving"], "q2": ["waste"]}, [1.0, 3.0]), comparisons.ask(SET, "in order", in_order)]
    first, second = comparisons.rows(SET, ran)
    assert first.differences == {}
    # In order of the articles q1 has its article first, nDCG 1, and q2 second, 1/log2(3) = 0.63093; the desk has 1 for both.
    assert second.scores["nDCG@10"].value == pytest.approx((1 + 0.63093) / 2, abs=1e-5)
    assert second.differences["nDCG@10"].value == pytest.approx((1 - 0.63093) / 2, abs=1e-5)
    assert second.differences["Recall@10"].value == 0.0


def test_a_missing_package_is_a_row_that_says_so_and_figures_without_a_value() -> None:
    ran = [Ran("three", DESK, {"q1": ["moving"], "q2": ["waste"]}, [1.0]), comparisons.ask(SET, "other", missing)]
    found = comparisons.rows(SET, ran)
    page = comparisons.markdown([(SET, found)], "", COMMAND)
    assert "| other | some-package is not installed |" in page
    assert {(f.value, f.why) for f in found[1].figures()} == {(None, "some-package is not installed")}
    assert len(list(found[1].figures())) == len(metrics.MEASURES)


def test_every_row_of_the_table_has_as_many_cells_as_its_head() -> None:
    ran = [
        Ran("three", DESK, {"q1": ["moving"], "q2": []}, [1.0]),
        comparisons.ask(SET, "in order", in_order),
        comparisons.ask(SET, "other", missing),
    ]
    page = comparisons.markdown([(SET, comparisons.rows(SET, ran))], "no other set", COMMAND)
    assert len({line.count("|") for line in page.splitlines() if line.startswith("|")}) == 1
    assert "no other set" in page


def test_the_rankings_of_a_run_are_kept_line_by_line() -> None:
    line, *_ = comparisons.lines([Ran("three", DESK, {"q1": ["moving", "tax"]})]).splitlines()
    assert json.loads(line) == {"set": "three", "system": DESK, "id": "q1", "ranking": ["moving", "tax"]}


def test_the_desk_is_read_from_its_own_run(tmp_path: Path) -> None:
    line = {"id": "q1", "outcome": "answer", "status": "answered", "ranking": ["moving"], "sources": [], "choices": []}
    (tmp_path / "run.jsonl").write_text(json.dumps({**line, "snapshot": "s", "ms": 4.5}) + "\n", encoding="utf-8")
    assert comparisons.desk("three", tmp_path / "run.jsonl", 2.0) == Ran("three", DESK, {"q1": ("moving",)}, [4.5], 2.0)


# Intervals


def test_without_groups_a_mean_is_that_of_the_metrics() -> None:
    assert paired.mean("a", {"q1": 0.0, "q2": 0.5, "q3": 1.0}, {}) == metrics.mean("a", [0.0, 0.5, 1.0])
    assert paired.mean("a", {}, {}) == metrics.mean("a", [])


def test_ten_alike_questions_on_each_article_are_worth_no_more_than_one() -> None:
    generator = random.Random(0)
    coins = {f"a{n}": float(generator.random() < 0.5) for n in range(60)}
    asked = {f"{article}-{k}": value for article, value in coins.items() for k in range(10)}
    grouped = paired.mean("a", asked, {question: question.split("-")[0] for question in asked})
    single, naive = paired.mean("a", coins, {}), paired.mean("a", asked, {})
    assert grouped.value == pytest.approx(single.value)
    assert width(grouped) == pytest.approx(width(single), abs=0.02)
    assert width(naive) < width(single) / 2


def width(score: metrics.Score) -> float:
    assert score.low is not None
    assert score.high is not None
    return score.high - score.low


def test_a_system_better_on_every_question_is_ahead_beyond_doubt_though_its_own_interval_is_wide() -> None:
    theirs = {f"q{n}": n / 200 for n in range(100)}
    ours = {question: value + 0.1 for question, value in theirs.items()}
    ahead = paired.difference("a", ours, theirs, {})
    assert (ahead.low, ahead.high) == (pytest.approx(0.1), pytest.approx(0.1))
    assert width(paired.mean("a", ours, {})) > 0.05


def test_a_difference_over_different_questions_is_refused() -> None:
    with pytest.raises(ValueError, match="same questions"):
        paired.difference("a", {"q1": 1.0}, {"q2": 1.0}, {})


# Competitors


@pytest.mark.parametrize("name", COMPETITORS)
def test_each_competitor_ranks_articles_it_was_given(name: str) -> None:
    try:
        rank = COMPETITORS[name](DOCUMENTS)
    except NotInstalled as error:
        if COMPETITORS[name] is competitors.bm25:
            raise
        pytest.skip(str(error))
    found = rank("粗大ごみの出し方")
    assert set(found) <= {d.id for d in DOCUMENTS}
    assert len(found) == len(set(found))
    assert rank("") is not None


def test_bm25_finds_by_the_normal_form_and_nothing_for_unknown_words() -> None:
    rank = competitors.bm25(DOCUMENTS)
    assert rank("引越し")[:1] == ["moving"]  # written 引っ越し in the article
    assert rank("宇宙旅行") == []


def test_haystack_over_words_knows_a_word_however_it_is_written() -> None:
    try:
        rank = competitors.haystack_of_words(DOCUMENTS)
    except NotInstalled as error:
        pytest.skip(str(error))
    assert rank("引越し")[0] == "moving"
    assert rank("粗大ごみはいつ")[0] == "waste"


def test_the_encoder_takes_an_article_by_the_nearest_of_its_wordings() -> None:
    documents = [Document("a", "", ("garbage collection", "how do I pay my tax")), Document("b", "", ("moving house",))]
    try:
        rank = competitors.minilm(documents)
    except NotInstalled as error:
        pytest.skip(str(error))
    assert rank("paying taxes") == ["a", "b"]
    assert rank("I am moving to a new house") == ["b", "a"]


# Sets


def test_our_own_set_asks_only_about_articles_no_training_saw_and_all_articles_are_there_to_be_confused_with() -> None:
    own = compared_sets.of_demo()
    articles = {d.id for d in own.documents}
    assert {a for grades in own.judgements.values() for a in grades} <= articles
    held = set(own.groups.values())
    assert 0.1 < len(held) / len(articles) < 0.45
    assert set(own.questions) == set(own.judgements) == set(own.groups)
