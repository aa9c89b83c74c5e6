"""Markdown -> plain text, for channels and readers that show no formatting; words and numbers stay as written."""

from __future__ import annotations

from functools import cache

from markdown_it import MarkdownIt
from markdown_it.token import Token


@cache
def _parser() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False}).enable("table")


def plain(markdown: str) -> str:
    """The text with one line a paragraph, list item or table row; links keep their address in brackets."""
    lines: list[str] = []
    cells: list[str] | None = None
    marker = ""
    for token in _parser().parse(markdown):
        if token.type == "tr_open":
            cells = []
        elif token.type == "tr_close" and cells is not None:
            lines.append(" / ".join(cells))
            cells = None
        elif token.type == "list_item_open":
            marker = f"{token.info}. " if token.info else "・"
        elif token.type == "list_item_close":
            marker = ""
        elif token.type == "inline":
            text = _inline(token)
            if cells is not None:
                cells.append(text)
            else:
                lines.append(marker + text)
                marker = ""
        elif token.type in ("fence", "code_block", "html_block"):
            lines.append(token.content.rstrip())
    return "\n".join(lines)


def _inline(token: Token) -> str:
    parts: list[str] = []
    address = ""
    for child in token.children or []:
        if child.type == "link_open":
            address = str(child.attrs.get("href", ""))
        elif child.type == "link_close":
            if address and address not in parts:
                parts.append(f"（{address}）")
        elif child.type in ("softbreak", "hardbreak"):
            parts.append("\n")
        else:
            parts.append(child.content)
    return "".join(parts)
