"""The cards shown in an emergency: their lines, their numbers, and the words they may not use."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import yaml

TEXTS = Path(__file__).parent.parent / "texts"
CARDS = TEXTS / "emergencies.yml"
NUMBERS = TEXTS / "emergency_numbers.yml"
LANGUAGES = ("ja", "yasashii", "en", "zh-Hans", "vi", "ko", "tl", "ne", "pt", "id", "my")

# 災害対策基本法 as amended on 20 May 2021 and 内閣府「避難情報に関するガイドライン」: old term, what replaced it.
_OLD_TERMS: Mapping[str, str] = {
    r"避難勧告": "警戒レベル4 避難指示",
    r"避難準備(?:情報|・高齢者等避難開始)?|高齢者等避難開始": "警戒レベル3 高齢者等避難",
    r"避難指示[（(]緊急[）)]": "警戒レベル4 避難指示",
    r"災害発生情報": "警戒レベル5 緊急安全確保",
    r"避難命令": "警戒レベル4 避難指示",
}


@dataclass(frozen=True)
class EmergencyNumber:
    """One entry of the reviewed file. `checked` is None until a person has read it at the operator's own site."""

    key: str
    number: str
    name: str
    hours: str
    checked: date | None
    source: str


@dataclass(frozen=True)
class Card:
    """`lines` by language with the numbers filled in; `approved` says for which of them a person has vouched.

    A channel with `quick_exit` shows a button that leaves the page at once; without `keep_history` it neither
    keeps nor offers the conversation. No card ever asks for an address.
    """

    kind: str
    lines: Mapping[str, tuple[str, ...]]
    approved: Mapping[str, bool]
    kana: tuple[str, ...]
    numbers: tuple[EmergencyNumber, ...]
    quick_exit: bool
    keep_history: bool

    def shown(self, language: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """Language and lines in the order shown: the resident's language, then Japanese unless it is approved."""
        if language == "ja" or language not in self.lines:
            return (("ja", self.lines["ja"]),)
        first = (language, self.lines[language])
        return (first,) if self.approved.get(language) else (first, ("ja", self.lines["ja"]))


def load_numbers(path: Path = NUMBERS) -> Mapping[str, EmergencyNumber]:
    """Read the reviewed file of emergency numbers. Raises KeyError for an entry without one of its fields."""
    data = yaml.safe_load(path.read_text(encoding="utf-8"))
    fields = ("number", "name", "hours", "checked", "source")
    return {key: EmergencyNumber(key, *(entry[field] for field in fields)) for key, entry in data["numbers"].items()}


def load_cards(path: Path = CARDS, numbers: Path = NUMBERS) -> Mapping[str, Card]:
    """Read the cards by kind. Raises KeyError for an unknown number, ValueError for an abolished term."""
    data = yaml.safe_load(path.read_text(encoding="utf-8"))
    known = load_numbers(numbers)
    return {kind: _card(kind, entry, data["approved"], known) for kind, entry in data["cards"].items()}


def lint_terms(text: str) -> list[str]:
    """Complaints about abolished evacuation terms in `text`, each with the term in force; empty when it is clean."""
    plain = re.sub(r"\s+", "", text)
    found = {match.group(): now for old, now in _OLD_TERMS.items() for match in re.finditer(old, plain)}
    return [f"{old} は廃止されました。{now} を使ってください。" for old, now in found.items()]


def _card(kind: str, entry: Mapping[str, Any], approved: Mapping[str, bool], known: Mapping[str, EmergencyNumber]) -> Card:
    spoken = {key: number.number for key, number in known.items()}
    lines = {language: tuple(line.format_map(spoken) for line in entry["lines"][language]) for language in entry["lines"]}
    complaints = lint_terms("\n".join(line for language in lines.values() for line in language))
    if complaints:
        raise ValueError(f"{kind}: {complaints}")
    return Card(
        kind=kind,
        lines=lines,
        approved=dict(approved),
        kana=tuple(entry["kana"]),
        numbers=tuple(known[key] for key in entry["numbers"]),
        quick_exit=entry.get("quick_exit", False),
        keep_history=entry.get("keep_history", True),
    )
