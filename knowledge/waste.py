"""Waste sorting: what a resident's sentence asks, looked up in the municipality's own table, never guessed.

A word counts as the name of an item only where it stands by itself. 「かさ」 in 「かさねて」, 「傘」 in 「傘カバー」
and 「水筒」 in 「水筒のパッキン」 are not the item, and then the desk shows the nearest names instead of an answer.
This module is what other packages import; the table, the calendar and the questions are read beside it.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from knowledge.collection_calendar import Closure, collection_dates, describe_days
from knowledge.waste_questions import asks_about_waste, asks_collection_day, find_district, find_label, find_labels
from knowledge.waste_table import (
    CollectionArea,
    WasteItem,
    WasteTable,
    fold,
    plain,
    read_areas,
    read_closures,
    read_items,
    read_table,
)

__all__ = [
    "Closure",
    "CollectionArea",
    "WasteItem",
    "WasteMatch",
    "WasteTable",
    "asks_about_waste",
    "asks_collection_day",
    "describe_days",
    "find_district",
    "find_label",
    "find_labels",
    "look_up",
    "look_up_each",
    "next_collection",
    "read_areas",
    "read_closures",
    "read_items",
    "read_table",
]

Kind = Literal["one", "ask_material", "nearest", "none"]

NEAREST_COUNT = 5
NEAREST_SHARED_PAIRS = 2
NEAREST_SIMILARITY = 0.55  # Dice over letter pairs: 「ふらいばん」 reaches ふらいぱん, 「住民票」 reaches nothing

# Words that are an item's reading and an everyday word at once (灰, 石): the kana alone never means the item.
_EVERYDAY = frozenset({"はい", "いし", "かみ", "いた"})

_MATERIALS = {
    "木": r"木(?:製|の|で|材|$)|うっど",
    "金属": r"金属|鉄(?:製|の|で|$)|あるみ|すてんれす|すちーる|針金|ぶりき|真鍮",
    "プラスチック": r"ぷらすちっく|(?<!ん)ぷら(?:製|の|で|$)|樹脂",
    "ガラス": r"がらす(?!ふぁいばー)",
    "陶器": r"陶器|陶磁器|磁器|せともの|瀬戸物|焼き物|素焼き",
    "布": r"布(?:製|の|で|$)|綿(?:製|の|で|$)|ぬの(?:製|の|で|$)",
    "紙": r"(?<!手)紙(?:製|の|で|$)|厚紙|ぼーる紙",
    "革": r"革|皮(?:製|の|で|$)|れざー",
    "ゴム": r"ごむ(?:製|の|で|$)",
    "シリコン": r"しりこ[んー]",
    "竹": r"竹(?:製|の|で|$)",
    "電気": r"電池|電気|電動|電子|充電",
}
# 「金属ではない」 tells no material, and 「プラスチックの日」, 「プラスチックですか」 speak of the category.
_NO_MATERIAL = re.compile(
    r"(?:製|の)?(?:もの)?(?:(?:では|じゃ|で)な[いく]|以外)|の?(?:ごみ|日|収集|回収)|[にで]出[すせし]|として|で(?:すか|いい|よい)"
)

# What may stand right before a name that follows in the same script, or right after one.
_BEFORE = re.compile(
    r"(?:製|古|不要|要|済|大型|中型|小型|プラスチック|プラ|ガラス|アルミ|ステンレス|スチール|鉄|木|竹|布|紙|革|ゴム"
    r"|\d(?:l|リットル|cm|センチ|型|インチ|個|台|枚|人用))$"
)
# 「粗大ごみのシール」 and 「ごみカレンダー」 are the municipality's own things, not what a resident throws away.
_OFFICIAL = re.compile(r"(?:ごみ|ゴミ|収集|回収|分別|処理|指定)(?:用|の|用の)?$")
_PURPOSE = (
    r"捨|棄|すて|処分|廃棄|何|なに|なん|どう|どこ|どの|いつ|回収|収集|分別|仕分|出|だし|だす|燃|もえ|もや|可燃|不燃"
    r"|粗大|資源|ごみ|ゴミ"
)
_AFTER = re.compile(
    rf"{_PURPOSE}|類|等|など|とか|\d|[一二三四五数]|大量|多|壊|古|割|破|折|引き?取|持ち?込|不要|要ら|欲|買|切れ"
    r"|膨|漏|使|汚|余|残"
)
_PARTICLE = re.compile(
    r"[はをがのともにでやかへ]|って|な[のん]|だけ|です|じゃ|など|から|より|みたい|ください|いら|こわ|あり|ある|ひきと"
)
_MODIFIES = re.compile(r"で(?:動|うご|作|つく|でき|出来)|が切れ|[がに]?入[りっ]|付き|つき")  # 「電池で動くおもちゃ」
_SHORT_KANA_AFTER = re.compile(rf"(?:って|は|を|の|も)?、?(?:{_PURPOSE})|(?:って|は|を|も)?\W*$")
_HEAD_AFTER_NO = re.compile(
    rf"の(?:{_PURPOSE}|日|曜|方|ほう|場合|件|こと|区分|種類|仕方|しかた|リサイクル|引き?取|持ち?込|扱|[はがをもで]|\W|$)"
)


@dataclass(frozen=True)
class WasteMatch:
    """What the table says about one thing.

    `one`: all `items` share a category, so `items[0]` is the answer.
    `ask_material`: `items` are rows of one name, and the material decides: ask 「何でできていますか」.
    `nearest`: nothing certain; `nearest` are names to offer, also when a word means several items (電池).
    `none`: not even those.
    """

    kind: Kind
    items: tuple[WasteItem, ...] = ()
    nearest: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Sentence:
    plain: str
    folded: str
    scripts: str  # one letter for each letter of `plain`: k(anji), h(iragana), t (katakana), l(atin, digit), "-"
    starts: frozenset[int] | None
    ends: frozenset[int] | None


@dataclass(frozen=True)
class _Mention:
    start: int
    end: int
    names: tuple[str, ...]


def look_up(table: WasteTable, text: str, words: Sequence[str] | None = None) -> WasteMatch:
    """Find the one item a sentence is about.

    `words` are the surface forms of `text` from a tokeniser; with them short kana names are found inside a run of
    hiragana (「こわれた|かさ|は」). Several items in one sentence give `nearest`; use `look_up_each` for them.
    """
    matches = look_up_each(table, text, words)
    if len(matches) == 1:
        return matches[0]
    names = (name for match in matches for name in (*(item.name for item in match.items), *match.nearest))
    return WasteMatch("nearest", nearest=tuple(dict.fromkeys(names)))


def look_up_each(table: WasteTable, text: str, words: Sequence[str] | None = None) -> list[WasteMatch]:
    """One match for every item named, in the order of the sentence; never an empty list."""
    sentence = _sentence(text, words)
    mentions, related = _mentions(table, sentence)
    if not mentions:
        nearest = _nearest(table, sentence.plain, related)
        return [WasteMatch("nearest", nearest=nearest) if nearest else WasteMatch("none")]
    others = list(sentence.folded)
    for mention in mentions:
        others[mention.start : mention.end] = " " * (mention.end - mention.start)
    distinct = dict.fromkeys(mention.names for mention in mentions)
    return [_match(table, names, "".join(others)) for names in distinct]


def next_collection(table: WasteTable, district: str, label: str, today: date, count: int = 2) -> list[date]:
    """The next `count` days on which a label is collected in a district, `today` included.

    Days inside a closure of the district's centre fall out. Empty for a label without days, such as 粗大ごみ.
    Raises LookupError for a district that is not in the table, ValueError for a cell that cannot be read.
    """
    for area in table.areas:
        if area.district == district:
            closures = [closure for closure in table.closures if closure.center == area.center]
            return collection_dates(area.days.get(label, ""), closures, today, count)
    raise LookupError(f"no collection area 「{district}」")


def _sentence(text: str, words: Sequence[str] | None) -> _Sentence:
    letters = plain(text)
    starts, ends, position = set(), set(), 0
    for word in map(plain, words or ()):
        start = letters.find(word, position)
        if word and start >= 0:
            position = start + len(word)
            starts.add(start)
            ends.add(position)
    return _Sentence(letters, fold(text), _scripts(letters), frozenset(starts) or None, frozenset(ends) or None)


def _scripts(letters: str) -> str:
    scripts = ""
    for letter in letters:
        if "ぁ" <= letter <= "ゟ":
            scripts += "h"
        elif letter == "ー":
            scripts += scripts[-1:] or "t"
        elif "ァ" <= letter <= "ヺ":
            scripts += "t"
        elif "一" <= letter <= "鿿" or "㐀" <= letter <= "䶿" or letter >= "\U00020000" or letter == "々":
            scripts += "k"
        else:
            scripts += "l" if letter.isalnum() else "-"
    return scripts


def _mentions(table: WasteTable, sentence: _Sentence) -> tuple[list[_Mention], list[_Mention]]:
    """The names that stand by themselves, longest first, then in order; and those that stand inside another word."""
    all_found = sorted(_occurrences(table, sentence.folded), key=lambda found: (found.start - found.end, found.start))
    edges = [found for found in all_found if not _short_kana(sentence, found) and found.end - found.start > 1]
    starts, ends = {found.start for found in edges}, {found.end for found in edges}
    kept: list[_Mention] = []
    related: list[_Mention] = []
    for found in all_found:
        if any(found.start < other.end and other.start < found.end for other in (*kept, *related)):
            continue
        compound = found.end in starts or found.start in ends
        if not compound and _starts(sentence, found) and _ends(sentence, found):
            kept.append(found)
        elif _worth_offering(sentence, found):
            related.append(found)
    return sorted(kept, key=lambda found: found.start), related


def _occurrences(table: WasteTable, folded: str) -> Iterator[_Mention]:
    for word, names in table.names.items():
        start = folded.find(word)
        while start >= 0:
            yield _Mention(start, start + len(word), names)
            start = folded.find(word, start + 1)


def _short_kana(sentence: _Sentence, found: _Mention) -> bool:
    return found.end - found.start <= 2 and set(sentence.scripts[found.start : found.end]) == {"h"}


def _starts(sentence: _Sentence, found: _Mention) -> bool:
    start, length = found.start, found.end - found.start
    before, first = sentence.scripts[max(start - 1, 0) : start], sentence.scripts[start]
    if _OFFICIAL.search(sentence.plain[:start]):
        return False
    if not before or before == "-" or _BEFORE.search(sentence.plain[:start]):
        return True
    if before != "h" or first != "h":
        return before == "h"
    if sentence.starts is not None:
        return start in sentence.starts
    return length >= 4 or (length == 3 and sentence.plain[start - 1] in "のたないとはもや")


def _ends(sentence: _Sentence, found: _Mention) -> bool:
    rest, after = sentence.plain[found.end :], sentence.scripts[found.end : found.end + 1]
    if sentence.folded[found.start : found.end] in _EVERYDAY and "k" not in sentence.scripts[found.start : found.end]:
        return False
    if _MODIFIES.match(rest):
        return False
    if rest.startswith("の"):
        return bool(_HEAD_AFTER_NO.match(rest))
    if not after or after == "-":
        return True
    if _short_kana(sentence, found) and sentence.ends is None:
        return bool(_SHORT_KANA_AFTER.match(rest))
    if _AFTER.match(rest):
        return True
    if after != "h":
        return False
    if sentence.scripts[found.end - 1] == "h":
        return bool(_PARTICLE.match(rest)) and (sentence.ends is None or found.end in sentence.ends)
    return found.end - found.start > 1 or bool(_PARTICLE.match(rest))


def _worth_offering(sentence: _Sentence, found: _Mention) -> bool:
    scripts = sentence.scripts[found.start : found.end]
    if scripts == "k":
        return "k" not in (sentence.scripts[found.start - 1 : found.start], sentence.scripts[found.end : found.end + 1])
    return len(scripts) >= 4 or (len(scripts) >= 2 and "k" in scripts)


def _match(table: WasteTable, names: tuple[str, ...], others: str) -> WasteMatch:
    if len(names) > 1:
        return WasteMatch("nearest", nearest=names)
    rows, told = table.rows[names[0]], _materials(others)
    fitting = tuple(row for row in rows if row.material and fold(row.material) in others) or tuple(
        row for row in rows if told & _materials(fold(row.material))
    )
    if not fitting and told and any(row.material for row in rows):
        return WasteMatch("ask_material", rows)  # a material of which the table says nothing
    fitting = fitting or rows
    return WasteMatch("one" if len({row.label for row in fitting}) == 1 else "ask_material", fitting)


def _materials(folded: str) -> set[str]:
    return {
        material
        for material, pattern in _MATERIALS.items()
        if any(not _NO_MATERIAL.match(folded, found.end()) for found in re.finditer(pattern, folded))
    }


def _nearest(table: WasteTable, letters: str, related: Iterable[_Mention]) -> tuple[str, ...]:
    names = dict.fromkeys(name for found in related for name in found.names)
    parts = re.split(rf"(?:{_PURPOSE})[ぁ-ん方]*|[をはがのともにでや、]|って|たい|いい|教え|\W+", letters)
    pairs = [_pairs(fold(part)) for part in parts if len(part) >= 2]
    scored = []
    for word, meant in table.names.items():
        own = _pairs(word)
        alike = (part for part in pairs if len(own & part) >= NEAREST_SHARED_PAIRS)
        similarity = max((2 * len(own & part) / (len(own) + len(part)) for part in alike), default=0.0)
        if similarity >= NEAREST_SIMILARITY:
            scored.append((-similarity, word, meant))
    for _, _, meant in sorted(scored):
        names |= dict.fromkeys(meant)
    return tuple(names)[:NEAREST_COUNT]


def _pairs(word: str) -> set[str]:
    bare = re.sub("[\u3099\u309a]", "", unicodedata.normalize("NFD", word))  # ば, ぱ and は alike
    return {bare[index : index + 2] for index in range(len(bare) - 1)}
