"""Towns to fit and to judge on: an index in memory, and questions with the grades of the articles that answer them.

Grades as in localgovFAQ: 2 = correct information, 1 = related or a part; an article that is not named is 0 or unjudged.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from evaluation import datasets
from evaluation.own_questions import retrieval_questions
from evaluation.training_faq import FOLDER, training_articles
from indexer.search import SearchIndex
from indexer.snapshot import current_version, open_snapshot
from indexer.synchronise import synchronise
from knowledge.articles import Article, Municipality, State
from knowledge.municipality_folder import read_folder
from knowledge.snapshot_content import Content
from settings import ROOT

ON = date(2026, 10, 1)
CODE = "990027"
"""A code outside the assigned prefectures (01-47)."""
DEMO = ROOT / "knowledge" / "samples" / "midorino"
JUDGEMENTS = FOLDER / "judgements.tsv"
"""Articles that answer a training question besides its own: question, article, grade."""


@dataclass(frozen=True)
class JudgedQuestion:
    """`grades`: article id -> 1 or 2. `group`: questions of one group are never on both sides of a split."""

    id: str
    text: str
    grades: Mapping[str, int]
    group: str


@dataclass(frozen=True)
class JudgedTown:
    index: SearchIndex
    questions: tuple[JudgedQuestion, ...]


def faq_town(folder: Path) -> JudgedTown:
    """A question set in a folder (evaluation/datasets.py): real questions over a real collection. Raises BadDataset."""
    questions = datasets.load(folder)
    articles = tuple(Article(CODE, key, title, body, state=State.PUBLISHED) for key, title, body in datasets.corpus(questions))
    asked = (JudgedQuestion(key, questions.questions[key], grades, key) for key, grades in questions.judgements.items())
    return JudgedTown(indexed(Content(Municipality(CODE, "評価用"), (), articles)), tuple(asked))


def training_town() -> JudgedTown:
    """Our own collection, asked what the encoder was not trained on."""
    ours = training_articles()
    articles = tuple(Article(CODE, a.id, a.title, a.body, state=State.PUBLISHED) for a in ours)
    also = datasets.read_judgements(JUDGEMENTS) if JUDGEMENTS.exists() else {}
    asked = tuple(
        JudgedQuestion(key, text, {**also.get(key, {}), a.id: 2}, f"{a.id.rsplit('-', 1)[0]}/{a.run}")
        for a in ours
        if a.for_ranker
        for key, text in ((f"{a.id}?{at}", text) for at, text in enumerate(a.questions))
    )
    return JudgedTown(indexed(Content(Municipality(CODE, "学習用"), (), articles)), asked)


def demo_town(folder: Path = DEMO) -> JudgedTown:
    """The demo municipality, asked about the articles no training saw."""
    town = read_folder(folder)
    articles = tuple(row.article for row in town.rows if row.article)
    asked = (JudgedQuestion(q.id, q.text, dict.fromkeys(q.right, 2), q.article) for q in retrieval_questions(held_out=True))
    return JudgedTown(indexed(Content(town.municipality, tuple(town.departments), articles)), tuple(asked))


def indexed(content: Content) -> SearchIndex:
    """An index of `content` made anew, as `python -m indexer build` makes it."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder, content.municipality.code)
        synchronise(content, home)
        return SearchIndex(open_snapshot(home / current_version(home)))
