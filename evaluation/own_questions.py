"""Our own question sets over the demo municipality, and the split that keeps articles apart."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

QUESTIONS = Path(__file__).parent / "questions"
HELD_OUT_SHARE = 0.25


@dataclass(frozen=True)
class OwnQuestion:
    """A question as a resident would put it, the article that answers it, and others that would do."""

    id: str
    text: str
    article: str
    also: tuple[str, ...] = ()

    @property
    def right(self) -> frozenset[str]:
        return frozenset((self.article, *self.also))


def is_held_out(article: str) -> bool:
    """Whether questions on this article are kept for testing; by a hash of its id, so that a new article has its place too."""
    return hashlib.sha256(article.encode()).digest()[0] < 256 * HELD_OUT_SHARE


def retrieval_questions(held_out: bool | None = None) -> list[OwnQuestion]:
    """The questions of questions/retrieval-*.jsonl: all, those for training (False) or those kept for testing (True)."""
    found = []
    for path in sorted(QUESTIONS.glob("retrieval-*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            data = json.loads(line)
            question = OwnQuestion(data["id"], data["text"], data["article"], tuple(data.get("also", ())))
            if held_out is None or is_held_out(question.article) == held_out:
                found.append(question)
    return found
