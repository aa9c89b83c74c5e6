"""Every fixed sentence a resident can read, from bot/texts/*.yml: one file a subject, one entry a sentence, per language."""

from __future__ import annotations

from collections.abc import Collection
from functools import cache
from pathlib import Path

import yaml

TEXTS = Path(__file__).parent / "texts"
DEFAULT_LANGUAGE = "ja"


@cache
def _subject(name: str) -> dict[str, dict[str, str]]:
    entries: dict[str, dict[str, str]] = yaml.safe_load((TEXTS / f"{name}.yml").read_text(encoding="utf-8"))
    return entries


def entries(subject: str) -> Collection[str]:
    """The names of a subject's texts, in the order of its file."""
    return _subject(subject).keys()


def say(key: str, language: str = DEFAULT_LANGUAGE, **slots: object) -> str:
    """The sentence `subject.entry` in `language`, its {slots} filled; Japanese where there is no translation.

    Raises KeyError for an unknown key or a missing slot: a fixed text that cannot be said is a defect, found by tests.
    """
    subject, entry = key.split(".", 1)
    versions = _subject(subject)[entry]
    # Only line ends of the file go: a text such as 「　電話 {phone}」 is the middle of a sentence.
    text = (versions.get(language) or versions[DEFAULT_LANGUAGE]).strip("\n")
    filled = text.format(**slots) if slots else text
    return filled if text[-1:].isspace() else filled.rstrip()
