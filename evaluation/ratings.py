"""Blind double rating: two people score each answer without seeing the other's scores, a third settles what they disagree on.

Functions work inside the caller's transaction and name the municipality.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from database import now
from evaluation import rubric
from evaluation.sampling import Sample
from evaluation.tables import RatingBatchRow, RatingItemRow, RatingRow

RUBRIC, PREFERENCE = "rubric", "preference"
PARTS = ("first", "second", "third")
JUDGE = "judge"
OPEN, DISPUTED, SETTLED = "open", "disputed", "settled"
CLOSED = "closed"


class RatingRefused(ValueError):
    """A score cannot be taken so; `reason` names an entry rating_<reason> of the texts."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Progress:
    """How far a batch is: answers in all, settled, disputed, and those this member can still score."""

    items: int
    settled: int
    disputed: int
    mine: int


def make_batch(
    session: Session, municipality: str, name: str, kind: str, samples: Sequence[Sample], design: Mapping[str, Any], by: str
) -> RatingBatchRow:
    """A batch to score. Raises RatingRefused."""
    name = name.strip()
    if not name or len(name) > 100:
        raise RatingRefused("bad_name")
    batch = RatingBatchRow(municipality=municipality, name=name, kind=kind, design=dict(design), made_by=by)
    session.add(batch)
    session.flush()
    session.add_all(
        RatingItemRow(
            municipality=municipality, batch=batch.id, place=place, stratum=sample.stratum[:100], question=sample.question,
            answers=list(sample.answers), hidden=sample.hidden,
        )
        for place, sample in enumerate(samples, 1)
    )  # fmt: skip
    session.flush()
    return batch


def batches(session: Session, municipality: str) -> list[RatingBatchRow]:
    """Newest first."""
    query = select(RatingBatchRow).where(RatingBatchRow.municipality == municipality)
    return list(session.scalars(query.order_by(RatingBatchRow.id.desc())))


def find_batch(session: Session, municipality: str, number: int, hold: bool = False) -> RatingBatchRow:
    """Raises RatingRefused."""
    query = select(RatingBatchRow).where(RatingBatchRow.municipality == municipality, RatingBatchRow.id == number)
    row = session.scalar(query.with_for_update() if hold else query)
    if row is None:
        raise RatingRefused("unknown")
    return row


def progress(session: Session, batch: RatingBatchRow, staff: int) -> Progress:
    counts: dict[str, int] = dict(
        session.execute(
            select(RatingItemRow.state, func.count()).where(RatingItemRow.batch == batch.id).group_by(RatingItemRow.state)
        ).all()
    )
    return Progress(sum(counts.values()), counts.get(SETTLED, 0), counts.get(DISPUTED, 0), len(_waiting(session, batch, staff)))


def next_item(session: Session, batch: RatingBatchRow, staff: int, after: int = 0) -> RatingItemRow | None:
    """What this member scores next: disputes first, then answers somebody has begun, then new ones; never one twice.

    `after`: the place of an answer put off for now; it comes again at the end.
    """
    if batch.state == CLOSED:
        return None
    waiting = _waiting(session, batch, staff)
    waiting.sort(key=lambda item: (item.place == after, item.state != DISPUTED, item.place <= after, item.place))
    return waiting[0] if waiting else None


def find_item(session: Session, batch: RatingBatchRow, number: int, hold: bool = False) -> RatingItemRow:
    """Raises RatingRefused."""
    query = select(RatingItemRow).where(RatingItemRow.batch == batch.id, RatingItemRow.id == number)
    row = session.scalar(query.with_for_update() if hold else query)
    if row is None:
        raise RatingRefused("unknown")
    return row


def ratings_of(session: Session, item: RatingItemRow) -> list[RatingRow]:
    """The ratings by people, in the order of their parts."""
    query = select(RatingRow).where(RatingRow.item == item.id, RatingRow.part != JUDGE)
    return sorted(session.scalars(query), key=lambda row: PARTS.index(row.part))


def rate(
    session: Session, batch: RatingBatchRow, number: int, staff: int, scores: Mapping[str, Any], comment: str = "",
    seconds: float | None = None,
) -> RatingItemRow:  # fmt: skip
    """Take a member's scores and settle or dispute the answer when it has two, settle it when it has three.

    Raises RatingRefused: closed, twice (this member has scored it), enough (others were faster).
    """
    if batch.state == CLOSED:
        raise RatingRefused("closed")
    item = find_item(session, batch, number, hold=True)
    before = ratings_of(session, item)
    if any(row.staff == staff for row in before):
        raise RatingRefused("twice")
    if item.state == SETTLED or (len(before) == 2 and item.state != DISPUTED):
        raise RatingRefused("enough")
    row = RatingRow(
        municipality=batch.municipality, item=item.id, staff=staff, part=PARTS[len(before)], scores=dict(scores),
        comment=comment.strip(), seconds=seconds,
    )  # fmt: skip
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError as error:
        raise RatingRefused("enough") from error
    _settle(batch, item, [*(r.scores for r in before), row.scores])
    session.flush()
    return item


def close(session: Session, batch: RatingBatchRow) -> None:
    """No more scores; from now on the result and which system answered may be seen. Raises RatingRefused while scores are missing."""
    if batch.state == CLOSED:
        return
    open_items = select(func.count()).where(RatingItemRow.batch == batch.id, RatingItemRow.state != SETTLED)
    if session.scalar(open_items):
        raise RatingRefused("unfinished")
    batch.state, batch.closed_at = CLOSED, now()
    session.flush()


def _settle(batch: RatingBatchRow, item: RatingItemRow, scores: Sequence[Mapping[str, Any]]) -> None:
    if len(scores) < 2:
        return
    if batch.kind == PREFERENCE:
        chosen = [s["preference"] for s in scores]
        agreed = next((c for c in chosen if chosen.count(c) > 1), None)
        # Three who all differ prefer neither.
        final: dict[str, Any] | None = {"preference": agreed or "same"} if agreed or len(scores) == 3 else None
    else:
        final = rubric.settled(scores) if len(scores) == 3 or not rubric.disagree(scores[0], scores[1]) else None
    item.state = DISPUTED if final is None else SETTLED
    item.final = final or {}


def _waiting(session: Session, batch: RatingBatchRow, staff: int) -> list[RatingItemRow]:
    """The answers that need a score and have none by this member."""
    mine = select(RatingRow.item).where(RatingRow.staff == staff)
    people = (
        select(func.count())
        .where(RatingRow.item == RatingItemRow.id, RatingRow.part != JUDGE)
        .correlate(RatingItemRow)
        .scalar_subquery()
    )
    query = select(RatingItemRow).where(
        RatingItemRow.batch == batch.id,
        RatingItemRow.state != SETTLED,
        RatingItemRow.id.not_in(mine),
        (RatingItemRow.state == DISPUTED) | (people < 2),
    )
    return list(session.scalars(query))
