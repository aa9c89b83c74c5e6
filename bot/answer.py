"""What a resident gets: one closed status, one outcome, and everything needed to show and check it."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any


class Outcome(StrEnum):
    ANSWER = "answer"
    ASK_BACK = "ask_back"
    HAND_OVER = "hand_over"
    NOTICE = "notice"


class Status(StrEnum):
    """The closed list of endings; every ending has its own text in bot/texts."""

    ANSWERED = "answered"
    ANSWERED_IN_PART = "answered_in_part"
    ASKED_BACK = "asked_back"
    UNSURE = "unsure"
    PERSON_REQUESTED = "person_requested"
    EMERGENCY = "emergency"
    OTHER_MUNICIPALITY = "other_municipality"
    OUT_OF_SCOPE = "out_of_scope"
    SMALL_TALK = "small_talk"
    REJECTED_INPUT = "rejected_input"
    FAILED = "failed"
    SWITCHED_OFF = "switched_off"


OUTCOME_OF: dict[Status, Outcome] = {
    Status.ANSWERED: Outcome.ANSWER,
    Status.ANSWERED_IN_PART: Outcome.ANSWER,
    Status.ASKED_BACK: Outcome.ASK_BACK,
    Status.UNSURE: Outcome.HAND_OVER,
    Status.PERSON_REQUESTED: Outcome.HAND_OVER,
    Status.EMERGENCY: Outcome.NOTICE,
    Status.OTHER_MUNICIPALITY: Outcome.HAND_OVER,
    Status.OUT_OF_SCOPE: Outcome.HAND_OVER,
    Status.SMALL_TALK: Outcome.NOTICE,
    Status.REJECTED_INPUT: Outcome.NOTICE,
    Status.FAILED: Outcome.HAND_OVER,
    Status.SWITCHED_OFF: Outcome.HAND_OVER,
}


@dataclass(frozen=True)
class Source:
    """The article an answer was taken from."""

    id: str
    title: str
    url: str = ""
    department: str = ""
    last_checked: str = ""


@dataclass(frozen=True)
class Choice:
    """A button the resident may press: `article` when it picks an article, else `text` is sent as the next question."""

    label: str
    text: str
    article: str | None = None


@dataclass(frozen=True)
class Section:
    """A part of an answer. `folded` parts answer what was not asked and open on demand. `body` is Markdown."""

    heading: str
    body: str
    folded: bool = False


@dataclass(frozen=True)
class Fact:
    """A structured fact of a procedure, e.g. 手数料: 300円. `asked` marks the facet the resident asked for."""

    label: str
    values: tuple[str, ...]
    asked: bool = False


@dataclass(frozen=True)
class Contact:
    """Who to turn to. `hours` is a sentence; `open_now` tells whether the counter is open at this moment."""

    department: str
    key: str = ""
    phone: str = ""
    location: str = ""
    hours: str = ""
    open_now: bool | None = None


@dataclass(frozen=True)
class WorkedOut:
    """A rule of the article worked out for the resident's day or age; `text` is its line in the answer.

    `kind`: deadline (the last day), opens (the first day) or age. `rule` stands letter for letter in the article but for
    the width of signs. `day` is the resident's day (ISO; "" where only a span is known), `months` the age. `result`: an
    ISO day, or "inside", "outside", "passed".
    """

    kind: str
    rule: str
    text: str
    result: str
    day: str = ""
    months: int | None = None


@dataclass(frozen=True)
class TopicAnswer:
    """The outcome of one topic of the message; a message with two questions has two.

    `language` is that of the sections: the resident's where an approved translation stands for the article's own words,
    empty where no article was answered from.
    """

    text: str
    status: Status
    answer: str
    sections: tuple[Section, ...] = ()
    facts: tuple[Fact, ...] = ()
    sources: tuple[Source, ...] = ()
    choices: tuple[Choice, ...] = ()
    contact: Contact | None = None
    facet: str | None = None
    probability: float | None = None
    ranking: tuple[str, ...] = ()
    worked_out: tuple[WorkedOut, ...] = ()
    language: str = ""

    @property
    def outcome(self) -> Outcome:
        return OUTCOME_OF[self.status]


@dataclass(frozen=True)
class EmergencyCard:
    """An approved card shown at once; `lines` start with what to do now. Never made by a model."""

    kind: str
    language: str
    lines: tuple[str, ...]
    numbers: tuple[dict[str, str], ...] = ()
    quick_exit: bool = False
    keep_history: bool = True


@dataclass(frozen=True)
class Answer:
    """The whole reply to one message.

    `question` is the masked text as it is stored; `masked` names the kinds of personal data that were removed;
    `answer` is the complete reply as plain text (what LINE or a screen reader gets); `handoff_offered` says that a
    person is offered; `ms` is the wall time of each step in milliseconds.
    """

    question: str
    status: Status
    answer: str
    language: str = "ja"
    topics: tuple[TopicAnswer, ...] = ()
    sources: tuple[Source, ...] = ()
    choices: tuple[Choice, ...] = ()
    contact: Contact | None = None
    masked: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()
    emergency: EmergencyCard | None = None
    handoff_offered: bool = False
    probability: float | None = None
    ranking: tuple[str, ...] = ()
    snapshot: str = ""
    ms: dict[str, float] = field(default_factory=dict)

    @property
    def outcome(self) -> Outcome:
        return OUTCOME_OF[self.status]

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values in the shape of `Answer` in bot/openapi.yml."""
        data = asdict(self)
        data["outcome"] = self.outcome.value
        for topic, record in zip(data["topics"], self.topics, strict=True):
            topic["outcome"] = record.outcome.value
        return data
