"""Whether a translation says the numbers, dates, amounts, telephone numbers and addresses of its article, and no other.

A unit is a word of its language, so numbers are compared bare; dates and amounts are brought into one way of writing
first: 令和8年 and 2026, 午後5時 and 5 p.m., 1万5千円 and 15,000 yen are the same numbers.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from bot.claims import split_addresses
from bot.numerals import normal_numbers
from bot.plain_text import plain
from indexer.passages import fact_lines
from knowledge.articles import Article
from knowledge.translations import Words

_TELEPHONE = re.compile(r"(?<![\d-])(?:\+?\d{1,4}-)?\d{2,5}-\d{1,4}-\d{3,4}(?![\d-])|#\d{4}")
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_GROUPED = re.compile(r"(?<=\d)[,.\u00a0\u202f](?=\d{3}(?!\d))")
_IDIOM = re.compile(
    r"十分(?=[なにでご注理確余])|一部(?=[のをがはで改地])|一人(?:ひとり|一人|暮らし)|一度|一時(?!間|から|ま|半)|一般|一番|一緒|一切|一定|一方|万一"
    r"|一日(?=中|も早)|一年(?=中|を通)|第三者|四半期|三日月"
)
_BIG = re.compile(r"(?<![\d.])(\d+(?:\.\d+)?)\s?(万|萬|만|億|亿|억)\s?(?:(\d+)\s?[千천])?(\d{1,4}(?!\d))?")
_VIETNAMESE_HOUR = re.compile(r"(?<!\d)(\d{1,2})\s?(?:giờ|h)(?:\s?(\d{1,2}))?(?:\s?phút)?\s?(chiều|tối|sáng)?", re.IGNORECASE)
_AFTERNOON = re.compile(r"(下午|晚上|오후|오전|上午|早上)\s?(\d{1,2})(?:[:点點시時](?:\s?(\d{1,2}))?(?:分|분)?|(?=\D))")
_FILIPINO_MONTHS = (
    "enero", "pebrero", "marso", "abril", "mayo", "hunyo", "hulyo", "agosto", "setyembre", "oktubre", "nobyembre", "disyembre",
)  # fmt: skip
_FILIPINO_MONTH = re.compile(rf"\b(?:ika-\s?(\d{{1,2}}) ng )?({'|'.join(_FILIPINO_MONTHS)})\b", re.IGNORECASE)


@dataclass(frozen=True)
class Difference:
    """What a translation lacks and what it adds; each as it is written in the normal form."""

    missing: tuple[str, ...]
    added: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.missing or self.added)


def difference(article: Article, words: Words) -> Difference:
    """Facts of title and body must all be there; what the article's structured facts say may be there too."""
    own = facts(f"{article.title}\n{plain(article.body)}")
    known = own | facts("\n".join(" ".join((label, *values)) for _, label, values in fact_lines(article.procedure)))
    said = facts(f"{words.title}\n{plain(words.body)}")
    return Difference(_sorted(own - said), _sorted(said - known))


def unknown(text: str, support: str) -> tuple[str, ...]:
    """The facts of a text that do not stand in its support."""
    return _sorted(facts(text) - facts(support))


@lru_cache(maxsize=2048)
def facts(text: str) -> frozenset[str]:
    """Telephone numbers, addresses and bare numbers of a text in any of the desk's languages."""
    western = "".join(_western_digit(c) for c in text)
    rest, addresses = split_addresses(_IDIOM.sub(" ", western))
    rest = re.sub(r"(?<=\d)\s?-\s?(?=\d)", "-", rest)
    phones: list[str] = _TELEPHONE.findall(rest)
    rest = _TELEPHONE.sub(" ", rest)
    rest = _VIETNAMESE_HOUR.sub(_vietnamese, _AFTERNOON.sub(_day_half, _GROUPED.sub("", rest)))
    rest = _FILIPINO_MONTH.sub(_filipino, rest)
    plain_numbers = normal_numbers(_BIG.sub(_whole, _small_words(rest)))
    numbers = {_bare(number) for number in _NUMBER.findall(plain_numbers)}
    return frozenset({*phones, *(address.rstrip("/") for address in addresses), *numbers})


def _western_digit(character: str) -> str:
    """Digits of every script as ASCII: Nepali is written with Devanagari ones."""
    if character.isdecimal() and not character.isascii():
        return str(unicodedata.decimal(character))
    return character


def _small_words(text: str) -> str:
    # What Japanese counts with a kanji and a counter, other languages write with a digit.
    return re.sub(r"([一二三四五六七八九])つ(?!の目)", lambda m: f"{'一二三四五六七八九'.index(m[1]) + 1}個", text)


def _whole(match: re.Match[str]) -> str:
    great = 10_000 if match[2] in "万萬만" else 100_000_000
    return str(int(float(match[1]) * great + float(match[3] or 0) * 1000 + float(match[4] or 0)))


def _filipino(match: re.Match[str]) -> str:
    return f"{_FILIPINO_MONTHS.index(match[2].lower()) + 1}月 {match[1] or ''}"


def _vietnamese(match: re.Match[str]) -> str:
    hour = int(match[1])
    afternoon = (match[3] or "").lower() in ("chiều", "tối") and hour < 12
    return f" {hour + 12 if afternoon else hour}時{f'{int(match[2])}分' if match[2] else ''} "


def _day_half(match: re.Match[str]) -> str:
    hour = int(match[2])
    later = match[1] in ("下午", "晚上", "오후") and hour < 12
    minute = int(match[3]) if match[3] else 0
    return f" {hour + 12 if later else hour}時{f'{minute}分' if minute else ''} "


def _bare(number: str) -> str:
    whole, _, part = number.partition(".")
    part = part.rstrip("0")
    return (whole.lstrip("0") or "0") + (f".{part}" if part else "")


def _sorted(found: Sequence[str] | frozenset[str]) -> tuple[str, ...]:
    return tuple(sorted(found, key=lambda fact: (len(fact), fact)))
