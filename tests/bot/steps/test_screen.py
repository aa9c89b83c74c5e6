"""The first step: what nobody may see is masked, what cannot wait is answered, what cannot be read is refused."""

from __future__ import annotations

from dataclasses import replace

import pytest
from small_knowledge import question

from bot.answer import Outcome, Status
from bot.steps.screen import mask_text, screen
from bot.turn import Services, Turn


def screened(services: Services, words: str, **more: object) -> Turn:
    return screen(Turn(question(words, **more)), services)


def test_a_question_goes_on_without_its_personal_data(services: Services) -> None:
    turn = screened(services, "090-1234-5678に電話ください。住民票はいくらですか")
    assert turn.answer is None
    assert "090" not in turn.text
    assert turn.masked == ("電話番号",)
    assert turn.text.endswith("住民票はいくらですか")


def test_the_towns_own_telephone_numbers_stay(services: Services) -> None:
    turn = screened(services, "099-000-3110と099-000-9999のどちらですか")
    assert "099-000-3110" in turn.text
    assert "099-000-9999" not in turn.text


def test_names_are_looked_for_with_the_second_look_only_where_there_is_one(services: Services) -> None:
    with_names = replace(services, person_names=lambda text: [(0, 2)] if text.startswith("田中") else [])
    assert mask_text("田中さんの住民票", with_names).text.startswith("［氏名］")
    assert mask_text("田中さんの住民票", services).text == "田中さんの住民票"


def test_the_towns_own_districts_are_no_names_of_people(services: Services) -> None:
    whole = replace(services, person_names=lambda text: [(0, len(text.removesuffix("です")))])
    assert mask_text("桜台です", whole).text == "桜台です"
    assert mask_text("こはる町", whole).text == "こはる町"
    assert mask_text("桜子です", whole).text == "［氏名］です"


def test_hidden_characters_are_gone(services: Services) -> None:
    assert screened(services, "住民\u200b票\u202eは\u00ad？").text == "住民票は？"


@pytest.mark.parametrize("words", ["", "   ", "。。。", "？！", "\u200b\u200d", "🙂"])
def test_a_message_without_a_letter_is_refused_with_whom_to_ask(services: Services, words: str) -> None:
    answer = screened(services, words).answer
    assert answer
    assert (answer.status, answer.outcome, answer.question) == (Status.REJECTED_INPUT, Outcome.NOTICE, "")
    assert answer.contact
    assert answer.contact.department == "総合案内"
    assert "099-000-3100" in answer.answer
    assert answer.handoff_offered


def test_a_message_of_the_greatest_length_passes_and_a_longer_one_says_the_limit(services: Services) -> None:
    assert screened(services, "あ" * 1000).answer is None
    refused = screened(services, "あ" * 1001).answer
    assert refused
    assert refused.status == Status.REJECTED_INPUT
    assert "1000文字" in refused.answer


def test_an_emergency_ends_the_turn_with_its_card(services: Services) -> None:
    answer = screened(services, "もう死にたい。090-1234-5678").answer
    assert answer
    assert answer.status == Status.EMERGENCY
    assert answer.emergency
    assert answer.emergency.kind == "suicide"
    assert answer.answer == "\n".join(answer.emergency.lines)
    assert any(number["number"] for number in answer.emergency.numbers)
    assert "090-1234-5678" not in answer.question
    assert answer.masked == ("電話番号",)


@pytest.mark.parametrize("language", ["en", "vi", "zh-Hans"])
def test_a_card_in_another_language_is_shown_in_it(services: Services, language: str) -> None:
    answer = screened(services, "助けて！家が火事です", language=language).answer
    assert answer
    assert answer.emergency
    assert answer.emergency.language == language
    assert answer.language == language
