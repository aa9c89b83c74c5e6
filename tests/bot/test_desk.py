"""The desk serves every town that has an index, takes up new ones while it runs, and always has a reply."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import structlog
from small_index import SmallIndexes, settings_of, small_indexes
from small_knowledge import CODE, CONTENT, question

from bot import desk as desk_module
from bot import logs, pipeline
from bot.answer import Outcome, Status
from bot.desk import Desk, UnknownMunicipality
from bot.turn import Services, Turn

RENAMED = replace(CONTENT, municipality=replace(CONTENT.municipality, name="あたらし町"))
OTHER = replace(CONTENT, municipality=replace(CONTENT.municipality, code="990043", name="みなみ町"))


@pytest.fixture(autouse=True)
def logging_as_served() -> Iterator[None]:
    """Without it a traceback with every variable would be drawn for each step that breaks."""
    logs.configure("ERROR")
    yield
    structlog.reset_defaults()


@pytest.fixture
def indexes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SmallIndexes:
    return small_indexes(tmp_path, monkeypatch)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(settings_of(tmp_path))


def greeting(desk: Desk) -> str:
    return desk.ask(question("こんにちは")).answer


def test_a_new_desk_is_light_and_serves_nobody(desk: Desk, indexes: SmallIndexes) -> None:
    indexes.put("1")
    assert desk.ready() == {}
    assert indexes.opened == []
    with pytest.raises(UnknownMunicipality, match=rf"{CODE}.*python -m indexer build --municipality {CODE}"):
        desk.ask(question("住民票がほしい"))


def test_warming_up_without_any_index_is_no_error(desk: Desk) -> None:
    desk.warm_up(watch=False)
    assert desk.ready() == {}


def test_every_town_with_an_index_is_served_from_its_own(desk: Desk, indexes: SmallIndexes) -> None:
    indexes.put("1")
    indexes.put("2", OTHER, "990043")
    desk.warm_up(watch=False)
    assert desk.ready() == {CODE: "1", "990043": "2"}
    assert "こはる町" in greeting(desk)
    assert "みなみ町" in desk.ask(question("こんにちは", municipality="990043")).answer
    answer = desk.ask(question("住民票がほしい"))
    assert (answer.status, answer.snapshot) == (Status.ANSWERED, "1")


def test_a_new_index_is_taken_up_and_an_old_one_opened_once(desk: Desk, indexes: SmallIndexes) -> None:
    indexes.put("1")
    for _ in range(3):
        desk.refresh()
    indexes.put("2", RENAMED)
    for _ in range(3):
        desk.refresh()
    assert desk.ready() == {CODE: "2"}
    assert "あたらし町" in greeting(desk)
    assert indexes.opened == ["1", "2"]


def test_a_rollback_is_taken_up_too(desk: Desk, indexes: SmallIndexes) -> None:
    indexes.put("1")
    indexes.put("2", RENAMED)
    desk.refresh()
    desk_module.snapshot.activate(indexes.root / CODE, "1")
    desk.refresh()
    assert desk.ready() == {CODE: "1"}


def test_a_broken_index_leaves_the_one_that_is_served_and_is_tried_once(desk: Desk, indexes: SmallIndexes) -> None:
    indexes.put("1")
    desk.refresh()
    indexes.put("2", None)
    for _ in range(3):
        desk.refresh()
    assert desk.ready() == {CODE: "1"}
    assert desk.ask(question("住民票がほしい")).status == Status.ANSWERED
    assert indexes.opened == ["1", "2"]
    indexes.put("3", RENAMED)
    desk.refresh()
    assert desk.ready() == {CODE: "3"}


def test_a_start_on_a_broken_index_serves_the_newest_whole_one(desk: Desk, indexes: SmallIndexes) -> None:
    for version, content in (("1", CONTENT), ("2", RENAMED), ("3", None), ("4", None)):
        indexes.put(version, content)
    desk.warm_up(watch=False)
    assert desk.ready() == {CODE: "2"}


def test_a_running_desk_looks_for_new_indexes_by_itself(desk: Desk, indexes: SmallIndexes) -> None:
    indexes.put("1")
    desk.warm_up()
    indexes.put("2", RENAMED)
    deadline = time.monotonic() + 10
    while desk.ready() != {CODE: "2"} and time.monotonic() < deadline:
        time.sleep(0.02)
    assert desk.ready() == {CODE: "2"}


@pytest.mark.parametrize("step", range(len(pipeline.STEPS)), ids=[step.__name__ for step in pipeline.STEPS])
def test_a_step_that_breaks_still_gives_a_reply_with_whom_to_ask(
    desk: Desk, indexes: SmallIndexes, step: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    indexes.put("1")
    desk.refresh()

    def broken(turn: Turn, services: Services) -> Turn:
        raise ZeroDivisionError("broke")

    monkeypatch.setattr(pipeline, "STEPS", (*pipeline.STEPS[:step], broken, *pipeline.STEPS[step + 1 :]))
    answer = desk.ask(question("090-1234-5678の住民票がほしい"))
    assert (answer.status, answer.outcome) == (Status.FAILED, Outcome.HAND_OVER)
    assert answer.handoff_offered
    assert answer.contact
    assert answer.contact.phone in answer.answer
    assert answer.question == "［電話番号］の住民票がほしい"


def test_what_broke_is_logged_once_and_without_the_residents_words(
    desk: Desk, indexes: SmallIndexes, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    logs.configure("INFO")
    indexes.put("1")
    desk.refresh()

    def broken(turn: Turn, services: Services) -> Turn:
        raise ZeroDivisionError(turn.text)

    monkeypatch.setattr(pipeline, "STEPS", (*pipeline.STEPS[:1], broken))
    desk.ask(question("ペンギンの国籍"))
    logged = capsys.readouterr().err
    assert logged.count("pipeline_failed") == 1
    assert "ZeroDivisionError" in logged
    assert "ペンギン" not in logged


def test_what_cannot_be_masked_is_not_kept(desk: Desk, indexes: SmallIndexes, monkeypatch: pytest.MonkeyPatch) -> None:
    indexes.put("1")
    desk.refresh()

    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("mask broke")

    monkeypatch.setattr("bot.steps.screen.mask", broken)
    answer = desk.ask(question("090-1234-5678の住民票がほしい"))
    assert (answer.status, answer.question) == (Status.FAILED, "")
    assert "090" not in str(answer.to_json())


def test_a_broken_search_for_names_loses_neither_the_reply_nor_the_mask(
    desk: Desk, indexes: SmallIndexes, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(text: str) -> list[tuple[int, int]]:
        raise RuntimeError("no model")

    monkeypatch.setattr(desk_module, "person_names", broken)
    monkeypatch.setattr(desk_module, "ginza", lambda: None)
    desk = Desk(settings_of(indexes.root.parent).model_copy(update={"ner": True}))
    indexes.put("1")
    desk.warm_up(watch=False)
    answer = desk.ask(question("090-1234-5678の住民票がほしい"))
    assert (answer.status, answer.question) == (Status.FAILED, "［電話番号］の住民票がほしい")


def test_screening_alone_gives_a_card_a_refusal_or_nothing(desk: Desk, indexes: SmallIndexes) -> None:
    indexes.put("1")
    desk.refresh()
    urgent = desk.screen(question("もう死にたい"))
    assert urgent
    assert urgent.status == Status.EMERGENCY
    refused = desk.screen(question("？"))
    assert refused
    assert refused.status == Status.REJECTED_INPUT
    assert desk.screen(question("住民票がほしい")) is None


def test_masking_works_for_a_town_with_and_without_an_index(desk: Desk, indexes: SmallIndexes) -> None:
    said = "090-1234-5678か099-000-3110へ"
    assert desk.mask("131016", said).kinds == ("電話番号",)
    indexes.put("1")
    desk.refresh()
    assert "099-000-3110" in desk.mask(CODE, said).text  # the town's own number
    assert "1234" not in desk.mask(CODE, said).text


def test_many_threads_are_answered_as_one_is(desk: Desk, indexes: SmallIndexes) -> None:
    indexes.put("1")
    desk.refresh()
    words = ["住民票がほしい", "転入届を出したい", "フライパンの捨て方", "犬を飼い始めた"] * 10
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda w: desk.ask(question(w)), words))
    assert [replace(a, ms={}) for a in answers] == [replace(desk.ask(question(w)), ms={}) for w in words]
    assert {a.status for a in answers} == {Status.ANSWERED}
