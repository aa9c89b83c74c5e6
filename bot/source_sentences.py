"""An article as its single sentences, each with its words, numbers, negations and conditions: what a rewriting is held to."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from pathlib import Path

import yaml

from bot.claims import split_addresses
from bot.numerals import UNIT, normal_numbers
from bot.plain_text import plain
from indexer import text
from indexer.passages import fact_lines, sections
from knowledge.articles import Article, Department

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
_ENTITY = re.compile(r"&\w+;|<!--.*?-->", re.DOTALL)
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

    `exception` marks a sentence that takes back part of the one before it; `heading` is the one right above it.
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


@cache
def _same_words() -> tuple[Mapping[str, str], frozenset[str], Sequence[tuple[re.Pattern[str], str]]]:
    data = yaml.safe_load((Path(__file__).parent / "same_words.yml").read_text(encoding="utf-8"))
    spelt = tuple((re.compile(pattern), f"{word} ") for word, pattern in data["spelt"].items())
    return {word: group[0] for group in data["same"] for word in group}, frozenset(str(data["neutral"]).split()), spelt


def words(written: str) -> frozenset[str]:
    """The words that carry meaning, in normal form; words of the same meaning are one, words of courtesy are left out."""
    same, neutral, spelt = _same_words()
    one_way = _QUANTITY.sub(" ", written)
    for pattern, word in spelt:
        one_way = pattern.sub(word, one_way)
    return frozenset(same.get(w, w) for w in text.tokens(one_way) if w not in neutral)


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
    )  # fmt: skip


def conditions(written: str) -> frozenset[str]:
    """Names of the CLASSES a text has words of."""
    return frozenset(name for name, pattern in CLASSES.items() if pattern.search(written))


def _quantities(normal: str) -> tuple[Quantity, ...]:
    boundaries = [0, *(m.end() for m in _CLAUSE.finditer(normal)), len(normal) + 1]
    found: list[Quantity] = []
    end, group, near = 0, 0, frozenset[str]()
    matches = list(_QUANTITY.finditer(normal))
    for number, match in enumerate(matches):
        between = normal[end : match.start()]
        if not (found and _JOINED.fullmatch(between)):
            group += 1
            near = _near(
                normal, boundaries, end, match, matches[number + 1].start() if number + 1 < len(matches) else len(normal)
            )
        qualifier = (match["before"] or "") + (match["after"] or "")
        if qualifier == "まで" and found and found[-1].group == group:
            qualifier = ""  # 「9時から12時まで」 is 「9時〜12時」
        found.append(Quantity(match["value"], match["unit"] or _kind(match["value"]), qualifier, near, group))
        end = match.end()
    return tuple(found)


def _near(normal: str, boundaries: list[int], end: int, match: re.Match[str], following: int) -> frozenset[str]:
    """Words of the clause before the number; where there are none, those after it; else those of the sentence."""
    start = max([end, *(b for b in boundaries if b <= match.start())])
    stop = min([following, *(b for b in boundaries if b > match.start())])
    return words(normal[start : match.start()]) or words(normal[match.end() : stop]) or words(normal)


def _kind(value: str) -> str:
    return (
        "phone"
        if re.fullmatch(r"0\d+-\d+-\d+", value)
        else "date"
        if re.search(r"[年月]", value)
        else "time"
        if "時" in value
        else ""
    )


@lru_cache(maxsize=2048)
def source_sentences(article: Article, contact: tuple[str, ...]) -> tuple[Said, ...]:
    """Every sentence of the article, its facts and its department's `contact` (name, phone, place), in order."""
    return tuple(_all(article, contact))


def contact_lines(department: Department | None) -> tuple[str, ...]:
    """Name, telephone number and place of a department; nothing without one."""
    return (department.name, department.phone, department.location) if department else ()


def _all(article: Article, contact: tuple[str, ...]) -> Iterator[Said]:
    title = words(article.title)
    yield parse(article.title, section=-1)
    number = 0
    for number, part in enumerate(sections(_ENTITY.sub(" ", article.body))):
        above = title | words(part.heading)
        needs = words(part.heading) if re.search(r"場合|とき|方$|限|以外|のみ|だけ", part.heading) else frozenset()
        for row in lines(plain(part.text)):
            yield replace(parse(row, above, needs, number), heading=part.heading.split(" > ")[-1])
    for field, label, values in fact_lines(article.procedure):
        number += 1
        above = title | words(label)
        if field == "conditional_documents":
            for document in article.procedure.conditional_documents:
                number += 1
                yield parse(f"{document.when}の場合：{document.document}", above, words(document.when), number)
            continue
        for value in values:
            for sentence in text.sentences(value):
                yield parse(f"{label}：{sentence}" if len(values) == 1 else sentence, above, section=number)
        if len(values) > 1:
            yield parse(f"{label}：{'、'.join(values)}", title, section=number + 1)
            number += 1
    if contact:
        name, phone, place = contact
        above = title | words(f"{name} 問い合わせ先 窓口")
        yield from (
            parse(f"{what} {value}", above, section=number + at)
            for at, (what, value) in enumerate((("電話", phone), ("場所", place)), 1)
            if value
        )


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
            yield from text.sentences(line)
