"""Candidates for a question: BM25 and vectors over one snapshot, brought together per article."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from indexer import text
from indexer.lexical import best
from indexer.passage_table import KINDS, PassageTable, phrase_key
from indexer.passages import Kind, Passage
from indexer.snapshot import Snapshot
from knowledge.articles import Article

__all__ = ["Candidate", "Found", "SearchIndex", "phrase_key"]

LEXICAL_CANDIDATES = 60
DENSE_PASSAGES = 200
SAMPLE = 400


@dataclass(frozen=True)
class Candidate:
    """An article that may answer the question, with the scores it was found by.

    `lexical`: BM25 in standard deviations over all articles; `question`, `body`: greatest cosine with a question form
    and with a part of the body; `coverage`: share of the question's words, weighted by idf, that the article has;
    `passage`: the part of the body nearest to the question; `exact`: the question is one of the article's own question
    forms, letter for letter but for spaces and punctuation.
    """

    article: Article
    lexical: float
    question: float
    body: float
    coverage: float
    passage: Passage | None
    exact: bool = False


@dataclass(frozen=True)
class Found:
    """Candidates that may be answered from, and the ids of those rejected with the reason."""

    kept: tuple[Candidate, ...]
    rejected: tuple[tuple[str, str], ...]
    words: tuple[str, ...]
    unknown_words: tuple[str, ...]


class SearchIndex:
    """A snapshot made ready for questions; `dense_mean` and `dense_deviation` describe cosines of unrelated texts."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self._table = snapshot.table or PassageTable.of(snapshot.passages, [a.id for a in snapshot.content.articles])
        self._is_question = self._table.kinds == KINDS.index(Kind.QUESTION)
        self.dense_mean, self.dense_deviation = self._background()

    def search(self, question: str, on: date) -> Found:
        """Candidates among the articles in force `on` that day, in no order of merit."""
        words = tuple(text.tokens(question))
        lexical = self.snapshot.lexical.scores(words)
        deviation = float(lexical.std()) if lexical.size else 0.0
        standard = (lexical - lexical.mean()) / deviation if deviation > 0 else np.zeros_like(lexical)
        vector = self.snapshot.encoder.encode_queries([question])[0]
        exact = self._asked_in(question)
        pool = list(dict.fromkeys([*sorted(exact), *self._pool(lexical, vector)]))
        articles = self.snapshot.content.articles
        inside = [i for i in pool if articles[i].in_force(on)]
        rejected = [(articles[i].id, "not in force") for i in pool if not articles[i].in_force(on)]
        unknown = tuple(w for w in dict.fromkeys(words) if not len(self.snapshot.lexical.documents(w)))
        kept = tuple(
            Candidate(articles[i], float(standard[i]), asked, told, float(covered), nearest, i in exact)
            for i, covered, (asked, told, nearest) in zip(
                inside, self._coverage(words, inside), self._cosines(inside, vector), strict=True
            )
        )
        return Found(kept, tuple(rejected), words, unknown)

    def _asked_in(self, question: str) -> set[int]:
        """Articles that have the question among their question forms, but for spaces and punctuation."""
        key = phrase_key(question)
        found = [at for at in self._table.like(question) if phrase_key(self.snapshot.passages[at].text) == key]
        return {int(i) for i in self._table.article_of(found)}

    def _pool(self, lexical: NDArray[np.float32], vector: NDArray[np.float32]) -> list[int]:
        near = [at for at, _ in self.snapshot.store.search(vector, DENSE_PASSAGES)]
        return list(dict.fromkeys([*best(lexical, LEXICAL_CANDIDATES), *(int(i) for i in self._table.article_of(near))]))

    def _cosines(self, pool: Sequence[int], vector: NDArray[np.float32]) -> Iterator[tuple[float, float, Passage | None]]:
        """For each article of the pool: best cosine of a question form, of a part of the body, and that part."""
        first = self._table.first
        ids = np.concatenate([np.arange(0), *(np.arange(first[i], first[i + 1]) for i in pool)])
        cosines = self.snapshot.store.vectors(ids) @ vector
        asked = np.where(self._is_question[ids], cosines, 0.0)
        told = np.where(self._is_question[ids], -2.0, cosines)
        start = 0
        for i in pool:
            end = start + int(first[i + 1] - first[i])
            nearest = start + int(told[start:end].argmax())
            body = float(told[nearest])
            passage = self.snapshot.passages[int(ids[nearest])] if body > -2.0 else None
            yield max(0.0, float(asked[start:end].max())), body if passage else 0.0, passage
            start = end

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
