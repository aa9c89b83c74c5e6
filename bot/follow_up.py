"""A follow-up -> a question that stands alone: with the words of the question it goes on with, and that one's article."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from bot.answer import Status
from bot.boundaries import probability
from bot.candidates import Candidates
from bot.facets import without_facets
from bot.messages import ASKS
from bot.question import PastTurn
from bot.subject_words import ABOUT, names_no_subject
from indexer import text

_ANAPHORA = re.compile(
    r"^(?:じゃあ|じゃ(?=[、,\s])|では|それ(?:なら|じゃ|って|は|を|に|の|で|だと|でも)|その(?!他)|そこ(?!そこ)|これ(?!から|まで)|この(?:場合|手続)|"
    r"ほかに|他に|なら|だったら)|[、,]それ[?？。]?$|"
    r"(?:だと|なら|でも(?:いい|できる|大丈夫)|の場合は?)[?？。\s]*$"
)
# 「じゃあ児童手当は？」「では、転出届はどこですか」 turn to something else; 「じゃあ郵送は？」 does not.
_TURN = re.compile(r"^(?:じゃあ?|では|それなら|それじゃあ?|なら|だったら)[、,\s]*")
_SUBJECT = re.compile(r"^(?!.{0,12}(?:場合|とき|時))([^、。？?はをがって]*[一-龯々ァ-ヴーA-Za-z])(?:は|って|を)")
_ELLIPSIS = re.compile(r"(?:は|って|なら)[?？。\s]*$")
_LEAVES = re.compile(
    r"のこと(?:も|を)(?:聞|き|知|教)|ところで|話(?:は|が)?(?:変|か)わ|それとは別|別件|別の(?:こと|話|質問)|やっぱりいいや|(?:次|つぎ)に|もう(?:一|ひと)つ"
)
_CORRECTS = re.compile(
    r"^(?:いや|ううん|違う|ちがう|そう?じゃ(?:な|の)|そっちじゃ|そうでは|それじゃな)|(?:じゃ|では)なくて.*(?:ほう|方|やつ)"
)
_LEAVING = re.compile(
    r"^(?:やっぱり(?:いい|やめ)[^、。]{0,6}|話(?:は|が)?(?:変|か)わ[^、。]{1,8}|それとは別に|別件[^、。]{0,5}|ところで)[、。]\s*"
)
_REFERS = re.compile(
    r"^(?:それ(?:なら|じゃ|って|は|を|に|の|で|だと|でも)|その(?!他)|そこ(?!そこ)|これ(?!から|まで)|この(?:場合|手続))|[、,]それ[?？。]?$"
)
ANOTHER = 0.85
"""How likely a text must begin another question to turn away from the conversation without a word that says so."""
LONGEST_REPLY = 3
"""Content words up to which a statement after 「どのことについて…」 is read as the reply to it."""
_SUBJECTLESS = frozenset({Status.SMALL_TALK, Status.PERSON_REQUESTED, Status.EMERGENCY, Status.REJECTED_INPUT})


def standalone(question: str, history: Sequence[PastTurn], candidates: Candidates | None = None) -> tuple[str, tuple[str, ...]]:
    """The question with what it leaves out, and the articles it goes on about; unchanged when it stands alone."""
    said = question.strip()
    past = [turn for turn in history if turn.question and turn.status not in _SUBJECTLESS]
    if not past or not _goes_on(said, past, candidates):
        return _LEAVING.sub("", said) if candidates else question, ()
    first = _beginning(past, candidates)
    # The question that named the subject, what was replied when the desk asked back, and the new question.
    kept = [past[first].question]
    kept += [turn.question for before, turn in pairwise(past[first:]) if _replies(turn.question, before)]
    whole = " ".join([*kept, question])
    if _CORRECTS.search(said):
        return whole, ()
    return whole, _articles(past, first, candidates, whole, said)


def _articles(past: Sequence[PastTurn], first: int, candidates: Candidates | None, whole: str, said: str) -> tuple[str, ...]:
    """What the conversation is about: the article answered from, else the one its question would be answered from."""
    if candidates is None:
        return past[-1].article_ids
    asked = " ".join(turn.question for turn in past[first:])
    known = next((ids for t in reversed(past[first:]) if (ids := candidates.known(t.article_ids))), ())
    subject = known or candidates.first(asked)[:1]
    best = candidates.first(whole)[:1]
    if best and best != subject and _more_special(best[0], subject, said, asked, candidates):
        return best
    return subject


def _more_special(best: str, subject: Sequence[str], said: str, asked: str, candidates: Candidates) -> bool:
    """Whether another article on what was asked before has in its title what is asked now (住民票 -> 郵送だと？)."""
    words = text.tokens(said)
    if not words or not names_no_subject(said) or not candidates.named(asked, best):
        return False
    return all(candidates.is_about(best, w) for w in words) and not any(candidates.is_about(s, w) for s in subject for w in words)


def _beginning(past: Sequence[PastTurn], candidates: Candidates | None) -> int:
    """The number of the exchange that named the subject."""
    first = len(past) - 1
    while first > 0 and _goes_on(past[first].question, past[:first], candidates):
        first -= 1
    return first


def _replies(said: str, before: PastTurn) -> bool:
    """Whether this answers the desk's own question: 「転入です」 after it asked back."""
    return before.status == Status.ASKED_BACK and not ASKS.search(said) and len(text.tokens(said)) <= LONGEST_REPLY


def _goes_on(said: str, past: Sequence[PastTurn], candidates: Candidates | None) -> bool:
    if _LEAVES.search(said):
        return False
    if _replies(said, past[-1]) or names_no_subject(said) or _CORRECTS.search(said):
        return True
    if names_no_subject(without_facets(said)):
        return True
    turned = _TURN.match(said)
    subject = _SUBJECT.match(said[turned.end() :]) if turned else None
    turns_away = bool(subject and any(word not in ABOUT for word in text.tokens(subject[1])))
    if candidates is None:
        return not turns_away and bool(_ANAPHORA.search(said))
    if not turns_away and _REFERS.search(said):
        return True
    if turns_away and not _ELLIPSIS.search(said):
        return False
    before = past[_beginning(past, candidates)].question
    return not (candidates.turns(said, before) or _another(said, before, candidates))


def _another(said: str, before: str, candidates: Candidates) -> bool:
    """Whether a text names a subject of its own and would begin another question within one message too."""
    now = candidates.first(said)
    named = now and candidates.named(said, now[0])
    return bool(named) and probability(candidates, before, said) >= ANOTHER
