"""The line of an answer that works a rule of the article out for the resident's own day or age."""

from __future__ import annotations

from datetime import date

from bot import deadlines
from bot.answer import WorkedOut
from bot.deadlines import Due
from bot.endings import contact_of
from bot.turn import Services, Topic
from bot.wording import say
from knowledge.articles import Article

_DEADLINE, _ELIGIBILITY = "deadline", "eligibility"
YEARS_FROM = 36
"""Ages from this many months on are told in years."""


def work_out(topic: Topic, article: Article, services: Services, language: str, asked_on: date) -> tuple[WorkedOut, ...]:
    """What the article's rules say for the day and the age in the question; empty where that is not certain."""
    said = topic.text if topic.said in topic.text else f"{topic.text}。{topic.said}"
    keys = {facet.key for facet in topic.facets}
    found: list[WorkedOut] = []
    due = deadlines.due(said, article, asked_on, services.content.municipality)
    if due and (not keys or _DEADLINE in keys or due.passed):
        found.append(_due(due, article, services, language, asked_on))
    aged = deadlines.age(said, article)
    if aged:
        rule, months = aged
        inside = rule.holds(months)
        if not inside or not keys or _ELIGIBILITY in keys:
            text = say(f"deadlines.{'inside' if inside else 'outside'}", language, age=_age(months, language), rule=rule.text)
            found.append(WorkedOut("age", rule.text, text, "inside" if inside else "outside", months=months))
    return tuple(found)


def proven(worked: WorkedOut, article: Article, services: Services) -> bool:
    """Whether the article has the rule and it gives this result, worked out anew."""
    if worked.kind == "age":
        rule = deadlines.age_rule(article)
        known = rule is not None and rule.text == worked.rule and worked.months is not None
        return known and rule is not None and rule.holds(worked.months or 0) == (worked.result == "inside")
    if not worked.day:
        return worked.result == "passed" and any(rule.text == worked.rule for rule in deadlines.rules(article))
    day = date.fromisoformat(worked.day)
    result = deadlines.result_of(worked.rule, article, day, services.content.municipality)
    return result is not None and result.isoformat() == worked.result


def _due(due: Due, article: Article, services: Services, language: str, asked_on: date) -> WorkedOut:
    rule, key = due.rule, "until" if due.rule.within else "until_before"
    if rule.opens:
        key = "opens_about" if rule.about else "opens"
    elif due.passed:
        key = "passed_before" if not rule.within else "passed" if due.span.exact else "passed_about"
    department = contact_of(services, article.department, language).department
    shown = _day(due.day, language, asked_on)
    text = say(f"deadlines.{key}", language, said=due.span.said, rule=rule.text, date=shown, department=department)
    kind = "opens" if rule.opens else "deadline"
    if not due.span.exact:
        return WorkedOut(kind, rule.text, text, "passed")
    return WorkedOut(kind, rule.text, text, due.day.isoformat(), day=due.span.first.isoformat())


def _day(day: date, language: str, asked_on: date) -> str:
    weekday = say(f"hours.weekday_{day.weekday()}", language)
    weekday = weekday if language == "en" else weekday[0]
    key = "day" if day.year == asked_on.year else "day_of_year"
    return say(f"deadlines.{key}", language, year=day.year, month=day.month, day=day.day, weekday=weekday)


def _age(months: int, language: str) -> str:
    if months < YEARS_FROM and months % 12:
        return say("deadlines.months", language, n=months)
    return say("deadlines.years", language, n=months // 12)
