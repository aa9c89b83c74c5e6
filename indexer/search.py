"""Candidates for a question: BM25 and vectors over one snapshot, brought together per article."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from indexer import text
from indexer.lexical import inverse_document_frequencies
from indexer.passages import Kind, Passage
from indexer.snapshot import Snapshot
from knowledge.articles import Article

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


def phrase_key(question: str) -> str:
    """The question without spaces and punctuation, in the form in which texts are compared."""
    return re.sub(r"[\W_]+", "", text.normalise(question))


class SearchIndex:
    """A snapshot made ready for questions; `dense_mean` and `dense_deviation` describe cosines of unrelated texts."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        articles = snapshot.content.articles
        position = {a.id: i for i, a in enumerate(articles)}
        self._article_of = np.array([position[p.article] for p in snapshot.passages], dtype=np.int64)
        self._passages_of: list[list[int]] = [[] for _ in articles]
        for at, article in enumerate(self._article_of):
            self._passages_of[article].append(at)
        self._is_question = np.array([p.kind == Kind.QUESTION for p in snapshot.passages], dtype=bool)
        self._phrases: dict[str, set[int]] = {}
        for at, passage in enumerate(snapshot.passages):
            if passage.kind == Kind.QUESTION:
                self._phrases.setdefault(phrase_key(passage.text), set()).add(int(self._article_of[at]))
        having: dict[str, list[int]] = {}
        for i, words in enumerate(snapshot.words):
            for word in set(words):
                having.setdefault(word, []).append(i)
        self._having = {word: np.array(found, dtype=np.int64) for word, found in having.items()}
        self._idf = inverse_document_frequencies(snapshot.words)
        self._idf_unknown = float(np.log(1 + (len(articles) + 0.5) / 0.5))
        self.dense_mean, self.dense_deviation = self._background()

    def search(self, question: str, on: date) -> Found:
        """Candidates among the articles in force `on` that day, in no order of merit."""
        words = tuple(text.tokens(question))
        lexical = self.snapshot.lexical.scores(words)
        deviation = float(lexical.std()) if lexical.size else 0.0
        standard = (lexical - lexical.mean()) / deviation if deviation > 0 else np.zeros_like(lexical)
        vector = self.snapshot.encoder.encode_queries([question])[0]
        exact = self._phrases.get(phrase_key(question), set())
        pool = list(dict.fromkeys([*sorted(exact), *self._pool(lexical, vector)]))
        articles = self.snapshot.content.articles
        inside = [i for i in pool if articles[i].in_force(on)]
        rejected = [(articles[i].id, "not in force") for i in pool if not articles[i].in_force(on)]
        unknown = tuple(w for w in dict.fromkeys(words) if w not in self._idf)
        coverage = self._coverage(words)
        kept = tuple(
            Candidate(articles[i], float(standard[i]), asked, told, float(coverage[i]), nearest, i in exact)
            for i, (asked, told, nearest) in zip(inside, self._cosines(inside, vector), strict=True)
        )
        return Found(kept, tuple(rejected), words, unknown)

    def _pool(self, lexical: NDArray[np.float32], vector: NDArray[np.float32]) -> list[int]:
        best = np.argsort(-lexical, kind="stable")[:LEXICAL_CANDIDATES]
        by_words = [int(i) for i in best if lexical[i] > 0]
        by_vector = [int(self._article_of[at]) for at, _ in self.snapshot.store.search(vector, DENSE_PASSAGES)]
        return list(dict.fromkeys(by_words + by_vector))

    def _cosines(self, pool: Sequence[int], vector: NDArray[np.float32]) -> Iterator[tuple[float, float, Passage | None]]:
        """For each article of the pool: best cosine of a question form, of a part of the body, and that part."""
        ids = [at for i in pool for at in self._passages_of[i]]
        cosines = self.snapshot.store.vectors(ids) @ vector
        asked = np.where(self._is_question[ids], cosines, 0.0) if ids else cosines
        told = np.where(self._is_question[ids], -2.0, cosines) if ids else cosines
        start = 0
        for i in pool:
            end = start + len(self._passages_of[i])
            best = start + int(told[start:end].argmax())
            body = float(told[best])
            nearest = self.snapshot.passages[ids[best]] if body > -2.0 else None
            yield max(0.0, float(asked[start:end].max())), body if nearest else 0.0, nearest
            start = end

    def _coverage(self, words: Sequence[str]) -> NDArray[np.float64]:
        """Share of the words, weighted by idf, that each article has; shape (articles,)."""
        weights = {w: self._idf.get(w, self._idf_unknown) for w in words}
        covered = np.zeros(len(self.snapshot.words))
        for word, weight in weights.items():
            if word in self._having:
                covered[self._having[word]] += weight
        total = sum(weights.values())
        return covered / total if total else covered

    def _background(self) -> tuple[float, float]:
        """Mean and deviation of question + body cosine between questions and articles drawn at random."""
        generator = np.random.default_rng(0)
        titles = [ids[0] for ids in self._passages_of if ids]
        if len(titles) < 3:
            return 0.0, 1.0
        drawn = generator.choice(len(titles), size=min(SAMPLE, len(titles)), replace=False)
        chosen = [titles[i] for i in drawn]
        bodies = [
            next(at for at in self._passages_of[self._article_of[t]] if self.snapshot.passages[at].kind == Kind.BODY)
            for t in chosen
        ]
        questions, answers = self.snapshot.store.vectors(chosen), self.snapshot.store.vectors(bodies)
        scores = questions @ questions.T + questions @ answers.T
        unrelated = scores[~np.eye(len(chosen), dtype=bool)]
        return float(unrelated.mean()), max(float(unrelated.std()), 1e-6)
