"""Before publishing: which answers would change if an article's working copy were published.

Each question is answered twice, by the served index and by one in memory with the copy in it (indexer/overlay.py).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from bot import pipeline
from bot.answer import Answer, Status
from bot.impact_questions import Asked
from bot.question import PastTurn, Question
from bot.turn import Services

EXCERPT = 400
"""Characters of an answer that are kept to be shown."""


class Change(StrEnum):
    """What becomes of an answer. REWORDED: other words from the same articles; MOVED: from other articles.

    LOST and GAINED: it was answered before, or is only afterwards.
    """

    SAME = "same"
    REWORDED = "reworded"
    MOVED = "moved"
    LOST = "lost"
    GAINED = "gained"


class Verdict(StrEnum):
    """Where it is known which article answers a question: whether the change is for the better."""

    BETTER = "better"
    WORSE = "worse"
    NEITHER = "neither"


@dataclass(frozen=True)
class Outcome:
    """How a question ended: its status, the articles answered from, and the words a resident reads."""

    status: str
    articles: tuple[str, ...]
    text: str

    @property
    def answered(self) -> bool:
        return self.status in (Status.ANSWERED, Status.ANSWERED_IN_PART)

    def to_json(self, words: bool) -> dict[str, Any]:
        return {"status": self.status, "articles": list(self.articles), "text": self.text[:EXCERPT] if words else ""}


@dataclass(frozen=True)
class Compared:
    """One question before and after."""

    asked: Asked
    before: Outcome
    after: Outcome

    @property
    def change(self) -> Change:
        if self.before.answered != self.after.answered:
            return Change.GAINED if self.after.answered else Change.LOST
        if self.before.articles != self.after.articles or self.before.status != self.after.status:
            return Change.MOVED
        return Change.SAME if self.before.text == self.after.text else Change.REWORDED

    @property
    def verdict(self) -> Verdict:
        right = set(self.asked.expected)
        if not right or self.change in (Change.SAME, Change.REWORDED):
            return Verdict.NEITHER
        before, after = (o.answered and bool(right & set(o.articles)) for o in (self.before, self.after))
        return Verdict.NEITHER if before == after else Verdict.BETTER if after else Verdict.WORSE

    def to_json(self) -> dict[str, Any]:
        """For the result that is stored. A resident's words are not in it, nor an answer that may repeat them."""
        own = self.asked.message is None
        return {
            "question": self.asked.text if own else "",
            "message": self.asked.message,
            "earlier": list(self.asked.earlier),
            "origin": self.asked.origin,
            "change": self.change.value,
            "verdict": self.verdict.value,
            "before": self.before.to_json(own),
            "after": self.after.to_json(own),
        }


def compare(
    questions: Sequence[Asked], before: Services, after: Services, progress: Callable[[int], None] = lambda _: None
) -> list[Compared]:
    """Answer every question both ways; `progress` is told how many are done."""
    compared = []
    for done, asked in enumerate(questions, 1):
        compared.append(Compared(asked, outcome(asked, before), outcome(asked, after)))
        progress(done)
    return compared


def outcome(asked: Asked, services: Services) -> Outcome:
    """How the question ends; one on which the pipeline breaks ends as `failed`, as it does for a resident."""
    today = services.clock().date()
    code = services.content.municipality.code
    try:
        history: list[PastTurn] = []
        for said in asked.earlier:
            reply = pipeline.run(Question(code, said, today, channel="staff", history=tuple(history)), services)
            history.append(PastTurn(reply.question, reply.status, tuple(s.id for s in reply.sources)))
        answer = pipeline.run(Question(code, asked.text, today, channel="staff", history=tuple(history)), services)
    except Exception:
        return Outcome(Status.FAILED, (), "")
    return Outcome(answer.status.value, _articles(answer), answer.answer)


def counts(compared: Sequence[Compared]) -> dict[str, int]:
    """How many of each change and of each verdict but NEITHER; all are named, also those of which there are none."""
    changes, verdicts = Counter(c.change for c in compared), Counter(c.verdict for c in compared)
    named = {change.value: changes[change] for change in Change}
    return named | {verdict.value: verdicts[verdict] for verdict in (Verdict.BETTER, Verdict.WORSE)}


ORDER = (Change.LOST, Change.MOVED, Change.GAINED, Change.REWORDED)
"""In which order changes are shown: first what a resident could miss."""


def result(compared: Sequence[Compared]) -> list[dict[str, Any]]:
    """What changed, ready to be stored: for the worse first, then in ORDER."""
    changed = [c for c in compared if c.change != Change.SAME]
    return [c.to_json() for c in sorted(changed, key=lambda c: (c.verdict != Verdict.WORSE, ORDER.index(c.change)))]


def _articles(answer: Answer) -> tuple[str, ...]:
    return tuple(source.id for source in answer.sources)
