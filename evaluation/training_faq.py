"""The FAQ collection we wrote to train on: titles, answers and the ways residents ask, in evaluation/training/*.txt.

A block is `# title`, a line of answer, and lines `? question`; blocks of one subject stand beside each other. The split
keeps whole runs of neighbours apart, so that what the ranker and the decision are fitted on was never seen by the encoder.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent / "training"
RUN = 8
"""Neighbouring articles that stay on one side of the split: about two families of siblings."""
RANKER_SHARE = 0.3


class BadTrainingFile(ValueError):
    """The file is not in the form above; the message names the line."""


@dataclass(frozen=True)
class TrainingArticle:
    """An article of ours with the questions it answers. `run` numbers the neighbours that are kept together."""

    id: str
    title: str
    body: str
    questions: tuple[str, ...]
    run: int

    @property
    def for_ranker(self) -> bool:
        """Whether the ranker and the decision learn from it, and the encoder does not."""
        return hashlib.sha256(f"{self.id.rsplit('-', 1)[0]}/{self.run}".encode()).digest()[0] < 256 * RANKER_SHARE


def training_articles(folder: Path = FOLDER) -> list[TrainingArticle]:
    """All articles, file by file in their order. Raises BadTrainingFile."""
    return [article for path in sorted(folder.glob("*.txt")) for article in _read(path)]


def _read(path: Path) -> Iterator[TrainingArticle]:
    for number, block in enumerate(path.read_text(encoding="utf-8").strip().split("\n# ")):
        title, *rest = [line.strip() for line in block.removeprefix("# ").splitlines() if line.strip()]
        questions = tuple(line[1:].strip() for line in rest if line.startswith("?"))
        body = "\n".join(line for line in rest if not line.startswith("?"))
        if not (title and body and questions):
            raise BadTrainingFile(f"{path.name}: block {number + 1} ({title[:30]}) lacks a title, an answer or questions")
        yield TrainingArticle(f"{path.stem}-{number + 1:03d}", title, body, questions, number // RUN)
