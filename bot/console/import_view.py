"""What the pages of imports show: remarks in the reader's language, what a row changes, counts with their words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.console.pages import t
from knowledge.articles import Article, to_json
from knowledge.import_plan import FIELDS, Planned, Present
from knowledge.tables import ImportRowRow

EXCERPT = 160
"""Characters of a text that a preview shows."""


@dataclass(frozen=True)
class Change:
    """A field that a row changes; `before` is empty for a new article."""

    field: str
    before: str
    after: str


@dataclass(frozen=True)
class RowView:
    """A row as the preview shows it."""

    number: int
    place: str
    title: str
    outcome: str
    result: str
    wanted: bool
    article: str
    problem: str
    notes: Sequence[str]
    changes: Sequence[Change]
    given: Sequence[tuple[str, str]]


def say_remark(remark: Mapping[str, Any]) -> str:
    """A remark in the language of the member of staff, with the names of fields as the page calls them."""
    slots = dict(remark.get("slots") or {})
    for name in ("field", "fields"):
        if name in slots:
            slots[name] = "・".join(field_name(one.strip()) for one in slots[name].split(","))
    return t(f"staff_imports.remark_{remark['code']}", **slots)


def field_name(field: str) -> str:
    """What a field of an article is called; another word stays as it is."""
    return t(f"staff_imports.field_{field}") if field in FIELDS else field


def row_view(row: ImportRowRow, planned: tuple[Planned, Present | None] | None) -> RowView:
    """A stored row, with what it would do now when it has not been applied yet."""
    one, there = planned or (None, None)
    article = one.article if one is not None else None
    notes = [note.to_json() for note in one.notes] if one is not None and not row.result else []
    told = [*row.notes, *(note for note in notes if note not in row.notes)]
    return RowView(
        row.number,
        row.place,
        (article.title if article else "") or _first_text(row.given),
        row.outcome,
        row.result,
        row.wanted,
        row.article if row.outcome != "error" else "",
        say_remark(row.problem) if row.problem else "",
        [say_remark(note) for note in told],
        changes(article, there.article if there else None) if article and row.outcome in ("created", "changed") else (),
        [(name, _short(value)) for name, value in row.given.items() if str(value or "").strip()]
        if row.problem or not row.article
        else (),
    )


def changes(new: Article, old: Article | None) -> list[Change]:
    """The fields in which two articles differ, as texts; of a new article all that are not empty, but its title."""
    after, before = _texts(new), _texts(old) if old is not None else {}
    hidden = {"municipality", "id", "state", *(() if old is not None else ("title", "audience", "language"))}
    return [
        Change(field_name(name), *_around(before.get(name, ""), text))
        for name, text in after.items()
        if name not in hidden and text != before.get(name, "")
    ]


def _texts(article: Article) -> dict[str, str]:
    data = to_json(article)
    data |= data.pop("procedure")
    return {name: _plain(value) for name, value in data.items()}


def _plain(value: Any) -> str:
    if isinstance(value, list):
        return "\n".join(" → ".join(map(str, one.values())) if isinstance(one, dict) else str(one) for one in value)
    return "" if value is None else str(value)


def _around(before: str, after: str) -> tuple[str, str]:
    """Both texts, from a little before the place where they begin to differ."""
    same = next((at for at, (a, b) in enumerate(zip(before, after, strict=False)) if a != b), min(len(before), len(after)))
    start = max(0, same - 20) if before else 0
    lead = "…" if start else ""
    return (lead + _short(before[start:]) if before else "", lead + _short(after[start:]))


def _short(value: Any) -> str:
    text = _plain(value).strip()
    return text if len(text) <= EXCERPT else f"{text[:EXCERPT]}…"


def _first_text(given: Mapping[str, Any]) -> str:
    named = next((str(given[name]) for name in ("title", "タイトル", "質問", "name", "地名", "名称") if given.get(name)), "")
    return _short(named or next((str(value) for value in given.values() if str(value or "").strip()), ""))[:80]
