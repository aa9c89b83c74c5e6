"""PDF: text in reading order with its headings where the file has text, by OCR (knowledge.importers.ocr) where it is a picture.

A file with text throughout is divided at its headings, which are larger than the running text; a place is its page. In a
file with scanned pages every page is a row, so that reading can go on at the page where it was interrupted.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pypdfium2
import pypdfium2.raw as pdfium

from knowledge.importers import ocr
from knowledge.importers.document import Block, rows_of
from knowledge.importers.page_layout import Line, in_order, paragraphs
from knowledge.importers.remarks import Problem, Remark
from knowledge.importers.source import Event, Options, Progress, SourceRow, failed, made_id

MOST_PAGES = 2000
LEAST_LETTERS = 10
"""Letters below which a page with a picture counts as a scan (its text layer may hold a page number)."""
LARGER = 1.15
"""How many times larger than the running text a heading is."""
LONGEST_HEADING = 60


def read_pdf(path: Path, name: str, options: Options) -> Iterator[Event]:
    """Articles by heading, or one row a page when pages are scans. Raises Problem for a file that cannot be opened."""
    document = _open(path)
    try:
        count = len(document)
        pages = min(count, MOST_PAGES)
        if not pages:
            yield failed(f"{name}:1", Remark("there is no text in it", "no_text"))
            return
        scans = [at for at in range(pages) if _is_scan(document[at])]
        if scans:
            yield from _by_page(document, name, pages, set(scans), options)
        else:
            yield from _by_heading(document, name, pages)
        if count > pages:
            yield failed(
                f"{name}:p.{pages + 1}", Remark(f"only the first {pages} pages were read", "pdf_pages", limit=pages, count=count)
            )
    finally:
        document.close()


def _open(path: Path) -> Any:
    try:
        return pypdfium2.PdfDocument(path)
    except pypdfium2.PdfiumError as error:
        if "password" in str(error).lower() or "security" in str(error).lower():
            raise Problem("the file is protected by a password", "encrypted") from None
        raise Problem("it cannot be read as a PDF", "not_pdf") from None


def _by_heading(document: Any, name: str, pages: int) -> Iterator[Event]:
    lines = [in_order(_lines(document[at])) for at in range(pages)]
    repeated = _repeated(lines)
    kept = [[line for line in page if _pattern(line.text) not in repeated] for page in lines]
    sizes = _heading_sizes(kept)
    blocks = [
        Block(f"p.{number}", text, sizes.get(size, 0) if len(text) <= LONGEST_HEADING else 0)
        for number, page in enumerate(kept, start=1)
        for text, size in paragraphs(page)
    ]
    rows = list(rows_of(blocks, name, Path(name).stem))
    dropped = "、".join(sorted(repeated))[:200]
    notes = (Remark(f"repeated on most pages and left out: {dropped}", "repeated_lines", text=dropped),) if repeated else ()
    for position, row in enumerate(rows):
        yield SourceRow(row.place, row.given, row.problem, notes if not position else ())
    if not rows:
        yield failed(f"{name}:p.1", Remark("there is no text in it", "no_text"))


def _by_page(document: Any, name: str, pages: int, scans: set[int], options: Options) -> Iterator[Event]:
    wanted = [at for at in range(pages) if f"{name}:p.{at + 1}" not in options.done]
    yield Progress(pages - len(wanted), pages)
    read = ocr.read_pages(document, [at for at in wanted if at in scans], options.cores)
    for done, at in enumerate(wanted, start=pages - len(wanted) + 1):
        place = f"{name}:p.{at + 1}"
        found = next(read) if at in scans else None
        yield _page_row(place, name, at + 1, found) if found is not None else _text_row(document[at], place, name, at + 1)
        yield Progress(done, pages)


def _page_row(place: str, name: str, number: int, found: ocr.Recognised | Remark) -> SourceRow:
    if isinstance(found, Remark):
        return failed(place, found)
    row = _titled(place, name, number, found.lines)
    note = Remark(
        f"read by OCR, mean confidence {found.confidence:.0f} of 100; {found.doubtful} places to check",
        "ocr_doubtful" if found.doubtful else "ocr_read",
        confidence=f"{found.confidence:.0f}",
        count=found.doubtful,
    )
    return SourceRow(place, row.given, row.problem, (note, *row.notes))


def _text_row(page: Any, place: str, name: str, number: int) -> SourceRow:
    return _titled(place, name, number, [text for text, _ in paragraphs(in_order(_lines(page)))])


def _titled(place: str, name: str, number: int, lines: Sequence[str]) -> SourceRow:
    """A page as a row: its first line is the title when it is short enough and something follows."""
    if not lines:
        return failed(place, Remark("there is no text on this page", "no_text_on_page"))
    first = lines[0].strip()
    short = len(ocr.without_marks(first)) <= LONGEST_HEADING and len(lines) > 1
    title = first if short else f"{Path(name).stem} p.{number}"
    body = "\n\n".join(lines[1:] if short else lines)
    return SourceRow(place, {"id": made_id([name, f"p.{number}"]), "title": title, "body": body})


def _is_scan(page: Any) -> bool:
    text = page.get_textpage()
    try:
        letters = [c for c in text.get_text_range() if not c.isspace()]
    finally:
        text.close()
    unreadable = sum(unicodedata.category(c) in ("Cc", "Co", "Cn") or c == "\ufffd" for c in letters)
    if len(letters) >= LEAST_LETTERS and unreadable * 3 < len(letters):
        return False
    return any(True for _ in page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_IMAGE], max_depth=3)) or unreadable * 3 >= max(
        len(letters), 1
    )


def _lines(page: Any) -> list[Line]:
    """Runs of letters that the file writes one after another on one line, with their boxes and sizes."""
    text = page.get_textpage()
    lines: list[Line] = []
    try:
        content, start = text.get_text_range(), 0
        for at in range(len(content) + 1):
            if at == len(content) or content[at] in "\r\n":
                if content[start:at].strip():
                    lines += _runs(text, content, start, at)
                start = at + 1
    finally:
        text.close()
    return lines


def _runs(text: Any, content: str, start: int, end: int) -> Iterator[Line]:
    """One line, divided where a gap is wider than three letters: two columns that the file writes across."""
    letters = ""
    boxes: list[tuple[float, float, float, float]] = []
    for at in range(start, end):
        try:
            box = text.get_charbox(at, loose=True)
        except (pypdfium2.PdfiumError, IndexError):
            continue
        if boxes and content[at].strip() and box[0] - boxes[-1][2] > 3 * max(boxes[-1][3] - boxes[-1][1], 1):
            yield _line(letters, boxes)
            letters, boxes = "", []
        letters += content[at]
        if content[at].strip():
            boxes.append(box)
    if letters.strip() and boxes:
        yield _line(letters, boxes)


def _line(letters: str, boxes: Sequence[tuple[float, float, float, float]]) -> Line:
    left, bottom = min(b[0] for b in boxes), min(b[1] for b in boxes)
    right, top = max(b[2] for b in boxes), max(b[3] for b in boxes)
    heights = sorted(b[3] - b[1] for b in boxes)
    return Line(unicodedata.normalize("NFC", letters.strip()), left, top, right, bottom, round(heights[len(heights) // 2], 1))


def _heading_sizes(pages: Sequence[Sequence[Line]]) -> dict[float, int]:
    """Sizes clearly larger than that of most letters, as levels of headings from 1."""
    letters: Counter[float] = Counter()
    for page in pages:
        for line in page:
            letters[line.size] += len(line.text)
    if not letters:
        return {}
    usual = letters.most_common(1)[0][0]
    larger = sorted((size for size in letters if size >= usual * LARGER), reverse=True)
    levels: dict[float, int] = {}
    level, before = 0, 0.0
    for size in larger:
        if not before or size < before * 0.93:  # sizes that differ by rounding are one level
            level, before = level + 1, size
        levels[size] = min(level, 6)
    return levels


def _repeated(pages: Sequence[Sequence[Line]]) -> set[str]:
    """First and last lines that most pages share, numbers aside: headers, footers, page numbers."""
    if len(pages) < 3:
        return set()
    edges = Counter(pattern for page in pages if page for pattern in {_pattern(line.text) for line in _edges(page)})
    return {pattern for pattern, count in edges.items() if count * 2 > len(pages)}


def _edges(page: Sequence[Line]) -> list[Line]:
    by_height = sorted(page, key=lambda line: -line.top)
    return [*by_height[:1], *by_height[-1:]]


def _pattern(text: str) -> str:
    return re.sub(r"\d+", "#", unicodedata.normalize("NFKC", text))
