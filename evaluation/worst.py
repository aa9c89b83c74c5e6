"""The answers of a run that most need a person's look, with everything needed to understand them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from bot.answer import Outcome, Status
from evaluation.prediction_file import Line, Run
from evaluation.question_measures import Values, per_question

SHOWN = 50
GRAVITY = {
    "failed": 100.0, "unanswerable": 90.0, "forbidden": 85.0, "wrong": 80.0, "ungrounded": 75.0, "fact": 50.0, "incomplete": 40.0,
    "not_served": 30.0, "facet": 20.0,
}  # fmt: skip
"""What is wrong with an answer, the gravest first: what costs a resident most stands on top."""


@dataclass(frozen=True)
class Bad:
    """An answer with its problems (keys of GRAVITY, gravest first); titles by article id."""

    line: Line
    problems: tuple[str, ...]
    titles: Mapping[str, str]


def worst(run: Run, shown: int = SHOWN) -> list[Bad]:
    """The gravest first; of equally grave ones that of which the desk was surest."""
    values = per_question(run)
    titles = {key: title for key, (title, _) in run.articles.items()}
    found = [Bad(line, problems, titles) for line in run.lines if (problems := tuple(_problems(line, values)))]
    found.sort(key=lambda bad: (-GRAVITY[bad.problems[0]], -(bad.line.probability or 0.0), bad.line.item.key))
    return found[:shown]


def _problems(line: Line, values: Values) -> Iterator[str]:
    key = line.item.key

    def below(measure: str, least: float = 1.0) -> bool:
        return key in values[measure] and values[measure][key] < least

    if line.status is Status.FAILED:
        yield "failed"
    if line.item.hand_over and line.outcome is Outcome.ANSWER:
        yield "unanswerable"
    elif below("right"):
        yield "wrong"
    if below("nothing_forbidden"):
        yield "forbidden"
    if below("grounded"):
        yield "ungrounded"
    if below("facts_contained"):
        yield "fact"
    if below("complete"):
        yield "incomplete"
    if below("served"):
        yield "not_served"
    if below("facet_exact"):
        yield "facet"
