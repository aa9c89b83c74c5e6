"""Word documents: headings divide them into articles (knowledge.importers.document), tables stay tables."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from docx import Document
from docx.opc.exceptions import PackageNotFoundError
from lxml import etree

from knowledge.importers.document import Block, rows_of
from knowledge.importers.remarks import Problem, Remark
from knowledge.importers.source import Event, Options, SourceRow, failed

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_MATH = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
_HEADING = re.compile(r"(?:heading|見出し)\s*([1-9])", re.IGNORECASE)


def read_docx(path: Path, name: str, options: Options) -> Iterator[Event]:
    """An article for every heading of the level that divides the document; places are "file:paragraph"."""
    try:
        document = Document(str(path))
        blocks = list(_blocks(document))
        notes = tuple(_left_out(document))
    except (PackageNotFoundError, KeyError, ValueError, zipfile.BadZipFile, etree.XMLSyntaxError, OSError, AttributeError):
        raise Problem("it cannot be read as a Word document", "not_docx") from None
    rows = list(rows_of(blocks, name, Path(name).stem))
    if not rows:
        yield failed(f"{name}:1", Remark("there is no text in it", "no_text"))
    for position, row in enumerate(rows):
        yield SourceRow(row.place, row.given, row.problem, notes if position == 0 else ())


def _blocks(document: Any) -> Iterator[Block]:
    levels = {style.style_id: _style_level(style) for style in document.styles if style.type == 1}
    for number, element in enumerate(_body(document.element.body), start=1):
        if element.tag == f"{_W}tbl":
            yield Block(str(number), rows=list(_cells(element)))
        else:
            style = element.find(f"{_W}pPr/{_W}pStyle")
            level = levels.get(style.get(f"{_W}val"), 0) if style is not None else 0
            is_list = element.find(f"{_W}pPr/{_W}numPr") is not None or (
                style is not None and "List" in style.get(f"{_W}val", "")
            )
            yield Block(str(number), _text(element), level, is_list and not level)


def _body(parent: Any) -> Iterator[Any]:
    """Paragraphs and tables in their order, those in content controls too."""
    for child in parent:
        if child.tag in (f"{_W}p", f"{_W}tbl"):
            yield child
        elif child.tag == f"{_W}sdt":
            content = child.find(f"{_W}sdtContent")
            if content is not None:
                yield from _body(content)


def _style_level(style: Any) -> int:
    found = _HEADING.search(style.name or "")
    if found:
        return int(found[1])
    if (style.name or "").lower() in ("title", "表題"):
        return 1
    outline = style.element.find(f"{_W}pPr/{_W}outlineLvl")
    value = outline.get(f"{_W}val", "") if outline is not None else ""
    return int(value) + 1 if value.isdecimal() and int(value) < 9 else 0


def _cells(table: Any) -> Iterator[list[str]]:
    for row in table.iter(f"{_W}tr"):
        if next(row.iterancestors(f"{_W}tbl")) is not table:
            continue
        cells: list[str] = []
        for cell in row.findall(f"{_W}tc"):
            span = cell.find(f"{_W}tcPr/{_W}gridSpan")
            width = int(span.get(f"{_W}val", "1")) if span is not None and span.get(f"{_W}val", "").isdecimal() else 1
            text = "\n".join(filter(None, (_text(p) for p in cell.iter(f"{_W}p"))))
            cells += [text] + [""] * (min(width, 50) - 1)
        yield cells


def _text(paragraph: Any) -> str:
    """What a reader sees: with inserted text, without deleted text and readings, text boxes at their place."""
    parts: list[str] = []
    skipped = (f"{_W}del", f"{_W}rt", f"{_W}moveFrom", f"{_W}instrText")

    def walk(element: Any, depth: int) -> None:
        if element.tag in skipped or depth > 60:
            return
        if element.tag in (f"{_W}t", f"{_MATH}t"):
            parts.append(element.text or "")
        elif element.tag == f"{_W}tab":
            parts.append("\t")
        elif element.tag in (f"{_W}br", f"{_W}cr") or element.tag == f"{_W}txbxContent":
            parts.append("\n")
        if element.tag.endswith("}Fallback"):  # the same text box once more, for old versions of Word
            return
        for child in element:
            if isinstance(child.tag, str):
                walk(child, depth + 1)

    walk(paragraph, 0)
    lines = (re.sub(r"[ \t　]*\t[ \t　]*", " ", line).strip() for line in "".join(parts).split("\n"))
    return "\n".join(line for line in lines if line)


def _left_out(document: Any) -> Iterator[Remark]:
    body = document.element.body
    pictures = sum(1 for _ in body.iter("{http://schemas.openxmlformats.org/drawingml/2006/main}blip"))
    notes = sum(1 for _ in body.iter(f"{_W}footnoteReference", f"{_W}endnoteReference"))
    if pictures:
        yield Remark(f"{pictures} pictures were left out", "pictures_left_out", count=pictures)
    if notes:
        yield Remark(f"{notes} footnotes were left out", "footnotes_left_out", count=notes)
