"""Nothing leaves that the article does not say: every claim of an answer stands in its source, or the answer is replaced."""

from __future__ import annotations

import structlog

from bot.answer import Answer, Status, TopicAnswer
from bot.claims import unsupported
from bot.endings import ending
from bot.plain_text import plain
from bot.turn import Services, Topic, Turn
from bot.waste_talk import TABLE_ID
from bot.wording import say
from indexer.passages import fact_lines
from knowledge.articles import Article

log = structlog.get_logger(__name__)
_WORST_LAST = (
    Status.ASKED_BACK, Status.PERSON_REQUESTED, Status.UNSURE, Status.OTHER_MUNICIPALITY, Status.OUT_OF_SCOPE, Status.SMALL_TALK,
)  # fmt: skip
_NO_PERSON_NEEDED = frozenset({Status.ANSWERED, Status.SMALL_TALK})


def check(turn: Turn, services: Services) -> Turn:
    """Check each topic's answer and set the turn's."""
    checked = [_checked(topic, services, turn.language) for topic in turn.topics]
    return turn.with_(answer=_merged(turn, checked))


def support_of(article: Article, services: Services) -> str:
    """Everything an answer from this article may say: its text, facts, date, and its department's contact."""
    department = services.content.department_of.get(article.department)
    facts = [f"{label} {' '.join(values)}" for _, label, values in fact_lines(article.procedure)]
    contact = [department.name, department.phone, department.location] if department else []
    checked = article.last_checked.isoformat() if article.last_checked else ""
    return "\n".join([article.title, article.body, plain(article.body), *facts, checked, *contact])


def _checked(topic: Topic, services: Services, language: str) -> TopicAnswer:
    answer = topic.answer or ending(topic, Status.UNSURE, services, language)
    source = answer.sources[0].id if answer.sources else None
    if answer.status != Status.ANSWERED or source is None or source == TABLE_ID:
        return answer  # endings and the table's look-ups hold no composed text
    wrong = unsupported(answer.answer, support_of(services.content.article_of[source], services))
    if not wrong:
        return answer
    log.error("answer_unsupported", article=source, claims=len(wrong))
    return ending(topic, Status.UNSURE, services, language)


def _merged(turn: Turn, topics: list[TopicAnswer]) -> Answer:
    status = _status([t.status for t in topics])
    first_open = next((t for t in topics if t.status != Status.ANSWERED), None)
    best = [t.probability for t in topics if t.probability is not None]
    notices = (say("endings.masked", turn.language, kinds="、".join(turn.masked)),) if turn.masked else ()
    return Answer(
        question=turn.text,
        status=status,
        answer=_text(topics),
        language=turn.language,
        topics=tuple(topics),
        sources=tuple(dict.fromkeys(s for t in topics for s in t.sources)),
        choices=tuple(c for t in topics for c in t.choices),
        contact=(first_open or topics[0]).contact,
        masked=turn.masked,
        notices=notices,
        handoff_offered=any(t.status not in _NO_PERSON_NEEDED for t in topics),
        probability=min(best) if best else None,
        ranking=_interleaved([t.ranking for t in topics]),
    )


def _status(statuses: list[Status]) -> Status:
    if all(s == Status.ANSWERED for s in statuses):
        return Status.ANSWERED
    if Status.ANSWERED in statuses:
        return Status.ANSWERED_IN_PART
    return next(s for s in _WORST_LAST if s in statuses)


def _text(topics: list[TopicAnswer]) -> str:
    if len(topics) == 1:
        return topics[0].answer
    return "\n\n".join(f"「{t.text}」\n{t.answer}" for t in topics)


def _interleaved(rankings: list[tuple[str, ...]]) -> tuple[str, ...]:
    longest = max((len(r) for r in rankings), default=0)
    return tuple(dict.fromkeys(r[i] for i in range(longest) for r in rankings if i < len(r)))
