"""What would become of every row: which field each column stands for, which article it is, what it changes. Nothing is stored.

An article without an ID in the source gets one made of the values that tell it apart from others, so that the same
file brought in twice meets the same articles. Fields that no column stands for stay as they are in the desk.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from knowledge.articles import Article, Procedure
from knowledge.importers.columns import NAMES, read_header
from knowledge.importers.pack_source import filled, missing
from knowledge.importers.records import PROCEDURE_FACTS, ArticleBuilder
from knowledge.importers.remarks import Remark
from knowledge.importers.source import made_id

FIELDS = tuple(NAMES)
"""What a column may stand for, in the order the page offers it."""
SEVERAL = frozenset({"body", "alternatives", "required_documents"})
"""Fields that more than one column may stand for; texts of the body follow each other under the names of their columns."""
OUTCOMES = ("created", "changed", "unchanged", "error")

_TAG = re.compile(r"</?[a-zA-Z][a-zA-Z0-9-]{0,20}(?:\s[^<>]{0,40}|/)?>?")
_LOST_LETTER = re.compile(r"(?<=[0-9０-９時月日年歳分円])\?(?=[\s0-9０-９、。）)]|$)", re.MULTILINE)


@dataclass(frozen=True)
class ColumnMap:
    """`fields`: column -> field; `key`: columns that tell articles apart where no column is the ID.

    `slots`: values of a pack's slots in this municipality; None for what is no pack.
    """

    fields: Mapping[str, str] = field(default_factory=dict)
    key: tuple[str, ...] = ()
    slots: Mapping[str, str] | None = None

    def columns_of(self, name: str) -> list[str]:
        return [column for column, given in self.fields.items() if given == name]

    @property
    def identity(self) -> tuple[str, ...]:
        """The columns that make an ID where none is one; the title is always among them."""
        return tuple(dict.fromkeys((*self.columns_of("title"), *self.key)))

    @property
    def missing(self) -> tuple[str, ...]:
        return tuple(name for name in ("title", "body") if not self.columns_of(name))

    @property
    def repeated(self) -> tuple[str, ...]:
        """Fields that two columns stand for though only one can."""
        counts = Counter(self.fields.values())
        return tuple(name for name, count in counts.items() if name and count > 1 and name not in SEVERAL)

    def to_json(self) -> dict[str, Any]:
        slots = {} if self.slots is None else {"slots": dict(self.slots)}
        return {"fields": dict(self.fields), "key": list(self.key), **slots}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> ColumnMap:
        return cls(dict(data.get("fields") or {}), tuple(data.get("key") or ()), data.get("slots"))


@dataclass(frozen=True)
class Given:
    """A row as it was read; `problem` when it could not be."""

    number: int
    values: Mapping[str, Any]
    problem: bool = False


@dataclass(frozen=True)
class Present:
    """An article that is in the desk: as residents read it or, where there is one, its working copy with its version.

    `local`: the municipality has written it itself, or changed it since a pack brought it.
    """

    article: Article
    version: int | None = None
    by_other: str = ""
    local: bool = False


@dataclass(frozen=True)
class Planned:
    """What would become of one row. `base`: digest of what is there now; empty when nothing is."""

    number: int
    outcome: str
    article: Article | None = None
    id: str = ""
    base: str = ""
    problem: Remark | None = None
    notes: tuple[Remark, ...] = ()


def guess(columns: Sequence[str], rows: Iterable[tuple[str, Mapping[str, Any]]]) -> ColumnMap:
    """Fields by the names of columns; `rows` are the file and the values of each row.

    Where no column is the ID, articles are told apart by their title and by what all rows of a file share (the issue
    of a bulletin): the next file has the same titles and another value there.
    """
    header = read_header(columns)
    fields = dict.fromkeys(columns, "") | {columns[position]: name for name, position in header.fields.items()}
    if "id" in header.fields:
        return ColumnMap(fields)
    titles = [column for column, name in fields.items() if name == "title"]
    shared = _shared([column for column, name in fields.items() if not name], rows)
    return ColumnMap(fields, (*titles, *shared))


def plan(given: Iterable[Given], mapping: ColumnMap, builder: ArticleBuilder, present: Mapping[str, Present]) -> list[Planned]:
    """The outcome of every row, in their order; each is exactly one of OUTCOMES."""
    first: dict[str, Planned] = {}
    planned = []
    for row in given:
        if row.problem:
            planned.append(Planned(row.number, "error"))
            continue
        one = plan_row(row, mapping, builder, present)
        if one.id and (before := first.get(one.id)):
            one = _repeated(one, before)
        elif one.article is not None:
            first[one.id] = one
        planned.append(one)
    return planned


def plan_row(row: Given, mapping: ColumnMap, builder: ArticleBuilder, present: Mapping[str, Present]) -> Planned:
    """The outcome of one row by itself."""
    if mapping.missing:
        names = ", ".join(mapping.missing)
        return Planned(row.number, "error", problem=Remark(f"no column stands for the {names}", "no_column", fields=names))
    fields = values_of(row.values, mapping)
    if mapping.slots is not None:
        if lacking := missing(fields.values(), mapping.slots):
            names = ", ".join(lacking)
            told = Remark(f"no value for {names}", "slot_missing", names=names)
            return Planned(row.number, "error", id=str(fields.get("id", ""))[:200], problem=told)
        fields = {name: filled(value, mapping.slots) for name, value in fields.items()}
    made = builder.row("", fields)
    if made.article is None:
        return Planned(row.number, "error", id=str(fields.get("id", ""))[:200], problem=_remark(made.error))
    there = present.get(made.article.id)
    article = merged(made.article, there.article, set(mapping.fields.values())) if there else made.article
    notes = tuple(map(_remark, made.warnings)) + _lost_letters(article) + _tags(article)
    if there is None:
        return Planned(row.number, "created", article, article.id, notes=notes)
    base = there.article.digest
    if article.digest == base:
        return Planned(row.number, "unchanged", article, article.id, base, notes=notes)
    if there.version is not None:
        notes += (Remark(f"{there.by_other or '?'} is editing this article", "being_edited", name=there.by_other or "?"),)
    if there.local:
        notes += (Remark("the municipality has changed this article itself", "local_edits"),)
    return Planned(row.number, "changed", article, article.id, base, notes=notes)


def values_of(values: Mapping[str, Any], mapping: ColumnMap) -> dict[str, Any]:
    """The fields of an article that a row gives, its ID among them."""
    fields: dict[str, Any] = {}
    for name in dict.fromkeys(filter(None, mapping.fields.values())):
        columns = mapping.columns_of(name)
        fields[name] = values.get(columns[0]) if len(columns) == 1 else _joined(name, columns, values)
    if not any(column in values for column in mapping.columns_of("id")):
        fields["id"] = made_id([values.get(column) for column in mapping.identity])
    return fields


def merged(new: Article, old: Article, mapped: set[str]) -> Article:
    """`old` with the mapped fields of `new`; what the source says nothing about stays."""
    if "procedure" in mapped:
        facts = new.procedure
    else:
        given = {name: getattr(new.procedure, name) for name in (*PROCEDURE_FACTS, "conditional_documents") if name in mapped}
        facts = replace(old.procedure, **given)
    plain = {
        name: getattr(new, name)
        for name in Article.__dataclass_fields__
        if name in mapped and name not in ("id", "procedure", *Procedure.__dataclass_fields__)
    }
    if "department" in mapped and new.owner:  # an unknown department is kept as the owner
        plain["owner"] = new.owner
    return replace(old, **plain, procedure=facts)


def shared_digest(article: Article) -> str:
    """Digest of what a pack brings: without the day of the check and the owner, which are each municipality's."""
    return replace(article, last_checked=None, owner="").digest


