"""Every fixed sentence a resident can read, from bot/texts/*.yml: one file a subject, one entry a sentence, per language."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import yaml

TEXTS = Path(__file__).parent / "texts"
DEFAULT_LANGUAGE = "ja"


@cache
def _subject(name: str) -> dict[str, dict[str, str]]:
    return yaml.safe_load((TEXTS / f"{name}.yml").read_text(encoding="utf-8"))


def say(key: str, language: str = DEFAULT_LANGUAGE, **slots: object) -> str:
    """The sentence `subject.entry` in `language`, its {slots} filled; Japanese where there is no translation.

    Raises KeyError for an unknown key or a missing slot: a fixed text that cannot be said is a defect, found by tests.
    """
    subject, entry = key.split(".", 1)
    versions = _subject(subject)[entry]
    text = versions.get(language) or versions[DEFAULT_LANGUAGE]
    return text.format(**slots).strip() if slots else text.strip()
