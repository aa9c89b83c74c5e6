"""What the page of synonyms shows: the groups that a search finds, and what the desk makes of a question."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from indexer import text
from indexer.synonyms import Synonyms
from knowledge import synonyms
from knowledge.synonyms import Origin, SynonymGroup


@dataclass(frozen=True)
class Tried:
    """A question tried: (its words, official word they stand for) pairs, and the words that BM25 is given besides."""

    question: str
    meant: tuple[tuple[str, str], ...]
    added: tuple[str, ...]


def try_question(groups: Sequence[SynonymGroup], question: str) -> Tried:
    """Which official words the groups, as they are stored now, would add to a question."""
    known = Synonyms(synonyms.in_use(groups))
    words = text.tokens(question)
    meant = tuple((" ".join(one.said), one.official) for one in known.meant(question, words))
    return Tried(question, meant, known.added(question, words))


def find(groups: Sequence[SynonymGroup], searched: str) -> list[SynonymGroup]:
    """The groups that have what is searched in a word or the note: first what the town decided itself, then the base."""
    wanted = synonyms.fold(synonyms.tidied(searched))
    found = [g for g in groups if any(wanted in synonyms.fold(part) for part in (g.official, *g.words, g.note))]
    return sorted(found, key=lambda group: (group.origin is Origin.SHARED, group.official))
