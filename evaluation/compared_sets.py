"""The question sets that the desk and its competitors are both asked, each with a way to ask the whole desk."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from evaluation import retrieval
from evaluation.competitors import Document
from evaluation.datasets import Judgements, QuestionSet
from evaluation.installation import Installation
from evaluation.own_questions import retrieval_questions
from indexer.passages import Kind, passages
from knowledge.articles import Article, Audience, State
from knowledge.commands import DEMO
from knowledge.municipality_folder import read_folder
from settings import DEMO_MUNICIPALITY

OWN = "our own, held out by article"


@dataclass(frozen=True)
class ComparedSet:
    """`groups`: question id -> what it is on, for questions that are not independent. `faq` is None for the demo municipality."""

    name: str
    described: str
    documents: Sequence[Document]
    questions: Mapping[str, str]
    judgements: Judgements
    groups: Mapping[str, str]
    faq: QuestionSet | None = None

    def ask_the_desk(self, out: Path) -> float:
        """Import, index and ask with the desk's own commands in a throw-away installation; `out` is the run.

        Returns seconds of import and index. Raises CommandFailed.
        """
        out.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="madoguchi-") as folder:
            if self.faq:
                installation = Installation(Path(folder), retrieval.MUNICIPALITY)
                imported, _, indexed = retrieval.prepare(installation, self.faq)
            else:
                installation = Installation(Path(folder), DEMO_MUNICIPALITY)
                imported = installation.run("knowledge", "load", str(DEMO)).seconds
                indexed = installation.run("indexer", "build").seconds
            asked = Path(folder, "asked.jsonl")
            lines = (json.dumps({"id": key, "text": text}, ensure_ascii=False) + "\n" for key, text in self.questions.items())
            asked.write_text("".join(lines), encoding="utf-8")
            installation.run(
                "bot.ask", "--municipality", installation.municipality, "--batch", str(asked), "--out", str(out.resolve())
            )
        return imported + indexed


def of_faq(questions: QuestionSet, half: str) -> ComparedSet:
    """A collection of questions and answers; only questions with a relevant article are asked."""
    lines = [json.loads(line) for line in questions.corpus.read_text(encoding="utf-8-sig").split("\n") if line.strip()]
    documents = [Document(str(d["id"]), f"{d['question']}\n{d['answer']}", (d["question"],)) for d in lines]
    judged = {q: grades for q, grades in questions.judgements.items() if any(grade > 0 for grade in grades.values())}
    asked = {question: questions.questions[question] for question in judged}
    name = f"{questions.folder.name} {half}"
    return ComparedSet(name, retrieval.described(questions), documents, asked, judged, {}, questions)


def of_demo() -> ComparedSet:
    """Our own questions on the articles kept for testing, asked of the whole demo municipality."""
    articles = [row.article for row in read_folder(DEMO).rows if row.article]
    documents = [_document(article) for article in articles if _reaches_residents(article)]
    asked = retrieval_questions(held_out=True)
    return ComparedSet(
        OWN,
        f"demo municipality: {len(documents)} articles, {len(asked)} questions on {len({q.article for q in asked})} articles",
        documents,
        {q.id: q.text for q in asked},
        {q.id: dict.fromkeys(q.right, 1) for q in asked},
        {q.id: q.article for q in asked},
    )


def _reaches_residents(article: Article) -> bool:
    return article.language == "ja" and article.audience is Audience.PUBLIC and article.state is not State.EXPIRED


def _document(article: Article) -> Document:
    """All that the desk may find it by, once: a section is part of the body."""
    text = "\n".join(p.text for p in passages(article) if p.kind is not Kind.SECTION)
    return Document(article.id, text, (article.title, *article.alternatives))
