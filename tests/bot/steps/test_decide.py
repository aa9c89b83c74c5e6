"""Answer, ask back or hand over, at the thresholds of a model made by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest
from small_knowledge import ARTICLES, CERTIFICATE, MODEL, question

from bot.answer import Status
from bot.decision import DecisionModel, Thresholds
from bot.steps.decide import decide
from bot.turn import Ranked, Services, Topic, Turn
from indexer.search import Candidate, Found
from knowledge.articles import Article

# p = 1 / (1 + exp(-x)) with x the cosine with the question: 0.4055 is 0.6, -1.3863 is 0.2, 2.9444 is 0.95.
LOGIT = DecisionModel(
    mean=(0.0,) * 7, scale=(1.0,) * 7, weights=(0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0), bias=0.0,
    thresholds=MODEL.thresholds | {"ordinary": Thresholds(0.6, 0.2), "high_stakes": Thresholds(0.95, 0.2)}, high_stakes=frozenset({"税"}),
)  # fmt: skip
TAX = next(a for a in ARTICLES if a.category == "税")


def decided(
    services: Services, x: float, article: Article = CERTIFICATE, others: int = 1, coverage: float = 1.0, **topic: object
) -> Topic:
    candidates = [Candidate(a, 0.0, x, 0.0, coverage) for a in (article, *ARTICLES[4 : 4 + others])]
    ranked = tuple(Ranked(c, 10.0 - at) for at, c in enumerate(candidates))
    asked = Topic("住民票", found=Found(tuple(candidates), (), ("住民", "票"), ()), ranked=ranked, **topic)  # type: ignore[arg-type]
    turn = Turn(question("住民票"), topics=(asked,))
    return decide(turn, replace(services, decision=LOGIT)).topics[0]


@pytest.mark.parametrize(
    ("x", "status"),
    [
        (0.41, Status.ANSWERED),
        (0.40, Status.ASKED_BACK),
        (-1.38, Status.ASKED_BACK),
        (-1.39, Status.UNSURE),
        (-9.0, Status.UNSURE),
    ],
)
def test_the_thresholds_divide_answer_question_back_and_person(services: Services, x: float, status: Status) -> None:
    assert decided(services, x).status == status


@pytest.mark.parametrize(("x", "status"), [(2.94, Status.ASKED_BACK), (2.95, Status.ANSWERED)])
def test_topics_of_high_stakes_need_more(services: Services, x: float, status: Status) -> None:
    assert decided(services, x, article=TAX).status == status


def test_the_probability_goes_with_the_topic(services: Services) -> None:
    assert decided(services, 0.0).probability == pytest.approx(0.5)


def test_one_candidate_alone_is_no_choice(services: Services) -> None:
    assert decided(services, 0.0, others=0).status == Status.UNSURE


@pytest.mark.parametrize(("coverage", "status"), [(0.19, Status.OUT_OF_SCOPE), (0.21, Status.UNSURE)])
def test_a_question_of_unfamiliar_words_is_not_the_desks_field(services: Services, coverage: float, status: Status) -> None:
    assert decided(services, -3.0, coverage=coverage).status == status


@pytest.mark.parametrize(("coverage", "status"), [(0.34, Status.UNSURE), (0.36, Status.ASKED_BACK)])
def test_articles_that_miss_the_subject_are_not_offered(services: Services, coverage: float, status: Status) -> None:
    assert decided(services, 0.0, coverage=coverage).status == status


def test_nothing_found_is_not_the_desks_field(services: Services) -> None:
    turn = decide(Turn(question("宇宙"), topics=(Topic("宇宙", found=Found((), (), (), ())),)), services)
    assert (turn.topics[0].status, turn.topics[0].probability) == (Status.OUT_OF_SCOPE, 0.0)


def test_what_was_decided_before_stays(services: Services) -> None:
    assert decided(services, 5.0, status=Status.PERSON_REQUESTED).status == Status.PERSON_REQUESTED


def test_the_article_a_resident_pressed_is_certain(services: Services) -> None:
    topic = decided(services, -9.0, chosen=CERTIFICATE.id)
    assert (topic.status, topic.probability) == (Status.ANSWERED, 1.0)


def test_a_pressed_article_that_is_no_candidate_makes_nothing_certain(services: Services) -> None:
    assert decided(services, -9.0, chosen="gone").status == Status.UNSURE
