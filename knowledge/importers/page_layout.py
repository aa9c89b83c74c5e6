"""Lines on a page in the order people read them, and joined into paragraphs. Coordinates are those of PDF: up is larger."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

COLUMN_LETTERS = 8
"""Mean letters of a line from which two blocks side by side are columns of text, not cells of a table."""
_ENDS = tuple("。．.！!？?：:」）)")
_BEGINS = re.compile(
    r"^(?:[・●○■□◆◇▽▼※★☆－-]|[（(]?[0-9０-９一二三四五六七八九十①-⑳]+[)）.．、]|[QAＱＡ問答][.．:：\s]|第[0-9０-９一二三四五六七八九十]+[条章節])"
)


@dataclass(frozen=True)
class Line:
    """A run of letters; `size` is the height of its letters."""

    text: str
    left: float
    top: float
    right: float
    bottom: float
    size: float


def in_order(lines: Sequence[Line]) -> list[Line]:
    """Recursive cuts: across the page at wide gaps, then between columns of running text, else from top to bottom."""
    if len(lines) < 2:
        return list(lines)
    columns = _columns(lines)
    if columns:
        return [line for column in columns for line in in_order(column)]
    bands = _bands(lines)
    if len(bands) > 1:
        return [line for band in bands for line in in_order(band)]
    return _rows(lines)


def paragraphs(lines: Sequence[Line]) -> Iterator[tuple[str, float]]:
    """Text and size of each paragraph: lines that fill their column go on in the next one."""
    held: list[Line] = []
    right = max((line.right for line in lines), default=0.0)
    for line in lines:
        if held and not _goes_on(held[-1], line, right):
            yield _joined(held), held[0].size
            held = []
        held.append(line)
    if held:
        yield _joined(held), held[0].size


def _goes_on(line: Line, following: Line, right: float) -> bool:
    same_row = abs(line.bottom - following.bottom) < line.size * 0.5
    if same_row:
        return True
    near = 0 <= line.bottom - following.top + line.size < line.size * 2.2 and abs(line.size - following.size) < line.size * 0.1
    overlap = min(line.right, following.right) - max(line.left, following.left) > 0
    full = right - line.right < line.size * 2.5 or line.right - line.left > 24 * line.size
    return near and overlap and full and not line.text.endswith(_ENDS) and not _BEGINS.match(following.text)


def _joined(lines: Sequence[Line]) -> str:
    text = lines[0].text
    for before, line in pairwise(lines):
        same_row = abs(before.bottom - line.bottom) < before.size * 0.5
        latin = text[-1:].isascii() and line.text[:1].isascii() and text[-1:].isalnum() and line.text[:1].isalnum()
        text += ("　" if same_row else " " if latin else "") + line.text
    return text


def _columns(lines: Sequence[Line]) -> list[list[Line]]:
    """The two sides of the widest gap that no line crosses, when both hold running text."""
    edges = sorted((line.left, line.right) for line in lines)
    reach, gap = edges[0][1], (0.0, 0.0)
    for left, right in edges[1:]:
        if left - reach > gap[1] - gap[0]:
            gap = (reach, left)
        reach = max(reach, right)
    if gap[1] - gap[0] < 1.0 * max(line.size for line in lines):
        return []
    sides = [[line for line in lines if line.right <= gap[0]], [line for line in lines if line.left >= gap[1]]]
    running = all(len(side) > 1 and sum(len(line.text) for line in side) / len(side) >= COLUMN_LETTERS for side in sides)
    return sides if running else []


def _bands(lines: Sequence[Line]) -> list[list[Line]]:
    """Parts one below the other, divided at gaps of at least a line's height."""
    ordered = sorted(lines, key=lambda line: -line.top)
    bands, low = [[ordered[0]]], ordered[0].bottom
    for line in ordered[1:]:
        if low - line.top > line.size * 0.9:
            bands.append([])
        bands[-1].append(line)
        low = min(low, line.bottom) if len(bands[-1]) > 1 else line.bottom
    return bands


def _rows(lines: Sequence[Line]) -> list[Line]:
    """From top to bottom, lines at one height from left to right."""
    rows: list[list[Line]] = []
    for line in sorted(lines, key=lambda one: -one.bottom):
        if rows and abs(rows[-1][0].bottom - line.bottom) < min(rows[-1][0].size, line.size) * 0.5:
            rows[-1].append(line)
        else:
            rows.append([line])
    return [line for row in rows for line in sorted(row, key=lambda one: one.left)]
