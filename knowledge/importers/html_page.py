"""A web page as one article: its main content by heading, in Markdown. Scripts, menus, headers and footers are left out.

A page that carries a FAQPage of schema.org gives its questions, one article each.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urldefrag, urljoin, urlsplit

from lxml import etree
from lxml import html as lxml_html

from knowledge.importers.json_ld import faq_page
from knowledge.importers.markdown_writer import Writer, inline
from knowledge.importers.remarks import Problem, Remark
from knowledge.importers.source import Event, Options, SourceRow, failed, made_id

LARGEST_PAGE = 20 * 1024 * 1024
_DROPPED = ["script", "style", "noscript", "template", "nav", "footer", "aside", "form", "iframe", "object", "embed", "svg", "button", "select", "input", "textarea", "canvas", "video", "audio", "map", "head"]  # fmt: skip
_ROLES = {"navigation", "banner", "contentinfo", "search", "complementary", "menu", "dialog"}
_MENU = re.compile(
    r"(?:^|[\s_-])(?:breadcrumbs?|pankuzu|topic-?path|g?nav(?:i|igation)?|gnav|lnav|menu|footer|side-?(?:bar|menu|nav)|sns|share|"
    r"page-?top|skip|search|enquete|banner|cookie)(?:$|[\s_-])",
    re.IGNORECASE,
)
_MAIN = ("main", "content", "contents", "maincontents", "main-content", "main_content", "main-contents", "honbun", "article")
_META = re.compile(rb"<meta[^>]+charset\s*=\s*[\"']?\s*([A-Za-z0-9_\-]+)", re.IGNORECASE)
_ALIASES = {
    "shift_jis": "cp932",
    "shift-jis": "cp932",
    "sjis": "cp932",
    "x-sjis": "cp932",
    "windows-31j": "cp932",
    "ms932": "cp932",
}
_KNOWN = ("utf-8", "cp932", "euc_jp", "iso2022_jp", "utf-16")


@dataclass(frozen=True)
class Page:
    """What a page says; `links` are absolute, without fragments. `questions` are those of a FAQPage in it."""

    title: str
    body: str
    links: tuple[str, ...] = ()
    questions: tuple[dict[str, Any], ...] = ()
    no_index: bool = False
    no_follow: bool = False
    notes: tuple[Remark, ...] = ()


def read_html(path: Path, name: str, options: Options) -> Iterator[Event]:
    """The article of a saved page, or its questions."""
    if path.stat().st_size > LARGEST_PAGE:
        yield failed(f"{name}:1", Remark(f"larger than {LARGEST_PAGE} bytes", "page_size", limit=LARGEST_PAGE // 1024 // 1024))
        return
    try:
        page = read_page(path.read_bytes())
    except Problem as problem:
        yield failed(f"{name}:1", problem.remark)
        return
    yield from rows_of(page, name)


def rows_of(page: Page, place: str, url: str = "") -> Iterator[SourceRow]:
    """The rows a page gives; `url` is where it stands on the web."""
    source = {"source_url": url} if url else {}
    if page.questions:
        for number, question in enumerate(page.questions, start=1):
            identity = {"id": made_id([url or place, question.get("title")])}
            yield SourceRow(f"{place}:{number}", {**identity, **source, **question}, notes=page.notes if number == 1 else ())
    elif page.body:
        yield SourceRow(
            f"{place}:1", {"id": made_id([url or place]), "title": page.title, "body": page.body, **source}, notes=page.notes
        )
    else:
        yield failed(f"{place}:1", Remark("there is no text in it", "no_text"))


def read_page(content: bytes, charset: str = "", url: str = "") -> Page:
    """Read the bytes of a page; `charset` is what the server said. Raises Problem."""
    text, lost = decode(content, charset)
    tree = parse(text)
    robots = " ".join(tree.xpath("//meta[translate(@name,'ROBTS','robts')='robots']/@content")).lower()
    questions = tuple(_questions(tree))
    links = _links(tree, url)
    title = _text(next(iter(tree.xpath("//title")), None))
    main = _main(tree)
    _strip(main)
    heading = next((_text(h) for h in (*main.iter("h1"), *tree.iter("h1")) if _text(h)), "")
    body = Writer(url, skip_heading=heading).write(main)
    notes = (Remark(f"{lost} letters could not be read", "letters_unreadable", count=lost),) if lost else ()
    return Page(
        heading or re.split(r"\s*[|｜]\s*|\s+-\s+", title)[0] or body.split("\n", 1)[0][:80],
        body,
        links,
        questions,
        "noindex" in robots,
        "nofollow" in robots,
        notes,
    )


def to_markdown(fragment: str) -> str:
    """HTML inside a text, such as the answer of a FAQPage, as Markdown; plain text stays as it is."""
    if not re.search(r"</?[a-zA-Z][^>]*>", fragment):
        return fragment
    tree = parse(f"<div>{fragment}</div>")
    _strip(tree)
    return Writer("").write(tree)


def decode(content: bytes, charset: str = "") -> tuple[str, int]:
    """The text of a page, and how many characters could not be read: by BOM, server, `<meta>`, then what fits."""
    for mark, encoding in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if content.startswith(mark):
            return _counted(content, encoding)
    found = _META.search(content[:4096])
    told = [charset.lower(), found[1].decode("ascii", "replace").lower() if found else ""]
    named = [
        name for one in told if (name := _ALIASES.get(one, one.replace("-", "_") if one.startswith(("euc", "iso")) else one))
    ]
    for encoding in (*named, "utf-8", "cp932", "euc_jp"):
        try:
            return content.decode(encoding), 0
        except (UnicodeDecodeError, LookupError):
            continue
    return _counted(content, next((name for name in named if name.replace("_", "-") in _KNOWN or name in _KNOWN), "utf-8"))


def parse(text: str) -> Any:
    """A tree of the text, always with a root. Raises Problem for what is no HTML at all."""
    text = re.sub(r"^\s*<\?xml[^>]*\?>", "", text).replace("\x00", "")
    if not text.strip():
        raise Problem("the file is empty", "file_empty")
    try:
        return lxml_html.document_fromstring(text, parser=lxml_html.HTMLParser(no_network=True, recover=True, huge_tree=False))
    except (etree.ParserError, etree.XMLSyntaxError, ValueError):
        raise Problem("it cannot be read as a web page", "not_html") from None


def _counted(content: bytes, encoding: str) -> tuple[str, int]:
    text = content.decode(encoding, "replace")
    return text, text.count("\ufffd")


def _main(tree: Any) -> Any:
    """The element that holds what the page is about."""
    candidates = [*tree.xpath("//main | //*[@role='main']")]
    candidates += [e for e in tree.xpath("//*[@id]") if e.get("id", "").lower() in _MAIN]
    candidates += tree.xpath("//article")
    body = next(iter(tree.xpath("//body")), tree)
    return next((one for one in candidates if len(_text(one)) >= 10), body)


def _strip(main: Any) -> None:
    for element in list(main.iter()):
        parent = element.getparent()
        if element is main or parent is None:
            continue
        if not isinstance(element.tag, str) or _is_menu(element):
            element.drop_tree()


def _is_menu(element: Any) -> bool:
    if element.tag in _DROPPED or element.get("role", "").lower() in _ROLES:
        return True
    if element.get("hidden") is not None or element.get("aria-hidden") == "true":
        return True
    if element.tag == "header":
        return not element.xpath(".//h1")
    names = f"{element.get('id', '')} {element.get('class', '')}"
    return element.tag in ("div", "ul", "ol", "section", "p") and bool(_MENU.search(names)) and not element.xpath(".//h1")


def _links(tree: Any, url: str) -> tuple[str, ...]:
    base = urljoin(url, next(iter(tree.xpath("//base/@href")), "")) if url else ""
    found = []
    for link in tree.xpath("//a[@href]"):
        if "nofollow" in link.get("rel", ""):
            continue
        try:
            target = urldefrag(urljoin(base, link.get("href").strip()))[0]
            if urlsplit(target).scheme in ("http", "https"):
                found.append(target)
        except ValueError:
            continue
    return tuple(dict.fromkeys(found))


def _questions(tree: Any) -> Iterator[dict[str, Any]]:
    for script in tree.xpath("//script[@type='application/ld+json']"):
        try:
            content = json.loads(script.text or "")
        except (ValueError, RecursionError):
            continue
        for one in content if isinstance(content, list) else [content]:
            if isinstance(one, Mapping):
                yield from faq_page(one, to_markdown)


def _text(element: Any) -> str:
    return inline(element) if element is not None else ""
