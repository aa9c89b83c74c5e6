"""Text of an answer as safe HTML, for the page without JavaScript and for staff who look at what residents see."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

import nh3
from markdown_it import MarkdownIt
from markupsafe import Markup, escape

TAGS = {
    "a", "blockquote", "br", "code", "em", "h4", "h5", "h6", "hr", "li", "ol", "p", "strong",
    "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip
SCHEMES = {"http", "https", "tel", "mailto"}
ADDRESS = re.compile(r"https?://[^\s<>「」『』（）、。，)]+")

_PARSER = MarkdownIt("commonmark", {"html": False, "breaks": True}).enable("table")


def markdown(source: str) -> Markup:
    """Markdown as HTML that was cleaned after it was made; headings start at h4, below the title of the message."""
    tokens = _PARSER.parse(source)
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(6, int(token.tag[1]) + 3)}"
    html = _PARSER.renderer.render(tokens, _PARSER.options, {})
    return Markup(nh3.clean(html, tags=TAGS, url_schemes=SCHEMES, attributes={"a": {"href"}, "ol": {"start"}}))  # noqa: S704


def plain(text: str) -> Markup:
    """Plain text with its line breaks; only bare web addresses become links."""
    parts: list[str] = []
    end = 0
    for match in ADDRESS.finditer(text):
        parts.append(str(escape(text[end : match.start()])))
        address = escape(match.group())
        parts.append(f'<a href="{address}" rel="noopener noreferrer">{address}</a>')
        end = match.end()
    parts.append(str(escape(text[end:])))
    return Markup("".join(parts).replace("\n", "<br>"))  # noqa: S704


def ending(answer: Mapping[str, Any]) -> Markup:
    """The plain words of an answer or topic, without the last line where it only repeats the contact card below."""
    rows = str(answer["answer"]).split("\n")
    contact = answer.get("contact")
    repeated = len(rows) > 1 and contact and contact["department"] in rows[-1] and contact["phone"] in rows[-1]
    return plain("\n".join(rows[:-1] if repeated else rows))


def dial(number: str) -> str:
    """The number as a `tel:` address; `#` would start a fragment."""
    return "tel:" + re.sub(r"[^\d+#*]", "", number).replace("#", "%23")


def safe_address(address: str) -> str:
    """The address when it may be linked, else an empty string."""
    scheme = re.match(r"\s*([A-Za-z][A-Za-z0-9+.-]*):", address)
    return address if scheme is None or scheme.group(1).lower() in SCHEMES else ""


def date_in_words(iso: str, language: str) -> str:
    """2026-10-15 as 2026年10月15日 or 15 October 2026; what is no date is returned as it came."""
    try:
        day = date.fromisoformat(iso)
    except ValueError:
        return iso
    return f"{day.day} {day:%B} {day.year}" if language == "en" else f"{day.year}年{day.month}月{day.day}日"
