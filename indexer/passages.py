"""Article -> passages: the question forms, and the body section by section with its heading path."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from knowledge.articles import Article, Procedure

_HEADING = re.compile(r"^(#{1,6})\s+(.+?)\s*#*\s*$")

FACT_LABELS = {
    "eligibility": "対象者",
    "deadline": "期限",
    "counter": "窓口",
    "required_documents": "必要なもの",
    "conditional_documents": "場合により必要なもの",
    "fee": "手数料",
    "online_url": "オンライン申請",
    "proxy": "代理人",
    "legal_basis": "根拠",
}
"""Name of each field of Procedure as residents read it."""


class Kind(StrEnum):
    """QUESTION: the title or an alternative phrasing. BODY: the whole of what answers it; SECTION: one of its parts."""

    QUESTION = "question"
    BODY = "body"
    SECTION = "section"
    FACTS = "facts"


@dataclass(frozen=True)
class Passage:
    """A piece of an article. `id` is municipality/article#number; `heading` is the path 大見出し > 小見出し.

    `title` is the article's, except for question forms, which stand for themselves.
    """

    id: str
    municipality: str
    article: str
    kind: Kind
    heading: str
    text: str
    title: str = ""

    @property
    def encoded(self) -> str:
        """The text that the encoder gets: a part of a body hardly says by itself what it is about."""
        return " ".join(part for part in (self.title, self.heading, self.text) if part)

    @property
    def digest(self) -> str:
        """SHA-256 (hex) of what is encoded: equal digests need no new vector."""
        return hashlib.sha256(f"{self.kind}\0{self.title}\0{self.heading}\0{self.text}".encode()).hexdigest()


@dataclass(frozen=True)
class BodySection:
    """A part of a body under one heading path; the part before the first heading has the path ""."""

    heading: str
    text: str


def sections(body: str) -> list[BodySection]:
    """The body cut at its Markdown headings; text stays as written. Empty sections are left out."""
    found: list[BodySection] = []
    path: list[tuple[int, str]] = []
    lines: list[str] = []

    def close() -> None:
        text = "\n".join(lines).strip()
        if text:
            found.append(BodySection(" > ".join(title for _, title in path), text))
        lines.clear()

    fenced = False
    for line in body.splitlines():
        fenced ^= line.lstrip().startswith("```")
        heading = None if fenced else _HEADING.match(line)
        if heading:
            close()
            level = len(heading[1])
            path = [(depth, title) for depth, title in path if depth < level] + [(level, heading[2])]
        else:
            lines.append(line)
    close()
    return found


def fact_lines(procedure: Procedure) -> list[tuple[str, str, tuple[str, ...]]]:
    """(field, label, values) of every stated fact, in the order residents read them."""
    lines: list[tuple[str, str, tuple[str, ...]]] = []
    for field, label in FACT_LABELS.items():
        value = getattr(procedure, field)
        if field == "conditional_documents":
            values = tuple(f"{c.when}: {c.document}" for c in value)
        else:
            values = value if isinstance(value, tuple) else ((value,) if value else ())
        if values:
            lines.append((field, label, values))
    return lines


def passages(article: Article) -> Iterator[Passage]:
    """The passages of an article: title, alternatives, the whole body, each of several sections, the facts."""
    parts = sections(article.body)
    facts = "\n".join(f"{label}: {'、'.join(values)}" for _, label, values in fact_lines(article.procedure))
    texts: list[tuple[Kind, str, str]] = [(Kind.QUESTION, "", t) for t in (article.title, *article.alternatives)]
    texts.append((Kind.BODY, "", "\n".join(f"{p.heading}\n{p.text}".strip() for p in parts)))
    if len(parts) > 1:
        texts += [(Kind.SECTION, p.heading, p.text) for p in parts]
    if facts:
        texts.append((Kind.FACTS, "", facts))
    for number, (kind, heading, text) in enumerate(texts):
        title = "" if kind == Kind.QUESTION else article.title
        key = f"{article.municipality}/{article.id}#{number}"
        yield Passage(key, article.municipality, article.id, kind, heading, text, title)
