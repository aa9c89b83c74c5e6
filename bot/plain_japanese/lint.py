"""The linter: every rule over every sentence, as findings with place, reason and suggestion."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bot.plain_japanese import rules
from bot.plain_japanese.rules import Rule
from bot.plain_japanese.sentences import sentences
from bot.wording import say

REQUIRED: tuple[Rule, ...] = (
    rules.too_long, rules.not_polite, rules.enumeration, rules.double_negative, rules.abolished,
)  # fmt: skip
"""What REQUIREMENTS 4 and 9 ask for; also of ordinary Japanese."""
ADVISED: tuple[Rule, ...] = (rules.difficult_word, rules.passive, rules.keigo, rules.loan_word, rules.kanji)
"""What やさしい日本語 asks for besides."""
PROFILES: dict[str, tuple[Rule, ...]] = {
    "ja": REQUIRED,
    "yasashii": (*REQUIRED, *ADVISED),
    "emergency": (rules.too_long_in_an_emergency, *REQUIRED[1:], *ADVISED),
}
LONGEST = 30_000
"""Characters looked at; an article may have as many."""


@dataclass(frozen=True)
class Finding:
    """Something to make easier. `start` and `end` are characters of the text, `line` counts from 1.

    `required` says that the rule is one a text has to keep; the others are advice.
    """

    rule: str
    start: int
    end: int
    line: int
    excerpt: str
    reason: str
    suggestion: str
    required: bool

    def to_json(self) -> dict[str, Any]:
        return dict(vars(self))


def lint(text: str, profile: str = "yasashii", language: str = "ja") -> list[Finding]:
    """Everything found, in the order of the text; reasons and suggestions in the language of staff (ja or en).

    Raises KeyError for an unknown profile.
    """
    wanted = PROFILES[profile]
    shown = text[:LONGEST].replace("\r\n", "\n")
    found: list[Finding] = []
    for sentence in sentences(shown):
        for rule in wanted:
            for hit in rule(sentence):
                start, end = sentence.span(hit.start, max(hit.end, hit.start + 1))
                reason = say(f"staff_translations.lint_{hit.rule}", language, **hit.slots)
                suggestion = say(f"staff_translations.lint_{hit.rule}_do", language, **hit.slots)
                required = rule not in ADVISED
                found.append(Finding(hit.rule, start, end, sentence.line, shown[start:end], reason, suggestion, required))
    return sorted(found, key=lambda finding: (finding.start, finding.end, finding.rule))


def summary(findings: Sequence[Finding]) -> tuple[int, int]:
    """How many rules that have to be kept are not, and how many pieces of advice there are."""
    required = sum(finding.required for finding in findings)
    return required, len(findings) - required
