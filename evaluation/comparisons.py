"""`python -m evaluation comparisons`: the desk beside BM25, a sentence encoder and Haystack, in one run on one machine."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np

from evaluation import machine, metrics, paired, runs
from evaluation.compared_sets import ComparedSet
from evaluation.competitors import COMPETITORS, Document, NotInstalled, Rank
from evaluation.measured import Measured, named
from evaluation.metrics import Score

COMMAND = "python -m evaluation comparisons"
BEGIN, END = "<!-- comparison -->", "<!-- end of comparison -->"
DESK = "the desk"
SHOWN = ("Recall@10", "nDCG@10", "Hit@1")
COMPARED_BY = ("Recall@10", "nDCG@10")
Build = Callable[[Sequence[Document]], Rank]


@dataclass(frozen=True)
class Ran:
    """What one system did with one set. `ms`: wall time of each question; `prepared`: seconds before the first one.

    `why` says why there is no ranking; then all else is empty.
    """

    questions: str
    system: str
    rankings: Mapping[str, Sequence[str]]
    ms: Sequence[float] = ()
    prepared: float = 0.0
    why: str = ""


@dataclass(frozen=True)
class Row:
    """A system's scores on a set, and how much better the desk is; both empty where there was no ranking."""

    ran: Ran
    scores: Mapping[str, Score]
    differences: Mapping[str, Score]

    def cells(self) -> str:
        if self.ran.why:
            return f"| {self.ran.system} | {self.ran.why} |" + " |" * (len(SHOWN) + len(COMPARED_BY) + 1)
        shown = [_interval(self.scores[name]) for name in SHOWN]
        ahead = [_interval(self.differences[name], "+") if self.differences else "" for name in COMPARED_BY]
        times = [f"{np.median(self.ran.ms):.1f} ms", f"{self.ran.prepared:.1f} s"]
        return f"| {' | '.join((self.ran.system, *shown, *ahead, *times))} |"

    def figures(self) -> Iterator[Measured]:
        """One a measure; one a difference, which is a unit of its own so that it is not pinned beside what it is made of."""
        place = (self.ran.questions, self.ran.system)
        for name in metrics.MEASURES:
            score = self.scores.get(name)
            yield Measured(named(*place, name), score.value if score else None, COMMAND, why=self.ran.why, more=_more(score))
        for name, score in self.differences.items():
            ahead = named(self.ran.questions, f"{DESK} - {self.ran.system}", name)
            yield Measured(ahead, score.value, COMMAND, "difference", more=_more(score))
        if self.ran.ms:
            yield Measured(named(*place, "time a question, median"), float(np.median(self.ran.ms)), COMMAND, "ms")


def compare(questions: ComparedSet, desk_run: Path, competitors: Mapping[str, Build] = COMPETITORS) -> list[Ran]:
    """Ask everybody every question of a set, the desk first. `desk_run` is where the desk's run goes. Raises CommandFailed."""
    _tell(f"{questions.name}: {DESK}")
    prepared = questions.ask_the_desk(desk_run)
    found = [desk(questions.name, desk_run, prepared)]
    for name, build in competitors.items():
        _tell(f"{questions.name}: {name}")
        found.append(ask(questions, name, build))
    return found


def desk(questions: str, run: Path, prepared: float) -> Ran:
    """The desk's part, from its run. Raises BadRun."""
    predictions = runs.read_run(run)
    return Ran(questions, DESK, {p.id: p.ranking for p in predictions}, [p.ms for p in predictions], prepared)


def ask(questions: ComparedSet, name: str, build: Build) -> Ran:
    """One competitor, one question at a time; one whose package is missing says so."""
    started = time.perf_counter()
    try:
        rank = build(questions.documents)
    except NotInstalled as missing:
        return Ran(questions.name, name, {}, why=str(missing))
    prepared = time.perf_counter() - started
    rankings, ms = {}, []
    for key, text in questions.questions.items():
        asked = time.perf_counter()
        rankings[key] = rank(text)
        ms.append((time.perf_counter() - asked) * 1000)
    return Ran(questions.name, name, rankings, ms, prepared)


def rows(questions: ComparedSet, ran: Sequence[Ran]) -> list[Row]:
    """Scores of each, and the desk's lead over each other one; questions on one article are resampled together."""
    values = [metrics.per_question(questions.judgements, one.rankings) for one in ran]
    ours = next(of for of, one in zip(values, ran, strict=True) if one.system == DESK)
    found = []
    for of, one in zip(values, ran, strict=True):
        scores, ahead = {}, {}
        if not one.why:
            scores = {m: paired.mean(m, _of(of, m), questions.groups) for m in metrics.MEASURES}
            if one.system != DESK:
                ahead = {m: paired.difference(m, _of(ours, m), _of(of, m), questions.groups) for m in COMPARED_BY}
        found.append(Row(one, scores, ahead))
    return found


def markdown(sets: Sequence[tuple[ComparedSet, Sequence[Row]]], skipped: str, typed: str) -> str:
    """A table for each set; `skipped` says which set was not there."""
    lines = [
        f"- measured on {datetime.now().astimezone():%Y-%m-%d}",
        f"- machine: {machine.describe()}; load average at the end {machine.load_average()}",
        f"- command: `{typed}`",
        *([f"- {skipped}"] if skipped else []),
    ]
    ahead = [f"{name}, {DESK} less this" for name in COMPARED_BY]
    heads = ("system", *SHOWN, *ahead, "time a question", "made ready in")
    for questions, found in sets:
        size = found[0].scores[SHOWN[0]].n
        lines += ["", f"**{questions.name}** ({questions.described}; scored over {size} questions)", ""]
        lines += [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|", *(row.cells() for row in found)]
    return "\n".join(lines) + "\n"


def lines(ran: Sequence[Ran]) -> str:
    """Every ranking as JSON lines, from which all scores can be taken again."""
    records = (
        {"set": one.questions, "system": one.system, "id": key, "ranking": list(ranking)[: metrics.DEPTH]}
        for one in ran
        for key, ranking in one.rankings.items()
    )
    return "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)


def _of(values: Mapping[str, Mapping[str, float]], measure: str) -> dict[str, float]:
    return {question: of[measure] for question, of in values.items()}


def _more(score: Score | None) -> dict[str, float | int | None]:
    return {"low": score.low, "high": score.high, "n": score.n} if score else {}


def _interval(score: Score, sign: str = "") -> str:
    if score.value is None:
        return "undefined"
    return f"{score.value:{sign}.3f} [{score.low:{sign}.3f}, {score.high:{sign}.3f}]"


def _tell(doing: str) -> None:
    print(f"comparisons: {doing}", file=sys.stderr, flush=True)
