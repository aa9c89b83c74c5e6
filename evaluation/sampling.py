"""Which answers people are asked to score: a stratified sample of a run or of real conversations, masked, order drawn."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from bot.tables import MessageRow
from evaluation.prediction_file import Line
from evaluation.prediction_file import read as read_run

LARGEST = 500


class NothingToSample(ValueError):
    """There is no answer to choose from, or the two runs share no question."""


@dataclass(frozen=True)
class Sample:
    """An answer (or two) to score. `hidden` is what no rater may see."""

    stratum: str
    question: str
    answers: tuple[dict[str, Any], ...]
    hidden: dict[str, Any] = field(default_factory=dict)


def of_run(path: Path, size: int, seed: int) -> list[Sample]:
    """Answers of a run, by outcome and topic. Raises NothingToSample, BadRunFile, OSError."""
    run = read_run(path)
    pool = [
        Sample(_stratum(line), line.item.text, (_said(line),), {"key": line.item.key, "system": run.header.name})
        for line in run.lines
    ]
    return drawn(pool, size, seed)


def of_pair(one: Path, other: Path, size: int, seed: int) -> list[Sample]:
    """Answers of two runs to the same questions where they differ; which stands first is drawn for each.

    Raises NothingToSample, BadRunFile, OSError.
    """
    first, second = read_run(one), read_run(other)
    against = {line.item.key: line for line in second.lines}
    generator = random.Random(seed)  # noqa: S311 - an order to read in, no secret
    pool = []
    for line in first.lines:
        twin = against.get(line.item.key)
        if twin is None or twin.item.text != line.item.text or _said(line) == _said(twin):
            continue
        sides = [(_said(line), first.header.name), (_said(twin), second.header.name)]
        generator.shuffle(sides)
        hidden = {"key": line.item.key, "systems": [name for _, name in sides]}
        pool.append(Sample(_stratum(line), line.item.text, tuple(said for said, _ in sides), hidden))
    return drawn(pool, size, seed)


def of_conversations(session: Session, municipality: str, since: datetime, size: int, seed: int) -> list[Sample]:
    """The desk's answers to residents since a moment, by how they ended. Stored words are masked already.

    Raises NothingToSample.
    """
    asked = aliased(MessageRow)
    query = (
        select(asked.text, MessageRow.answer, MessageRow.id)
        .join(asked, asked.id == MessageRow.reply_to)
        .where(MessageRow.municipality == municipality, MessageRow.role == "desk", MessageRow.created_at >= since)
        .order_by(MessageRow.id.desc())
        .limit(20_000)
    )
    pool = []
    for text, answer, number in session.execute(query):
        if not answer or answer.get("emergency"):
            continue  # an approved card is nothing to score
        sources = [source.get("title", "") for source in answer.get("sources", [])]
        said = {"text": answer.get("answer", ""), "sources": sources, "status": answer.get("status", "")}
        pool.append(
            Sample(str(answer.get("outcome", "")), text, (said,), {"message": number, "system": answer.get("snapshot", "")})
        )
    return drawn(pool, size, seed)


def drawn(pool: Sequence[Sample], size: int, seed: int) -> list[Sample]:
    """`size` of the pool: every stratum by its share, but at least one of each while there is room; order drawn too.

    The rest after rounding down goes to the strata with the largest remainders (Hamilton). Raises NothingToSample.
    """
    if not pool:
        raise NothingToSample
    generator = random.Random(seed)  # noqa: S311 - a sample, no secret
    strata: dict[str, list[Sample]] = defaultdict(list)
    for sample in pool:
        strata[sample.stratum].append(sample)
    wanted = min(size, LARGEST, len(pool))
    chosen = []
    for name, count in shares({name: len(of) for name, of in strata.items()}, wanted).items():
        chosen += generator.sample(strata[name], count)
    generator.shuffle(chosen)
    return chosen


def shares(sizes: dict[str, int], wanted: int) -> dict[str, int]:
    """How many of each stratum are taken; never more than it has, `wanted` in all (or all there are)."""
    total, wanted = sum(sizes.values()), min(wanted, sum(sizes.values()))
    exact = {name: wanted * size / total for name, size in sizes.items()}
    counts = {name: int(value) for name, value in exact.items()}
    largest_first: Iterable[str] = sorted(sizes, key=lambda name: (counts[name] - exact[name], -sizes[name], name))
    for name in largest_first:
        if sum(counts.values()) < wanted and counts[name] < sizes[name]:
            counts[name] += 1
    if wanted >= len(sizes):
        _one_of_each(counts, sizes)
    return counts


def _one_of_each(counts: dict[str, int], sizes: dict[str, int]) -> None:
    for name in sorted(sizes):
        if counts[name] == 0:
            counts[max(counts, key=lambda n: (counts[n], n))] -= 1
            counts[name] = 1


def _stratum(line: Line) -> str:
    return f"{line.outcome.value} {line.item.topic}".strip()


def _said(line: Line) -> dict[str, Any]:
    sources = [source["title"] for topic in line.prediction["topics"] for source in topic["sources"]]
    return {"text": line.prediction["answer"], "sources": list(dict.fromkeys(sources)), "status": line.status.value}
