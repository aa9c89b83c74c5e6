"""What is worked out is a line of its own, marked, quoted from the article and proven again before it is shown."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from small_knowledge import MOVING_IN, services_of

from bot import pipeline
from bot.answer import Status
from bot.facets import recognise
from bot.question import PastTurn, Question
from bot.steps.check import check
from bot.steps.compose import from_article
from bot.turn import Topic, Turn
from bot.worked_out import proven

TODAY = date(2026, 11, 25)
SAID = "11月20日に引っ越してきました。いつまでですか"


@pytest.fixture(scope="module")
def services():  # type: ignore[no-untyped-def]
    return services_of()


def answered(services, said: str = SAID):  # type: ignore[no-untyped-def]
    return from_article(Topic(said, recognise(said), said=said, probability=0.9), MOVING_IN, services, "ja", TODAY)


def test_the_line_tells_the_rule_and_the_day_with_its_weekday(services) -> None:  # type: ignore[no-untyped-def]
    answer = answered(services)
    (worked,) = answer.worked_out
    assert worked.rule in MOVING_IN.procedure.deadline
    assert (worked.kind, worked.day, worked.result) == ("deadline", "2026-11-20", "2026-12-04")
    assert "12月4日（金）" in worked.text
    assert worked.text in answer.answer.split("\n")


def test_a_deadline_that_has_passed_is_told_kindly_and_with_what_to_do(services) -> None:  # type: ignore[no-untyped-def]
    (worked,) = answered(services, "11月1日に引っ越してきました").worked_out
    assert "過ぎています" in worked.text
    assert "ご相談ください" in worked.text


def test_without_a_day_nothing_is_worked_out(services) -> None:  # type: ignore[no-untyped-def]
    assert answered(services, "引っ越してきました。いつまでですか").worked_out == ()


def test_it_is_shown_through_the_whole_desk(services) -> None:  # type: ignore[no-untyped-def]
    history = (PastTurn(SAID, Status.ASKED_BACK),)
    question = Question(MOVING_IN.municipality, MOVING_IN.title, TODAY, "ja", "web", history, MOVING_IN.id)
    reply = pipeline.run(question, services)
    assert reply.status is Status.ANSWERED
    assert reply.to_json()["topics"][0]["worked_out"][0]["result"] == "2026-12-04"
    assert "12月4日（金）" in reply.answer


@pytest.mark.parametrize(
    "wrong",
    [{"result": "2026-12-05"}, {"rule": "引っ越した日から15日以内"}, {"day": "2026-11-21"}, {"kind": "age", "months": 100}],
)
def test_what_cannot_be_proven_again_is_not_shown(services, wrong: dict[str, object]) -> None:  # type: ignore[no-untyped-def]
    answer = answered(services)
    forged = replace(answer.worked_out[0], **wrong)
    assert proven(answer.worked_out[0], MOVING_IN, services)
    assert not proven(forged, MOVING_IN, services)
    topic = Topic(SAID, answer=replace(answer, worked_out=(forged,)))
    turn = check(Turn(Question(MOVING_IN.municipality, SAID, TODAY), topics=(topic,)), services)
    assert turn.answer
    assert turn.answer.status is Status.UNSURE


def test_a_number_that_was_not_worked_out_still_needs_its_source(services) -> None:  # type: ignore[no-untyped-def]
    answer = answered(services)
    topic = Topic(SAID, answer=replace(answer, answer=f"{answer.answer}\n期限は12月9日です。"))
    turn = check(Turn(Question(MOVING_IN.municipality, SAID, TODAY), topics=(topic,)), services)
    assert turn.answer
    assert turn.answer.status is Status.UNSURE
