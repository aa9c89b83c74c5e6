"""The words of each topic's answer, taken from the article: the part asked for in full, the rest folded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from bot.answer import Choice, Fact, Section, Source, Status, TopicAnswer
from bot.endings import contact_of, ending, ranking
from bot.plain_text import plain
from bot.subject_words import subject_words
from bot.turn import Services, Topic, Turn
from bot.wording import say
from bot.worked_out import work_out
from indexer import text
from indexer.passages import BodySection, fact_lines, sections
from knowledge.articles import Article
from knowledge.translations import Words

SHORT_BODY = 320
"""Characters of a body up to which nothing is folded."""
MOST_CHOICES, LEAST_CHOICES = 4, 2
CHOICE_GAP = 8.0
"""Candidates this far behind the best (in the unit of the rank step) are no longer offered as choices."""


def compose(turn: Turn, services: Services) -> Turn:
    """Set `answer` of every topic that has none yet."""
    return turn.with_(topics=tuple(t if t.answer else t.with_(answer=_composed(t, turn, services)) for t in turn.topics))


def _composed(topic: Topic, turn: Turn, services: Services) -> TopicAnswer:
    if topic.status == Status.ANSWERED:
        asked_on = turn.question.asked_on
        return from_article(topic, topic.ranked[0].candidate.article, services, turn.language, asked_on)
    if topic.status == Status.ASKED_BACK:
        return _choices(topic, services, turn.language)
    return ending(topic, topic.status or Status.UNSURE, services, turn.language)


def from_article(topic: Topic, article: Article, services: Services, language: str, asked_on: date | None = None) -> TopicAnswer:
    """The extractive answer: the article's own words, its facts and where they come from.

    With `asked_on` also what the article's rules say for a day or an age in the question.
    """
    worked = work_out(topic, article, services, language, asked_on) if asked_on else ()
    facts = _facts(topic, article)
    parts = _sections(topic, article, any(f.asked for f in facts))
    words = services.content.words_of(article, language)
    if words is not None:
        parts = _translated(parts, article, words)
    contact = contact_of(services, article.department, language)
    source = _source(article, services)
    shown_facts = [f for f in facts if f.asked or not topic.facets]
    lines = [say("endings.japanese_only", language)] if words is None and language not in ("ja", article.language) else []
    lines += [w.text for w in worked]
    if topic.facets:
        lines += [_fact_line(f) for f in shown_facts]
    lines += [f"【{s.heading}】\n{plain(s.body)}" if s.heading else plain(s.body) for s in parts if not s.folded]
    if not topic.facets:
        lines += [_fact_line(f) for f in shown_facts]
    lines.append(source_line(source, language))
    return TopicAnswer(
        topic.text, Status.ANSWERED, "\n".join(lines), parts, facts, (source,), contact=contact,
        facet=topic.facets[0].key if topic.facets else None, probability=topic.probability, ranking=ranking(topic),
        worked_out=worked, language=language if words else article.language,
    )  # fmt: skip


def source_line(source: Source, language: str) -> str:
    """Title, department and last-checked date in one line."""
    department = say("endings.source_department", language, department=source.department) if source.department else ""
    checked = say("endings.source_checked", language, date=source.last_checked) if source.last_checked else ""
    return say("endings.source", language, title=source.title, department=department, checked=checked)


def _facts(topic: Topic, article: Article) -> tuple[Fact, ...]:
    wanted = {field for facet in topic.facets for field in facet.fields}
    facts = [Fact(label, values, asked=field in wanted) for field, label, values in fact_lines(article.procedure)]
    return tuple(sorted(facts, key=lambda fact: not fact.asked))


def _sections(topic: Topic, article: Article, fact_answers: bool) -> tuple[Section, ...]:
    parts = sections(article.body)
    asked = [_asks_for(topic, p) or _names(topic, article, p) for p in parts]
    if not any(asked) and not fact_answers:
        asked = _mentions(topic, parts)
    if len(parts) == 1 or len(article.body) <= SHORT_BODY:
        folds = fact_answers and len(parts) > 1
        return tuple(
            Section(p.heading, p.text, folded=folds and bool(p.heading) and not a) for p, a in zip(parts, asked, strict=True)
        )
    lead = [i == 0 and (not topic.facets or not (any(asked) or fact_answers)) for i in range(len(parts))]
    shown = [Section(p.heading, p.text, folded=not (a or first)) for p, a, first in zip(parts, asked, lead, strict=True)]
    return tuple(sorted(shown, key=lambda s: s.folded))


def _translated(parts: Sequence[Section], article: Article, words: Words) -> tuple[Section, ...]:
    """The same parts in another language: one for one where it is cut into as many, else the whole of it."""
    own, other = sections(article.body), sections(words.body)
    if len(own) == len(other):
        at = {(part.heading, part.text): index for index, part in enumerate(own)}
        found = [(other[at[part.heading, part.body]], part.folded) for part in parts]
    else:
        found = [(part, False) for part in other]
    made = [Section(part.heading, part.text, folded) for part, folded in found]
    # The article's title is in Japanese beside the source, so the answer begins with what it is about.
    first = next((index for index, part in enumerate(made) if not part.folded and not part.heading), None)
    if first is not None:
        made[first] = replace(made[first], heading=words.title)
    return tuple(made)


def _asks_for(topic: Topic, part: BodySection) -> bool:
    return any(facet.headings.search(part.heading) for facet in topic.facets)


def _names(topic: Topic, article: Article, part: BodySection) -> bool:
    """Whether the heading has a word of the question that the article's title has not: 「失業した方」."""
    if not topic.facets or not part.heading:
        return False
    title = set(text.tokens(article.title))
    own = set(subject_words(topic.said or topic.text)) - title
    return bool(own & set(text.tokens(part.heading)))


def _mentions(topic: Topic, parts: Sequence[BodySection]) -> list[bool]:
    """The first part whose text speaks of what is asked, where neither a fact nor a heading does."""
    found = next((i for i, p in enumerate(parts) if any(f.headings.search(p.text) for f in topic.facets)), None)
    return [i == found for i in range(len(parts))]


def _fact_line(fact: Fact) -> str:
    return f"{fact.label}：{'、'.join(fact.values)}"


def _source(article: Article, services: Services) -> Source:
    department = services.content.department_of.get(article.department)
    checked = article.last_checked.isoformat() if article.last_checked else ""
    return Source(article.id, article.title, article.source_url, department.name if department else article.department, checked)


def _choice(article: Article, services: Services, language: str) -> Choice:
    words = services.content.words_of(article, language)
    title = words.title if words else article.title
    return Choice(title, title, article.id)


def _choices(topic: Topic, services: Services, language: str) -> TopicAnswer:
    best = topic.ranked[0].score
    near = [r for i, r in enumerate(topic.ranked) if i < LEAST_CHOICES or best - r.score <= CHOICE_GAP]
    articles = {r.candidate.article.title: r.candidate.article for r in reversed(near[:MOST_CHOICES])}
    choices = [_choice(article, services, language) for article in reversed(articles.values())]
    choices.append(Choice(say("endings.none_of_these", language), say("endings.ask_for_person", language)))
    department = topic.ranked[0].candidate.article.department
    return TopicAnswer(
        topic.text, Status.ASKED_BACK, say("endings.asked_back", language), choices=tuple(choices),
        contact=contact_of(services, department, language), probability=topic.probability, ranking=ranking(topic),
        facet=topic.facets[0].key if topic.facets else None,
    )  # fmt: skip
