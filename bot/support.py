"""Does the article say this? Every sentence of a rewritten answer against the sentences of its article.

A rewriting may choose among the article's sentences, join them and say them more simply. It may not add a noun, a
number or an address, give a number to something else, turn a statement round, or drop what narrows it. What cannot be
shown to be right counts as wrong: the resident then gets the article's own words.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bot.numerals import normal_numbers
from bot.source_sentences import Quantity, Said, parse, words
from indexer import text

LEAST_F1 = 0.6
"""Overlap (F1 of words) between a sentence and the sentences of the article it was made from."""
LEAST_CLAUSE_F1 = 0.5
LEAST_COSINE = 0.85
"""Cosine between a sentence in another language and the article's sentence it translates; a multilingual encoder's
translations of one sentence lie above 0.85 (LaBSE: Feng et al., 2022), other sentences on one subject mostly below."""
MOST_JOINED = 3
"""Neighbouring sentences of the article that one sentence may be made from."""
_PREDICATE = re.compile(r"[ぁ-ん]*[うくすつぬふむるぐずぶい]$")
_COURTESY = re.compile(
    r"^(?:ご質問|お問い合わせ)(?:を)?(?:いただき)?(?:、)?ありがとうございます。?$|^(?:以下|次)の(?:とおり|通り)です[。：:]?$|^(?:お答え|ご案内)します。?$"
    r"|^Thank you for your (?:question|inquiry)\.?$"
)
Encode = Callable[[Sequence[str]], NDArray[np.float32]]


@dataclass(frozen=True)
class Window:
    """Neighbouring sentences of one section read as one."""

    said: tuple[Said, ...]

    @property
    def words(self) -> frozenset[str]:
        return frozenset().union(*(s.words for s in self.said))

    @property
    def context(self) -> frozenset[str]:
        return frozenset().union(*(s.context for s in self.said))


def problems(written: str, source: Sequence[Said], language: str, encode: Encode | None = None) -> list[str]:
    """Why the article does not support the text: a code for each wrong sentence or omission, none where it does.

    `language` ja and yasashii are held to the article's words; another language to the meaning of each sentence, by
    `encode`, and to its numbers. Without `encode` another language is never supported.
    """
    sentences = [s for s in text.sentences(written) if words(s) or re.search(r"\d", s)]
    parsed = [parse(s.strip("・-*【】 　")) for s in sentences if not _COURTESY.match(s)]
    if not parsed:
        return ["nothing_said"]
    if language not in ("ja", "yasashii"):
        return _translated(parsed, source, encode)
    found, used = [], list[Said]()
    for at, sentence in enumerate(parsed):
        window, wrong = _judged(sentence, parsed[at - 1] if at else None, source)
        found += wrong
        used += window.said if window else ()
    return found + list(_left_out(parsed, used, source))


def _judged(sentence: Said, before: Said | None, source: Sequence[Said]) -> tuple[Window | None, list[str]]:
    if any(_is_heading(sentence, s) for s in source):
        return None, []
    unknown = sentence.addresses - {a for s in source for a in s.addresses}
    best = _best_windows(sentence, source)
    if unknown:
        return None, ["address"]
    if not best:
        return None, ["sentence"]
    wrong = [list(_differences(sentence, before, window)) + list(_misplaced(sentence, source)) for window in best]
    worst = max(range(len(best)), key=lambda i: len(wrong[i]))
    return best[worst], wrong[worst]


def _is_heading(sentence: Said, source: Said) -> bool:
    """A line that only names what follows: no number, no statement, its words those of one heading or label."""
    plain_line = not sentence.text.rstrip().endswith(("。", ".", "す", "ん")) and len(sentence.text) <= 30
    return plain_line and not sentence.quantities and not sentence.addresses and not sentence.negations and sentence.words <= source.context


def _best_windows(sentence: Said, source: Sequence[Said]) -> list[Window]:
    """The windows with the greatest F1 of words, if every noun of the sentence stands there or in the headings above."""
    best: list[Window] = []
    top = LEAST_F1
    for window in _windows(source):
        own, around = window.words, window.context
        common = len(sentence.words & own)
        if sentence.words and not common:
            continue
        outside = sentence.words - own - around
        if any(not _PREDICATE.search(w) for w in outside) or len(outside) > 1:
            continue
        counted = sentence.words - (around - own)
        f1 = 2 * common / (len(counted) + len(own)) if counted or own else 0.0
        if f1 > top + 1e-9:
            best, top = [], f1
        if f1 >= top - 1e-9:
            best.append(window)
    return best


def _windows(source: Sequence[Said]) -> Iterator[Window]:
    for start in range(len(source)):
        for length in range(1, MOST_JOINED + 1):
            part = tuple(source[start : start + length])
            if len(part) < length or part[-1].section != part[0].section:
                break
            yield Window(part)


def _differences(sentence: Said, before: Said | None, window: Window) -> Iterator[str]:
    outside = sentence.words - window.words - window.context
    if outside:
        yield "word"
    if sentence.negations != sum(s.negations for s in window.said):
        yield "negation"
    if any(_turned_round(clause.words, clause.negated, window) for clause in sentence.clauses):
        yield "negation"
    narrowed = frozenset().union(*(s.conditions for s in window.said))
    if narrowed - sentence.conditions or sentence.conditions - narrowed - {"if", "must"}:
        yield "condition"
    spoken = sentence.words | (before.words if before else frozenset())
    needs = frozenset().union(*(s.needs for s in window.said))
    if needs and len(needs & spoken) < 0.6 * len(needs):
        yield "condition"


def _turned_round(own: frozenset[str], negated: bool, window: Window) -> bool:
    """Whether the clauses of the article most like this one all say yes where it says no, or no where it says yes."""
    clauses = [c for s in window.said for c in s.clauses]
    scored = [(2 * len(own & c.words) / (len(own) + len(c.words)), c.negated) for c in clauses]
    top = max((score for score, _ in scored), default=0.0)
    return top >= LEAST_CLAUSE_F1 and all(n != negated for score, n in scored if score >= top - 1e-9)


def _misplaced(sentence: Said, source: Sequence[Said]) -> Iterator[str]:
    """Numbers that the article does not have, or has with other words beside them."""
    for quantity in sentence.quantities:
        ranked = [
            (_nearness(quantity, sentence.words, q, s), at, q)
            for at, s in enumerate(source)
            for q in s.quantities
            if q.unit == quantity.unit or not q.unit
        ]
        top = max((score for score, _, _ in ranked), default=0)
        best = [(at, q) for score, at, q in ranked if score == top]
        same = {(at, q.group) for at, q in best if q.said == quantity.said}
        if not same or any(q.said != quantity.said and (at, q.group) not in same for at, q in best):
            yield "number"


def _nearness(quantity: Quantity, spoken: frozenset[str], other: Quantity, said: Said) -> int:
    """How well the words beside two numbers agree; a label of the other that the sentence does not have counts against it."""
    around = (said.words | said.context) - other.near
    return 2 * len(quantity.near & other.near) + len(spoken & around) - len(other.near - spoken)


def _left_out(parsed: Sequence[Said], used: Sequence[Said], source: Sequence[Said]) -> Iterator[str]:
    """An exception to a sentence that was used, and numbers of such a sentence, must be said too."""
    drawn = {id(s) for s in used}
    stated = {q.value for s in parsed for q in s.quantities} | {a for s in parsed for a in s.addresses}
    for before, after in zip(source, source[1:], strict=False):
        if id(before) in drawn and after.exception and after.section == before.section and id(after) not in drawn:
            yield "exception_left_out"
    for said in used:
        if said.section >= 0 and ({q.value for q in said.quantities} | said.addresses) - stated:
            yield "number_left_out"


def lacks(written: str, needed: Sequence[str]) -> list[str]:
    """Which of the `needed` texts (documents, facts) the text does not name whole; what stands in brackets may be left out."""
    lines = [words(normal_numbers(s)) for s in text.sentences(written)]
    missing = []
    for item in needed:
        core = words(normal_numbers(re.sub(r"[（(][^（）()]*[）)]", "", item)))
        if not any(core <= line for line in lines):
            missing.append(item)
    return missing


def _translated(parsed: Sequence[Said], source: Sequence[Said], encode: Encode | None) -> list[str]:
    if encode is None:
        return ["language_not_checkable"]
    body = [s for s in source if s.words]
    cosines = encode([s.text for s in parsed]) @ encode([s.text for s in body]).T
    found, used = [], list[Said]()
    for sentence, row in zip(parsed, cosines, strict=True):
        best = body[int(row.argmax())]
        used.append(best)
        if float(row.max()) < LEAST_COSINE:
            found.append("sentence")
        found += _translated_differences(sentence, best)
    return found + list(_left_out(parsed, used, source))


def _translated_differences(sentence: Said, source: Said) -> Iterator[str]:
    """A translation keeps the sentence's numbers, addresses, negations and conditions, and joins nothing."""
    values = [q.value for q in sentence.quantities]
    units = [q.unit for q in source.quantities]
    if sorted(values) != sorted(q.value for q in source.quantities) or sentence.addresses != source.addresses:
        yield "number"
    elif len(set(units)) < len(units) and len({q.group for q in source.quantities}) > 1:
        yield "number_not_checkable"  # two fees in one sentence: whose is whose cannot be told in another language
    if sentence.negations != source.negations:
        yield "negation"
    if sentence.conditions != source.conditions:
        yield "condition"
