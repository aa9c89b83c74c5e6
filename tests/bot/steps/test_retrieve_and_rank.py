"""Candidates in force on the day of the question, ordered by words and meaning; ties in the order of their ids."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from small_knowledge import TODAY, question

from bot.steps.rank import DENSE_WEIGHT, FOLLOWED, fused, rank
from bot.steps.retrieve import retrieve
from bot.steps.understand import understand
from bot.turn import Services, Topic, Turn
from indexer.search import Found, SearchIndex


def ranked(services: Services, *topics: Topic, on: date = TODAY) -> list[Topic]:
    asked = replace(question(topics[0].text), asked_on=on)
    return list(rank(retrieve(Turn(asked, topics=topics), services), services).topics)


def ids(topic: Topic) -> list[str]:
    return [r.candidate.article.id for r in topic.ranked]


def test_the_article_that_was_asked_for_comes_first(services: Services) -> None:
    first, second = ranked(services, Topic("実印の登録"), Topic("犬の登録料"))
    assert ids(first)[0] == "seal"
    assert ids(second)[0] == "dog"
    scores = [r.score for r in first.ranked]
    assert scores == sorted(scores, reverse=True)


def test_a_score_adds_words_and_meaning_in_standard_deviations(services: Services) -> None:
    (topic,) = ranked(services, Topic("犬の登録料"))
    best, index = topic.ranked[0], services.index
    c = best.candidate
    dense = (c.question + c.body - index.dense_mean) / index.dense_deviation
    assert best.score == fused(c, index) == pytest.approx(c.lexical + DENSE_WEIGHT * dense)


def test_articles_not_in_force_on_the_day_are_no_candidates(services: Services) -> None:
    asked = Topic("灯油の助成を受けたい")
    (before,), (after,) = ranked(services, asked), ranked(services, asked, on=date(2026, 12, 1))
    assert "heating-subsidy" not in ids(before)
    assert before.found
    assert ("heating-subsidy", "not in force") in before.found.rejected
    assert ids(after)[0] == "heating-subsidy"


def test_what_the_conversation_was_about_gains_in_a_follow_up(services: Services) -> None:
    (alone,), (following,) = ranked(services, Topic("手数料")), ranked(services, Topic("手数料", follows=("dog",)))
    scores = [next(r.score for r in t.ranked if r.candidate.article.id == "dog") for t in (alone, following)]
    assert scores[1] == pytest.approx(scores[0] + FOLLOWED)


def test_the_pressed_article_comes_first_whatever_its_score(services: Services) -> None:
    (topic,) = ranked(services, Topic("犬の登録の届け出", chosen="birth"))
    assert ids(topic)[0] == "birth"


def test_equal_scores_are_ordered_by_id(services: Services) -> None:
    (topic,) = ranked(services, Topic("ペンギン"))  # no word and no axis in common: all scores are equal
    assert len({r.score for r in topic.ranked}) == 1
    assert ids(topic) == sorted(ids(topic))


def test_what_was_looked_up_to_understand_a_message_is_not_looked_up_again(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    searched: list[str] = []
    search = SearchIndex.search

    def spy(self: SearchIndex, text: str, on: date) -> Found:
        searched.append(text)
        return search(self, text, on)

    monkeypatch.setattr(SearchIndex, "search", spy)
    turn = understand(Turn(question(two := "印鑑登録をしたい。犬を飼い始めたらどうする？"), text=two), services)
    found = retrieve(turn, services)
    assert all(topic.found for topic in found.topics)
    assert len(found.topics) == 2
    assert len(searched) == len(set(searched)) >= 2
