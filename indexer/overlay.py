"""An index as it would be with one article replaced or added: in memory, beside the served one, which stays as it is.

What publication would do is done exactly: the same passages, the same words and BM25, vectors by the encoder of the
snapshot. Only the encoder itself is kept, which a large change of the articles would let learn anew.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import TypeVar, overload

import numpy as np
from numpy.typing import NDArray

from indexer.lexical import LexicalIndex
from indexer.passage_table import KINDS, PassageTable, phrase_hash
from indexer.passages import Kind, Passage, passages
from indexer.snapshot import Snapshot
from indexer.synchronise import document_words
from indexer.vector_store import Ids, VectorStore
from knowledge.articles import Article

T = TypeVar("T")


def with_article(snapshot: Snapshot, article: Article, without: bool = False) -> Snapshot:
    """The snapshot with this article in place of that of its id, or with it added; `without` leaves it out.

    Its passages are encoded with the snapshot's encoder, those it had before are taken over.
    """
    base = snapshot.table or PassageTable.of(snapshot.passages, [a.id for a in snapshot.content.articles])
    ids = [a.id for a in snapshot.content.articles]
    at = ids.index(article.id) if article.id in set(ids) else bisect_left(ids, article.id)
    known = at < len(ids) and ids[at] == article.id
    start = int(base.first[at])
    end = int(base.first[at + 1]) if known else start
    fresh = () if without else tuple(passages(article))
    articles = (*snapshot.content.articles[:at], *(() if without else (article,)), *snapshot.content.articles[at + known :])
    words = Spliced(snapshot.words, at, at + known, () if without else (document_words(fresh),))
    return replace(
        snapshot,
        content=replace(snapshot.content, articles=articles),
        passages=Spliced(snapshot.passages, start, end, fresh),
        words=words,
        lexical=LexicalIndex.build(list(words)),
        store=SplicedStore(snapshot.store, start, end, _vectors(snapshot, start, end, fresh)),
        table=_table(base, at, known, fresh, without),
    )


class Spliced(Sequence[T]):
    """`base` with `fresh` in place of base[start:end]; nothing is copied."""

    def __init__(self, base: Sequence[T], start: int, end: int, fresh: Sequence[T]) -> None:
        self._base, self._start, self._end, self._fresh = base, start, end, fresh

    def __len__(self) -> int:
        return len(self._base) - (self._end - self._start) + len(self._fresh)

    @overload
    def __getitem__(self, at: int) -> T: ...

    @overload
    def __getitem__(self, at: slice) -> Sequence[T]: ...

    def __getitem__(self, at: int | slice) -> T | Sequence[T]:
        if isinstance(at, slice):
            return [self[i] for i in range(*at.indices(len(self)))]
        place = at + len(self) if at < 0 else at
        if not 0 <= place < len(self):
            raise IndexError(at)
        if place < self._start:
            return self._base[place]
        if place < self._start + len(self._fresh):
            return self._fresh[place - self._start]
        return self._base[place - len(self._fresh) + self._end - self._start]

    def __iter__(self) -> Iterator[T]:
        before = (self._base[i] for i in range(self._start))
        return chain(before, self._fresh, (self._base[i] for i in range(self._end, len(self._base))))


class SplicedStore:
    """The vectors of `base` with `fresh` in place of its ids start…end-1."""

    def __init__(self, base: VectorStore, start: int, end: int, fresh: NDArray[np.float32]) -> None:
        self._base, self._start, self._end, self._fresh = base, start, end, fresh
        self._shift = len(fresh) - (end - start)

    @property
    def size(self) -> int:
        return self._base.size + self._shift

    @property
    def dimension(self) -> int:
        return self._base.dimension

    def search(self, query: NDArray[np.float32], k: int) -> list[tuple[int, float]]:
        """As VectorStore.search: of the base so many more are asked for as may be among the replaced ones."""
        found = self._base.search(query, k + self._end - self._start)
        kept = [(i if i < self._start else i + self._shift, s) for i, s in found if not self._start <= i < self._end]
        new = [(self._start + i, float(s)) for i, s in enumerate(self._fresh @ query)] if len(self._fresh) else []
        return sorted([*kept, *new], key=lambda one: -one[1])[:k]

    def vectors(self, ids: Ids) -> NDArray[np.float32]:
        wanted = np.asarray(ids, dtype=np.int64)
        new = (wanted >= self._start) & (wanted < self._start + len(self._fresh))
        found = np.zeros((len(wanted), self.dimension), dtype=np.float32)
        found[new] = self._fresh[wanted[new] - self._start]
        old = wanted[~new]
        found[~new] = self._base.vectors(np.where(old < self._start, old, old - self._shift))
        return found

    def save(self, path: Path) -> None:
        """An overlay is never served, so it is never written."""
        raise NotImplementedError


def _vectors(snapshot: Snapshot, start: int, end: int, fresh: Sequence[Passage]) -> NDArray[np.float32]:
    """Vectors of the fresh passages; of those the article had before, the stored ones."""
    vectors = np.zeros((len(fresh), snapshot.store.dimension), dtype=np.float32)
    before = {snapshot.passages[i].digest: i for i in range(start, end)}
    same = [i for i, passage in enumerate(fresh) if passage.digest in before]
    new = [i for i, passage in enumerate(fresh) if passage.digest not in before]
    if same:
        vectors[same] = snapshot.store.vectors([before[fresh[i].digest] for i in same])
    if new:
        vectors[new] = snapshot.encoder.encode_passages([fresh[i].encoded for i in new])
    return vectors


def _table(base: PassageTable, at: int, known: bool, fresh: Sequence[Passage], without: bool) -> PassageTable:
    start, end = int(base.first[at]), int(base.first[at + known])
    shift = len(fresh) - (end - start)
    after = base.first[at + known :] + shift
    first = np.concatenate([base.first[:at], [] if without else [start], after])
    kinds = np.array([KINDS.index(p.kind) for p in fresh], dtype=np.uint8)
    inside = (base.asked >= start) & (base.asked < end)
    asked = np.where(base.asked >= end, base.asked + shift, base.asked)[~inside]
    new = [(phrase_hash(p.text), start + i) for i, p in enumerate(fresh) if p.kind == Kind.QUESTION]
    phrases = np.concatenate([base.phrases[~inside], np.array([key for key, _ in new], dtype=np.uint64)])
    asked = np.concatenate([asked, np.array([i for _, i in new], dtype=np.int32)]).astype(np.int32)
    order = np.lexsort((asked, phrases))
    return PassageTable(
        first.astype(np.int64), np.concatenate([base.kinds[:start], kinds, base.kinds[end:]]), phrases[order], asked[order]
    )
