"""Nothing leaves that the article does not say: every claim of an answer stands in its source, or the answer is replaced."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

import structlog

from bot import translated_facts
from bot.answer import Answer, Section, Status, TopicAnswer
from bot.claims import unsupported
from bot.endings import ending
from bot.foreign_text import foreign, instructs
from bot.numerals import normal_numbers
from bot.omissions import Encode, documents_left_out, lacks
from bot.plain_text import plain
from bot.source_sentences import contact_lines, source_sentences
from bot.steps.compose import source_line
from bot.support import problems
from bot.turn import Services, Topic, Turn
from bot.waste_talk import TABLE_ID
from bot.wording import say
from bot.worked_out import proven
from indexer.encoder import EMBEDDED
from indexer.passages import fact_lines, sections
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
    return _support(article, contact_lines(services.content.department_of.get(article.department)))


@lru_cache(maxsize=4096)
def _support(article: Article, contact: tuple[str, ...]) -> str:
    facts = [f"{label} {' '.join(values)}" for _, label, values in fact_lines(article.procedure)]
    checked = article.last_checked.isoformat() if article.last_checked else ""
    return "\n".join([article.title, article.body, plain(article.body), *facts, checked, *contact])


def _checked(topic: Topic, services: Services, language: str) -> TopicAnswer:
    answer = topic.answer or ending(topic, Status.UNSURE, services, language)
    source = answer.sources[0].id if answer.sources else None
    if answer.status != Status.ANSWERED or source is None or source == TABLE_ID:
        return answer  # endings and the table's look-ups hold no composed text
    article = services.content.article_of[source]
    if not all(proven(worked, article, services) for worked in answer.worked_out):
        log.error("worked_out_unproven", article=source)
        return ending(topic, Status.UNSURE, services, language)
    wrong = _unfounded(answer, article, services, language)
    if wrong:
        log.error("answer_unsupported", article=source, claims=len(wrong))
        return ending(topic, Status.UNSURE, services, language)
    if topic.rewritten is None:
        return answer
    refused = refusals(topic.rewritten, topic, article, services, language)
    if refused:
        log.warning("rewriting_refused", article=source, reasons=sorted(set(refused)))
        return answer
    return _rewritten(answer, topic.rewritten, language)


def _unfounded(answer: TopicAnswer, article: Article, services: Services, language: str) -> Sequence[str]:
    """The claims of an answer that its article does not make.

    A person has vouched for a translation, and units are words of its language: there the bare facts must be the same.
    """
    said, support = _without_worked_out(answer), support_of(article, services)
    if services.content.words_of(article, language) is None:
        return unsupported(said, support)
    return translated_facts.unknown(said, support)


def _without_worked_out(answer: TopicAnswer) -> str:
    """The answer but for what was worked out: that stands in no source and is proven apart."""
    return "\n".join(line for line in answer.answer.split("\n") if line not in {w.text for w in answer.worked_out})


def refusals(written: str, topic: Topic, article: Article, services: Services, language: str) -> list[str]:
    """Why a rewritten answer may not be shown, as codes; empty when all of it stands in the article."""
    found = foreign(written, language)
    if instructs(article.body) or instructs(article.title):
        found.append("article_instructs")
    if found:
        return found
    support = support_of(article, services)
    if unsupported(normal_numbers(written), f"{support}\n{normal_numbers(support)}"):
        return ["claim"]
    contact = contact_lines(services.content.department_of.get(article.department))
    translated = (language == "en") != (article.language == "en")
    encode = _encode(services) if translated else None
    found = problems(written, source_sentences(article, contact), translated, encode)
    if lacks(written, _needed(topic, article), encode):
        found.append("asked_left_out")
    if not translated and documents_left_out(written, article.procedure):
        found.append("document_left_out")
    return found


def _encode(services: Services) -> Encode | None:
    encoder = services.index.snapshot.encoder
    return None if encoder.name == EMBEDDED else encoder.encode_passages


def _needed(topic: Topic, article: Article) -> list[str]:
    """The facts that were asked for: each must be told; documents stand in a section of their own where they are no facts."""
    asked = {field for facet in topic.facets for field in facet.fields}
    facts = [value for field, _, values in fact_lines(article.procedure) if field in asked for value in values]
    documents = next((f for f in topic.facets if f.key == "documents"), None)
    if facts or documents is None:
        return facts
    listed = [plain(part.text) for part in sections(article.body) if documents.headings.search(part.heading)]
    return [line for text in listed for line in text.split("\n") if line.strip()]


def _rewritten(answer: TopicAnswer, written: str, language: str) -> TopicAnswer:
    """The rewriting in place of the extract; the article's own parts stay, folded, for who wants to read them."""
    lines = [
        *(w.text for w in answer.worked_out),
        written,
        say("endings.rewritten", language),
        source_line(answer.sources[0], language),
    ]
    own = tuple(replace(s, folded=True) for s in answer.sections)
    return replace(answer, answer="\n".join(lines), sections=(Section("", "\n\n".join(written.split("\n"))), *own))


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
