"""How well a scanned PDF is read: rows, errors, time, and letters right against the known text.

python scripts/make_scanned_pdf.py --into FOLDER && python -m evaluation.scanned_pdf FOLDER
"""

from __future__ import annotations

import argparse
import json
import time
import unicodedata
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from evaluation.machine import describe, load_average
from knowledge import reading_process
from knowledge.importers.ocr import marked, without_marks
from knowledge.importers.source import Options


@dataclass(frozen=True)
class Result:
    """`accuracy`: 1 - edit distance / letters, spaces and width aside; `doubtful`: places marked for review.

    `marked_letters`: letters within these places.
    """

    pages: int
    read: int
    errors: int
    letters: int
    wrong: int
    accuracy: float
    worst_page: float
    doubtful: int
    marked_letters: int
    seconds: float


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the result as JSON; 1 when a page is missing."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="with scanned.pdf and scanned.jsonl")
    parser.add_argument("--cores", type=int, default=2)
    given = parser.parse_args(arguments)
    result = measure(given.folder, given.cores)
    print(json.dumps({**asdict(result), "machine": describe(), "load": load_average()}, ensure_ascii=False))
    return 0 if result.read + result.errors == result.pages else 1


def measure(folder: Path, cores: int) -> Result:
    """Read the PDF as an import does and compare every page with what stands in it."""
    lines = (folder / "scanned.jsonl").read_text(encoding="utf-8").splitlines()
    known = {record["page"]: record["text"] for record in map(json.loads, lines)}
    begin = time.perf_counter()
    events = reading_process.read(folder / "scanned.pdf", "scanned.pdf", Options(cores=cores))
    rows = [event["row"] for event in events if "row" in event]
    seconds = time.perf_counter() - begin
    good = [row for row in rows if not row["problem"]]
    pages = {int(row["place"].rpartition("p.")[2]): f"{row['given']['title']}{row['given']['body']}" for row in good}
    letters = {number: bare(text) for number, text in known.items()}
    wrong = {number: distance(letters[number], bare(without_marks(text))) for number, text in pages.items()}
    total = sum(len(letters[number]) for number in pages)
    worst = min((1 - wrong[number] / max(len(letters[number]), 1) for number in pages), default=0.0)
    return Result(
        pages=len(known),
        read=len(pages),
        errors=len(rows) - len(good),
        letters=total,
        wrong=sum(wrong.values()),
        accuracy=round(1 - sum(wrong.values()) / max(total, 1), 4),
        worst_page=round(worst, 4),
        doubtful=sum(len(marked(text)) for text in pages.values()),
        marked_letters=sum(len(bare(one)) for text in pages.values() for one in marked(text)),
        seconds=round(seconds, 1),
    )


def bare(text: str) -> str:
    """Letters without spaces and width, which a scan does not tell."""
    return "".join(unicodedata.normalize("NFKC", text).split())


def distance(a: str, b: str) -> int:
    """Edits that turn `a` into `b` (Levenshtein), by bits of long integers (Hyyrö, 2003)."""
    if not a:
        return len(b)
    masks: dict[str, int] = {}
    for at, letter in enumerate(a):
        masks[letter] = masks.get(letter, 0) | 1 << at
    every, last, score = (1 << len(a)) - 1, 1 << (len(a) - 1), len(a)
    plus, minus = every, 0
    for letter in b:
        match = masks.get(letter, 0)
        diagonal = (((match & plus) + plus) ^ plus) | match | minus
        up, down = minus | ~(diagonal | plus) & every, plus & diagonal
        score += bool(up & last) - bool(down & last)
        up = (up << 1 | 1) & every
        plus, minus = (down << 1 | ~(diagonal | up)) & every, up & diagonal
    return score


if __name__ == "__main__":
    raise SystemExit(main())
