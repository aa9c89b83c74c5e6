"""What is wrong with approved knowledge, found from the articles alone: no index, no network, no Flask.

Each function finds one kind of thing and returns findings, the most pressing first. What needs an index (near
duplicates) or the network (broken links) is found above and below; bot/health.py brings all together.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from knowledge.articles import Article, Department, State
from knowledge.stated import Claim, claims, phone_digits
from knowledge.tables import ArticleRow

EXPIRES_WITHIN = timedelta(days=30)
LEAST_ANSWERS = 300
"""Answers within the time looked at, below which no article can be called never found."""
LEAST_NOT_RESOLVED, LEAST_SHARE = 3, 0.4
"""Residents who said that an article did not help, and their share of all who judged it."""


class Found(StrEnum):
    """Kinds of findings; each is the kind of the task that it becomes."""

    CONTRADICTION = "contradiction"
    BROKEN_LINK = "broken_link"
    OVERDUE = "overdue"
    EXPIRING = "expiring"
    UNHELPFUL = "unhelpful"
    DUPLICATE = "duplicate"
    NEVER_FOUND = "never_found"


@dataclass(frozen=True)
class Finding:
    """One thing to look at. `key` is the same as long as it is the same thing; the smallest `rank` is shown first."""

    kind: Found
    key: str
    article: str
    other: str = ""
    department: str = ""
    rank: float = 0.0
    detail: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Reviewed:
    """When a published article was first stored and has to be looked at again."""

    created_at: datetime
    review_on: date | None


@dataclass(frozen=True)
class Usage:
    """How often articles were answered from since a day, how often judged, and how often they did not help."""

    answers: int = 0
    found: Mapping[str, int] = field(default_factory=dict)
    judged: Mapping[str, int] = field(default_factory=dict)
    not_resolved: Mapping[str, int] = field(default_factory=dict)


def reviewed(session: Session, code: str) -> dict[str, Reviewed]:
    """Dates of the municipality's own published articles that Article does not carry, by id."""
    query = select(ArticleRow.id, ArticleRow.created_at, ArticleRow.review_on).where(
        ArticleRow.municipality == code, ArticleRow.state == State.PUBLISHED.value
    )
    return {key: Reviewed(created, review) for key, created, review in session.execute(query)}


def overdue(articles: Iterable[Article], dates: Mapping[str, Reviewed], today: date) -> list[Finding]:
    """Published articles whose review date has passed."""
    found = []
    for article in articles:
        due = dates[article.id].review_on if article.id in dates else None
        if due is not None and due < today:
            days = (today - due).days
            detail = {"review_on": due.isoformat(), "days": days}
            found.append(Finding(Found.OVERDUE, article.id, article.id, "", article.department, -days, detail))
    return _ordered(found)


def expiring(articles: Iterable[Article], today: date) -> list[Finding]:
    """Published articles that are in force for EXPIRES_WITHIN at most, and those that have run out and are still published."""
    found = []
    for article in articles:
        if article.valid_until is None or article.valid_until > today + EXPIRES_WITHIN:
            continue
        days = (article.valid_until - today).days
        detail = {"valid_until": article.valid_until.isoformat(), "days": days}
        found.append(Finding(Found.EXPIRING, article.id, article.id, "", article.department, days, detail))
    return _ordered(found)


def never_found(articles: Iterable[Article], dates: Mapping[str, Reviewed], usage: Usage, since: datetime) -> list[Finding]:
    """Articles in force since before `since` that no answer was taken from; none where too little was asked to tell."""
    own = [a for a in articles if a.id in dates]
    if usage.answers < max(LEAST_ANSWERS, 2 * len(own)):
        return []
    detail = {"answers": usage.answers}
    silent = [a for a in own if dates[a.id].created_at <= since and not usage.found.get(a.id) and _in_force_since(a, since)]
    return [Finding(Found.NEVER_FOUND, a.id, a.id, "", a.department, rank, detail) for rank, a in enumerate(silent)]


def unhelpful(articles: Iterable[Article], usage: Usage) -> list[Finding]:
    """Articles that many residents were answered from and said that it did not help."""
    found = []
    for article in articles:
        judged, lost = usage.judged.get(article.id, 0), usage.not_resolved.get(article.id, 0)
        if lost >= LEAST_NOT_RESOLVED and lost >= LEAST_SHARE * judged:
            detail = {"found": usage.found.get(article.id, 0), "judged": judged, "not_resolved": lost}
            found.append(Finding(Found.UNHELPFUL, article.id, article.id, "", article.department, -lost, detail))
    return _ordered(found)


