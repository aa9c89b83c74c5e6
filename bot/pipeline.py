"""The path of a question: the steps in order, each timed, and one early exit."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

from bot.answer import Answer
from bot.question import Question
from bot.steps.check import check
from bot.steps.compose import compose
from bot.steps.decide import decide
from bot.steps.generate import generate
from bot.steps.rank import rank
from bot.steps.rerank import rerank
from bot.steps.retrieve import retrieve
from bot.steps.screen import screen, with_card
from bot.steps.sort_waste import sort_waste
from bot.steps.understand import understand
from bot.turn import Services, Turn

Step = Callable[[Turn, Services], Turn]

STEPS: tuple[Step, ...] = (
    screen, understand, retrieve, rank, rerank, decide, sort_waste, compose, generate, check,
)  # fmt: skip


def run(question: Question, services: Services) -> Answer:
    """Answer one message. A step that sets `turn.answer` early ends the way; `check` always does.

    Raises whatever a step raises: the caller turns that into the `failed` ending.
    """
    return traced(question, services)[0]


def traced(question: Question, services: Services) -> tuple[Answer, Turn]:
    """As `run`, with the last turn beside it: what was found, how it was ranked and decided, for staff to see."""
    turn = Turn(question)
    ms: dict[str, float] = {}
    for step in STEPS:
        started = time.perf_counter()
        turn = step(turn, services)
        ms[step.__name__] = round((time.perf_counter() - started) * 1000, 3)
        if turn.answer is not None:
            break
    if turn.answer is None:
        raise RuntimeError("the last step of the pipeline left no answer")
    answer = with_card(turn.answer, turn.emergency) if turn.emergency else turn.answer
    return replace(answer, ms=ms, snapshot=services.index.snapshot.version), turn
