"""What a closed batch says: scores with agreement, preferences with a test, raters week by week, and a machine's view apart."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from evaluation import agreement, intervals
from evaluation.agreement import Drift
from evaluation.intervals import Score
from evaluation.items import guarded
from evaluation.ratings import JUDGE, PARTS
from evaluation.rubric import DIMENSIONS
from evaluation.tables import RatingBatchRow, RatingItemRow, RatingRow


@dataclass(frozen=True)
class Dimension:
    """One question of the rubric. `machine`: agreement of the judge with what people settled, undefined without a judge."""

    name: str
    mean: Score
    kappa: Score
    alpha: Score
    machine: Score


@dataclass(frozen=True)
class Preferred:
    """How often people preferred which system. `chance`: two-sided sign test, ties left out."""

    wins: Mapping[str, int]
    ties: int
    chance: float | None


@dataclass(frozen=True)
class Rated:
    """One answer with all its scores, first, second and third, and the judge's."""

    item: RatingItemRow
    ratings: tuple[RatingRow, ...]
    judge: RatingRow | None


def rated(session: Session, batch: RatingBatchRow) -> list[Rated]:
    """Every answer of the batch in its order."""
    found = list(session.scalars(select(RatingItemRow).where(RatingItemRow.batch == batch.id).order_by(RatingItemRow.place)))
    rows: dict[int, list[RatingRow]] = {item.id: [] for item in found}
    for row in session.scalars(select(RatingRow).where(RatingRow.item.in_(rows)).order_by(RatingRow.id)):
        rows[row.item].append(row)
    return [
        Rated(
            item,
            tuple(sorted((r for r in rows[item.id] if r.part != JUDGE), key=lambda r: PARTS.index(r.part))),
            next((r for r in rows[item.id] if r.part == JUDGE), None),
        )
        for item in found
    ]


def dimensions(answers: Sequence[Rated]) -> list[Dimension]:
    """Means of the settled scores; kappa over the first two raters, alpha over all; the judge against what was settled."""
    found = []
    for name in DIMENSIONS:
        settled = [float(a.item.final[name]) for a in answers if a.item.final]
        pairs = [(a.ratings[0].scores[name], a.ratings[1].scores[name]) for a in answers if len(a.ratings) > 1]
        units = [[r.scores[name] for r in a.ratings] for a in answers]
        judged = [
            (round(float(a.item.final[name])), int(a.judge.scores[name]))
            for a in answers
            if a.item.final and a.judge and name in a.judge.scores
        ]
        kappa, machine = agreement.kappa_score(name, pairs), agreement.kappa_score(name, judged)
        found.append(Dimension(name, intervals.mean(name, settled), kappa, agreement.alpha_score(name, units), machine))
    return found


def preferred(answers: Sequence[Rated]) -> Preferred:
    """Wins by system; which of the two stood first is known from what was hidden from the raters."""
    wins: Counter[str] = Counter()
    ties = 0
    for answer in answers:
        systems = answer.item.hidden.get("systems", ["", ""])
        wins.update(dict.fromkeys(systems, 0))
        choice = answer.item.final.get("preference")
        if choice in ("first", "second"):
            wins[systems[0 if choice == "first" else 1]] += 1
        elif choice == "same":
            ties += 1
    counts = [*wins.values(), 0, 0]
    return Preferred(dict(wins), ties, agreement.sign_test(counts[0], counts[1]))


def drift(answers: Sequence[Rated]) -> list[Drift]:
    """Rater by rater and week by week: how far from what was settled."""
    found = [
        (row.staff, _monday(row.at.date()), row.scores, a.item.final)
        for a in answers
        if a.item.final
        for row in a.ratings
        if row.staff is not None
    ]
    return agreement.drift(found)


def export_lines(answers: Sequence[Rated]) -> Iterator[dict[str, Any]]:
    """One line a rating, with the answer and the system that gave it; raters by number, not by name."""
    for answer in answers:
        for row in (*answer.ratings, *([answer.judge] if answer.judge else [])):
            yield {
                "place": answer.item.place, "stratum": answer.item.stratum, "question": answer.item.question,
                "answers": answer.item.answers, **{f"hidden_{k}": v for k, v in answer.item.hidden.items()},
                "part": row.part, "rater": row.staff, "scores": row.scores, "comment": row.comment,
                "at": row.at.isoformat(timespec="seconds"), "final": answer.item.final,
            }  # fmt: skip


def export_jsonl(answers: Sequence[Rated]) -> str:
    return "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in export_lines(answers))


def export_csv(answers: Sequence[Rated]) -> str:
    """With a BOM; lists and records as JSON; no cell begins a formula."""
    lines = list(export_lines(answers))
    names = list(dict.fromkeys(name for line in lines for name in line))
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(names)
    for line in lines:
        cells = [line.get(name, "") for name in names]
        writer.writerow([guarded(c if isinstance(c, str) else json.dumps(c, ensure_ascii=False)) for c in cells])
    return "\ufeff" + out.getvalue()


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())
