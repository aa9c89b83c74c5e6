"""The outside check of facts: finds what is planted, knows each kind of lie, and finds nothing in honest answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from small_knowledge import CONTENT, DEPARTMENTS, MOVING_IN, TODAY, services_of

from bot import pipeline
from bot.answer import Answer, Section, Source, Status, TopicAnswer
from bot.question import Question
from evaluation.adversaries import Liar, honest, liars
from evaluation.check_facts import Counts, ask_everything, look_at, plant, record, report
from evaluation.claims import facts, missing

SOURCE = record(MOVING_IN, DEPARTMENTS[1])


def test_every_planted_error_is_found() -> None:
    assert plant(CONTENT) == []


def test_an_article_that_is_its_own_source_is_supported() -> None:
    assert missing(MOVING_IN.body, SOURCE) == []
    assert missing("電話 099-000-3110、14日以内、8時30分から", SOURCE) == []


@pytest.mark.parametrize(
    "error", ["15日以内", "14円", "2円", "8時45分", "099-000-3120", "https://pay.example/now", "令和9年4月1日", "三百円", "3.5倍"]
)
def test_an_error_of_each_kind_is_found(error: str) -> None:
    assert missing(f"転入届は{error}です", SOURCE)


def test_claims_are_read_whole_and_in_parts() -> None:
    assert set(facts("1,500円を2026年4月1日までに０９９−０００−１１１０へ")) >= {"1500円", "2026年4月1日", "099-000-1110"}


def answered(text: str, **more: object) -> Answer:
    topic = TopicAnswer("x", Status.ANSWERED, text, sources=(Source(MOVING_IN.id, MOVING_IN.title),))
    return Answer("x", Status.ANSWERED, text, topics=(replace(topic, **more),))  # type: ignore[arg-type]


def test_answers_and_their_folded_parts_are_looked_at() -> None:
    counts = Counts()
    look_at(answered("14日以内です"), CONTENT, counts)
    assert (counts.pairs, counts.unsupported) == (1, [])
    look_at(answered("14日以内です", sections=(Section("", "手数料は987円です", folded=True),)), CONTENT, counts)
    assert counts.unsupported == [(MOVING_IN.id, "987円")]
    assert "unsupported claims: 1" in report(counts)


def asker(unguarded: bool = False) -> Callable[[Question, Liar | None], Answer]:
    services = services_of()

    def ask(question: Question, liar: Liar | None) -> Answer:
        reply = pipeline.run(question, replace(services, generator=liar))
        if not (unguarded and liar and liar.told and reply.topics):
            return reply
        # A desk that believes its generator: what the check of facts must notice.
        return replace(reply, topics=(replace(reply.topics[0], answer=liar.told), *reply.topics[1:]))

    return ask


def test_honest_answers_hold_and_no_lie_is_shown() -> None:
    counts = Counts()
    ask_everything(asker(), CONTENT, counts, TODAY, CONTENT.articles[:5])
    assert counts.pairs > 150
    assert counts.claims > 1000
    assert counts.endings["answered"] > 100
    assert (counts.unsupported, counts.breaches) == ([], [])
    assert counts.shown["honest"] > 0.5 * counts.tried["honest"]
    assert len(counts.tried) > 15


def test_a_desk_that_believes_its_generator_is_found_out() -> None:
    counts = Counts()
    ask_everything(asker(unguarded=True), CONTENT, counts, TODAY, CONTENT.articles[:2])
    assert {name for name, _ in counts.breaches} >= {"invents a fee", "adds a sentence", "writes HTML", "turns a statement round"}
    assert {claim for _, claim in counts.unsupported} >= {"987円", "0120-987-654", "https://pay.example/now"}


@pytest.mark.parametrize("liar", [honest(), *liars()], ids=lambda liar: liar.name)
def test_a_liar_tells_another_text_or_nothing(liar: Liar) -> None:
    text = "必要なもの：申請書、印鑑\n会員に限り、窓口では300円、郵送では500円です。4月1日から14日以内に、9:00まで。オンラインではできません。"
    told = liar.doctor(text)
    assert told is not None
    assert told != text
