"""Pages that are pictures, read by tesseract (Japanese): as many at once as there are cores, in the order of the pages.

Tesseract says how sure it is of each word. Words below DOUBTFUL are marked in the text, 〔要確認：…〕, so that whoever
edits the draft looks at the paper there; with a mark left in it the draft cannot be submitted for review.
"""

from __future__ import annotations

import io
import os
import re
import shutil
import subprocess
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from knowledge.articles import DOUBT
from knowledge.importers.remarks import Remark

DPI = 300
MOST_PIXELS = 20_000_000
"""Pixels of a rendered page: A3 at 300 dpi has 17 million. A page that claims to be larger is rendered smaller."""
DOUBTFUL = 60.0
"""Confidence of tesseract, 0 to 100, below which a word is marked."""
SECONDS_A_PAGE = 180
LANGUAGES = "jpn"
MARK = DOUBT + "{}〕"

_RANGE = re.compile(r"(?<=[0-9])[へてで一](?=[0-9])")
"""「1〜3割」 is often read as 「1へ3割」 or 「7て9割」, with full confidence: no sentence has one of these between two digits."""
_MARKED = re.compile(rf"{DOUBT}(.*?)〕")
_LATIN = re.compile(r"[A-Za-z0-9]$")
_LATIN_START = re.compile(r"^[A-Za-z]")


@dataclass(frozen=True)
class Recognised:
    """What a page says: its paragraphs; mean confidence weighted by letters, 0 to 100; marks put into them."""

    lines: tuple[str, ...]
    confidence: float
    doubtful: int


@dataclass(frozen=True)
class _Word:
    text: str
    confidence: float
    paragraph: tuple[int, int]
    line: int


def read_pages(document: Any, numbers: Sequence[int], cores: int) -> Iterator[Recognised | Remark]:
    """The pages (counted from 0) in their order; a page that cannot be read is a remark."""
    missing = unavailable()
    if missing is not None:
        yield from [missing] * len(numbers)
        return
    # PDFium is no friend of threads: pages are drawn here, only tesseract runs beside.
    with ThreadPoolExecutor(max(1, cores)) as pool:
        waiting: deque[Future[Recognised | Remark]] = deque()
        for number in numbers:
            if len(waiting) > cores:
                yield waiting.popleft().result()
            waiting.append(pool.submit(recognise, draw(document[number])))
        while waiting:
            yield waiting.popleft().result()


def unavailable() -> Remark | None:
    """What is missing on this machine, with what to install; None when OCR works."""
    program = shutil.which("tesseract")
    if program is not None:
        languages = subprocess.run(
            [program, "--list-langs"], capture_output=True, text=True, timeout=60, check=False
        ).stdout.split()
        if LANGUAGES in languages:
            return None
    message = "scanned pages need tesseract with Japanese: apt-get install tesseract-ocr tesseract-ocr-jpn"
    return Remark(message, "ocr_missing")


def draw(page: Any) -> bytes:
    """A page in shades of grey, as a PGM picture."""
    width, height = page.get_size()
    scale = DPI / 72
    if width * height * scale * scale > MOST_PIXELS:
        scale = (MOST_PIXELS / max(width * height, 1)) ** 0.5
    picture = page.render(scale=scale, grayscale=True).to_pil()
    file = io.BytesIO()
    picture.save(file, "PPM")
    return file.getvalue()


def recognise(picture: bytes) -> Recognised | Remark:
    """What tesseract reads in a picture."""
    command = ["tesseract", "stdin", "stdout", "-l", LANGUAGES, "--dpi", str(DPI), "--psm", "3", "tsv"]
    environment = {**os.environ, "OMP_THREAD_LIMIT": "1"}  # one page a core is faster than one page on all cores
    try:
        done = subprocess.run(command, input=picture, capture_output=True, timeout=SECONDS_A_PAGE, check=True, env=environment)
    except (subprocess.SubprocessError, OSError) as error:
        return Remark(f"OCR failed: {type(error).__name__}", "ocr_failed")
    return assembled(list(_words(done.stdout.decode("utf-8", "replace"))))


def assembled(words: Sequence[_Word]) -> Recognised:
    """Paragraphs out of words: no spaces between Japanese, doubtful words marked, neighbours within one mark."""
    paragraphs: list[str] = []
    doubtful = 0
    for at, word in enumerate(words):
        before = words[at - 1] if at else None
        if before is None or before.paragraph != word.paragraph:
            paragraphs.append("")
        unsure = word.confidence < DOUBTFUL
        text = paragraphs[-1]
        if unsure and text.endswith("〕") and before is not None and before.confidence < DOUBTFUL:
            paragraphs[-1] = f"{text[:-1]}{_space(text[:-1], word.text)}{word.text}〕"
            continue
        doubtful += unsure
        paragraphs[-1] += _space(text, word.text) + (MARK.format(word.text) if unsure else word.text)
    ranges = [_RANGE.subn(lambda found: MARK.format(found[0]), text) for text in paragraphs]
    paragraphs, doubtful = [text for text, _ in ranges], doubtful + sum(count for _, count in ranges)
    letters = sum(len(word.text) for word in words)
    confidence = sum(word.confidence * len(word.text) for word in words) / letters if letters else 0.0
    return Recognised(tuple(p for p in paragraphs if p.strip()), confidence, doubtful)


def without_marks(text: str) -> str:
    """The text as it was read, without the marks."""
    return _MARKED.sub(r"\1", text)


def marked(text: str) -> list[str]:
    """What stands within the marks."""
    return _MARKED.findall(text)


def _space(before: str, word: str) -> str:
    return " " if _LATIN.search(before) and _LATIN_START.match(word) else ""


def _words(table: str) -> Iterator[_Word]:
    for row in table.splitlines()[1:]:
        cells = row.split("\t", 11)
        if len(cells) == 12 and cells[0] == "5" and cells[11].strip():
            yield _Word(cells[11].strip(), max(float(cells[10]), 0.0), (int(cells[2]), int(cells[3])), int(cells[4]))
