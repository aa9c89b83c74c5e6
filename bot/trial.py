"""What the desk would answer and why, for staff who try questions: also as if a working copy were published.

Nothing asked here is stored or logged.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bot import pipeline
from bot.answer import Answer, Status
from bot.decision import Thresholds
from bot.facets import FACETS
from bot.question import PastTurn, Question
from bot.steps.decide import HALF_FAMILIAR, NOTHING_FAMILIAR, SAME_QUESTION
from bot.turn import Ranked, Services, Topic
from indexer.overlay import with_article
from indexer.search import SearchIndex
from knowledge.articles import Article, State

if TYPE_CHECKING:
    from bot.desk import Desk

SHOWN = 10
"""Candidates shown of each topic."""
KEPT = 4
"""Overlays kept: one a member of staff who is trying a working copy at the moment."""


@dataclass(frozen=True)
class Considered:
    """An article the desk considered. Cosines and coverage in 0 to 1; `score` orders the candidates of one question."""

    article: Article
    score: float
    words: float
    question: float
    body: float
    coverage: float
    exact: bool
    tried: bool


@dataclass(frozen=True)
class TriedTopic:
    """One question of the message: what was found for it, and why it ended as it did.

    `why` is one of WHYS; `rejected` are (article id, reason); `facets` the labels of what was asked for.
    """

    text: str
    status: Status
    why: str
    probability: float | None
    limits: Thresholds | None
    high_stakes: bool
    facets: tuple[str, ...]
    candidates: tuple[Considered, ...]
    rejected: tuple[tuple[str, str], ...]
    unknown_words: tuple[str, ...]


@dataclass(frozen=True)
class Tried:
    """The whole answer, topic by topic; `seconds` of the question alone, `overlay_seconds` of making the index before it."""

    answer: Answer
    topics: tuple[TriedTopic, ...]
    seconds: float
    overlay_seconds: float = 0.0


WHYS = (
    "sure", "same_question", "unfamiliar", "choices", "too_unsure", "half_familiar", "nothing", "intent", "sorting_table", "screened",
)  # fmt: skip


class Overlays:
    """Services over working copies, made when they are first asked for. Safe to use from many threads."""

    def __init__(self) -> None:
        self._made: OrderedDict[tuple[str, str, str], Services] = OrderedDict()
        self._lock = threading.Lock()

    def services(self, served: Services, article: Article) -> Services:
        """What the steps are given where `article` is published in place of what is served."""
        version = served.index.snapshot.version
        key = (served.content.municipality.code, version, article.digest)
        with self._lock:  # two who try the same copy wait for one index instead of making two
            if key not in self._made:
                self._made[key] = overlaid(served, article)
            self._made.move_to_end(key)
            while len(self._made) > KEPT:
                self._made.popitem(last=False)
            return self._made[key]


def overlaid(served: Services, article: Article) -> Services:
    """The services with an index in memory in which the article is published."""
    snapshot = with_article(served.index.snapshot, replace(article, state=State.PUBLISHED))
    return replace(served, content=snapshot.content, index=SearchIndex(snapshot))


def try_question(
    desk: Desk, overlays: Overlays, municipality: str, text: str, earlier: Sequence[str] = (), copy: Article | None = None
) -> Tried:
    """What a resident who asked this now would get; `earlier` are the messages of the conversation before it.

    `copy` is tried as if it were published. Raises UnknownMunicipality when the desk has no index for it.
    """
    services = desk.services(municipality)
    started = time.perf_counter()
    if copy is not None:
        services = overlays.services(services, copy)
    ready = time.perf_counter()
    today = services.clock().date()
    history: list[PastTurn] = []
    for said in earlier:
        reply = pipeline.run(Question(municipality, said, today, channel="staff", history=tuple(history)), services)
        history.append(PastTurn(reply.question, reply.status, tuple(source.id for source in reply.sources)))
    answer, turn = pipeline.traced(Question(municipality, text, today, channel="staff", history=tuple(history)), services)
    topics = tuple(_tried(topic, services, copy.id if copy else "") for topic in turn.topics)
    return Tried(answer, topics, time.perf_counter() - ready, ready - started if copy else 0.0)


def _tried(topic: Topic, services: Services, copy: str) -> TriedTopic:
    best = topic.ranked[0].candidate if topic.ranked else None
    limits = services.decision.thresholds_for(best.article.category) if best else None
    status = topic.answer.status if topic.answer else topic.status or Status.FAILED
    labels = {facet.key: facet.label for facet in FACETS}
    return TriedTopic(
        text=topic.text,
        status=status,
        why=_why(topic, status, limits),
        probability=topic.probability,
        limits=limits,
        high_stakes=best is not None and best.article.category in services.decision.high_stakes,
        facets=tuple(labels[facet.key] for facet in topic.facets),
        candidates=tuple(_considered(ranked, copy) for ranked in topic.ranked[:SHOWN]),
        rejected=topic.found.rejected if topic.found else (),
        unknown_words=topic.found.unknown_words if topic.found else (),
    )


def _why(topic: Topic, status: Status, limits: Thresholds | None) -> str:
    """The rule of `decide` that led to the ending."""
    if status in (Status.PERSON_REQUESTED, Status.OTHER_MUNICIPALITY, Status.SMALL_TALK):
        return "intent"
    if not topic.ranked or limits is None or topic.probability is None:
        return "nothing"
    best, sure = topic.ranked[0].candidate, topic.probability >= limits.answer
    if topic.answer is not None and not sure and status in (Status.ANSWERED, Status.ANSWERED_IN_PART):
        return "sorting_table"
    if status == Status.ANSWERED:
        return "same_question" if topic.probability == SAME_QUESTION and best.exact else "sure"
    if status == Status.ASKED_BACK:
        return "choices"
    if best.coverage < NOTHING_FAMILIAR:
        return "unfamiliar"
    return "half_familiar" if topic.probability >= limits.ask and best.coverage < HALF_FAMILIAR else "too_unsure"


def _considered(ranked: Ranked, copy: str) -> Considered:
    found = ranked.candidate
    return Considered(
        found.article, ranked.score, found.lexical, found.question, found.body, found.coverage, found.exact,
        found.article.id == copy,
    )  # fmt: skip
