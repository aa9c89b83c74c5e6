"""The words of each topic's answer, taken from the article: the part asked for in full, the rest folded."""

from __future__ import annotations

from bot.answer import Choice, Fact, Section, Source, Status, TopicAnswer
from bot.endings import contact_of, ending, ranking
from bot.plain_text import plain
from bot.turn import Services, Topic, Turn
from bot.wording import say
from indexer.passages import BodySection, fact_lines, sections
from knowledge.articles import Article

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
        return from_article(topic, topic.ranked[0].candidate.article, services, turn.language)
    if topic.status == Status.ASKED_BACK:
        return _choices(topic, services, turn.language)
    return ending(topic, topic.status or Status.UNSURE, services, turn.language)


def from_article(topic: Topic, article: Article, services: Services, language: str) -> TopicAnswer:
    """The extractive answer: nothing in it but the article's own words, its facts and where they come from."""
    facts = _facts(topic, article)
    parts = _sections(topic, article, any(f.asked for f in facts))
    contact = contact_of(services, article.department, language)
    source = _source(article, services)
    shown_facts = [f for f in facts if f.asked or not topic.facets]
    lines = [say("endings.japanese_only", language)] if language != "ja" and article.language != language else []
    if topic.facets:
        lines += [_fact_line(f) for f in shown_facts]
    lines += [f"【{s.heading}】\n{plain(s.body)}" if s.heading else plain(s.body) for s in parts if not s.folded]
    if not topic.facets:
        lines += [_fact_line(f) for f in shown_facts]
    lines.append(source_line(source, language))
    return TopicAnswer(
        topic.text, Status.ANSWERED, "\n".join(lines), parts, facts, (source,), contact=contact,
        facet=topic.facets[0].key if topic.facets else None, probability=topic.probability, ranking=ranking(topic),
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
    if len(parts) == 1 or len(article.body) <= SHORT_BODY:
        folds = fact_answers and len(parts) > 1
        return tuple(Section(p.heading, p.text, folded=folds and bool(p.heading) and not _asks_for(topic, p)) for p in parts)
    asked = [_asks_for(topic, p) for p in parts]
    lead = [i == 0 and (not topic.facets or not (any(asked) or fact_answers)) for i in range(len(parts))]
    shown = [Section(p.heading, p.text, folded=not (a or first)) for p, a, first in zip(parts, asked, lead, strict=True)]
    return tuple(sorted(shown, key=lambda s: s.folded))


def _asks_for(topic: Topic, part: BodySection) -> bool:
    return any(facet.headings.search(part.heading) for facet in topic.facets)


def _fact_line(fact: Fact) -> str:
    return f"{fact.label}：{'、'.join(fact.values)}"


def _source(article: Article, services: Services) -> Source:
    department = services.content.department_of.get(article.department)
    checked = article.last_checked.isoformat() if article.last_checked else ""
    return Source(article.id, article.title, article.source_url, department.name if department else article.department, checked)


def _choices(topic: Topic, services: Services, language: str) -> TopicAnswer:
    best = topic.ranked[0].score
    near = [r for i, r in enumerate(topic.ranked) if i < LEAST_CHOICES or best - r.score <= CHOICE_GAP]
    titles = {r.candidate.article.title: r.candidate.article.id for r in reversed(near[:MOST_CHOICES])}
    choices = [Choice(title, title, article) for title, article in reversed(titles.items())]
    choices.append(Choice(say("endings.none_of_these", language), say("endings.ask_for_person", language)))
    department = topic.ranked[0].candidate.article.department
    return TopicAnswer(
        topic.text, Status.ASKED_BACK, say("endings.asked_back", language), choices=tuple(choices),
        contact=contact_of(services, department, language), probability=topic.probability, ranking=ranking(topic),
        facet=topic.facets[0].key if topic.facets else None,
    )  # fmt: skip
