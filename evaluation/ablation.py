"""`python -m evaluation ablation`: what each part of finding an article adds, on a judged collection.

Candidates are those of the whole index; each row orders them by some of their scores. A score by vectors is the sum of the
best cosines with question and body, in standard deviations over unrelated texts of the collection, as bot/steps/rank.py
weighs it. No label is used but in the last row, which says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from bot import ranker
from bot.steps.rank import DENSE_WEIGHT
from evaluation import machine, metrics
from evaluation.fit_ranker import Group, crossed, groups, rankings
from evaluation.judged_towns import JudgedTown, faq_town
from evaluation.metrics import Score
from indexer.adaptation import initial
from indexer.base_vectors import general
from indexer.encoder import CONTEXT, WORDS, WORDS_SHARE, EmbeddedEncoder
from indexer.passages import Kind, passages
from indexer.search import Candidate, SearchIndex
from indexer.snapshot import current_version, open_snapshot
from indexer.synchronise import document_words, synchronise
from knowledge.synonym_table import shared_groups

BEGIN, END = "<!-- ablation -->", "<!-- end of ablation -->"
SAMPLE = 400
Value = Callable[[Candidate], float]


@dataclass(frozen=True)
class Row:
    """One way to order the candidates, with Recall@10 and nDCG@10."""

    name: str
    recall: Score
    ndcg: Score


def measure(folder: Path) -> list[Row]:
    """Every row, from the least to the whole. Raises BadDataset."""
    town = faq_town(folder)
    asked = groups(town)
    rows = [_row(name, town, _ordered(asked, value)) for name, value in _parts(town.index)]
    general_words = replace(town, index=_unadapted(town.index))
    rows.insert(2, _row("general word vectors alone, not adapted to the town", town, _ordered(groups(general_words), _words)))
    rows.append(_row("BM25 + adapted words + transformer: the label-free sum", town, rankings(asked, town, None)))
    with_synonyms = replace(town, index=_with_synonyms(town.index))
    found = groups(with_synonyms)
    rows.append(_row("that, with the shared residents' words for official ones", town, rankings(found, with_synonyms, None)))
    rows.append(
        _row("that, and the ranker fitted on our own questions: as shipped", town, rankings(found, with_synonyms, ranker.load()))
    )
    rows.append(
        _row("rankers fitted on four fifths of the judged questions (five-fold), without synonyms", town, crossed(asked, town))
    )
    return rows


def markdown(rows: Sequence[Row], data: str, command: str) -> str:
    """The rows as a table."""
    lines = [
        f"- data: {data}", f"- machine: {machine.describe()}", f"- command: `{command}`", "",
        "| ordered by | Recall@10 | nDCG@10 |", "|---|---|---|",
        *(f"| {row.name} | {row.recall} | {row.ndcg} |" for row in rows),
    ]  # fmt: skip
    return "\n".join(lines) + "\n"


def _parts(index: SearchIndex) -> Iterator[tuple[str, Value]]:
    words, context = _deviation(index, WORDS, WORDS_SHARE), _deviation(index, CONTEXT, 1 - WORDS_SHARE)
    yield "BM25 over Sudachi's normal forms alone", lambda c: c.lexical
    yield "share of the question's words alone", lambda c: c.coverage
    yield "adapted word vectors alone", _words
    yield "transformer alone", _context
    yield "transformer, question forms only", lambda c: c.context[0]
    yield "transformer, bodies only", lambda c: c.context[1]
    yield "adapted words + transformer, without BM25", lambda c: c.question + c.body
    yield "BM25 + adapted words", lambda c: c.lexical + DENSE_WEIGHT * _words(c) / words
    yield "BM25 + transformer", lambda c: c.lexical + DENSE_WEIGHT * _context(c) / context


def _words(candidate: Candidate) -> float:
    return sum(candidate.words)


def _context(candidate: Candidate) -> float:
    return sum(candidate.context)


def _deviation(index: SearchIndex, half: slice, share: float) -> float:
    """Deviation of question + body cosines of unrelated articles by one half of the vectors."""
    first: dict[tuple[str, Kind], int] = {}
    for at, passage in enumerate(index.snapshot.passages):
        first.setdefault((passage.article, passage.kind), at)
    known = [article for article, kind in first if kind is Kind.QUESTION and (article, Kind.BODY) in first]
    chosen = np.random.default_rng(0).permutation(known)[:SAMPLE]
    asked, told = (
        index.snapshot.store.vectors([first[article, kind] for article in chosen])[:, half] / share**0.5
        for kind in (Kind.QUESTION, Kind.BODY)
    )
    cosines = asked @ asked.T + asked @ told.T
    return float(cosines[~np.eye(len(chosen), dtype=bool)].std())


def _ordered(asked: Sequence[Group], value: Value) -> Mapping[str, Sequence[str]]:
    return {
        group.id: [c.article.id for c in sorted(group.candidates, key=lambda c: (-value(c), c.article.id))[: metrics.DEPTH]]
        for group in asked
    }


def _row(name: str, town: JudgedTown, ordered: Mapping[str, Sequence[str]]) -> Row:
    found = {s.name: s for s in metrics.scores({q.id: q.grades for q in town.questions}, ordered)}
    return Row(name, found["Recall@10"], found["nDCG@10"])


def _unadapted(index: SearchIndex) -> SearchIndex:
    """The same collection with the general word vectors as they come, weighted by idf."""
    articles = index.snapshot.content.articles
    documents = [document_words(tuple(passages(article))) for article in articles]
    return _built(index, EmbeddedEncoder(initial(documents, 0, general()).frozen()))


def _with_synonyms(index: SearchIndex) -> SearchIndex:
    content = replace(index.snapshot.content, synonyms={group.official: group.words for group in shared_groups()})
    return SearchIndex(replace(index.snapshot, content=content))


def _built(index: SearchIndex, encoder: EmbeddedEncoder) -> SearchIndex:
    content = index.snapshot.content
    with TemporaryDirectory() as folder:
        home = Path(folder, content.municipality.code)
        synchronise(content, home, encoder=encoder)
        return SearchIndex(open_snapshot(home / current_version(home)))
