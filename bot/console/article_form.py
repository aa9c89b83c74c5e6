"""The form of an article: what was typed, as it was typed, and the record it makes."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from typing import Any
from urllib.parse import urlsplit

from werkzeug.datastructures import MultiDict

from knowledge.articles import Article, Audience, ConditionalDocument, Procedure
from knowledge.importers.records import LIMITS

FACTS = ("eligibility", "deadline", "counter", "required_documents", "fee", "online_url", "proxy", "legal_basis")
"""Structured facts that are one field of the form; the conditional documents are rows."""
PLAIN = ("title", "body", "category", "department", "audience", "language", "source_url", "owner")
LINES = ("alternatives", "required_documents")
DATES = ("valid_from", "valid_until", "last_checked", "review_on")
NAMES = (*PLAIN, *FACTS, "alternatives", *DATES, "note")
LONGEST_FACT = 2000
MOST_ROWS = 50
SPARE_ROWS = 2
"""Empty rows offered below those that are filled in."""
_LONG = {"body": LIMITS["body"], "note": 2000}


@dataclass(frozen=True)
class Typed:
    """What stands in the form. `rows`: (when, document) of each conditional document."""

    values: Mapping[str, str]
    rows: tuple[tuple[str, str], ...] = ()

    def __getitem__(self, name: str) -> str:
        return self.values.get(name, "")

    @property
    def shown_rows(self) -> list[tuple[str, str]]:
        """The rows of the form with a few empty ones to fill in."""
        return [*self.rows, *[("", "")] * SPARE_ROWS]


@dataclass(frozen=True)
class Parsed:
    """The record of a form. `problems`: field -> reason; fields with one are empty in the record."""

    article: Article
    review_on: date | None
    note: str
    problems: Mapping[str, str]


def typed_of(article: Article, review_on: date | None = None, note: str = "") -> Typed:
    """The form that makes this article."""
    values = {name: str(getattr(article, name)) for name in PLAIN}
    values["alternatives"] = "\n".join(article.alternatives)
    for name in FACTS:
        fact = getattr(article.procedure, name)
        values[name] = "\n".join(fact) if isinstance(fact, tuple) else fact
    for name in DATES:
        day = review_on if name == "review_on" else getattr(article, name)
        values[name] = day.isoformat() if day else ""
    rows = tuple((c.when, c.document) for c in article.procedure.conditional_documents)
    return Typed({**values, "audience": article.audience.value, "note": note}, rows)


def typed_in(form: MultiDict[str, str]) -> Typed:
    """The form that was sent."""
    values = {name: form.get(name, "").replace("\r\n", "\n").replace("\r", "\n") for name in NAMES}
    pairs = zip(form.getlist("when"), form.getlist("document"), strict=False)
    rows = tuple((when.strip(), document.strip()) for when, document in pairs if when.strip() or document.strip())
    return Typed(values, rows[:MOST_ROWS])


def parsed(typed: Typed, municipality: str, article: str) -> Parsed:
    """The record of the form; a working copy may be unfinished, so only what cannot be kept at all is a problem."""
    problems: dict[str, str] = {}

    def read(name: str) -> str:
        return _text(name, typed[name], problems)

    facts: dict[str, Any] = {name: _lines(read(name)) if name in LINES else read(name).strip() for name in FACTS}
    when_and_document = [_text("conditional_documents", part, problems) for row in typed.rows for part in row]
    pairs = zip(when_and_document[::2], when_and_document[1::2], strict=True)
    facts["conditional_documents"] = tuple(ConditionalDocument(when, document) for when, document in pairs)
    plain: dict[str, Any] = {name: read(name).strip() for name in PLAIN if name != "audience"}
    days = {name: _date(name, typed[name], problems) for name in DATES}
    review_on = days.pop("review_on")
    record = Article(
        municipality,
        article,
        audience=Audience.INTERNAL if typed["audience"] == Audience.INTERNAL else Audience.PUBLIC,
        alternatives=_lines(read("alternatives"), LIMITS["alternatives"], problems),
        procedure=Procedure(**facts),
        **{**plain, "language": plain["language"] or "ja", **days},
    )
    return Parsed(record, review_on, read("note").strip(), problems)


def unfinished(article: Article, departments: Sequence[str]) -> dict[str, str]:
    """Why an article cannot be submitted yet: field -> reason."""
    found = {name: "needed" for name in ("title", "body") if not getattr(article, name).strip()}
    addresses = {"source_url": article.source_url, "online_url": article.procedure.online_url}
    found |= {name: "no_address" for name, given in addresses.items() if given and not _is_address(given)}
    if article.department not in departments:
        found["department"] = "unknown_department" if article.department else "needed"
    if article.valid_from and article.valid_until and article.valid_until < article.valid_from:
        found["valid_until"] = "before_start"
    if any(not (c.when and c.document) for c in article.procedure.conditional_documents):
        found["conditional_documents"] = "half_a_row"
    return found


def differing(one: Article, other: Article) -> list[str]:
    """Names of the fields of the form in which two articles differ."""
    plain = [f.name for f in fields(Article) if f.name not in ("municipality", "id", "state", "procedure")]
    facts = [f.name for f in fields(Procedure)]
    return [name for name in plain if getattr(one, name) != getattr(other, name)] + [
        name for name in facts if getattr(one.procedure, name) != getattr(other.procedure, name)
    ]


def _text(name: str, value: str, problems: dict[str, str]) -> str:
    if any(unicodedata.category(c) in ("Cc", "Cs") and c not in "\n\t" for c in value):
        problems[name] = "control_character"
        return ""
    limit = _LONG.get(name) or (LIMITS["body"] if name in LINES else LIMITS.get(name, LONGEST_FACT))
    if len(value) > limit:
        problems[name] = "too_long"
        return ""
    return value


def _lines(value: str, limit: int = LONGEST_FACT, problems: dict[str, str] | None = None) -> tuple[str, ...]:
    lines = tuple(dict.fromkeys(line.strip() for line in value.split("\n") if line.strip()))
    if problems is not None and any(len(line) > limit for line in lines):
        problems["alternatives"] = "line_too_long"
        return ()
    return lines


def _date(name: str, value: str, problems: dict[str, str]) -> date | None:
    try:
        return date.fromisoformat(value.strip()) if value.strip() else None
    except ValueError:
        problems[name] = "no_date"
        return None


def _is_address(value: str) -> bool:
    try:
        return bool(re.fullmatch(r"https?://\S+", value) and urlsplit(value).hostname)
    except ValueError:
        return False
