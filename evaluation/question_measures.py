"""What each question of a run scored, from the run's file alone: measure -> question -> value.

A question counts in a measure only where the measure says something about it; where it does not, it is left out, not 0.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from statistics import mean

from bot.answer import Outcome, Status
from evaluation import metrics
from evaluation.claims import facts, missing
from evaluation.prediction_file import Line, Run
from indexer.text import normalise

Values = Mapping[str, Mapping[str, float]]

NOT_ANSWERED = frozenset({Outcome.HAND_OVER, Outcome.NOTICE, Outcome.ASK_BACK})
HIGHER_IS_BETTER = {
    "recall@1": True, "recall@5": True, "recall@10": True, "ndcg@10": True, "mrr@10": True, "hit@1": True, "hit@3": True,
    "hit@5": True, "right": True, "served": True, "facts_contained": True, "nothing_forbidden": True, "grounded": True,
    "facet_exact": True, "complete": True, "length": False, "unanswerable_left": True, "handed_over_rightly": True,
    "handed_over_found": True, "no_failure": True, "ms": False,
}  # fmt: skip
"""Every measure, and whether more of it is better."""
RETRIEVAL = {name.lower(): name for name in metrics.MORE}


def per_question(run: Run) -> dict[str, dict[str, float]]:
    """Measure -> question -> value; all but `length` (characters) and `ms` are in [0, 1]."""
    values: dict[str, dict[str, float]] = {name: {} for name in HIGHER_IS_BETTER}
    for name, of in _retrieval(run).items():
        values[name] = of
    for line in run.lines:
        for name, value in _of_line(line, run.articles):
            values[name][line.item.key] = value
    if not any(line.item.hand_over for line in run.lines):
        values["handed_over_rightly"] = {}  # where nothing should be handed over, its precision says nothing
    return values


def right(line: Line) -> bool:
    """Whether the first candidate is one of the expected articles; what the decision's probability is about."""
    return bool(line.ranking) and line.ranking[0] in line.item.expected


def _retrieval(run: Run) -> dict[str, dict[str, float]]:
    judged = {line.item.key: line.item.graded() for line in run.lines if line.item.expected}
    found = metrics.per_question(judged, {line.item.key: line.ranking for line in run.lines}, metrics.MORE)
    return {short: {key: of[name] for key, of in found.items()} for short, name in RETRIEVAL.items()}


def _of_line(line: Line, articles: Mapping[str, tuple[str, str]]) -> Iterator[tuple[str, float]]:
    yield "ms", line.ms
    yield "no_failure", float(line.status is not Status.FAILED)
    yield from _decision(line)
    if line.outcome is Outcome.ANSWER:
        yield from _answer(line, articles)


def _decision(line: Line) -> Iterator[tuple[str, float]]:
    """`served`: an expected article is answered from or offered. The two of the hand-over are precision and recall."""
    handed_over = line.outcome is Outcome.HAND_OVER
    if line.item.hand_over:
        yield "unanswerable_left", float(line.outcome in NOT_ANSWERED)
        yield "handed_over_found", float(handed_over)
    else:
        yield "served", float(bool({*line.cited, *line.offered} & set(line.item.expected)))
    if handed_over:
        yield "handed_over_rightly", float(line.item.hand_over)
    if line.outcome is Outcome.ANSWER:
        yield "right", float(bool(set(line.cited) & set(line.item.expected)))


def _answer(line: Line, articles: Mapping[str, tuple[str, str]]) -> Iterator[tuple[str, float]]:
    item, visible = line.item, _flat(line.shown())
    if item.must:
        yield "facts_contained", mean(float(_flat(fact) in visible) for fact in item.must)
    if item.must_not:
        yield "nothing_forbidden", float(not any(_flat(fact) in visible for fact in item.must_not))
    if item.facets:
        asked = {topic["facet"] for topic in line.prediction["topics"] if topic["facet"]}
        yield "facet_exact", float(asked == set(item.facets))
    if item.all_needed:
        yield "complete", len({*line.cited, *line.offered} & set(item.expected)) / len(item.expected)
    grounded = _grounded(line, articles)
    if grounded is not None:
        yield "grounded", grounded
    said = " ".join(topic["answer"] for topic in line.prediction["topics"]) or line.prediction["answer"]
    yield "length", float(len(said))


def _grounded(line: Line, articles: Mapping[str, tuple[str, str]]) -> float | None:
    """Share of the numbers, dates, telephone numbers and addresses that stand in the cited articles; None without any."""
    claims = lost = 0
    for topic in line.prediction["topics"]:
        known = [articles[s["id"]] for s in topic["sources"] if s["id"] in articles]
        if topic["status"] != Status.ANSWERED or not known:
            continue
        visible = "\n".join([topic["answer"], *(f"{s['heading']}\n{s['body']}" for s in topic["sections"])])
        for worked in topic.get("worked_out", ()):
            visible = visible.replace(worked["text"], "")
        claims += sum(1 for _ in facts(visible))
        lost += len(missing(visible, "\n".join(f"{title}\n{record}" for title, record in known)))
    return (claims - lost) / claims if claims else None


def _flat(text: str) -> str:
    return "".join(c for c in normalise(text) if not c.isspace() and c not in "*#`|")
