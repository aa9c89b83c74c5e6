"""Records of approved knowledge: Article, Procedure, Department, Municipality. Frozen; tables.py stores them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date, time
from enum import StrEnum
from typing import Any

CATEGORIES = (
    "住民登録", "戸籍", "印鑑登録", "証明書", "マイナンバー", "おくやみ", "税", "国民健康保険", "後期高齢者医療", "年金",
    "介護・高齢者", "障がい福祉", "生活支援", "子育て", "保育", "学校・教育", "健康・医療", "ごみ・リサイクル", "環境", "動物",
    "上下水道", "住まい", "道路・公園", "防災", "相談", "産業・雇用", "選挙", "文化・スポーツ・施設", "外国人", "市政",
)  # fmt: skip
"""Categories of the demo; an import may bring others."""


DOUBT = "〔要確認："
"""Begins what an import was not sure to have read right; somebody has to look at the original before a review."""


class State(StrEnum):
    """Life cycle of an article; only PUBLISHED ones reach residents."""

    DRAFT = "draft"
    REVIEW = "review"
    PUBLISHED = "published"
    EXPIRED = "expired"


class Audience(StrEnum):
    PUBLIC = "public"
    INTERNAL = "internal"


@dataclass(frozen=True)
class ConditionalDocument:
    """A document needed only `when` something holds."""

    when: str
    document: str


@dataclass(frozen=True)
class Procedure:
    """Structured facts of a procedure; an empty string or tuple means "not stated"."""

    eligibility: str = ""
    deadline: str = ""
    counter: str = ""
    required_documents: tuple[str, ...] = ()
    conditional_documents: tuple[ConditionalDocument, ...] = ()
    fee: str = ""
    online_url: str = ""
    proxy: str = ""
    legal_basis: str = ""


@dataclass(frozen=True)
class Article:
    """One approved answer. `id` is unique within its municipality and never changes."""

    municipality: str
    id: str
    title: str
    body: str
    category: str = ""
    department: str = ""
    audience: Audience = Audience.PUBLIC
    language: str = "ja"
    alternatives: tuple[str, ...] = ()
    procedure: Procedure = field(default_factory=Procedure)
    source_url: str = ""
    valid_from: date | None = None
    valid_until: date | None = None
    last_checked: date | None = None
    owner: str = ""
    state: State = State.DRAFT

    @property
    def digest(self) -> str:
        """SHA-256 (hex) of the content; `state` is left out, so publishing does not count as a change of text."""
        content = {**to_json(self), "state": None}
        return hashlib.sha256(json.dumps(content, ensure_ascii=False, sort_keys=True).encode()).hexdigest()

    def in_force(self, on: date) -> bool:
        return (self.valid_from is None or self.valid_from <= on) and (self.valid_until is None or on <= self.valid_until)


@dataclass(frozen=True)
class Department:
    """A counter residents can turn to. `hours`: weekday 0 (Monday) to 6 -> (open, close); absent means closed."""

    municipality: str
    key: str
    name: str
    phone: str = ""
    location: str = ""
    hours: Mapping[int, tuple[time, time]] = field(default_factory=dict)


@dataclass(frozen=True)
class Municipality:
    """A town that uses the desk. `closed_days` are "MM-DD" on top of weekends and national holidays."""

    code: str
    name: str
    kana: str = ""
    url: str = ""
    reception: str = ""
    closed_days: tuple[str, ...] = ()
    uses_shared_base: bool = False
    aliases: tuple[str, ...] = ()


def text_digest(title: str, body: str) -> str:
    """SHA-256 (hex) of the words a resident reads; dates, owner and facts are left out."""
    return hashlib.sha256(f"{title}\0{body}".encode()).hexdigest()


def to_json(article: Article) -> dict[str, Any]:
    """A dictionary of plain JSON values; from_json turns it back."""
    data = asdict(article)
    for key in ("valid_from", "valid_until", "last_checked"):
        data[key] = data[key].isoformat() if data[key] else None
    data["alternatives"] = list(article.alternatives)
    data["procedure"] = procedure_to_json(article.procedure)
    return data


def from_json(data: Mapping[str, Any]) -> Article:
    """The article of `to_json`. Raises KeyError or ValueError on a dictionary that is not one."""
    dates: dict[str, Any] = {
        k: date.fromisoformat(data[k]) if data.get(k) else None for k in ("valid_from", "valid_until", "last_checked")
    }
    return Article(
        **{
            k: data[k]
            for k in ("municipality", "id", "title", "body", "category", "department", "language", "source_url", "owner")
        },
        audience=Audience(data["audience"]),
        state=State(data["state"]),
        alternatives=tuple(data["alternatives"]),
        procedure=procedure_from_json(data["procedure"]),
        **dates,
    )


def procedure_to_json(procedure: Procedure) -> dict[str, Any]:
    data = asdict(procedure)
    data["required_documents"] = list(procedure.required_documents)
    data["conditional_documents"] = [asdict(c) for c in procedure.conditional_documents]
    return data


def procedure_from_json(data: Mapping[str, Any]) -> Procedure:
    """The procedure of a dictionary; unknown keys raise ValueError so that a misspelt fact is noticed."""
    unknown = set(data) - set(Procedure.__dataclass_fields__)
    if unknown:
        raise ValueError(f"unknown procedure facts: {', '.join(sorted(unknown))}")
    values = dict(data)
    values["required_documents"] = tuple(data.get("required_documents") or ())
    values["conditional_documents"] = tuple(ConditionalDocument(**c) for c in data.get("conditional_documents") or ())
    return Procedure(**values)
