"""A run: the JSON lines that `python -m bot.ask --batch` writes. Everything reported is computed from it alone."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.answer import Outcome, Status
from evaluation import metrics
from evaluation.datasets import Judgements
from evaluation.metrics import Score


class BadRun(ValueError):
    """A line of the run cannot be read; the message names file and line."""


@dataclass(frozen=True)
class Prediction:
    """What the desk did with one question. `offered` are the articles among its choices; `ms` is wall time."""

    id: str
    outcome: Outcome
    status: Status
    ranking: tuple[str, ...]
    cited: tuple[str, ...]
    offered: tuple[str, ...]
    snapshot: str
    ms: float


@dataclass(frozen=True)
class RunReport:
    """`missing`: judged questions that the run does not have; they count as not found.

    `alarmed`: judged questions that got an emergency card; an article answers them, so nearly all are false alarms.
    """

    scores: tuple[Score, ...]
    outcomes: Mapping[str, int]
    statuses: Mapping[str, int]
    answered_right: Score
    asked_back_right: Score
    alarmed: Score
    missing: int
    questions: int
    snapshots: tuple[str, ...]


def read_run(path: Path) -> list[Prediction]:
    """Raises BadRun, OSError."""
    return list(_read(path))


def report(judgements: Judgements, predictions: Sequence[Prediction]) -> RunReport:
    """All figures of a run; a prediction for a question without judgements counts in the outcomes only."""
    judged = [p for p in predictions if any(grade > 0 for grade in judgements.get(p.id, {}).values())]
    known = {p.id for p in predictions}
    return RunReport(
        scores=tuple(metrics.scores(judgements, {p.id: p.ranking for p in predictions})),
        outcomes={o.value: count for o in Outcome if (count := sum(p.outcome is o for p in predictions))},
        statuses=dict(Counter(p.status.value for p in predictions).most_common()),
        answered_right=_share("answered from a judged article", judgements, judged, Outcome.ANSWER),
        asked_back_right=_share("asked back with a judged article to choose", judgements, judged, Outcome.ASK_BACK),
        alarmed=metrics.mean("taken for an emergency", [float(p.status is Status.EMERGENCY) for p in judged]),
        missing=sum(question not in known for question in judgements),
        questions=len(predictions),
        snapshots=tuple(sorted({p.snapshot for p in predictions})),
    )


def _share(name: str, judgements: Judgements, predictions: Sequence[Prediction], outcome: Outcome) -> Score:
    """Of the questions with this outcome, how many showed the resident a relevant article."""
    shown = [(judgements[p.id], p.cited if outcome is Outcome.ANSWER else p.offered) for p in predictions if p.outcome is outcome]
    return metrics.mean(name, [float(any(grades.get(article, 0) > 0 for article in articles)) for grades, articles in shown])


def _read(path: Path) -> Iterator[Prediction]:
    seen = set()
    with path.open(encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            try:
                prediction = _prediction(json.loads(line))
            except (ValueError, KeyError, TypeError) as error:
                raise BadRun(f"{path}:{number}: not a line of a run: {error!r}") from error
            if prediction.id in seen:
                raise BadRun(f"{path}:{number}: question {prediction.id} came before")
            seen.add(prediction.id)
            yield prediction


def _prediction(data: Mapping[str, Any]) -> Prediction:
    return Prediction(
        id=str(data["id"]),
        outcome=Outcome(data["outcome"]),
        status=Status(data["status"]),
        ranking=tuple(map(str, data["ranking"])),
        cited=tuple(str(source["id"]) for source in data["sources"]),
        offered=tuple(str(c["article"]) for c in data["choices"] if c["article"] is not None),
        snapshot=str(data["snapshot"]),
        ms=float(data["ms"]),
    )
