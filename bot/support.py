"""Does the article say this? Every sentence of a rewritten answer against the sentences of its article.

A rewriting may choose among the article's sentences, join them and say them more simply. It may not add a noun, a
number or an address, give a number to something else, turn a statement round, or drop what narrows it. What cannot be
shown to be right counts as wrong: the resident then gets the article's own words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from bot.omissions import LEAST_COSINE, Encode, left_out
from bot.said import Quantity, Said, lines, parse, words

LEAST_F1 = 0.6
"""Overlap (F1 of words) between a sentence and the sentences of the article it was made from."""
LEAST_CLAUSE_F1 = 0.5
MOST_JOINED = 3
"""Neighbouring sentences of the article that one sentence may be made from."""
_MARKER = re.compile(r"^(?:[・\-*]|\d+[.)])\s*|[【】]")
_PREDICATE = re.compile(r"[ぁ-ん]*[うくすつぬふむるぐずぶい]$")
_COURTESY = re.compile(
    r"^(?:ご質問|お問い合わせ)(?:を)?(?:いただき)?(?:、)?ありがとうございます。?$|^(?:以下|次)の(?:とおり|通り)です[。：:]?$|^(?:お答え|ご案内)します。?$"
    r"|^Thank you for your (?:question|inquiry)\.?$"
)


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


def problems(written: str, source: Sequence[Said], translated: bool = False, encode: Encode | None = None) -> list[str]:
    """Why the article does not support the text: a code for each wrong sentence or omission, none where it does.

    A text in the article's language is held to its words; a translation to the meaning of each sentence, by `encode`,
    and to its numbers. Without `encode` a translation is never supported.
    """
    sentences = [s for s in lines(written) if words(s) or re.search(r"\d", s)]
    parsed = [parse(_MARKER.sub("", s)) for s in sentences if not _COURTESY.match(s)]
    if not parsed:
        return ["nothing_said"]
    if translated:
        return _translated(parsed, source, encode)
    found: list[str] = []
    used: list[Said] = []
    heading = before = frozenset[str]()
    for sentence in parsed:
        if any(_is_heading(sentence, s) for s in source):
            heading = before = sentence.words
            continue
        window, wrong = _judged(sentence, heading | before, source)
        found += wrong
        used += window.said if window else ()
        before = sentence.words
    if not used:
        found.append("nothing_said")
    return found + list(left_out(parsed, used, source))


def _judged(sentence: Said, above: frozenset[str], source: Sequence[Said]) -> tuple[Window | None, list[str]]:
    """Where the sentence comes from and what is wrong with it; `above` are the words of its heading and the one before."""
    if sentence.addresses - {a for s in source for a in s.addresses}:
        return None, ["address"]
    copied = _copied(sentence, source)
    if copied:
        return copied, list(_unconditioned(sentence, above, copied))
    best = _best_windows(sentence, source)
    if not best:
        return None, ["sentence"]
    wrong = [
        [*_differences(sentence, window), *_unconditioned(sentence, above, window), *_misplaced(sentence, source)]
        for window in best
    ]
    worst = max(range(len(best)), key=lambda i: len(wrong[i]))
    return best[worst], wrong[worst]


def _copied(sentence: Said, source: Sequence[Said]) -> Window | None:
    """The article's sentence that this one is, letter for letter, unless another with its words has other numbers."""
    said = next((s for s in source if _letters(s) == _letters(sentence)), None)
    if said is None or any(s.words == said.words and _numbers(s) != _numbers(said) for s in source):
        return None
    return Window((said,))


def _letters(said: Said) -> str:
    return re.sub(r"[\s・]|^-", "", said.text)


def _numbers(said: Said) -> list[tuple[str, str]]:
    return sorted(q.said for q in said.quantities)


def _is_heading(sentence: Said, source: Said) -> bool:
    """A line that only names what follows: no number, no statement, its words those of one heading or label."""
    if source.heading and _letters(sentence) == re.sub(r"[\s・]", "", source.heading):
        return True
    statement = sentence.quantities or sentence.addresses or sentence.negations or sentence.conditions
    short = len(sentence.text) <= 20 and not re.search(r"[。：:.]|[すん]$", sentence.text.rstrip())
    return short and not statement and sentence.words <= source.context


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


def _differences(sentence: Said, window: Window) -> Iterator[str]:
    if sentence.words - window.words - window.context:
        yield "word"
    if sentence.negations != sum(s.negations for s in window.said):
        yield "negation"
    if any(_turned_round(clause.words, clause.negated, window) for clause in sentence.clauses):
        yield "negation"
    narrowed = frozenset().union(*(s.conditions for s in window.said))
    if narrowed - sentence.conditions or sentence.conditions - narrowed - {"if", "must"}:
        yield "condition"


def _unconditioned(sentence: Said, above: frozenset[str], window: Window) -> Iterator[str]:
    """What the article says under 「代理人が来るとき」 must not be said without it."""
    needs = frozenset().union(*(s.needs for s in window.said))
    if len(needs & (sentence.words | above)) < 0.6 * len(needs):
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
    known = [run for s in source for run in _runs(s)]
    if any(len(run) > 1 and not any(_in_order(run, other) for other in known) for run in _runs(sentence)):
        yield "number_order"


def _runs(said: Said) -> list[list[tuple[str, str]]]:
    """Numbers that follow one another without a word between: 「0円から61,000円」, 「300円、200円」."""
    return [[q.said for q in group] for _, group in groupby(said.quantities, key=lambda q: q.group)]


def _in_order(run: Sequence[tuple[str, str]], other: Sequence[tuple[str, str]]) -> bool:
    rest = iter(other)
    return all(said in rest for said in run)


def _nearness(quantity: Quantity, spoken: frozenset[str], other: Quantity, said: Said) -> int:
    """How well the words beside two numbers agree; a label of the other that the sentence does not have counts against it."""
    around = (said.words | said.context) - other.near
    return 2 * len(quantity.near & other.near) + len(spoken & around) - len(other.near - spoken)


def _translated(parsed: Sequence[Said], source: Sequence[Said], encode: Encode | None) -> list[str]:
    if encode is None:
        return ["language_not_checkable"]
    body = [s for s in source if s.words]
    cosines = encode([s.text for s in parsed]) @ encode([s.text for s in body]).T
    found: list[str] = []
    used: list[Said] = []
    for sentence, row in zip(parsed, cosines, strict=True):
        best = body[int(row.argmax())]
        used.append(best)
        if float(row.max()) < LEAST_COSINE:
            found.append("sentence")
        found += _translated_differences(sentence, best)
    return found + list(left_out(parsed, used, source))


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
