"""The emergency banner: its record, what it may say, and templates that lead to the town's official information."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

from bot.screening.emergency_cards import lint_terms

LEVELS = ("info", "warning", "emergency")
"""In rising order; `emergency` is announced to screen readers at once."""
LANGUAGES = ("ja", "yasashii", "en")
"""Languages a banner can be written in; Japanese is required."""
LONGEST_TEXT = 300
LONGEST_LINK = 500
LONGEST: Mapping[str, timedelta] = {
    "info": timedelta(days=31),
    "warning": timedelta(days=7),
    "emergency": timedelta(hours=24),
}
"""How far ahead a banner may end: an old warning is itself a danger, so it has to be renewed."""

_TEMPLATES = Path(__file__).with_name("banner_templates.yml")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")
_EVACUATION = re.compile(r"警戒\s*レベル|避難指示|高齢者等避難|緊急安全確保|evacuat|alert level", re.IGNORECASE)


class BannerRefused(ValueError):
    """A banner that may not be shown; `reason` names a text banner_<reason>, `detail` is put into it."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.detail = detail


@dataclass(frozen=True)
class Banner:
    """What residents read on top of everything. `texts`: language -> words; `until` is aware."""

    texts: Mapping[str, str]
    level: str
    link: str
    until: datetime

    def shown_in(self, language: str) -> tuple[str, str]:
        """(language, words) for a resident: plain Japanese falls back to Japanese, any other language to English first."""
        wanted = (language, "ja") if language in ("ja", "yasashii") else (language, "en", "ja")
        found = next(one for one in wanted if self.texts.get(one))
        return found, self.texts[found]

    def to_json(self) -> dict[str, Any]:
        """The shape of channel_state.banner; `until` has a column of its own."""
        return {**self.texts, "level": self.level, "link": self.link}


@dataclass(frozen=True)
class Template:
    """A banner to begin with; whoever uses it adds link and end."""

    key: str
    level: str
    texts: Mapping[str, str]


def checked(texts: Mapping[str, str], level: str, link: str, until: datetime | None, at: datetime) -> Banner:
    """The banner of a form, tidied. Raises BannerRefused.

    Abolished evacuation terms are refused. Words about an evacuation need a link: the desk does not know the present
    status, the town's own page does.
    """
    words = {one: _tidied(texts.get(one, "")) for one in LANGUAGES}
    words = {one: text for one, text in words.items() if text}
    if "ja" not in words:
        raise BannerRefused("no_text")
    if any(len(text) > LONGEST_TEXT for text in words.values()):
        raise BannerRefused("too_long", str(LONGEST_TEXT))
    if complaints := lint_terms("\n".join(words.values())):
        raise BannerRefused("abolished", " ".join(complaints))
    if level not in LEVELS:
        raise BannerRefused("level")
    address = safe_link(link)
    if not address and any(_EVACUATION.search(text) for text in words.values()):
        raise BannerRefused("needs_link")
    return Banner(words, level, address, _checked_end(until, level, at))


def safe_link(link: str) -> str:
    """The address when it is one of http or https with a host, "" when there is none. Raises BannerRefused otherwise."""
    address = link.strip()
    if not address:
        return ""
    try:
        parts = urlsplit(address)
        fit = parts.scheme in ("http", "https") and bool(parts.hostname) and not parts.username and not parts.password
    except ValueError:
        fit = False
    if not fit or len(address) > LONGEST_LINK or any(c.isspace() or not c.isprintable() or c in "\"'<>\\" for c in address):
        raise BannerRefused("link")
    return address


def from_json(data: Mapping[str, Any], until: datetime | None) -> Banner | None:
    """The banner of `to_json`; None where there is none."""
    if not data.get("ja") or until is None:
        return None
    texts = {one: str(data[one]) for one in LANGUAGES if data.get(one)}
    level = data.get("level", "")
    return Banner(texts, level if level in LEVELS else LEVELS[0], str(data.get("link", "")), until)


@cache
def templates() -> tuple[Template, ...]:
    """The templates of bot/banner_templates.yml in their order."""
    entries: dict[str, dict[str, Any]] = yaml.safe_load(_TEMPLATES.read_text(encoding="utf-8"))
    return tuple(Template(key, entry["level"], entry["texts"]) for key, entry in entries.items())


def filled(template: Template, town: str) -> dict[str, str]:
    """The words of a template for a town."""
    return {language: text.strip().format(town=town) for language, text in template.texts.items()}


def _tidied(text: str) -> str:
    return _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).strip()


def _checked_end(until: datetime | None, level: str, at: datetime) -> datetime:
    if until is None:
        raise BannerRefused("no_end")
    if until <= at:
        raise BannerRefused("past_end")
    if until > at + LONGEST[level]:
        raise BannerRefused(f"far_end_{level}")
    return until
