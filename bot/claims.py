"""Checkable claims in a text: numbers with what they count, dates, telephone numbers, amounts, addresses on the web."""

from __future__ import annotations

import re
import unicodedata

_UNIT = (
    "円|年|か月|ヶ月|カ月|ヵ月|ケ月|箇月|月|日|週間?|時間?|分|秒|歳|才|人|名|枚|通|部|回|件|階|番|号|条|項|割|%|パーセント|倍|点|世帯"
    "|度|級|個|台|本|袋|匹|頭|km|cm|mm|kg|m2|m|g|l|リットル|丁目"
)
_NUMBER = r"\d[\d,.:/\-]*\d|\d"
_LIST_MARKER = re.compile(r"^\s*\d+[.)](?=\s)", re.MULTILINE)
_ADDRESS = re.compile(r"https?://[^\s（）()、。「」<>|]+|[\w.+-]+@[\w-]+\.[\w.-]+")
_DATE = re.compile(r"(?:(?:令和|平成|昭和|大正)(?:元|\d+)年(?:度|\d+月)?|\d+年\d+月|\d+月\d+日|\d+時\d+分)")
_COUNT = re.compile(rf"({_NUMBER})(万?千?億?(?:{_UNIT})|[万千億])?")


def claims(text: str) -> list[str]:
    """Every address, date and number of a text, in the normal form in which they are compared: 300円, 10月1日, 099-000-1110.

    The parts of a date are claims too: 令和8年10月1日 gives 令和8年10月, 10月1日 and each number with its unit.
    """
    plain = _comparable(text)
    found = [match.rstrip(".,:/-") for match in _ADDRESS.findall(plain)]
    plain = _ADDRESS.sub(" ", plain)
    found += [match[0] for start in _starts(plain) if (match := _DATE.match(plain, start))]
    return found + [f"{number}{unit}" for number, unit in _COUNT.findall(plain)]


def unsupported(text: str, support: str) -> list[str]:
    """The claims of `text` that do not stand in `support`.

    A number inside a longer one does not count, nor one that counts something else: 「14円」 is not supported by
    「14日以内」. It is by a bare 「14」, as in the cell of a table, and a bare number is by the number with any unit.
    """
    known = set(claims(support))
    numbers = {_number(claim) for claim in known}
    return [claim for claim in claims(text) if claim not in known and not _stands_bare(claim, known, numbers)]


def _stands_bare(claim: str, known: set[str], numbers: set[str]) -> bool:
    number = _number(claim)
    simple = _COUNT.fullmatch(claim)
    return bool(simple) and (number in known or (claim == number and number in numbers))


def _number(claim: str) -> str:
    found = re.match(_NUMBER, claim)
    return found[0] if found else claim


def _starts(plain: str) -> list[int]:
    return [found.start() for found in re.finditer(r"令和|平成|昭和|大正|(?<!\d)\d", plain)]


def _comparable(text: str) -> str:
    folded = re.sub(r"(?<=\d)[‐‑‒–—―−－ー](?=\d)", "-", unicodedata.normalize("NFKC", text))
    unmarked = _LIST_MARKER.sub(" ", folded)
    return re.sub(r"(?<=\d),(?=\d{3}(?!\d))", "", unmarked)
