"""Questions left open that ask for the same thing are one task: brought together by the served index's encoder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot import task_drafts, tasks
from bot.near_duplicates import nearness, unrelated
from bot.tables import TaskRow
from bot.tasks import Kind
from indexer.encoder import Encoder
from indexer.snapshot import Snapshot

LEAST = 0.48
"""Nearness from which two questions are one (0 unrelated, 1 equal): 「粗大ごみを持ち込みたい」 and 「自分で運んでいい？」 have 0.7, questions on two subjects 0.2 and less."""
MOST = 2_000
"""Open tasks compared, the most frequent first: a few seconds of encoding."""
_BATCH = 256


@dataclass(frozen=True)
class OpenQuestion:
    """An open task, one of its questions, and how often it was asked."""

    task: int
    text: str
    count: int


def clusters(vectors: NDArray[np.float32], background: float) -> list[list[int]]:
    """Rows that belong together: each joins the nearest earlier cluster's first row from LEAST on, else begins one.

    The same rows in the same order give the same clusters.
    """
    leaders: list[int] = []
    members: list[list[int]] = []
    for row in range(len(vectors)):
        near = nearness(vectors[leaders] @ vectors[row], background) if leaders else np.zeros(0, dtype=np.float32)
        best = int(near.argmax()) if len(near) else -1
        if best >= 0 and near[best] >= LEAST:
            members[best].append(row)
        else:
            leaders.append(row)
            members.append([row])
    return members


def background_of(snapshot: Snapshot) -> float:
    """Cosine of two questions that have nothing to do with each other, by the titles of the index's articles."""
    table = snapshot.table
    return unrelated(snapshot.store.vectors(table.first[:-1])) if table is not None and len(table.first) > 2 else 0.0


def open_questions(session: Session, municipality: str) -> list[OpenQuestion]:
    """The open tasks on questions that are still kept, the most often asked first, then the oldest."""
    query = select(TaskRow).where(
        TaskRow.municipality == municipality, TaskRow.state == tasks.OPEN, TaskRow.kind == Kind.UNANSWERED.value
    )
    rows = session.scalars(query.order_by(TaskRow.count.desc(), TaskRow.id).limit(MOST)).all()
    found = []
    for row in rows:
        asked = task_drafts.questions(session, row, most=5)
        if asked:
            found.append(OpenQuestion(row.id, asked[0], row.count))
    return found


def encoded(encoder: Encoder, texts: Sequence[str]) -> NDArray[np.float32]:
    parts = [encoder.encode_queries(texts[start : start + _BATCH]) for start in range(0, len(texts), _BATCH)]
    return np.concatenate(parts) if parts else np.zeros((0, encoder.dimension), dtype=np.float32)


def join(session: Session, municipality: str, questions: Sequence[OpenQuestion], groups: Sequence[Sequence[int]]) -> int:
    """Make one task of each group; how many went into another. Tasks settled meanwhile are left as they are."""
    joined = 0
    for group in groups:
        into: TaskRow | None = None
        for place in group:
            row = session.get(TaskRow, questions[place].task, with_for_update=True)
            if row is None or row.municipality != municipality or row.state != tasks.OPEN:
                continue
            if into is None:
                into = row
            else:
                tasks.join(session, into, row)
                joined += 1
    return joined
