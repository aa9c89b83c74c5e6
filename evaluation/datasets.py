"""Question sets: an FAQ collection, real questions and which of its articles answer them, in one folder.

corpus.jsonl          {"id", "question", "answer"} a line: what `python -m knowledge import` reads
queries.dev.jsonl     {"id", "text"} a line: what `python -m bot.ask --batch` reads
qrels.dev.tsv         question, article and grade, separated by tabs (2 = correct information, 1 = related)
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from settings import ROOT

VARIABLE = "MADOGUCHI_BENCH_DATA"
BESIDE = Path("..", "shared", "data", "localgovfaq")
"""Where a question set is looked for when nothing names one, from the repository."""

HOW_TO_GIVE = (
    "there is no question set: this part is skipped. Give a folder with corpus.jsonl, queries.dev.jsonl and qrels.dev.tsv "
    f"by --data DIR or in {VARIABLE}"
)

Judgements = Mapping[str, Mapping[str, int]]
"""Question id -> article id -> grade; an article that is not there is not relevant, or was never judged."""


class BadDataset(ValueError):
    """The folder is not a question set; the message names the file, the line and what is wrong."""


@dataclass(frozen=True)
class QuestionSet:
    """`questions`: id -> text. `articles` are the ids of the collection. `digest` tells one version of the data from another."""

    folder: Path
    corpus: Path
    queries: Path
    questions: Mapping[str, str]
    articles: frozenset[str]
    judgements: Judgements
    digest: str


def locate(given: Path | None = None) -> Path | None:
    """The folder given, else the environment's, else the one beside the repository; None when there is none.

    Raises BadDataset when a folder was named and is not there.
    """
    named = given or (Path(os.environ[VARIABLE]) if os.environ.get(VARIABLE) else None)
    if named is None:
        return beside if (beside := ROOT / BESIDE).is_dir() else None
    if not named.is_dir():
        raise BadDataset(f"{named} is not a folder")
    return named


def load(folder: Path, half: str = "dev") -> QuestionSet:
    """Read and check a question set; `half` is the part of the file names that tells sets over one corpus apart.

    Raises BadDataset.
    """
    folder = folder.resolve()  # commands that read it run elsewhere
    corpus, queries, qrels = folder / "corpus.jsonl", folder / f"queries.{half}.jsonl", folder / f"qrels.{half}.tsv"
    articles = frozenset(key for key, _ in _lines(corpus, "question"))
    questions = dict(_lines(queries, "text"))
    judgements = read_judgements(qrels)
    for question, grades in judgements.items():
        if question not in questions:
            raise BadDataset(f"{qrels}: question {question} is not in {queries.name}")
        if lost := sorted(set(grades) - articles):
            raise BadDataset(f"{qrels}: article {lost[0]} is not in {corpus.name}")
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in (corpus, queries, qrels))).hexdigest()[:12]
    return QuestionSet(folder, corpus, queries, questions, articles, judgements, digest)


def corpus(questions: QuestionSet) -> Iterator[tuple[str, str, str]]:
    """Id, title and body of every article of the collection. Raises BadDataset."""
    for (key, title), (_, body) in zip(_lines(questions.corpus, "question"), _lines(questions.corpus, "answer"), strict=True):
        yield key, title, body


def read_judgements(path: Path) -> Judgements:
    """Grades by question and article. Raises BadDataset."""
    judgements: dict[str, dict[str, int]] = {}
    for number, line in _text_lines(path):
        try:
            question, article, grade = line.split("\t")
            if int(grade) < 0 or article in judgements.get(question, {}):
                raise ValueError("a grade is 0 or more, and an article is judged once for a question")
            judgements.setdefault(question, {})[article] = int(grade)
        except ValueError as error:
            raise BadDataset(f"{path}:{number}: not question, article, grade: {error}") from error
    return judgements


def _lines(path: Path, field: str) -> Iterator[tuple[str, str]]:
    seen = set()
    for number, line in _text_lines(path):
        try:
            record: dict[str, Any] = json.loads(line)
            key, text = str(record["id"]), str(record[field])
        except (ValueError, KeyError, TypeError) as error:
            raise BadDataset(f"{path}:{number}: not a record with id and {field}: {error!r}") from error
        if key in seen:
            raise BadDataset(f"{path}:{number}: id {key} came before")
        seen.add(key)
        yield key, text


def _text_lines(path: Path) -> Iterator[tuple[int, str]]:
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise BadDataset(f"{path}: {error}") from error
    return ((number, line.rstrip("\r")) for number, line in enumerate(lines, 1) if line.strip())
