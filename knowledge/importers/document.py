"""A document as blocks in reading order, divided into articles: each heading of one level, deeper headings its sections.

Which level: the highest one with several headings. What stands before the first of them is an article of its own, so
nothing of the running text is lost. A table of questions and answers gives an article a row.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from knowledge.importers.columns import read_header
from knowledge.importers.markdown_writer import table_lines
from knowledge.importers.remarks import Remark
from knowledge.importers.source import SourceRow, made_id


@dataclass(frozen=True)
class Block:
    """A paragraph (`level` 0), a heading of that level, or a table (`rows`). `place` is where it stands in the document."""

    place: str
    text: str = ""
    level: int = 0
    is_list: bool = False
    rows: Sequence[Sequence[str]] = ()


@dataclass
class _Article:
    title: str
    place: str
    blocks: list[Block] = field(default_factory=list)


def rows_of(blocks: Sequence[Block], name: str, stem: str) -> Iterator[SourceRow]:
    """The articles of a document called `name`; `stem` is the title where it has none."""
    level = _dividing_level(blocks)
    title = next((block.text for block in blocks if block.level and (not level or block.level < level)), stem)
    articles = [_Article(title, blocks[0].place if blocks else "1")]
    questions: list[SourceRow] = []
    for block in blocks:
        if level and block.level == level and block.text:
            articles.append(_Article(block.text, block.place))
        elif _is_questions(block):
            questions += _questions(block, name)
        elif not (block.level and block.text == articles[-1].title):
            articles[-1].blocks.append(block)
    seen: Counter[str] = Counter()
    for position, article in enumerate(articles):
        body = _markdown(article.blocks, level)
        if not body and not position:
            continue
        seen[article.title] += 1
        given = {"id": made_id([name, article.title, seen[article.title]]), "title": article.title, "body": body}
        problem = None if body else Remark("there is no text under this heading", "no_text_below")
        yield SourceRow(f"{name}:{article.place}", given, problem)
    yield from questions


def _dividing_level(blocks: Sequence[Block]) -> int:
    counts = Counter(block.level for block in blocks if block.level and block.text)
    return next((level for level in sorted(counts) if counts[level] > 1), 0)


def _is_questions(block: Block) -> bool:
    return len(block.rows) > 1 and {"title", "body"} <= read_header(block.rows[0]).fields.keys()


def _questions(block: Block, name: str) -> Iterator[SourceRow]:
    header = [cell.strip() or f"列{at}" for at, cell in enumerate(block.rows[0], start=1)]
    fields = {position: key for key, position in read_header(block.rows[0]).fields.items()}
    for number, row in enumerate(block.rows[1:], start=2):
        if any(cell.strip() for cell in row):
            given = {fields.get(at, header[at]): cell for at, cell in enumerate(row) if at < len(header)}
            if not given.get("id"):
                given["id"] = made_id([name, given.get("title")])
            yield SourceRow(f"{name}:{block.place}-{number}", given)


def _markdown(blocks: Sequence[Block], level: int) -> str:
    parts: list[str] = []
    for block in blocks:
        if block.rows:
            parts.append("\n".join(_table(block.rows)))
        elif block.text and block.level:
            parts.append(f"{'#' * min(max(block.level - level + 1, 2), 6)} {block.text}")
        elif block.text and block.is_list and parts and parts[-1].startswith("- "):
            parts[-1] += f"\n- {block.text}"
        elif block.text:
            parts.append(f"- {block.text}" if block.is_list else block.text)
    return "\n\n".join(parts).strip()


def _table(rows: Sequence[Sequence[str]]) -> list[str]:
    if len(rows) == 1 or max(map(len, rows)) == 1:  # a frame around text, not a table
        return [" ".join(filter(None, row)) for row in rows]
    return table_lines(rows)
