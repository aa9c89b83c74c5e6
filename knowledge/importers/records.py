"""One row of an import becomes an article or an error that says what to correct."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import String

from knowledge.articles import Article, Audience, Department, Procedure, procedure_from_json
from knowledge.importers.dates import read_date
from knowledge.importers.remarks import Problem, Remark, remark_of_error
from knowledge.tables import ArticleRow

PROCEDURE_FACTS = ("eligibility", "deadline", "counter", "required_documents", "fee", "online_url", "proxy", "legal_basis")
LIMITS: dict[str, int] = {"title": 500, "body": 100_000, "alternatives": 500} | {
    column.name: column.type.length
    for column in ArticleRow.__table__.columns
    if isinstance(column.type, String) and column.type.length
}
"""Longest text of each field in characters: the width of the column where it has one, so that every database takes it."""

_AUDIENCES = {
    "": Audience.PUBLIC, "public": Audience.PUBLIC, "公開": Audience.PUBLIC, "住民": Audience.PUBLIC,
    "internal": Audience.INTERNAL, "非公開": Audience.INTERNAL, "庁内": Audience.INTERNAL, "内部": Audience.INTERNAL,
}  # fmt: skip


@dataclass(frozen=True)
class ImportedRow:
    """What one row gave: an article, or an error. `place` is "file:row"; warnings do not stop the article."""

    place: str
    article: Article | None = None
    error: str | None = None
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class ArticleBuilder:
    """Turns the fields of a row into an article of `municipality`; `departments` maps folded keys and names to keys."""

    municipality: str
    departments: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, municipality: str, departments: Iterable[Department]) -> ArticleBuilder:
        names = {_fold(word): one.key for one in departments for word in (one.name, one.key)}
        return cls(municipality, names)

    def row(self, place: str, fields: Mapping[str, Any]) -> ImportedRow:
        """The row of these fields (names as in docs/articles.md; missing ones are empty). Never raises on bad content."""
        try:
            article, warnings = self._article(fields)
        except ValueError as error:
            return ImportedRow(place, error=remark_of_error(error))
        return ImportedRow(place, article, warnings=warnings)

    def _article(self, fields: Mapping[str, Any]) -> tuple[Article, tuple[str, ...]]:
        article_id = _needed(fields, "id", "ID")
        if re.search(r"[\n\t]", article_id):
            raise Problem("the ID holds a line break or a tab", "line_break_in_id")
        title, body = _needed(fields, "title", "question"), _needed(fields, "body", "answer")
        given = {name: _text(name, fields.get(name)) for name in ("department", "owner", "category", "audience", "language")}
        department, owner, warnings = self._department(given["department"], given["owner"])
        valid_from, valid_until = _date("valid_from", fields), _date("valid_until", fields)
        if valid_from and valid_until and valid_until < valid_from:
            raise Problem(
                f"valid_until {valid_until} lies before valid_from {valid_from}",
                "until_before_from",
                until=valid_until,
                start=valid_from,
            )
        article = Article(
            municipality=self.municipality,
            id=article_id,
            title=title,
            body=body,
            category=given["category"],
            department=department,
            audience=_audience(given["audience"]),
            language=given["language"] or "ja",
            alternatives=_texts("alternatives", fields.get("alternatives")),
            procedure=_procedure(fields),
            source_url=_url("source_url", fields.get("source_url")),
            valid_from=valid_from,
            valid_until=valid_until,
            last_checked=_date("last_checked", fields),
            owner=owner,
        )
        return article, warnings

    def _department(self, given: str, owner: str) -> tuple[str, str, tuple[str, ...]]:
        if not given:
            return "", owner, ()
        if key := self.departments.get(_fold(given)):
            return key, owner, ()
        # The desk can give no phone and hours for a department it does not know; the name is not thrown away.
        kept = owner or given
        if len(kept) > LIMITS["owner"]:
            raise Problem(
                f"department: longer than {LIMITS['owner']} characters",
                "too_long",
                field="department",
                count=len(kept),
                limit=LIMITS["owner"],
            )
        remark = Remark(f"unknown department 「{given}」, kept as the owner only", "unknown_department", name=given)
        return "", kept, (remark,)


def _fold(word: str) -> str:
    return re.sub(r"\s", "", unicodedata.normalize("NFKC", word)).lower()


def _text(name: str, value: Any, limit: int | None = None) -> str:
    if value is None:
        return ""
    if isinstance(value, (datetime, date)):
        value = value.isoformat()
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str):
        raise Problem(f"{name}: expected text, not {type(value).__name__}", "not_text", field=name)
    text = value.replace("_x000D_", "").replace("\r\n", "\n").replace("\r", "\n").strip()
    for character in text:
        if unicodedata.category(character) in ("Cc", "Cs") and character not in "\n\t":
            sign = f"U+{ord(character):04X}"
            raise Problem(f"{name}: holds the control character {sign}", "control_character", field=name, sign=sign)
    limit = limit or LIMITS.get(name, LIMITS["body"])
    if len(text) > limit:
        message = f"{name}: {len(text)} characters, at most {limit} are possible"
        raise Problem(message, "too_long", field=name, count=len(text), limit=limit)
    return text


def _texts(name: str, value: Any) -> tuple[str, ...]:
    """A list, or one cell with its entries on lines of their own or separated by | or ；."""
    entries = _entries(name, value)
    parts = entries if isinstance(entries, (list, tuple)) else re.split(r"[\n|｜;；]", _text(name, entries, LIMITS["body"]))
    return tuple(dict.fromkeys(text for part in parts if (text := _text(name, part))))


def _entries(name: str, value: Any) -> Any:
    """A list as it is, or out of a cell that holds one as JSON, which an export writes where an entry has a separator in it."""
    if not isinstance(value, str) or not re.match(r"\[\s*[\"{\]]", value.strip()):
        return value.splitlines() if isinstance(value, str) and name == "conditional_documents" else value
    try:
        found = json.loads(value)
    except ValueError:
        return value
    return found if isinstance(found, list) else value


def _needed(fields: Mapping[str, Any], name: str, meaning: str) -> str:
    if text := _text(name, fields.get(name)):
        return text
    raise Problem(f"the {meaning} is empty", "empty_field", field=name)


def _date(name: str, fields: Mapping[str, Any]) -> date | None:
    text = _text(name, fields.get(name))
    try:
        return read_date(text) if text else None
    except ValueError as error:
        raise Problem(f"{name}: {error}", "bad_date", field=name, text=text[:60]) from None


def _url(name: str, value: Any) -> str:
    text = _text(name, value)
    if text and not (re.fullmatch(r"https?://\S+", text) and urlsplit(text).hostname):
        message = f"{name}: 「{text[:60]}」 is not a web address (http:// or https://)"
        raise Problem(message, "bad_url", field=name, text=text[:60])
    return text


def _audience(text: str) -> Audience:
    if text.lower() not in _AUDIENCES:
        raise Problem(f"audience: 「{text}」 is neither public nor internal", "bad_audience", text=text[:60])
    return _AUDIENCES[text.lower()]


def _procedure(fields: Mapping[str, Any]) -> Procedure:
    given = fields.get("procedure") or {}
    if not isinstance(given, Mapping):
        raise ValueError("procedure: expected facts by name")
    facts = {**given, **{name: fields[name] for name in PROCEDURE_FACTS if fields.get(name)}}
    values: dict[str, Any] = {
        name: _text(name, value) for name, value in facts.items() if name not in ("required_documents", "conditional_documents")
    }
    values["required_documents"] = _texts("required_documents", facts.get("required_documents"))
    conditional = fields.get("conditional_documents") or facts.get("conditional_documents") or ()
    values["conditional_documents"] = [_conditional(entry) for entry in _entries("conditional_documents", conditional)]
    if "online_url" in values:
        values["online_url"] = _url("online_url", values["online_url"])
    return procedure_from_json(values)


def _conditional(entry: Any) -> dict[str, str]:
    if isinstance(entry, str):
        when, arrow, document = entry.partition("→")
        entry = {"when": when, "document": document} if arrow else entry
    if not isinstance(entry, Mapping) or set(entry) != {"when", "document"}:
        raise ValueError("conditional_documents: each entry needs `when` and `document`, nothing else")
    return {name: _text(name, value) for name, value in entry.items()}
