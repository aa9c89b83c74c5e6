"""Articles that say nearly the same, by the vectors the served index has of them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from indexer.passage_table import KINDS, PassageTable
from indexer.passages import Kind
from indexer.snapshot import Snapshot
from knowledge.health import Finding, Found

LEAST_TITLE, LEAST_BODY = 0.6, 0.77
"""Nearness of two titles and of two bodies from which articles are shown to people. On the demo, articles that differ on
purpose (moving in, moving out) reach 0.73 by their bodies; a copy said in other words has 0.79 and more."""
MOST = 500
"""Pairs reported: who has more has imported something twice, and sees it from these."""
AT_ONCE = 512
SAMPLE = 1000


def near_duplicates(snapshot: Snapshot, own: frozenset[str]) -> list[Finding]:
    """Pairs of articles of which at least one is in `own`, the nearest first."""
    articles = snapshot.content.articles
    if len(articles) < 2:
        return []
    titles, bodies = _vectors(snapshot)
    pairs = sorted(_pairs(titles, bodies), key=lambda pair: (-pair[2], pair[0], pair[1]))
    found = []
    for one, other, similarity in pairs:
        first, second = articles[one], articles[other]
        if first.id not in own:
            first, second = second, first
        if first.id not in own or first.language != second.language:
            continue
        detail = {"other": second.id, "other_title": second.title, "similarity": round(similarity, 3)}
        key = f"{min(first.id, second.id)}|{max(first.id, second.id)}"[:200]
        found.append(Finding(Found.DUPLICATE, key, first.id, second.id, first.department, -similarity, detail))
    return found[:MOST]


def _vectors(snapshot: Snapshot) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Of each article the vector of its title and of its body; shape (articles, dimension) each."""
    table = snapshot.table or PassageTable.of(snapshot.passages, [a.id for a in snapshot.content.articles])
    starts = table.first[:-1]
    bodies = np.flatnonzero(table.kinds == KINDS.index(Kind.BODY))
    body = bodies[np.searchsorted(bodies, starts)]
    return snapshot.store.vectors(starts), snapshot.store.vectors(body)


def nearness(cosines: NDArray[np.float32], unrelated: float) -> NDArray[np.float32]:
    """Cosines brought to a scale on which texts that have nothing in common are at 0, whatever encoder made them."""
    return (cosines - np.float32(unrelated)) / np.float32(max(1 - unrelated, 1e-6))


def unrelated(vectors: NDArray[np.float32]) -> float:
    """Mean cosine of two different ones of these vectors; 0 where there are not two."""
    some = vectors[:: max(1, len(vectors) // SAMPLE)]
    if len(some) < 2:
        return 0.0
    total = float(np.square(some.sum(axis=0)).sum()) - float(np.square(some).sum())
    return total / (len(some) * (len(some) - 1))


def _pairs(titles: NDArray[np.float32], bodies: NDArray[np.float32]) -> Iterator[tuple[int, int, float]]:
    between_titles, between_bodies = unrelated(titles), unrelated(bodies)
    for start in range(0, len(titles), AT_ONCE):
        rows = slice(start, start + AT_ONCE)
        title = nearness(titles[rows] @ titles.T, between_titles)
        body = nearness(bodies[rows] @ bodies.T, between_bodies)
        for row, column in zip(*np.nonzero((title >= LEAST_TITLE) & (body >= LEAST_BODY)), strict=True):
            one, other = start + int(row), int(column)
            if one < other:
                yield one, other, float(title[row, column] + body[row, column]) / 2
