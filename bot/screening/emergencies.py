"""A fixed detector of emergencies in eleven languages, which runs before retrieval and before any model.

The patterns are data, `bot/texts/emergency_patterns.yml`, so that a speaker of each language can review them.
Where they find nothing, `bot.screening.second_look` knows wording they lack.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal, cast

import yaml

from bot.screening.emergency_cards import Card, EmergencyNumber, lint_terms, load_cards, load_numbers
from bot.screening.second_look import second_look

__all__ = ["Card", "Emergency", "EmergencyNumber", "Kind", "by_patterns", "detect", "lint_terms", "load_cards", "load_numbers"]

Kind = Literal["life", "crime", "sea", "suicide", "dv", "child_abuse", "disaster", "child_sos"]

PATTERNS = Path(__file__).parent.parent / "texts" / "emergency_patterns.yml"

# A script decides which patterns can match at all; Han is shared by Japanese and Chinese.
_SCRIPTS: Mapping[str, tuple[str, ...]] = {
    "cjk": ("ja", "zh"),
    "hangul": ("ko",),
    "myanmar": ("my",),
    "latin": ("en", "vi", "tl", "pt", "id"),
    "devanagari": ("ne",),
}
_PRESENT: Mapping[str, re.Pattern[str]] = {
    "cjk": re.compile(r"[\u3041-\u30ff\u3400-\u9fff]|kaji ?desu|shinitai"),
    "hangul": re.compile(r"[\u1100-\u11ff\u3130-\u318f\uac00-\ud7af]"),
    "myanmar": re.compile(r"[\u1000-\u109f]"),
    "latin": re.compile(r"[a-z]{2}"),
    "devanagari": re.compile(r"[\u0900-\u097f]"),
}
SURE_ORDINARY: Mapping[Literal["strong", "weak"], float] = {"strong": -3.5, "weak": -2.0}
"""Log-odds of the second look at or below which a pattern of that strength is silenced (docs/emergencies.md)."""
_SPACED = frozenset({"latin", "devanagari"})
_KATAKANA = {code: code - 0x60 for code in range(0x30A1, 0x30F7)}
_LETTERS = {ord("đ"): "d", ord("ı"): "i", ord("’"): "'", ord("‘"): "'"}
_ACCENTED = re.compile(r"[À-ɏḀ-ỿ]")
_GAP = "\x00"


@dataclass(frozen=True)
class Emergency:
    """What was recognised; `card_key` names the approved card.

    `certain` is true where a pattern recognised it: then the card stands instead of an answer. What only the second look
    sees is right less often: then the card stands above an answer, so that nobody is left without one.
    """

    kind: Kind
    card_key: str
    certain: bool = True


@dataclass(frozen=True)
class _Match:
    kind: Kind
    strength: Literal["strong", "weak"]


@dataclass(frozen=True)
class _Rules:
    """The compiled patterns of one script: phrases to ignore, words of an inquiry, and one pair for each kind."""

    harmless: re.Pattern[str] | None
    inquiry: re.Pattern[str] | None
    kinds: tuple[tuple[Kind, re.Pattern[str] | None, re.Pattern[str] | None], ...]


def detect(text: str) -> Emergency | None:
    """Recognise an emergency in Japanese, plain Japanese, en, zh-Hans, vi, ko, tl, ne, pt, id or my.

    Names of offices, plans and courses (消防団, 自殺対策) are ignored first. Of the patterns a strong one (a person in
    danger now) counts in any sentence, a weak one only without a word of an administrative question; where kinds
    overlap the order of the file decides. A fixed classifier takes a second look: it finds wording that the patterns
    lack, and silences a pattern only where it is sure of an ordinary question (`SURE_ORDINARY`). Time grows linearly
    with the text. No text is kept or logged.
    """
    folded = fold(text)
    if not any(character.isalnum() for character in folded):
        return None
    match = _match(folded)
    look = second_look(folded)
    if match and look.log_odds > SURE_ORDINARY[match.strength]:
        return Emergency(kind=match.kind, card_key=match.kind)
    return Emergency(cast(Kind, look.kind), look.kind, certain=False) if look.is_emergency else None


def by_patterns(text: str) -> Emergency | None:
    """What the patterns alone recognise, to measure what the second look adds."""
    match = _match(fold(text))
    return Emergency(kind=match.kind, card_key=match.kind) if match else None


def _match(folded: str) -> _Match | None:
    for script, rules in _rules().items():
        if not _PRESENT[script].search(folded):
            continue
        copy = folded if script in _SPACED else re.sub(r"\s+", "", folded)
        if rules.harmless:
            copy = rules.harmless.sub(_GAP, copy)
        inquiring = bool(rules.inquiry and rules.inquiry.search(copy))
        for kind, strong, weak in rules.kinds:
            if strong and strong.search(copy):
                return _Match(kind, "strong")
            if weak and not inquiring and weak.search(copy):
                return _Match(kind, "weak")
    return None


def fold(text: str) -> str:
    """The form in which text and patterns meet: NFKC, lower case, hiragana, Latin without accents, single spaces."""
    plain = unicodedata.normalize("NFKC", text).lower().translate(_KATAKANA).translate(_LETTERS)
    if _ACCENTED.search(plain):
        plain = _ACCENTED.sub(lambda match: _bare(match.group()), plain)
    return " ".join(plain.split())


@cache
def _bare(letter: str) -> str:
    return "".join(part for part in unicodedata.normalize("NFD", letter) if not unicodedata.combining(part))


@cache
def _rules() -> Mapping[str, _Rules]:
    data = yaml.safe_load(PATTERNS.read_text(encoding="utf-8"))
    return {script: _script_rules(data, languages) for script, languages in _SCRIPTS.items()}


def _script_rules(data: Mapping[str, Any], languages: Sequence[str]) -> _Rules:
    kinds = tuple(
        (rules.get("kind", name), _join(rules.get("strong", {}), languages), _join(rules.get("weak", {}), languages))
        for name, rules in data["kinds"].items()
    )
    return _Rules(_join(data["harmless"], languages), _join(data["inquiry"], languages), kinds)


def _join(patterns: Mapping[str, Iterable[str]], languages: Sequence[str]) -> re.Pattern[str] | None:
    chosen = [fold_pattern(pattern) for language in languages for pattern in patterns.get(language, ())]
    return re.compile("|".join(f"(?:{pattern})" for pattern in chosen)) if chosen else None


def fold_pattern(pattern: str) -> str:
    """A pattern in the form of `fold`, its spaces kept.

    Raises ValueError for an upper-case escape such as \\S, whose meaning lower case would change.
    """
    if re.search(r"\\[A-Z]", pattern):
        raise ValueError(f"upper-case escape in {pattern!r}")
    plain = unicodedata.normalize("NFC", pattern).lower().translate(_KATAKANA).translate(_LETTERS)
    return _ACCENTED.sub(lambda match: _bare(match.group()), plain)
