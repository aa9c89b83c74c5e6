"""The official words that a question's own words stand for, found on Sudachi normal forms; for BM25 alone.

Nothing is taken from the question and nothing a resident reads is changed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from indexer import text
from indexer.lexical import LexicalIndex

WEIGHT = 0.5
"""What an official word counts against one the resident wrote; chosen as docs/synonyms.md describes."""
GAP = 2
"""Words that may stand between those of a phrase: 「猫が家の前で死んでいる」 has 猫 and 死ぬ."""
NOT = "ない"
"""Stands last in a phrase that denies something, so that 「払えない」 is not found in 「払いたい」."""

_DENIES = re.compile(r"ない|なかっ|なく|ません")
_FORMS_OF_DO = frozenset({"する", "し", "さ", "せ", "すれ"})
_LITTLE_WORDS = frozenset({"助詞", "助動詞", "補助記号", "空白"})

Phrase = tuple[str, ...]


@dataclass(frozen=True)
class Meant:
    """Words of the question, as normal forms, and an official word they stand for."""

    said: Phrase
    official: str


class Synonyms:
    """Residents' phrases by their first word, the longest first; `content` is official word -> residents' words."""

    def __init__(self, content: Mapping[str, Sequence[str]]) -> None:
        found: dict[Phrase, dict[str, Phrase]] = {}
        for official, said in content.items():
            words = tuple(text.tokens(official))
            for phrase in {phrase_of(one) for one in said} - {()}:
                found.setdefault(phrase, {})[official] = words
        self._officials = found
        self._starting: dict[str, list[Phrase]] = {}
        for phrase in sorted(found, key=lambda one: (-len(one), one)):
            self._starting.setdefault(phrase[0], []).append(phrase)

    def meant(self, question: str, words: Sequence[str]) -> list[Meant]:
        """What a question, given with its `words`, stands for; where two phrases share a word the longer one counts.

        「猫が死んだ」 is an animal's body to be fetched, so that 死ぬ in it stands for no 死亡.
        """
        denies = bool(_DENIES.search(text.normalise(question)))
        matches = [found for start in range(len(words)) for found in self._from(words, start, denies)]
        matches.sort(key=lambda found: (-len(found[1]), found[0]))
        taken: set[int] = set()
        chosen: dict[Phrase, None] = {}
        for places, phrase in matches:
            if taken.isdisjoint(places):
                taken.update(places)
                chosen[phrase] = None
        return [Meant(phrase, official) for phrase in chosen for official in self._officials[phrase]]

    def added(self, question: str, words: Sequence[str]) -> tuple[str, ...]:
        """Words of official words that the question's words stand for and do not have themselves, each once."""
        own = set(words)
        officials = (self._officials[meant.said][meant.official] for meant in self.meant(question, words))
        return tuple(dict.fromkeys(word for official in officials for word in official if word not in own))

    def scores(self, lexical: LexicalIndex, question: str, words: Sequence[str]) -> NDArray[np.float32]:
        """BM25 of each document for the question's words and, with WEIGHT, for those they stand for; shape (size,)."""
        scores = lexical.scores(words)
        if added := self.added(question, words):
            scores += np.float32(WEIGHT) * lexical.scores(added)
        return scores

    def _from(self, words: Sequence[str], start: int, denies: bool) -> Iterator[tuple[tuple[int, ...], Phrase]]:
        for phrase in self._starting.get(words[start], ()):
            if phrase[-1] == NOT and not denies:
                continue
            places = [start]
            for word in phrase[1 : -1 if phrase[-1] == NOT else None]:
                following = range(places[-1] + 1, min(places[-1] + 2 + GAP, len(words)))
                at = next((at for at in following if words[at] == word), None)
                if at is None:
                    break
                places.append(at)
            else:
                yield tuple(places), phrase


def phrase_of(said: str) -> Phrase:
    """The normal forms by which residents' words are found in a question; none where too little of them would be left.

    Of 「猫がいなくなった」 only 猫 says anything to BM25, and half of all questions on animals would be taken for it.
    """
    words = tuple(text.tokens(said))
    parts = text.morphemes(text.normalise(said))
    spoken = [at for at, (_, part) in enumerate(parts) if part not in _LITTLE_WORDS and not _does(parts, at)]
    if len(words) < min(2, len(spoken)):
        return ()
    return (*words, NOT) if words and re.search(r"ない|ません", said) else words


def unrecognisable(said: Sequence[str]) -> list[str]:
    """Those of residents' words by which no question would be found."""
    return [one for one in said if not phrase_of(one)]


def _does(parts: Sequence[tuple[str, str]], at: int) -> bool:
    """Whether it is the する of 「結婚した」, where the noun alone says everything."""
    surface, part = parts[at]
    return part == "動詞" and surface in _FORMS_OF_DO and at > 0 and parts[at - 1][1] == "名詞"
