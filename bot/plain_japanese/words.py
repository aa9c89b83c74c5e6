"""Word lists of the linter: official words with easy ones, and loan words everybody knows."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

HERE = Path(__file__).parent
DIFFICULT, EVERYDAY = HERE / "difficult_words.csv", HERE / "everyday_loan_words.txt"


@cache
def difficult_words() -> Mapping[str, str]:
    """Official word -> what to say instead, for people who learn Japanese."""
    with DIFFICULT.open(encoding="utf-8", newline="") as file:
        return {row["word"]: row["easy"] for row in csv.DictReader(file)}


@cache
def difficult_pattern() -> re.Pattern[str]:
    """Finds the words, the longest first."""
    return re.compile("|".join(re.escape(word) for word in sorted(difficult_words(), key=len, reverse=True)))


@cache
def everyday_loan_words() -> frozenset[str]:
    """Words in katakana that need no explanation."""
    return frozenset(EVERYDAY.read_text(encoding="utf-8").split())
