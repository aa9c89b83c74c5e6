"""An article as the cells of a table, in columns that an import knows by name."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from knowledge.articles import Article, Audience, Department, Municipality

COLUMNS = {
    "id": "ID", "title": "問い合わせ文", "body": "応答文", "category": "カテゴリ", "department": "担当課",
    "alternatives": "別表現", "source_url": "出典URL", "last_checked": "最終確認日", "valid_from": "公開開始日",
    "valid_until": "公開終了日", "owner": "管理者", "audience": "公開範囲", "language": "言語", "eligibility": "対象者",
    "deadline": "期限", "counter": "窓口", "required_documents": "持ち物", "conditional_documents": "条件つきの持ち物",
    "fee": "手数料", "online_url": "オンラインURL", "proxy": "代理人", "legal_basis": "根拠法令",
}  # fmt: skip
"""Field -> column, in the order of the file."""

ARROW = " → "
_SEPARATOR = re.compile(r"[\n|｜;；]")


@dataclass(frozen=True)
class Left:
    """What a format cannot hold: the article, the field, the letters or the reason. `kept`: the row is in the file all the same."""

    article: str
    title: str
    field: str
    what: str
    kept: bool = False


@dataclass(frozen=True)
class Town:
    """Whose articles these are, and the day they are exported on."""

    municipality: Municipality
    departments: tuple[Department, ...]
    on: date

    def department_name(self, key: str) -> str:
        """The name of a department where it is the only one of that name, else its key."""
        names = [one.name for one in self.departments]
        return next((one.name for one in self.departments if one.key == key and names.count(one.name) == 1), key)


def cells(article: Article, town: Town) -> dict[str, str]:
    """The cells of an article by field."""
    facts = article.procedure
    return {
        "id": article.id,
        "title": article.title,
        "body": article.body,
        "category": article.category,
        "department": town.department_name(article.department),
        "alternatives": joined(article.alternatives),
        "source_url": article.source_url,
        "last_checked": _day(article.last_checked),
        "valid_from": _day(article.valid_from),
        "valid_until": _day(article.valid_until),
        "owner": article.owner,
        "audience": "公開" if article.audience is Audience.PUBLIC else "庁内",
        "language": article.language,
        "eligibility": facts.eligibility,
        "deadline": facts.deadline,
        "counter": facts.counter,
        "required_documents": joined(facts.required_documents),
        "conditional_documents": _conditional([(one.when, one.document) for one in facts.conditional_documents]),
        "fee": facts.fee,
        "online_url": facts.online_url,
        "proxy": facts.proxy,
        "legal_basis": facts.legal_basis,
    }


def joined(entries: Sequence[str]) -> str:
    """Entries on lines of their own; as a JSON list when one of them holds what would divide it."""
    if any(_SEPARATOR.search(entry) or entry.startswith("[") for entry in entries):
        return json.dumps(list(entries), ensure_ascii=False)
    return "\n".join(entries)


def _conditional(entries: Sequence[tuple[str, str]]) -> str:
    if any(ARROW.strip() in text or "\n" in text for entry in entries for text in entry):
        return json.dumps([{"when": when, "document": document} for when, document in entries], ensure_ascii=False)
    return "\n".join(f"{when}{ARROW}{document}" for when, document in entries)


def _day(day: date | None) -> str:
    return day.isoformat() if day else ""
