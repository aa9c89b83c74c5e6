"""The fixed texts of conversations, hand-overs, hours and errors are whole in every language they are written in."""

from __future__ import annotations

import string

import pytest
import yaml

from bot.wording import TEXTS

SUBJECTS = ("conversation", "handoff", "hours", "errors")
LANGUAGES = {"ja", "yasashii", "en"}
ENTRIES = [
    (subject, entry, versions)
    for subject in SUBJECTS
    for entry, versions in yaml.safe_load((TEXTS / f"{subject}.yml").read_text(encoding="utf-8")).items()
]


def slots(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize(("subject", "entry", "versions"), ENTRIES, ids=[f"{s}.{e}" for s, e, _ in ENTRIES])
def test_a_text_is_there_in_every_language_with_the_same_slots(subject: str, entry: str, versions: dict[str, str]) -> None:
    assert set(versions) in ([LANGUAGES] if subject != "errors" else [LANGUAGES, {"ja"}])
    assert all(text and text.strip() for text in versions.values())
    assert len({frozenset(slots(text)) for text in versions.values()}) == 1
