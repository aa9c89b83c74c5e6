"""What differs between two states of an article, field by field, sentence by sentence, for people to read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from knowledge.articles import Article, ConditionalDocument

FIELDS = (
    "title", "body", "alternatives", "category", "department", "audience", "language", "source_url", "owner",
    "valid_from", "valid_until", "last_checked",
)  # fmt: skip
FACTS = (
    "eligibility", "deadline", "counter", "required_documents", "conditional_documents", "fee", "online_url", "proxy",
    "legal_basis",
)  # fmt: skip
ALIKE = 0.5
"""Share of equal letters from which two sentences are shown as one that was changed, not as one gone and one new."""
LONGEST_COMPARED = 600
"""Letters of a sentence up to which its letters are compared; the time grows with the square."""

AROUND, LEFT_OUT = 80, "\n（…）\n"
"""Letters shown before and after a change, and what stands for the rest."""

_SENTENCE = re.compile(r"[^。！？\n]*[。！？\n]|[^。！？\n]+")


@dataclass(frozen=True)
class Piece:
    """A run of text. `kind`: same, gone or new."""

    kind: str
    text: str


@dataclass(frozen=True)
class Difference:
    """A field in which two states differ, and its text as pieces in reading order."""

    field: str
    pieces: tuple[Piece, ...]

    @property
    def before(self) -> tuple[Piece, ...]:
        """What it said, with what is gone marked."""
        return shortened(p for p in self.pieces if p.kind != "new")

    @property
    def after(self) -> tuple[Piece, ...]:
        """What it says now, with what is new marked."""
        return shortened(p for p in self.pieces if p.kind != "gone")


def differences(old: Article | None, new: Article) -> list[Difference]:
    """The fields that differ, in the order of the form; without an old state every field that says something is new."""
    found = []
    for name in (*FIELDS, *FACTS):
        before = field_text(old, name) if old else ""
        after = field_text(new, name)
        if before != after:
            found.append(Difference(name, tuple(compare(before, after))))
    return found


def field_text(article: Article, name: str) -> str:
    """A field as text: lists one entry a line, a conditional document as 「場合：もの」, no date as ""."""
    value: Any = getattr(article.procedure if name in FACTS else article, name)
    if isinstance(value, tuple):
        return "\n".join(f"{v.when}：{v.document}" if isinstance(v, ConditionalDocument) else str(v) for v in value)
    return "" if value is None else str(value)


def shortened(pieces: Iterable[Piece]) -> tuple[Piece, ...]:
    """The pieces with only the words around a change of long runs in which nothing differs."""
    given = [p for p in pieces if p.text]
    made = []
    for at, piece in enumerate(given):
        if piece.kind != "same" or len(piece.text) <= 2 * AROUND + len(LEFT_OUT):
            made.append(piece)
            continue
        head = piece.text[:AROUND] if at else ""
        tail = piece.text[-AROUND:] if at < len(given) - 1 else ""
        made.append(Piece("same", head + LEFT_OUT + tail))
    return tuple(made)


def compare(before: str, after: str) -> Iterator[Piece]:
    """The pieces that lead from one text to the other: sentences first, and letters within a sentence that changed."""
    old, new = _SENTENCE.findall(before), _SENTENCE.findall(after)
    for kind, i, j, k, m in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            yield Piece("same", "".join(old[i:j]))
        elif kind == "replace" and j - i == m - k:
            for one, other in zip(old[i:j], new[k:m], strict=True):
                yield from _sentence(one, other)
        else:
            yield from _gone_and_new("".join(old[i:j]), "".join(new[k:m]))


def _sentence(one: str, other: str) -> Iterator[Piece]:
    letters = SequenceMatcher(None, one, other, autojunk=False)
    if max(len(one), len(other)) > LONGEST_COMPARED or letters.ratio() < ALIKE:
        yield from _gone_and_new(one, other)
        return
    for kind, i, j, k, m in _joined(letters.get_opcodes()):
        if kind == "equal":
            yield Piece("same", one[i:j])
        else:
            yield from _gone_and_new(one[i:j], other[k:m])


def _joined(steps: Sequence[tuple[str, int, int, int, int]]) -> list[tuple[str, int, int, int, int]]:
    """Steps without single equal letters between two changes, which nobody can read."""
    made: list[tuple[str, int, int, int, int]] = []
    for at, (kind, i, j, k, m) in enumerate(steps):
        lone = kind == "equal" and j - i < 2 and 0 < at < len(steps) - 1
        step = ("replace" if lone or kind != "equal" else "equal", i, j, k, m)
        if made and made[-1][0] == step[0] == "replace":
            made[-1] = ("replace", made[-1][1], j, made[-1][3], m)
        else:
            made.append(step)
    return made


def _gone_and_new(gone: str, new: str) -> Iterator[Piece]:
    if gone:
        yield Piece("gone", gone)
    if new:
        yield Piece("new", new)
