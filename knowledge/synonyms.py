"""Which official words residents' own words stand for: ごみ for 廃棄物, はんこ for 印鑑. Staff edit them as data.

A base of national procedures ships with the desk (shared_synonyms.csv); a municipality's own groups lie over it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from settings import SHARED_BASE

LONGEST_WORD = 40
LONGEST_NOTE = 300
MOST_WORDS = 40

_KANJI = re.compile(r"[\u3400-\u9fff々]")


class BadSynonyms(ValueError):
    """A group that cannot be kept; `reason` names an entry synonym_<reason> of the console's texts, `word` what is wrong."""

    MESSAGES: Mapping[str, str] = {
        "official_empty": "the official word is empty",
        "words_empty": "there are no residents' words",
        "too_many": f"there are more than {MOST_WORDS} residents' words",
        "too_long": f"「{{word}}」 has more than {LONGEST_WORD} characters",
        "too_short": "「{word}」 is a single character that is no kanji: it would be found in every question",
        "no_word": "「{word}」 has characters that belong to no word",
        "same_word": "「{word}」 is the official word itself",
        "note_too_long": f"the note has more than {LONGEST_NOTE} characters",
    }  # fmt: skip

    def __init__(self, reason: str, word: str = "") -> None:
        super().__init__(self.MESSAGES[reason].format(word=word))
        self.reason, self.word = reason, word


class Origin(StrEnum):
    """Where a group comes from: the base, the municipality, or the municipality's version of one of the base."""

    SHARED = "shared"
    OWN = "own"
    CHANGED = "changed"


@dataclass(frozen=True)
class SynonymGroup:
    """Residents' words that stand for one official word; `official` is unique within a municipality.

    `version` counts the changes of a stored group and is 0 for one that is not stored, as those of the base.
    """

    municipality: str
    official: str
    words: tuple[str, ...]
    note: str = ""
    active: bool = True
    changed_by: str = ""
    changed_at: datetime | None = None
    version: int = 0
    origin: Origin = Origin.OWN

    def says_the_same(self, other: SynonymGroup) -> bool:
        """Whether staff would see no difference: who changed it and when does not count."""
        return (self.official, self.words, self.note, self.active) == (other.official, other.words, other.note, other.active)


def checked(municipality: str, official: str, words: Iterable[str], note: str = "", active: bool = True) -> SynonymGroup:
    """A group in NFKC, its words each once, without spaces around them. Raises BadSynonyms."""
    official, note = tidied(official), tidied(note)
    if not official:
        raise BadSynonyms("official_empty")
    kept: dict[str, str] = {}
    for word in filter(None, map(tidied, words)):
        kept.setdefault(fold(word), word)
    if not kept:
        raise BadSynonyms("words_empty")
    if len(kept) > MOST_WORDS:
        raise BadSynonyms("too_many")
    if len(note) > LONGEST_NOTE:
        raise BadSynonyms("note_too_long")
    for word in (official, *kept.values()):
        _check_word(word)
    if fold(official) in kept:
        raise BadSynonyms("same_word", official)
    return SynonymGroup(municipality, official, tuple(kept.values()), note, active)


def tidied(text: str) -> str:
    """NFKC, every run of spaces and line ends one space, none around it."""
    return " ".join(unicodedata.normalize("NFKC", text).split())


def fold(word: str) -> str:
    """The form in which two words are one."""
    return word.casefold()


def conflicts(group: SynonymGroup, others: Iterable[SynonymGroup]) -> list[tuple[str, str]]:
    """(word, official word of another group) wherever the group and another one in use point different ways.

    A resident's word may belong to several groups (引っ越し: 転入, 転居, 転出), yet it may also be a mistake, as may be a
    pair of groups that each explain one's official word by the other's: whoever saves it is to be told.
    """
    own = {fold(word): word for word in group.words}
    found = []
    for other in others:
        if not other.active or other.official == group.official:
            continue
        theirs = {fold(word) for word in other.words}
        found += [(word, other.official) for key, word in own.items() if key in theirs]
        if fold(other.official) in own and fold(group.official) in theirs:
            found.append((other.official, other.official))
    return found


def laid_over(own: Iterable[SynonymGroup], shared: Iterable[SynonymGroup]) -> list[SynonymGroup]:
    """Every group a municipality sees, by official word: its own ones, and those of the base it has none of its own for."""
    base = {group.official: group for group in shared}
    ours = {group.official: replace(group, origin=Origin.CHANGED if group.official in base else Origin.OWN) for group in own}
    return [group for _, group in sorted({**base, **ours}.items())]


def in_use(groups: Iterable[SynonymGroup]) -> dict[str, tuple[str, ...]]:
    """Official word -> residents' words of the groups that are switched on: what a snapshot carries."""
    return {group.official: group.words for group in groups if group.active}


def of_the_base(group: SynonymGroup) -> SynonymGroup:
    """The group as one of the shared base."""
    return replace(group, municipality=SHARED_BASE, origin=Origin.SHARED)


def _check_word(word: str) -> None:
    if len(word) > LONGEST_WORD:
        raise BadSynonyms("too_long", word)
    if not word.isprintable() or not re.search(r"\w", word) or re.search(r"[、,;|<>]", word):
        raise BadSynonyms("no_word", word)
    if len(word) == 1 and not _KANJI.match(word):
        raise BadSynonyms("too_short", word)
