"""What a rewritten answer must not leave out: exceptions, numbers, conditions in brackets, documents, what was asked for."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from bot.numerals import normal_numbers
from bot.said import Said, core, parse, words
from indexer import text
from indexer.passages import FACT_LABELS
from indexer.text import normalise
from knowledge.articles import Procedure

LEAST_COSINE = 0.85
"""Cosine of a translated sentence with the article's sentence, by a multilingual encoder. Strict on purpose and not tuned:
which encoder runs is the installation's choice, and what falls below is shown in the article's own words."""
Encode = Callable[[Sequence[str]], NDArray[np.float32]]


def left_out(parsed: Sequence[Said], used: Sequence[Said], source: Sequence[Said]) -> Iterator[str]:
    """Codes of what the sentences `used` say and the text does not: their exceptions, numbers, addresses, words to keep."""
    drawn = {id(s) for s in used}
    stated = {q.value for s in parsed for q in s.quantities} | {a for s in parsed for a in s.addresses}
    spoken = frozenset().union(*(s.words for s in parsed))
    for before, after in pairwise(source):
        if id(before) in drawn and after.exception and after.section == before.section and id(after) not in drawn:
            yield "exception_left_out"
    for said in used:
        if said.section >= 0 and ({q.value for q in said.quantities} | said.addresses) - stated:
            yield "number_left_out"
        if said.keep - spoken:
            yield "words_left_out"


def lacks(written: str, needed: Sequence[str], encode: Encode | None = None) -> list[str]:
    """Which of the `needed` texts (documents, facts) the text does not tell whole.

    Each sentence of them must have its words in one sentence of the text and its numbers somewhere; brackets may be left
    out when they hold neither a number nor a condition. With `encode` (a translation) a sentence of the same meaning is
    looked for.
    """
    spoken = text.sentences(written)
    stated = {q.value for s in spoken for q in parse(s).quantities}
    items = [(item, sentence) for item in needed for sentence in text.sentences(item)]
    if encode and items:
        cosines = (encode([s for _, s in items]) @ encode(spoken).T).max(axis=1)
        told = [float(c) >= LEAST_COSINE for c in cosines]
    else:
        said = [words(normal_numbers(s)) for s in spoken]
        told = [any(core(normal_numbers(s)) <= line for line in said) for _, s in items]
    return [item for (item, s), ok in zip(items, told, strict=True) if not ok or {q.value for q in parse(s).quantities} - stated]


def documents_left_out(written: str, procedure: Procedure) -> bool:
    """Whether the text names some of the required documents and not others, or cuts a line that lists documents short.

    A resident would come without those. Documents are named in the article's own words.
    """
    named = [_named(written, d) for d in procedure.required_documents]
    if any(named) and not all(named):
        return True
    conditional = [d for c in procedure.conditional_documents for d in (c.when, c.document)]
    listed = {FACT_LABELS["required_documents"]: procedure.required_documents, FACT_LABELS["conditional_documents"]: conditional}
    lines = [(label, line) for line in written.split("\n") for label in listed if re.match(rf"\s*・?{label}[：:].", line)]
    return any(not _named(line, d) for label, line in lines for d in listed[label])


def _named(written: str, document: str) -> bool:
    """Whether a document is named: what stands outside brackets letter for letter, a condition in brackets by its words."""
    letters = _letters(written)
    pieces = [piece for part in re.split(r"[（(][^（）()]*[）)]", document) if (piece := _letters(part))]
    return all(piece in letters for piece in pieces) and core(normal_numbers(document)) <= words(normal_numbers(written))


def _letters(written: str) -> str:
    return re.sub(r"[\s・、。]", "", normalise(written))
