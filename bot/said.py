"""A sentence taken apart: its words, its numbers with what stands beside them, its negations and conditions."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

from bot.claims import split_addresses
from bot.numerals import UNIT, normal_numbers
from indexer import text

CLASSES: Mapping[str, re.Pattern[str]] = {
    "except": re.compile(r"以外|除[くいき]|\b(?:except|other than|excluding)\b", re.IGNORECASE),
    "only": re.compile(r"限[りるらっ]|のみ|だけ|しか(?=[^し])|\bonly\b", re.IGNORECASE),
    "however": re.compile(r"ただし|但し|ただ、|もっとも、|(?<=[すんたい])が、|\b(?:however|but|although)\b", re.IGNORECASE),
    "if": re.compile(
        r"場合|とき|(?<=[いるたの])時|際|なら(?!ない|ません)|たら、|れば(?!なり|なら|いけ)|いと、|\b(?:if|when|unless)\b",
        re.IGNORECASE,
    ),
    "must": re.compile(r"必ず|義務|なければ(?:なり|なら|いけ)|\b(?:must|have to|required to)\b", re.IGNORECASE),
    "may": re.compile(r"ことがあり|ことがある|場合があ|かもしれ|原則|\b(?:may|might|in principle)\b", re.IGNORECASE),
    "before": re.compile(r"(?<!\d[日年月回分])(?:前に|前まで|前の|前は|事前)|\bbefore\b|in advance", re.IGNORECASE),
    "after": re.compile(r"(?<!\d[日年月回分])(?:た後|後に|あとに|てから|以降|以後)|\bafter\b", re.IGNORECASE),
    "all": re.compile(r"すべて|全て|どなたでも|誰でも|だれでも|全員|いつでも|\b(?:all|every|anyone|any time)\b", re.IGNORECASE),
}
"""Words that narrow or widen what a sentence says, by what they do."""
_OBLIGATION = re.compile(
    r"な(?:ければ|いと|くては)(?:なり|いけ|なら)(?:ません|ない)|かもしれ(?:ません|ない)|すみません|ませんか|(?:少|危)なく?な?い|少なく|亡くな|なくな[っりる]|なくし"
)
_NEGATION = re.compile(
    r"ません|ない|なく(?=[、てと]|も)|なし|無し|ず[に、。]|不要|不可|対象外|禁止|断り|遠慮|無効|廃止|未[^満成]"
    r"|\b(?:not|cannot|no|never|without|unable|unavailable|neither|nor|refused?|prohibited|don't|can't|isn't|doesn't|won't|unnecessary)\b",
    re.IGNORECASE,
)
_CLAUSE = re.compile(
    r"(?<=[すんいた])(?:が|ので|けれど|けど|し)、|(?<=で)、|[、，；;。！？!?\n（）()「」]|(?<!\d),|\band\b|\bbut\b|\s/\s",
    re.IGNORECASE,
)
_QUANTITY = re.compile(
    rf"(?P<before>約|およそ|最大|最低|満|第)?(?P<value>0\d{{1,4}}-\d{{1,4}}-\d{{3,4}}|\d+年\d+月\d+日|\d+年\d+月|\d+月\d+日|\d+時\d+分|\d[\d.:/\-]*\d|\d)"
    rf"(?P<unit>{UNIT})?(?P<after>以内|以上|以下|未満|まで|から|より|前|後|ごと|につき|程度|ほど|以降|以前|以後|を?超)?"
)
_LIMIT = re.compile(r"[^\s\d、。（）()「」・]{2}(?:以下|以上|未満|以内|以降|以前|を超え)")
_BRACKET = re.compile(r"[（(]([^（）()]*)[）)]")
_NARROWING = re.compile(r"限|除|以外|場合|とき|方は|のみ|だけ|対象|不要|必要")
_TOPIC = re.compile(r"[^、。（）\d]{1,20}?[は：:]")
_JOINED = re.compile(r"[\s・〜~,、/]*(?:から|と|や|または|か)?")


@dataclass(frozen=True)
class Quantity:
    """A number with what it counts. `near`: the words it stands with; `group`: which range or run of numbers it is part of."""

    value: str
    unit: str
    qualifier: str
    near: frozenset[str]
    group: int

    @property
    def said(self) -> tuple[str, str]:
        return self.value, self.qualifier


@dataclass(frozen=True)
class Clause:
    words: frozenset[str]
    negated: bool


@dataclass(frozen=True)
class Said:
    """One sentence. `context`: words of title, headings and labels above it; `needs`: words of the condition it stands under.

    `exception` marks a sentence that takes back part of the one before it; `heading` is the one right above it;
    `keep`: words that must not be left out where the sentence is used.
    """

    text: str
    words: frozenset[str]
    quantities: tuple[Quantity, ...] = ()
    negations: int = 0
    conditions: frozenset[str] = frozenset()
    clauses: tuple[Clause, ...] = ()
    context: frozenset[str] = frozenset()
    needs: frozenset[str] = frozenset()
    section: int = 0
    exception: bool = False
    addresses: frozenset[str] = frozenset()
    heading: str = ""
    keep: frozenset[str] = frozenset()


@cache
def _same_words() -> tuple[Mapping[str, str], frozenset[str], Sequence[tuple[re.Pattern[str], str]]]:
    data = yaml.safe_load((Path(__file__).parent / "same_words.yml").read_text(encoding="utf-8"))
    spelt = tuple((re.compile(pattern), f"{word} ") for word, pattern in data["spelt"].items())
    return {word: group[0] for group in data["same"] for word in group}, frozenset(str(data["neutral"]).split()), spelt


def words(written: str) -> frozenset[str]:
    """The words that carry meaning, in normal form; words of the same meaning are one, words of courtesy are left out."""
    same, neutral, spelt = _same_words()
    one_way = _QUANTITY.sub(" ", written)
    limits = frozenset(match[0] for match in _LIMIT.finditer(one_way))  # 中学生以下 is not 中学生以上
    for pattern, word in spelt:
        one_way = pattern.sub(word, one_way)
    return limits | frozenset(same.get(w, w) for w in text.tokens(one_way) if w not in neutral)


def core(written: str) -> frozenset[str]:
    """The words outside brackets, and those in brackets that hold a condition."""
    inside = [match[1] for match in _BRACKET.finditer(written) if _NARROWING.search(match[1])]
    return words(" ".join([_BRACKET.sub(" ", written), *inside]))


def parse(sentence: str, context: frozenset[str] = frozenset(), needs: frozenset[str] = frozenset(), section: int = 0) -> Said:
    """One sentence taken apart."""
    without, addresses = split_addresses(sentence)
    normal = normal_numbers(without)
    bare = _OBLIGATION.sub("", normal)
    clauses = tuple(
        Clause(found, bool(_NEGATION.search(_OBLIGATION.sub("", part))))
        for part in _CLAUSE.split(normal)
        if part and (found := words(part))
    )
    return Said(
        sentence, words(normal), _quantities(normal), len(_NEGATION.findall(bare)), conditions(normal), clauses, context, needs,
        section, bool(re.match(r"\s*(?:・|※|\*|-)?\s*(?:ただし|但し|ただ、|もっとも|例外)", normal)), frozenset(addresses),
        keep=frozenset().union(*(words(m[1]) for m in _BRACKET.finditer(normal) if _NARROWING.search(m[1]))),
    )  # fmt: skip


def conditions(written: str) -> frozenset[str]:
    """Names of the CLASSES a text has words of."""
    return frozenset(name for name, pattern in CLASSES.items() if pattern.search(written))


def _quantities(normal: str) -> tuple[Quantity, ...]:
    found: list[Quantity] = []
    end, group, near = 0, 0, frozenset[str]()
    matches = list(_QUANTITY.finditer(normal))
    starts = [*(m.start() for m in matches), len(normal)]
    for match, following in zip(matches, starts[1:], strict=True):
        if not (found and _JOINED.fullmatch(normal[end : match.start()])):
            group += 1
            near = _near(normal, end, match, following)
        qualifier = (match["before"] or "") + (match["after"] or "")
        if qualifier == "まで" and found and found[-1].group == group:
            qualifier = ""  # 「9時から12時まで」 is 「9時〜12時」
        found.append(Quantity(match["value"], match["unit"] or _kind(match["value"]), qualifier, near, group))
        end = match.end()
    return tuple(found)


def _near(normal: str, end: int, match: re.Match[str], following: int) -> frozenset[str]:
    """Words of the clause before the number, with the topic of the sentence; where there are none, those after it.

    「手数料は窓口が300円、コンビニが200円」: 手数料 belongs to both amounts, unless a clause has a は of its own.
    """
    cuts = [m.end() for m in _CLAUSE.finditer(normal)]
    start = max([end, *(cut for cut in cuts if cut <= match.start())])
    stop = min([following, *(cut for cut in cuts if cut > match.start())])
    before = normal[start : match.start()]
    own = words(before) or words(normal[match.end() : stop])
    topic = _TOPIC.match(normal)
    shared = words(topic[0]) if topic and "は" not in before and topic.end() <= start else frozenset()
    return own | shared or words(normal)


def _kind(value: str) -> str:
    if re.fullmatch(r"0\d+-\d+-\d+", value):
        return "phone"
    return "date" if re.search(r"[年月]", value) else "time" if "時" in value else ""


def lines(body: str) -> Iterator[str]:
    """Sentences of a plain text; a table's row comes as 「row name column name value、…」."""
    header: list[str] = []
    for line in body.split("\n"):
        cells = line.split(" / ")
        if len(cells) > 1 and len(cells) == len(header):
            yield "、".join(f"{cells[0]} {head} {cell}" for head, cell in zip(header[1:], cells[1:], strict=True))
            continue
        header = cells if len(cells) > 1 else []
        if not header:
            yield from sentences(line)


def sentences(line: str) -> Iterator[str]:
    """The sentences of a line; a full stop within brackets ends none."""
    open_part = ""
    for part in text.sentences(line):
        open_part += part
        if all(open_part.count(one) <= open_part.count(other) for one, other in ("（）", "()", "「」")):
            yield open_part
            open_part = ""
    if open_part:
        yield open_part
