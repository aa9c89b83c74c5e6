"""One message -> the questions in it, each with what it needs to stand alone."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.boundaries import begins_another, goes_on
from bot.candidates import NEAR, Candidates
from bot.coordination import ASIDE, parted
from bot.intents import wants_person
from bot.messages import Unit, body_of, units
from bot.subject_words import ends_in_noun, names_no_subject, subject_nouns

LONGEST_CONTEXT = 60
"""Characters of explaining sentences that every question of a message carries along."""
_REASON = re.compile(r"(?:て|で|から|ので|んで|けど|が)[、。…\s]*$")
"""A statement that ends so explains what was said before."""


def split(message: str, candidates: Candidates | None = None) -> list[str]:
    """The questions of a message, in order; sentences that only explain are kept with the question they explain.

    Nothing is dropped: every sentence that is not a greeting is part of one of the questions. With `candidates`, clauses and
    nouns joined in one sentence are parted where they would be answered from different articles, and sentences that
    would be answered from the same one stay together.
    """
    body = body_of(message)
    pieces = [piece for unit in units(body) for piece in _pieces(unit, candidates)]
    return _Questions(candidates).of(pieces) or [body]


def _pieces(unit: Unit, candidates: Candidates | None) -> list[tuple[Unit, bool]]:
    """The unit, or its parts where it joins several questions; True for parts that certainly begin a new one."""
    if candidates is None:
        return [(unit, False)]
    parts = parted(unit.text, candidates)
    return [(Unit(part, unit.opened and not n, 0 if n else unit.entry), n > 0) for n, part in enumerate(parts)]


class _Questions:
    """Puts units together; `context` explains what comes next, `shared` everything."""

    def __init__(self, candidates: Candidates | None) -> None:
        self._candidates = candidates
        self._topics: list[str] = []
        self._context: list[str] = []
        self._shared: list[str] = []

    def of(self, pieces: Sequence[tuple[Unit, bool]]) -> list[str]:
        for number, (unit, parts) in enumerate(pieces):
            later = [u for u, _ in pieces[number + 1 :]]
            self._take(unit, parts, later, parts or (number + 1 < len(pieces) and pieces[number + 1][1]))
        if self._context:
            self._close()
        return self._topics

    def _take(self, unit: Unit, begins: bool, later: Sequence[Unit], one_of_several: bool) -> None:
        explains = any(u.asks and not u.opened for u in later)
        begins = begins or unit.entry > 1
        starts = begins or ((unit.opened or self._adds(unit)) and (unit.asks or not explains))
        asks = unit.asks or one_of_several or unit.entry > 0
        if not asks and not (starts and (self._topics or self._context)) and not self._another_trouble(unit, later):
            if self._context and self._told_apart(unit):
                self._close()
            self._context.append(unit.text)
            return
        if self._context and not begins and (starts or self._told_apart(unit)):
            self._close()
        if self._topics and not self._context and not begins and self._goes_on(unit, starts):
            self._topics[-1] += f" {unit.text}"
            return
        if not self._topics and len("".join(self._context)) <= LONGEST_CONTEXT:
            self._shared = self._context
        carried = self._shared if self._topics and not self._context and not (starts and not begins) else self._context
        self._topics.append(" ".join([*carried, unit.text]))
        self._context = []

    def _adds(self, unit: Unit) -> bool:
        """Whether the unit sets another question beside the one before: 「年金も払えません」, not 「名前も変えたい」."""
        before = " ".join(self._context) or (self._topics[-1] if self._topics else "")
        return unit.adds and not (before and self._candidates and goes_on(self._candidates, before, unit.text))

    def _another_trouble(self, unit: Unit, later: Sequence[Unit]) -> bool:
        """Whether a statement at the end is a question of its own: 「選挙の券をすてちゃった」."""
        if not self._topics or self._context or self._candidates is None or any(u.asks for u in later):
            return False
        if _REASON.search(unit.text) or len(unit.text) <= ASIDE:
            return False
        return not names_no_subject(unit.text) and begins_another(self._candidates, self._topics[-1], unit.text)

    def _told_apart(self, unit: Unit) -> bool:
        """Whether the statements before a question do not explain it but ask for something themselves: 「保険証なくした。」"""
        said = " ".join(self._context)
        if self._candidates is None or names_no_subject(said) or names_no_subject(unit.text):
            return False
        return begins_another(self._candidates, said, unit.text)

    def _close(self) -> None:
        """What explained nothing further belongs to the question before, or was one itself."""
        said = " ".join(self._context)
        if self._topics and not (self._candidates and begins_another(self._candidates, self._topics[-1], said)):
            self._topics[-1] += f" {said}"
        else:
            self._topics.append(said)
        self._context = []

    def _goes_on(self, unit: Unit, starts: bool) -> bool:
        """Whether the unit has the subject of the question before it."""
        if unit.opened and wants_person(self._topics[-1]) != wants_person(unit.text):
            return False
        if names_no_subject(unit.text):
            return True
        if self._candidates is None:
            return False
        before, candidates = self._topics[-1], self._candidates
        known, now = candidates.first(before)[:1], candidates.first(unit.text)
        if unit.opened:  # 「ソファ、タンス、それとマットレスを捨てたい」 is one question
            whole = bool(known) and known[0] in now[:NEAR] and ends_in_noun(before)
            return whole or not subject_nouns(unit.text)
        if not starts:
            return not (candidates.turns(unit.text, before) or begins_another(candidates, before, unit.text))
        named = candidates.names(unit.text, now[0]) if now else []
        if not known or not named or known[0] == now[0]:
            return True
        return known[0] in now[:NEAR] and all(candidates.mentions(known[0], word) for word in named)