def contradictions(articles: Sequence[Article], departments: Sequence[Department]) -> list[Finding]:
    """Fees, periods, days and telephone numbers that articles state differently, and numbers unlike the department's own.

    Of several articles about one thing, those are named that differ from the one whose facts are about it, else from
    what most say. An article that says both what the other says and something else does not contradict it.
    """
    said: dict[tuple[str, str, str], dict[str, list[Claim]]] = defaultdict(lambda: defaultdict(list))
    for article in articles:
        for claim in claims(article, departments):
            said[claim.kind, claim.subject, claim.way][article.id].append(claim)
    known = {a.id: a for a in articles}
    records = {d.name: d for d in departments if d.phone}
    found: list[Finding] = []
    for (kind, subject, way), by_article in said.items():
        if kind == "phone" and subject in records:
            found += _unlike_record(records[subject], by_article, known)
        else:
            found += _unlike_others(kind, subject, way, by_article, known)
    return _ordered(found)


def _unlike_record(
    department: Department, by_article: Mapping[str, list[Claim]], known: Mapping[str, Article]
) -> Iterator[Finding]:
    right = phone_digits(department.phone)
    for article, given in by_article.items():
        wrong = [claim for claim in given if claim.value != right]
        if wrong and not any(claim.value == right for claim in given):
            detail = {
                "of": "phone_record", "subject": department.name, "text": wrong[0].text, "value": wrong[0].value,
                "other_value": department.phone,
            }  # fmt: skip
            yield _contradiction(f"phone:{department.key}:{article}", known[article], "", detail)


def _unlike_others(
    kind: str, subject: str, way: str, by_article: Mapping[str, list[Claim]], known: Mapping[str, Article]
) -> Iterator[Finding]:
    yield from _unlike_own_facts(kind, subject, way, by_article, known)
    if len(by_article) < 2:
        return
    reference = _reference(subject, by_article, known)
    right = {claim.value for claim in by_article[reference]}
    for article, given in by_article.items():
        if article == reference or right & {claim.value for claim in given}:
            continue
        detail = {
            "of": kind, "subject": subject, "way": way, "text": given[0].text, "value": given[0].value,
            "other_text": by_article[reference][0].text, "other_value": by_article[reference][0].value,
            "other_title": known[reference].title,
        }  # fmt: skip
        yield _contradiction(f"{kind}:{subject}:{way}:{article}:{reference}", known[article], reference, detail)


def _unlike_own_facts(
    kind: str, subject: str, way: str, by_article: Mapping[str, list[Claim]], known: Mapping[str, Article]
) -> Iterator[Finding]:
    for article, given in by_article.items():
        facts, told = [c for c in given if c.fact], [c for c in given if not c.fact]
        if facts and told and not {c.value for c in facts} & {c.value for c in told}:
            detail = {
                "of": kind, "subject": subject, "way": way, "text": told[0].text, "value": told[0].value,
                "other_text": facts[0].text, "other_value": facts[0].value, "own_facts": True,
            }  # fmt: skip
            yield _contradiction(f"{kind}:{subject}:{way}:{article}:facts", known[article], "", detail)


def _reference(subject: str, by_article: Mapping[str, list[Claim]], known: Mapping[str, Article]) -> str:
    """The article that is about the thing itself, else one of those that say what most say."""
    votes: dict[str, int] = defaultdict(int)
    for given in by_article.values():
        for value in {claim.value for claim in given}:
            votes[value] += 1

    def order(article: str) -> tuple[bool, bool, int, str]:
        given = by_article[article]
        about = subject in known[article].title
        return (not (about and any(c.fact for c in given)), not about, -max(votes[c.value] for c in given), article)

    return min(by_article, key=order)


def _contradiction(key: str, article: Article, other: str, detail: dict[str, Any]) -> Finding:
    short = key if len(key) <= 200 else hashlib.sha256(key.encode()).hexdigest()
    order = ("fee", "period", "day", "phone", "phone_record").index(detail["of"])
    return Finding(Found.CONTRADICTION, short, article.id, other, article.department, order, detail)


def _in_force_since(article: Article, since: datetime) -> bool:
    return article.valid_from is None or article.valid_from <= since.date()


def _ordered(found: Iterable[Finding]) -> list[Finding]:
    return sorted(found, key=lambda one: (one.rank, one.article, one.key))
