"""Candidates for a question: BM25 and vectors over one snapshot, brought together per article."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from indexer import text
from indexer.encoder import EMBEDDED, WORDS, WORDS_SHARE
from indexer.lexical import best
from indexer.passage_table import KINDS, PassageTable, phrase_key
from indexer.passages import Kind
from indexer.snapshot import Snapshot
from indexer.synonyms import Synonyms
from knowledge.articles import Article

__all__ = ["Candidate", "Found", "SearchIndex", "phrase_key"]

LEXICAL_CANDIDATES = 60
DENSE_PASSAGES = 200
SAMPLE = 400
REMEMBERED = 64
"""Questions whose candidates are kept: what a conversation asked before is looked up again with each of its questions."""


@dataclass(frozen=True)
class Candidate:
    """An article that may answer the question, with the scores it was found by.

    `lexical`: BM25 in standard deviations over all articles; `question`, `body`: greatest cosine with a question form
    and with a part of the body; `coverage`: share of the question's words, weighted by idf, that the article has;
    `exact`: the question is one of the article's own question
    forms, letter for letter but for spaces and punctuation. `share`: BM25 over the greatest it could be without saturation
    (the idf of all words of the question). `words` and `context`: the same two cosines by either half of an embedded
    vector; of another encoder, which has no halves, both are its whole cosines.
    """

    article: Article
    lexical: float
    question: float
    body: float
    coverage: float
    exact: bool = False
    share: float = 0.0
    words: tuple[float, float] = (0.0, 0.0)
    context: tuple[float, float] = (0.0, 0.0)


@dataclass(frozen=True)
class Found:
    """Candidates that may be answered from, and the ids of those rejected with the reason."""

    kept: tuple[Candidate, ...]
    rejected: tuple[tuple[str, str], ...]
    words: tuple[str, ...]
    unknown_words: tuple[str, ...]


@dataclass(frozen=True)
class _Near:
    whole: tuple[float, float]
    words: tuple[float, float]
    context: tuple[float, float]


class SearchIndex:
    """A snapshot made ready for questions; `dense_mean` and `dense_deviation` describe cosines of unrelated texts."""

    def __init__(self, snapshot: Snapshot) -> None:
        # A question's few thousand cosines take one thread 0.2 ms and two threads 0.8 ms, on a busy machine ten times that.
        threadpool_limits(limits=1, user_api="blas")
        self.snapshot = snapshot
        self._table = snapshot.table or PassageTable.of(snapshot.passages, [a.id for a in snapshot.content.articles])
        self._synonyms = Synonyms(snapshot.content.synonyms)
        self._is_question = self._table.kinds == KINDS.index(Kind.QUESTION)
        self.dense_mean, self.dense_deviation = self._background()
        self._remembered = lru_cache(REMEMBERED)(self._search)

    def search(self, question: str, on: date) -> Found:
        """Candidates among the articles in force `on` that day, in no order of merit."""
        return self._remembered(question, on)

    def _search(self, question: str, on: date) -> Found:
        words = tuple(text.tokens(question))
        lexical = self._synonyms.scores(self.snapshot.lexical, question, words)
        deviation = float(lexical.std()) if lexical.size else 0.0
        standard = (lexical - lexical.mean()) / deviation if deviation > 0 else np.zeros_like(lexical)
        vector = self.snapshot.encoder.encode_queries([question])[0]
        exact = self._asked_in(question)
        pool = list(dict.fromkeys([*sorted(exact), *self._pool(lexical, vector)]))
        articles = self.snapshot.content.articles
        inside = [i for i in pool if articles[i].in_force(on)]
        rejected = [(articles[i].id, "not in force") for i in pool if not articles[i].in_force(on)]
        unknown = tuple(w for w in dict.fromkeys(words) if not len(self.snapshot.lexical.documents(w)))
        total = sum(self.snapshot.lexical.idf(w) for w in dict.fromkeys(words))
        kept = tuple(
            Candidate(
                articles[i], float(standard[i]), *near.whole, float(covered), i in exact,
                float(lexical[i]) / total if total else 0.0, near.words, near.context,
            )
            for i, covered, near in zip(inside, self._coverage(words, inside), self._near(inside, vector), strict=True)
        )  # fmt: skip
        return Found(kept, tuple(rejected), words, unknown)

    def _asked_in(self, question: str) -> set[int]:
        """Articles that have the question among their question forms, but for spaces and punctuation."""
        key = phrase_key(question)
        found = [at for at in self._table.like(question) if phrase_key(self.snapshot.passages[at].text) == key]
        return {int(i) for i in self._table.article_of(found)}

    def _pool(self, lexical: NDArray[np.float32], vector: NDArray[np.float32]) -> list[int]:
        near = [at for at, _ in self.snapshot.store.search(vector, DENSE_PASSAGES)]
        return list(dict.fromkeys([*best(lexical, LEXICAL_CANDIDATES), *(int(i) for i in self._table.article_of(near))]))

    def _near(self, pool: Sequence[int], vector: NDArray[np.float32]) -> Iterator[_Near]:
        """For each article of the pool: best cosine of a question form and of a part of the body."""
        if not pool:
            return
        first = self._table.first
        ids = np.concatenate([np.arange(first[i], first[i + 1]) for i in pool])
        starts = np.cumsum([0, *(int(first[i + 1] - first[i]) for i in pool)])
        stored = self.snapshot.store.vectors(ids)
        cosines = stored @ vector
        question = self._is_question[ids]
        pairs = [_best(part, question, starts[:-1]) for part in (cosines, *self._halves(stored, vector, cosines))]
        listed = [list(zip(asked.tolist(), body.tolist(), strict=True)) for asked, body in pairs]
        for whole, words, context in zip(*listed, strict=True):
            yield _Near(whole, words, context)

    def _halves(
        self, stored: NDArray[np.float32], vector: NDArray[np.float32], cosines: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Cosines by words and by context, shape (len(stored),) each."""
        if self.snapshot.encoder.name != EMBEDDED:
            return cosines, cosines
        by_words = np.asarray(stored[:, WORDS] @ vector[WORDS], dtype=np.float32)
        return by_words / np.float32(WORDS_SHARE), (cosines - by_words) / np.float32(1 - WORDS_SHARE)

    def _coverage(self, words: Sequence[str], pool: Sequence[int]) -> NDArray[np.float64]:
        """Share of the words, weighted by idf, that each article of the pool has; shape (len(pool),)."""
        wanted = np.asarray(pool, dtype=np.int64)
        covered = np.zeros(len(wanted))
        weights = {w: self.snapshot.lexical.idf(w) for w in words}
        for word, weight in weights.items():
            having = self.snapshot.lexical.documents(word)
            if len(having):
                at = np.minimum(np.searchsorted(having, wanted), len(having) - 1)
                covered[having[at] == wanted] += weight
        total = sum(weights.values())
        return covered / total if total else covered

    def _background(self) -> tuple[float, float]:
        """Mean and deviation of question + body cosine between questions and articles drawn at random."""
        generator = np.random.default_rng(0)
        titles = self._table.first[:-1][np.diff(self._table.first) > 0]
        if len(titles) < 3:
            return 0.0, 1.0
        chosen = titles[generator.choice(len(titles), size=min(SAMPLE, len(titles)), replace=False)]
        bodies_of_all = np.flatnonzero(self._table.kinds == KINDS.index(Kind.BODY))
        bodies = bodies_of_all[np.searchsorted(bodies_of_all, chosen)]  # an article's body stands behind its title
        questions, answers = self.snapshot.store.vectors(chosen), self.snapshot.store.vectors(bodies)
        scores = questions @ questions.T + questions @ answers.T
        unrelated = scores[~np.eye(len(chosen), dtype=bool)]
        return float(unrelated.mean()), max(float(unrelated.std()), 1e-6)


def _best(
    cosines: NDArray[np.float32], question: NDArray[np.bool_], starts: NDArray[np.int64]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Per article, which begin at `starts`: the greatest cosine of a question form and of a part of the body, 0 where there is none."""
    asked = np.asarray(np.maximum.reduceat(np.where(question, cosines, 0.0), starts), dtype=np.float32)
    told = np.asarray(np.maximum.reduceat(np.where(question, -2.0, cosines), starts), dtype=np.float32)
    told[told == -2.0] = 0.0
    return asked, told
