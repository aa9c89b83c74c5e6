"""Checkable claims in a text: numbers with what they count, dates, telephone numbers, amounts, addresses on the web."""

from __future__ import annotations

import re
from functools import lru_cache

from bot.numerals import UNIT, arabic, folded

_NUMBER = r"\d[\d,.:/\-]*\d|\d"
_LIST_MARKER = re.compile(r"^\s*\d+[.)](?=\s)", re.MULTILINE)
_ADDRESS = re.compile(r"https?://[^\s（）()、。「」<>|]+|[\w.+-]+@[\w-]+\.[\w.-]+|www\.[\w-]+\.[\w./?=&%#-]+")
_DATE = re.compile(r"(?:(?:令和|平成|昭和|大正)(?:元|\d+)年(?:度|\d+月)?|\d+年\d+月|\d+月\d+日|\d+時\d+分)")
_COUNT = re.compile(rf"({_NUMBER})(万?千?億?(?:{UNIT})|[万千億])?")


def claims(text: str) -> list[str]:
    """Every address, date and number of a text, in the normal form in which they are compared: 300円, 10月1日, 099-000-1110.

    The parts of a date are claims too: 令和8年10月1日 gives 令和8年10月, 10月1日 and each number with its unit. A kanji
    numeral before a unit is a number: 三百円 is 300円, 十四日 is 14日.
    """
    plain, found = split_addresses(text)
    plain = re.sub(r"(?<=\d),(?=\d{3}(?!\d))", "", _LIST_MARKER.sub(" ", arabic(plain)))
    found += [match[0] for start in _starts(plain) if (match := _DATE.match(plain, start))]
    return found + [f"{number}{unit}" for number, unit in _COUNT.findall(plain)]


def split_addresses(text: str) -> tuple[str, list[str]]:
    """The text in NFKC without the addresses on the web and of e-mail, and those, letter for letter."""
    plain = folded(text)
    if not any(sign in plain for sign in ("://", "@", "www.")):
        return plain, []
    return _ADDRESS.sub(" ", plain), [match.rstrip(".,:/-") for match in _ADDRESS.findall(plain)]


def unsupported(text: str, support: str) -> list[str]:
    """The claims of `text` that do not stand in `support`.

    A number inside a longer one does not count, nor one that counts something else: 「14円」 is not supported by
    「14日以内」. It is by a bare 「14」, as in the cell of a table, and a bare number is by the number with any unit.
    """
    known, numbers = _known(support)
    return [claim for claim in claims(text) if claim not in known and not _stands_bare(claim, known, numbers)]


@lru_cache(maxsize=4096)
def _known(support: str) -> tuple[frozenset[str], frozenset[str]]:
    known = frozenset(claims(support))
    return known, frozenset(_number(claim) for claim in known)


def _stands_bare(claim: str, known: frozenset[str], numbers: frozenset[str]) -> bool:
    number = _number(claim)
    simple = _COUNT.fullmatch(claim)
    return bool(simple) and (number in known or (claim == number and number in numbers))


def _number(claim: str) -> str:
    found = re.match(_NUMBER, claim)
    return found[0] if found else claim


def _starts(plain: str) -> list[int]:
    return [found.start() for found in re.finditer(r"令和|平成|昭和|大正|(?<!\d)\d", plain)]
