"""The records that travel through the pipeline: a Turn holds Topics; Services hold what the steps need."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from bot.answer import Answer, EmergencyCard, Status, TopicAnswer
from bot.decision import DecisionModel
from bot.facets import Facet
from bot.generation import Generator
from bot.question import Question
from bot.ranker import Ranker
from bot.reranker import Reranker
from bot.screening.emergency_cards import Card
from indexer.search import Candidate, Found, SearchIndex
from knowledge.snapshot_content import Content


@dataclass(frozen=True)
class Ranked:
    """A candidate with its score; scores order the candidates of one question and mean nothing across questions."""

    candidate: Candidate
    score: float


@dataclass(frozen=True)
class Topic:
    """One thing the resident wants to know.

    `text` stands alone (the conversation is worked in), `said` is this message's part of it; `facets` are the parts of
    an answer asked for; `chosen` is an article the
    resident picked; `follows` are the articles the conversation was about. Once `answer` is set, later steps leave the
    topic as it is; `status` is what understand or decide chose. `rewritten` is a generator's text for `answer`, which
    residents see only after `check`.
    """

    text: str
    facets: tuple[Facet, ...] = ()
    said: str = ""
    chosen: str | None = None
    follows: tuple[str, ...] = ()
    found: Found | None = None
    ranked: tuple[Ranked, ...] = ()
    probability: float | None = None
    status: Status | None = None
    answer: TopicAnswer | None = None
    rewritten: str | None = None

    def with_(self, **changes: Any) -> Topic:
        return replace(self, **changes)


@dataclass(frozen=True)
class Services:
    """What the steps need of the world. What is None is switched off: the second look for names, the models by setting.

    `ranker` goes with the embedded encoder, whose cosines it was fitted on.
    """

    content: Content
    index: SearchIndex
    decision: DecisionModel
    cards: Mapping[str, Card]
    message_max_length: int
    clock: Callable[[], datetime]
    person_names: Callable[[str], Sequence[tuple[int, int]]] | None = None
    published_phones: frozenset[str] = frozenset()
    ranker: Ranker | None = None
    reranker: Reranker | None = None
    generator: Generator | None = None


@dataclass(frozen=True)
class Turn:
    """A question on its way. `text` is the screened message, `emergency` a card to show above the answer.

    Once `answer` is set the pipeline is done.
    """

    question: Question
    text: str = ""
    masked: tuple[str, ...] = ()
    topics: tuple[Topic, ...] = ()
    emergency: EmergencyCard | None = None
    answer: Answer | None = None
    ms: Mapping[str, float] = field(default_factory=dict)

    def with_(self, **changes: Any) -> Turn:
        return replace(self, **changes)

    @property
    def language(self) -> str:
        return self.question.language
