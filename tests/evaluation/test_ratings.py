"""Blind double rating: who gets what to score, what settles it, and two raters at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from run_fixture import line, run_of

from bot import conversations
from database import Database, now
from evaluation import prediction_file, ratings
from evaluation.ratings import PREFERENCE, RUBRIC, RatingRefused
from evaluation.rubric import DIMENSIONS, BadScores, checked, disagree, settled
from evaluation.sampling import NothingToSample, Sample, drawn, of_conversations, of_pair, of_run, shares
from evaluation.tables import RatingBatchRow
from knowledge import store
from knowledge.articles import Municipality

CODE = "990019"
GOOD, FAIR, BAD = (dict.fromkeys(DIMENSIONS, level) for level in (4, 3, 1))


@pytest.fixture
def town(database: Database) -> Database:
    with database.write() as session:
        store.save_municipality(session, Municipality(CODE, "みどり野市"))
    return database


def batch_of(database: Database, count: int, kind: str = RUBRIC) -> int:
    samples = [Sample("answer", f"質問{n}", ({"text": f"回答{n}"},), {"system": "secret"}) for n in range(count)]
    with database.write() as session:
        return ratings.make_batch(session, CODE, "試し", kind, samples, {}, "evaluator").id


def give(database: Database, batch: int, staff: int, scores: Mapping[str, object]) -> str:
    """Score the next answer; its state afterwards."""
    with database.write() as session:
        row = ratings.find_batch(session, CODE, batch)
        item = ratings.next_item(session, row, staff)
        assert item is not None
        return ratings.rate(session, row, item.id, staff, scores).state


def test_two_who_agree_settle_an_answer_with_their_mean(town: Database) -> None:
    batch = batch_of(town, 1)
    assert give(town, batch, 1, GOOD) == "open"
    assert give(town, batch, 2, FAIR) == "settled"
    with town.read() as session:
        row = ratings.find_batch(session, CODE, batch)
        assert ratings.next_item(session, row, 3) is None
        assert ratings.progress(session, row, 3).settled == 1


def test_two_who_disagree_go_to_a_third_and_the_median_counts(town: Database) -> None:
    batch = batch_of(town, 1)
    give(town, batch, 1, GOOD)
    assert give(town, batch, 2, BAD) == "disputed"
    with town.read() as session:
        row = ratings.find_batch(session, CODE, batch)
        assert ratings.next_item(session, row, 1) is None, "who has scored it does not settle it"
    assert give(town, batch, 3, FAIR) == "settled"
    with town.read() as session:
        item = ratings.find_item(session, ratings.find_batch(session, CODE, batch), 1)
        assert item.final == dict.fromkeys(DIMENSIONS, 3.0)


def test_an_unsafe_answer_is_disputed_by_one_level() -> None:
    one, other = {**FAIR, "safety": 2}, FAIR
    assert disagree(one, other) == ["safety"]
    assert disagree({**FAIR, "clarity": 2}, FAIR) == []
    assert settled([one, other])["safety"] == 2.5


def test_nobody_scores_an_answer_twice_and_no_fourth_score_is_taken(town: Database) -> None:
    batch = batch_of(town, 1)
    give(town, batch, 1, GOOD)
    with town.write() as session, pytest.raises(RatingRefused, match="twice"):
        ratings.rate(session, ratings.find_batch(session, CODE, batch), 1, 1, GOOD)
    give(town, batch, 2, GOOD)
    with town.write() as session, pytest.raises(RatingRefused, match="enough"):
        ratings.rate(session, ratings.find_batch(session, CODE, batch), 1, 3, GOOD)


def test_of_three_who_score_one_answer_at_once_two_are_taken(town: Database) -> None:
    batch = batch_of(town, 1)

    def score(staff: int) -> str:
        try:
            with town.write() as session:
                ratings.rate(session, ratings.find_batch(session, CODE, batch), 1, staff, GOOD)
        except RatingRefused as refused:
            return refused.reason
        return "taken"

    with ThreadPoolExecutor(3) as pool:
        assert Counter(pool.map(score, (1, 2, 3))) == {"taken": 2, "enough": 1}


def test_what_was_begun_by_others_comes_before_what_is_new_and_what_was_put_off_last(town: Database) -> None:
    batch = batch_of(town, 3)
    with town.write() as session:
        row = ratings.find_batch(session, CODE, batch)
        places = [ratings.next_item(session, row, 1), ratings.next_item(session, row, 1, after=1)]
        assert [item.place for item in places if item] == [1, 2]


def test_a_batch_is_closed_when_all_is_settled_and_takes_no_more(town: Database) -> None:
    batch = batch_of(town, 1)
    with town.write() as session, pytest.raises(RatingRefused, match="unfinished"):
        ratings.close(session, ratings.find_batch(session, CODE, batch))
    give(town, batch, 1, GOOD)
    give(town, batch, 2, GOOD)
    with town.write() as session:
        row = ratings.find_batch(session, CODE, batch)
        ratings.close(session, row)
        with pytest.raises(RatingRefused, match="closed"):
            ratings.rate(session, row, 1, 3, GOOD)


def test_another_municipality_finds_no_batch(town: Database) -> None:
    batch = batch_of(town, 1)
    with town.read() as session, pytest.raises(RatingRefused, match="unknown"):
        ratings.find_batch(session, "990027", batch)


@pytest.mark.parametrize(
    ("chosen", "state", "final"),
    [(("first", "first"), "settled", "first"), (("first", "second", "second"), "settled", "second"),
     (("first", "second", "same"), "settled", "same"), (("first", "second"), "disputed", None)],
)  # fmt: skip
def test_a_preference_needs_two_of_one_mind(town: Database, chosen: tuple[str, ...], state: str, final: str | None) -> None:
    batch = batch_of(town, 1, PREFERENCE)
    states = [give(town, batch, staff, {"preference": choice}) for staff, choice in enumerate(chosen, 1)]
    assert states[-1] == state
    with town.read() as session:
        row: RatingBatchRow = ratings.find_batch(session, CODE, batch)
        assert ratings.find_item(session, row, 1).final.get("preference") == final


def test_a_form_without_a_level_is_refused_by_name() -> None:
    form = dict.fromkeys(DIMENSIONS, "3")
    assert checked(form) == FAIR
    with pytest.raises(BadScores, match="courtesy"):
        checked({**form, "courtesy": "5"})


# Samples


def test_every_stratum_has_its_share_and_at_least_one() -> None:
    assert shares({"a": 90, "b": 9, "c": 1}, 10) == {"a": 8, "b": 1, "c": 1}
    assert shares({"a": 2, "b": 2}, 100) == {"a": 2, "b": 2}
    assert sum(shares({"a": 7, "b": 5, "c": 11}, 9).values()) == 9


def test_a_sample_is_the_same_for_the_same_seed_and_holds_nothing_twice() -> None:
    pool = [Sample(f"s{n % 3}", f"質問{n}", ()) for n in range(60)]
    one, two, other = drawn(pool, 20, 1), drawn(pool, 20, 1), drawn(pool, 20, 2)
    assert one == two != other
    assert len({sample.question for sample in one}) == 20
    with pytest.raises(NothingToSample):
        drawn([], 5, 1)


def test_pairs_are_taken_where_the_answers_differ_and_their_order_is_drawn(tmp_path: Path) -> None:
    for name, word in (("one", "甲"), ("two", "乙")):
        lines = [line(f"{n}", answer=f"{word}{n}" if n else "同じ") for n in range(21)]
        run = run_of(*lines)
        prediction_file.write(tmp_path / f"{name}.jsonl", run.header, run.lines, run.articles)
    pairs = of_pair(tmp_path / "one.jsonl", tmp_path / "two.jsonl", 50, 1)
    assert len(pairs) == 20
    assert {pair.answers[0]["text"][0] for pair in pairs} == {"甲", "乙"}


def test_a_run_and_conversations_are_sampled_with_what_raters_may_see_apart(town: Database, tmp_path: Path) -> None:
    run = run_of(line("1"), line("2", outcome="hand_over"))
    prediction_file.write(tmp_path / "run.jsonl", run.header, run.lines, run.articles)
    assert {sample.stratum for sample in of_run(tmp_path / "run.jsonl", 10, 1)} == {"answer", "hand_over"}
    with town.write() as session:
        talk = conversations.start(session, CODE)
        asked = conversations.append(session, talk, "resident", "住民票はいくらですか")
        shown = {
            "answer": "300円です。",
            "status": "answered",
            "outcome": "answer",
            "sources": [{"title": "住民票"}],
            "snapshot": "v1",
        }
        conversations.append(session, talk, "desk", "300円です。", answer=shown, reply_to=asked.id)
    with town.read() as session:
        (sample,) = of_conversations(session, CODE, now() - timedelta(days=1), 10, 1)
    assert (sample.question, sample.answers[0]["text"], sample.hidden["system"]) == ("住民票はいくらですか", "300円です。", "v1")
    assert "v1" not in str(sample.answers)