def _repeated(one: Planned, first: Planned) -> Planned:
    """Two rows for one article: the same text twice is no harm, two texts are an error of the second."""
    if one.article is not None and first.article is not None and one.article.digest == first.article.digest:
        same = Remark(f"the same as row {first.number}", "repeated_same", row=first.number)
        return replace(one, outcome="unchanged", notes=(*one.notes, same))
    told = Remark(f"row {first.number} is the same article with another text", "repeated", row=first.number, id=one.id)
    return replace(one, outcome="error", problem=one.problem or told)


def _joined(name: str, columns: Sequence[str], values: Mapping[str, Any]) -> str:
    texts = [(column, str(values.get(column) or "").strip()) for column in columns]
    if name != "body":
        return "\n".join(text for _, text in texts if text)
    first, *others = texts
    return "\n\n".join(filter(None, [first[1], *(f"## {column}\n\n{text}" for column, text in others if text)]))


def _shared(columns: Sequence[str], rows: Iterable[tuple[str, Mapping[str, Any]]]) -> list[str]:
    """Columns that have one value in each file, not always an empty one, where a file has several rows."""
    seen: dict[tuple[str, str], set[str]] = {}
    files: Counter[str] = Counter()
    for file, values in rows:
        files[file] += 1
        for column in columns:
            seen.setdefault((file, column), set()).add(str(values.get(column) or "").strip())
    if max(files.values(), default=0) < 2:
        return []
    of_column = {column: [seen[file, column] for file in files] for column in columns}
    return [c for c, found in of_column.items() if all(len(one) == 1 for one in found) and any(one != {""} for one in found)]


def _lost_letters(article: Article) -> tuple[Remark, ...]:
    found = [match.start() for text in (article.title, article.body) for match in _LOST_LETTER.finditer(text)]
    if not found:
        return ()
    at = _LOST_LETTER.search(article.body) or _LOST_LETTER.search(article.title)
    text = article.body if at and at.string is article.body else article.title
    near = text[max(0, at.start() - 6) : at.end() + 6].replace("\n", " ") if at else ""
    return (Remark(f"{len(found)} letters seem to be lost, as in 「{near}」", "lost_letters", count=len(found), text=near),)


def _tags(article: Article) -> tuple[Remark, ...]:
    found = _TAG.search(article.body) or _TAG.search(article.title)
    return (Remark(f"it holds HTML tags such as {found[0]}", "html_tags", text=found[0]),) if found else ()


def _remark(words: str | None) -> Remark:
    return words if isinstance(words, Remark) else Remark(words or "", "other", message=words or "")
