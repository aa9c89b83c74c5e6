"""Markdown -> sentences with their places in it: what is prose, an item of a list, a heading or a row of a table."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from indexer.text import Word, words

_HEADING = re.compile(r"\s{0,3}#{1,6}\s+")
_ITEM = re.compile(r"\s*(?:[-*+・●○■□※]|\d{1,2}[.)．）]|[①-⑳])\s*")
_ROW = re.compile(r"\s*\|")
_END = re.compile(r"[。！？!?]+(?=[」』）)]?)[」』）)]*")
_MARKUP = re.compile(r"!?\[|\]\([^)\n]*\)|\*\*|__|`|https?://[^\s、。）)」]+|[\w.+-]+@[\w-]+\.[\w.-]+")


class Kind(StrEnum):
    PROSE = "prose"
    ITEM = "item"
    HEADING = "heading"
    ROW = "row"


@dataclass(frozen=True)
class Sentence:
    """A sentence without spaces and markup; `places[i]` is where its character i stands in the whole text."""

    text: str
    places: tuple[int, ...]
    line: int
    kind: Kind
    ended: bool

    @cached_property
    def words(self) -> tuple[Word, ...]:
        return tuple(words(self.text))

    @cached_property
    def starts(self) -> tuple[int, ...]:
        """Where each word begins, and the end of the last one."""
        at, found = 0, [0]
        for word in self.words:
            at += len(word.surface)
            found.append(at)
        return tuple(found)

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The place in the whole text of the characters from `start` to `end`."""
        return self.places[start], self.places[end - 1] + 1


def sentences(text: str) -> Iterator[Sentence]:
    """The sentences of a text in their order; code and empty lines are left out."""
    at, fenced = 0, False
    for number, line in enumerate(text.splitlines(keepends=True), start=1):
        fence = line.lstrip().startswith("```")
        fenced ^= fence
        if not fenced and not fence:
            yield from _of_line(line, at, number)
        at += len(line)


def _of_line(line: str, at: int, number: int) -> Iterator[Sentence]:
    kind, begin = Kind.PROSE, 0
    for candidate, pattern in ((Kind.HEADING, _HEADING), (Kind.ITEM, _ITEM), (Kind.ROW, _ROW)):
        if match := pattern.match(line):
            kind, begin = candidate, match.end()
            break
    bare = _MARKUP.sub(lambda m: " " * len(m[0]), line)
    while begin < len(bare):
        end = _END.search(bare, begin)
        stop = end.end() if end else len(bare)
        kept = [i for i in range(begin, stop) if not bare[i].isspace() and not (kind == Kind.ROW and bare[i] == "|")]
        if any(bare[i].isalnum() for i in kept):
            yield Sentence("".join(bare[i] for i in kept), tuple(at + i for i in kept), number, kind, end is not None)
        begin = stop
