"""Whether the dates and ages that the desk works out are those that questions/dates_ages.jsonl expects."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from bot.answer import Answer, WorkedOut

_OUTSIDE = re.compile(r"ない|ません|以上が対象|未満が対象")
_REFUSED = re.compile(r"対象外|使えない|受けられない|できない|入れない|ならない")


def score_dates(item: dict[str, Any], reply: Answer, asked_on: date) -> dict[str, list[float]]:
    """Precision over the lines shown and the share of questions with one; what the item does not expect counts as wrong."""
    lines = [worked for topic in reply.topics for worked in topic.worked_out]
    return {
        "worked-out lines right": [float(expected(line, item["expects"], asked_on)) for line in lines],
        "questions on dates and ages with a line": [float(bool(lines))],
    }


def expected(line: WorkedOut, expects: str, asked_on: date) -> bool:
    """Whether the text of what is expected has this result.

    A day must stand there as 12月4日, or the text must say that it is over where it is; an age is judged by whether the
    text refuses.
    """
    if line.kind == "age":
        return bool(_OUTSIDE.search(expects)) if line.result == "outside" else not _REFUSED.search(expects)
    if line.result == "passed":
        return "過ぎ" in expects
    day = date.fromisoformat(line.result)
    return f"{day.month}月{day.day}日" in expects or (day < asked_on and "過ぎ" in expects)
