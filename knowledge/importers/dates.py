"""Dates as Japanese offices write them: ISO, 2026/4/1, 2026年4月1日, 令和8年4月1日, R8.4.1, ㋿元年…, full-width digits."""

from __future__ import annotations

import re
import unicodedata
from datetime import date

ERAS = {
    "令和": date(2019, 5, 1),
    "平成": date(1989, 1, 8),
    "昭和": date(1926, 12, 25),
    "大正": date(1912, 7, 30),
    "明治": date(1868, 10, 23),
}
"""First day of each era; its first year is 元年."""

_LETTERS = {"R": "令和", "H": "平成", "S": "昭和", "T": "大正", "M": "明治"}
_ERA = "|".join([*ERAS, "[RHSTM]"])
_SEPARATED = re.compile(
    rf"(?P<era>{_ERA})?\s*(?P<year>\d{{1,4}}|元)\s*[年./-]\s*(?P<month>\d{{1,2}})\s*[月./-]\s*(?P<day>\d{{1,2}})\s*日?", re.I
)
_COMPACT = re.compile(r"(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})")
_TAIL = re.compile(r"\s*(\([月火水木金土日](曜日?)?\))?([T\s]\s*\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?)?$")


def read_date(text: str) -> date:
    """The day `text` names; a weekday in brackets or a time of day after it is ignored.

    An era's year is counted on past its end (平成32年 = 2020), as on papers printed before the change.
    Raises ValueError, quoting the text, for anything else, a day that does not exist, or one before its era.
    """
    plain = _TAIL.sub("", unicodedata.normalize("NFKC", text).strip())
    found = _SEPARATED.fullmatch(plain) or _COMPACT.fullmatch(plain)
    if not found:
        raise ValueError(f"「{text}」 is not a date (write 2026-04-01, 2026/4/1 or 令和8年4月1日)")
    era = found.groupdict().get("era")
    year = 1 if found["year"] == "元" else int(found["year"])
    if (era is None) != (len(found["year"]) == 4):
        raise ValueError(f"「{text}」 is not a date: a year has four digits, or an era such as 令和 or R and one or two")
    start = ERAS[_LETTERS.get(era.upper(), era)] if era else None
    try:
        day = date(start.year - 1 + year if start else year, int(found["month"]), int(found["day"]))
    except ValueError:
        raise ValueError(f"「{text}」 is a day that does not exist") from None
    if start and day < start:
        raise ValueError(f"「{text}」 lies before the era began ({start.isoformat()})")
    return day
