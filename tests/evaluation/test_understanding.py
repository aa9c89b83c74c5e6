"""A topic counts only with an outcome of its own, and nothing said may be in none."""

from __future__ import annotations

import json
from datetime import date

import pytest

from bot.answer import Answer, Source, Status, TopicAnswer, WorkedOut
from bot.question import Question
from evaluation import understanding
from evaluation.outcomes import dropped_words, holds, own_outcomes
from evaluation.worked_out import expected


def test_each_topic_gets_one_outcome_and_no_two_the_same() -> None:
    assert own_outcomes(["住民票", "印鑑証明の値段"], ["住民票の値段", "印鑑証明の値段"]) == [0, 1]
    assert own_outcomes(["粗大ごみ", "粗大ごみ"], ["粗大ごみ"]).count(None) == 1


def test_an_outcome_with_two_topics_is_nobodys_own() -> None:
    assert own_outcomes(["住民票", "印鑑証明の値段"], ["住民票と印鑑証明の値段"]) == [None, None]


def test_words_count_whatever_stands_between_them() -> None:
    assert holds("水道を止める電話番号", "水道 電話番号")
    assert not holds("水道を止める", "水道 電話番号")


def test_words_in_no_outcome_are_dropped_words_but_courtesies_are_none() -> None:
    assert dropped_words("こんにちは。住民票がほしい。あと粗大ごみ", ["住民票がほしい。"]) == ["粗大", "ごみ"] or dropped_words(
        "こんにちは。住民票がほしい。あと粗大ごみ", ["住民票がほしい。"]
    ) == ["粗大ごみ"]
    assert dropped_words("こんにちは。住民票がほしい。よろしくお願いします", ["住民票がほしい。"]) == []


def reply(*topics: TopicAnswer) -> Answer:
    return Answer("x", Status.ANSWERED, "x", topics=topics, sources=topics[0].sources, ranking=topics[0].ranking)


def test_a_follow_up_is_resolved_with_the_article_first_and_the_facet_answered() -> None:
    asked: list[Question] = []

    def ask(question: Question) -> Answer:
        asked.append(question)
        topic = TopicAnswer("x", Status.ANSWERED, "x", sources=(Source("a", "A"),), ranking=("a", "b"), facet="fee")
        return reply(topic)

    item = {"id": "1", "split": "tune", "conversation": ["住民票がほしい"], "text": "いくら？", "article": "a", "facet": "fee"}
    scored = understanding.follow_up(item, ask)
    assert scored.scores["follow-ups resolved"] == [1.0]
    assert [turn.article_ids for turn in asked[1].history] == [("a",)]
    assert understanding.follow_up({**item, "facet": "proxy"}, ask).scores["follow-ups resolved"] == [0.0]
    assert understanding.follow_up({**item, "article": "b"}, ask).scores["follow-ups resolved"] == [0.0]


def test_a_facet_is_exact_when_its_words_are_visible_and_nothing_else_leads() -> None:
    def ask(question: Question) -> Answer:
        return reply(TopicAnswer("x", Status.ANSWERED, "手数料：1通300円\n窓口は市民課です", ranking=("a",), facet="fee"))

    item = {
        "id": "1",
        "split": "test",
        "text": "いくら",
        "article": "a",
        "facet": "fee",
        "must": ["1通300円"],
        "must_not_lead": [],
    }
    assert understanding.facet(item, ask, "A").scores["facet exact"] == [1.0]
    assert understanding.facet({**item, "must_not_lead": ["窓口は"]}, ask, "A").scores["facet exact"] == [0.0]
    assert understanding.facet({**item, "must": ["200円"]}, ask, "A").scores["facet exact"] == [0.0]


def test_the_table_keeps_the_splits_apart_and_tells_their_size() -> None:
    scored = [
        understanding.Scored("facet", "1", "tune", {"facet exact": [1.0]}),
        understanding.Scored("facet", "2", "test", {"facet exact": [0.0]}),
    ]
    table = understanding.markdown(scored, "python -m evaluation understanding")
    assert "| facet exact | 1.000 [1.000–1.000] (n=1) | 0.000 [0.000–0.000] (n=1) |  | at least 0.92 |" in table


@pytest.mark.parametrize("name", ["multi_topic", "follow_up", "facet", "dates_ages"])
def test_every_item_of_the_sets_is_in_one_of_the_splits(name: str) -> None:
    items = list(understanding.read(name))
    assert {item["split"] for item in items} == {"tune", "test"}
    assert len({item["id"] for item in items}) == len(items)
    assert json.dumps(items)


def test_a_worked_out_line_is_right_only_with_the_result_that_is_expected() -> None:
    on = date(2026, 11, 25)
    line = WorkedOut("deadline", "14日以内", "", "2026-12-04", "2026-11-20")
    assert expected(line, "14日以内なので12月4日まで", on)
    assert not expected(line, "15日以内なので12月5日まで", on)
    assert expected(WorkedOut("age", "15歳以上", "", "outside", months=168), "15歳以上でないと登録できない", on)
    assert not expected(WorkedOut("age", "15歳以上", "", "inside", months=192), "対象外", on)
