"""What makes a Japanese sentence hard to read, one function a rule; each yields places within the sentence."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.plain_japanese.lengths import spoken_length
from bot.plain_japanese.sentences import Kind, Sentence
from bot.plain_japanese.words import difficult_pattern, difficult_words, everyday_loan_words
from bot.screening.emergency_cards import lint_terms
from bot.screening.plain_japanese import DAILY_LIMIT, EMERGENCY_LIMIT

LEAST_POINTS = 3
LONGEST_KANJI = 5
"""So many kanji in a row are a word that readers of 300 kanji cannot take apart."""
MOST_KANJI, LEAST_LENGTH = 0.4, 20
"""Share of kanji from which a sentence of so many characters looks black. Newspapers have about 0.4."""

_POLITE = re.compile(r"(?:です|ます|ません|でした|ました|でしょう|ましょう|ください|下さい)(?:か|ね|よ|が|から)*$")
_CLOSING = re.compile(r"[。！？!?」』）)]+$")
_DOUBLE_NEGATIVE = re.compile(
    r"(?:ない|なく|ません)(?:こと|わけ|もの)(?:は|も|では)?(?:ない|なく|あり?ません)"
    r"|(?:なければ|なくては|ないと|ないでは|なくちゃ)(?:なら|いけ|でき|あり)?(?:ない|ません|なりません|いけません|できません)"
    r"|なく(?:は|も)(?:ない|ありません)|ざるを(?:得|え)(?:ない|ません)|ずには(?:いられ|い)(?:ない|ません)|ないとは(?:言|い|限|かぎ)[^。]{0,3}(?:ない|ません)"
    r"|(?:以外|ほか)(?:に)?は?(?:でき)(?:ない|ません)"
)
_KEIGO = re.compile(
    r"させていただ[かきくけこい]|していただ[かきくけこい]|いただけますよう|くださいますよう|お願い(?:いたし|申し上げ)|(?:いたし|申し上げ)ます"
    r"|[おご御][一-龠ぁ-ん]{1,6}(?:いただ[かきくけこい]|になら?れ?[りるっ]?ま?|申し上げ)|ございま|いらっしゃ|存じ|賜[りる]|拝[見読借]|伺[いうっ]|まいりま|おりま[すし]|なさ[いっるれ]"
)
_KANJI_RUN = re.compile(rf"[一-龠々〆ヶ]{{{LONGEST_KANJI},}}")
_KANJI = re.compile(r"[一-龠々]")
_KATAKANA = re.compile(r"[ァ-ヺー・]{3,}")
_NOUNS = ("名詞", "接頭辞", "接尾辞", "形状詞", "代名詞", "記号")
_FIVE_ROWS = ("五段", "文語四段")


@dataclass(frozen=True)
class Hit:
    """A place within a sentence; `slots` fill the texts lint_<rule> and lint_<rule>_do."""

    rule: str
    start: int
    end: int
    slots: Mapping[str, Any] = field(default_factory=dict)


Rule = Callable[[Sentence], Iterator[Hit]]


def too_long(sentence: Sentence, limit: int = DAILY_LIMIT) -> Iterator[Hit]:
    if sentence.kind in (Kind.PROSE, Kind.ITEM):
        length = spoken_length(sentence.words)
        if length > limit:
            yield Hit("long_sentence", 0, len(sentence.text), {"length": length, "limit": limit})


def too_long_in_an_emergency(sentence: Sentence) -> Iterator[Hit]:
    return too_long(sentence, EMERGENCY_LIMIT)


def not_polite(sentence: Sentence) -> Iterator[Hit]:
    """A whole sentence of prose that does not end in です or ます; what has no 。 is a label, unless it is long."""
    said = _CLOSING.sub("", sentence.text)
    whole = (sentence.ended or len(said) > LEAST_LENGTH) and not said.endswith(("：", ":", "→"))
    if sentence.kind == Kind.PROSE and whole and re.search(r"[ぁ-ん]", said) and not _POLITE.search(said):
        yield Hit("not_polite", max(0, len(said) - 6), len(sentence.text))


def enumeration(sentence: Sentence) -> Iterator[Hit]:
    """Three or more nouns in a row, parted by 、 ・ or や: a list that should be one."""
    if sentence.kind != Kind.PROSE:
        return
    begin, separators, last = 0, 0, 0
    for index, word in enumerate(sentence.words):
        noun = word.part[0] in _NOUNS or word.surface in ("の", "「", "」", "（", "）", "(", ")", "/", "-")
        before = index > 0 and sentence.words[index - 1].part[0] in _NOUNS
        if word.surface in ("、", "・", "や", "，") and (before or (index > 0 and sentence.words[index - 1].surface in "」）)")):
            separators += 1
        elif noun:
            last = sentence.starts[index + 1]
        else:
            if separators >= LEAST_POINTS - 1:
                break
            begin, separators = sentence.starts[index + 1], 0
    if separators >= LEAST_POINTS - 1 and last > begin:
        yield Hit("enumeration", begin, last, {"count": separators + 1})


def double_negative(sentence: Sentence) -> Iterator[Hit]:
    for found in _DOUBLE_NEGATIVE.finditer(sentence.text):
        yield Hit("double_negative", *found.span())


def abolished(sentence: Sentence) -> Iterator[Hit]:
    if complaints := lint_terms(sentence.text):
        yield Hit("abolished", 0, len(sentence.text), {"terms": " ".join(complaints)})


def difficult_word(sentence: Sentence) -> Iterator[Hit]:
    """An official word for which there is an easy one; one that is explained in brackets may stay."""
    bounds = set(sentence.starts)
    for found in difficult_pattern().finditer(sentence.text):
        start, end = found.span()
        if start in bounds and end in bounds and not _explained(sentence.text, end):
            yield Hit("difficult_word", start, end, {"word": found[0], "easy": difficult_words()[found[0]]})


def passive(sentence: Sentence) -> Iterator[Hit]:
    """れる after a 五段 verb or する: られる is more often "can", so it is left alone."""
    for index, word in enumerate(sentence.words[1:], start=1):
        before = sentence.words[index - 1]
        if word.base == "れる" and word.part[0] == "助動詞" and (before.base == "する" or before.part[4].startswith(_FIVE_ROWS)):
            yield Hit("passive", sentence.starts[index - 1], sentence.starts[index + 1])


def keigo(sentence: Sentence) -> Iterator[Hit]:
    for found in _KEIGO.finditer(sentence.text):
        yield Hit("keigo", *found.span(), {"words": found[0]})


def loan_word(sentence: Sentence) -> Iterator[Hit]:
    for index, word in enumerate(sentence.words):
        start, end = sentence.starts[index], sentence.starts[index + 1]
        name = len(word.part) > 2 and word.part[1] == "固有名詞"
        if not _KATAKANA.fullmatch(word.surface) or name or word.surface in everyday_loan_words():
            continue
        if not _explained(sentence.text, end):
            yield Hit("loan_word", start, end, {"word": word.surface})


def kanji(sentence: Sentence) -> Iterator[Hit]:
    for found in _KANJI_RUN.finditer(sentence.text):
        if not _explained(sentence.text, found.end()):
            yield Hit("kanji_run", *found.span(), {"word": found[0]})
    share = len(_KANJI.findall(sentence.text)) / max(len(sentence.text), 1)
    if sentence.kind in (Kind.PROSE, Kind.ITEM) and len(sentence.text) >= LEAST_LENGTH and share > MOST_KANJI:
        yield Hit("kanji_share", 0, len(sentence.text), {"share": round(share * 100)})


def _explained(text: str, end: int) -> bool:
    """Whether an explanation follows: 「転入届（引っ越して 来た ときの 紙）」, 「転入届とは」."""
    return text[end : end + 1] in ("（", "(") or text[end : end + 2] == "とは" or text[end : end + 2] in ("」（", "」(")
