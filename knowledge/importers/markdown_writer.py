"""A tree of HTML as Markdown: headings, paragraphs, lists, tables and links; everything else is its text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import urljoin, urlsplit

_BLOCKS = frozenset(
    (  # noqa: SIM905 - a list of words reads better as one
        "address article blockquote body center dd details div dl dt fieldset figcaption figure h1 h2 h3 h4 h5 h6 header hgroup hr "
        "html li main ol p pre section summary table tbody td tfoot th thead tr ul caption"
    ).split()
)
DEEPEST = 60
"""Nested elements beyond this are written as their text: no page of people nests so deep."""


def inline(element: Any) -> str:
    """All text below an element on one line."""
    return re.sub(r"\s+", " ", "".join(element.itertext(with_tail=False) if hasattr(element, "itertext") else "")).strip()


def table_lines(rows: Sequence[Sequence[str]]) -> list[str]:
    """Rows of cells as a Markdown table; the first is its header."""
    width = max((len(row) for row in rows), default=0)
    if not width:
        return []
    cells = [
        [re.sub(r"\s*\n\s*", " ", cell).strip().replace("|", "｜") for cell in row] + [""] * (width - len(row)) for row in rows
    ]
    lines = [f"| {' | '.join(row)} |" for row in cells]
    return [lines[0], f"|{' --- |' * width}", *lines[1:]]


class Writer:
    """Writes one page; `url` makes its links absolute, the heading `skip_heading` is the title and not said again."""

    def __init__(self, url: str, skip_heading: str = "") -> None:
        self._url = url
        self._skip = skip_heading

    def write(self, element: Any) -> str:
        """Markdown of everything below the element."""
        text = "\n\n".join(block for block in self._blocks(element, 0) if block.strip())
        return re.sub(r"\n{3,}", "\n\n", text).strip()

    def _blocks(self, element: Any, depth: int) -> Iterator[str]:
        if depth > DEEPEST:
            yield inline(element)
            return
        tag = element.tag if isinstance(element.tag, str) else ""
        if re.fullmatch(r"h[1-6]", tag):
            yield from self._heading(element, int(tag[1]))
        elif tag in ("ul", "ol"):
            yield "\n".join(self._list(element, 0))
        elif tag == "table":
            yield from self._table(element)
        elif tag == "pre":
            yield "\n".join(line.rstrip() for line in "".join(element.itertext()).splitlines())
        elif tag in ("dt", "summary"):
            yield f"### {self._inline(element)}" if self._inline(element) else ""
        else:
            yield from self._mixed(element, depth)

    def _heading(self, element: Any, level: int) -> Iterator[str]:
        text = inline(element)
        if text and text != self._skip:
            yield f"{'#' * max(2, level)} {text}"

    def _mixed(self, element: Any, depth: int) -> Iterator[str]:
        """Blocks within an element, and the runs of text between them."""
        run = element.text or ""
        for child in element:
            if not isinstance(child.tag, str):
                run += child.tail or ""
            elif child.tag in _BLOCKS or any(isinstance(e.tag, str) and e.tag in _BLOCKS for e in child.iterdescendants()):
                yield _paragraph(run)
                yield from self._blocks(child, depth + 1)
                run = child.tail or ""
            else:
                run += self._run(child) + (child.tail or "")
        yield _paragraph(run)

    def _run(self, element: Any) -> str:
        """Text of something within a line."""
        if element.tag == "br":
            return "\x01"
        if element.tag == "img":
            return ""
        inside = (element.text or "") + "".join(
            (self._run(child) if isinstance(child.tag, str) else "") + (child.tail or "") for child in element
        )
        if element.tag == "rt" or element.tag == "rp":
            return ""
        if element.tag == "a" and (target := self._target(element.get("href", ""))):
            words = re.sub(r"\s+", " ", inside.replace("\x01", " ")).strip().replace("[", "［").replace("]", "］")
            return f"[{words}]({target})" if words else ""
        return inside

    def _inline(self, element: Any) -> str:
        return _paragraph(self._run(element)).replace("\n", " ")

    def _target(self, href: str) -> str:
        try:
            target = urljoin(self._url, href.strip())
            parts = urlsplit(target)
        except ValueError:
            return ""
        return target if parts.scheme in ("http", "https") and not re.search(r"[\s()<>]", target) else ""

    def _list(self, element: Any, level: int) -> Iterator[str]:
        number = 0
        for item in element:
            if not isinstance(item.tag, str):
                continue
            nested = [e for e in item.iter("ul", "ol") if e is not item and not any(a.tag == "li" for a in _between(e, item))]
            text = self._without(item, nested) if item.tag == "li" else self._inline(item)
            number += 1
            mark = f"{number}." if element.tag == "ol" else "-"
            if text:
                yield f"{'  ' * level}{mark} {text}"
            for inner in nested:
                yield from self._list(inner, min(level + 1, 8))

    def _without(self, item: Any, nested: Sequence[Any]) -> str:
        """Text of a list item, its own lists left out."""
        left = set(nested)

        def words(element: Any) -> str:
            if element in left:
                return ""
            if (
                element is not item
                and element.tag in ("a", "br", "img")
                and not any(e in left for e in element.iterdescendants())
            ):
                return self._run(element)
            inside = (element.text or "") + "".join(
                (words(child) if isinstance(child.tag, str) else "") + (child.tail or "") for child in element
            )
            return f" {inside} " if element.tag in _BLOCKS else inside

        return _paragraph(words(item)).replace("\n", " ")

    def _table(self, element: Any) -> Iterator[str]:
        caption = next(iter(element.iter("caption")), None)
        if caption is not None and inline(caption):
            yield inline(caption)
        rows = []
        for row in element.iter("tr"):
            cells: list[str] = []
            for cell in row:
                if cell.tag in ("td", "th"):
                    span = cell.get("colspan", "1")
                    cells += [self._inline(cell)] * (min(int(span), 20) if span.isdecimal() and int(span) else 1)
            if any(cells):
                rows.append(cells)
        if len(rows) == 1 or (rows and max(map(len, rows)) == 1):  # a table that only arranges the page
            yield from (" ".join(filter(None, row)) for row in rows)
        else:
            yield "\n".join(table_lines(rows))


def _between(element: Any, ancestor: Any) -> Iterator[Any]:
    for one in element.iterancestors():
        if one is ancestor:
            return
        yield one


def _paragraph(run: str) -> str:
    lines = [re.sub(r"[ \t\r\n\f]+", " ", line).strip() for line in run.split("\x01")]
    return "\n".join(lines).strip()
