"""An article as its single sentences: what a rewritten answer is held to."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache

from bot.numerals import normal_numbers
from bot.plain_text import plain
from bot.said import Said, core, lines, parse, sentences, words
from indexer.passages import fact_lines, sections
from knowledge.articles import Article, Department

_HIDDEN = re.compile(r"&\w+;|<!--.*?-->", re.DOTALL)
_CONDITIONAL_HEADING = re.compile(r"場合|とき|方$|限|以外|のみ|だけ")
_VERBS = {
    "required_documents": "持つ", "conditional_documents": "持つ 必要", "counter": "来る", "deadline": "出す", "fee": "払う",
}  # fmt: skip
"""What a sentence made from a fact says besides: 「申請書」 under 必要なもの is 「申請書をお持ちください」."""
_CONTACT = ("電話", "場所")


@lru_cache(maxsize=2048)
def source_sentences(article: Article, contact: tuple[str, ...]) -> tuple[Said, ...]:
    """Every sentence of the article, its facts and its department's `contact` (name, phone, place), in order.

    Sentences of one `section` may be read together; a fact and each conditional document are sections of their own.
    """
    title = words(article.title)
    found = [parse(article.title, section=-1), *_body(article, title)]
    for group in (*_facts(article, title), *_contact(contact, title)):
        found += [replace(said, section=found[-1].section + 1) for said in group[:1]]
        found += [replace(said, section=found[-1].section) for said in group[1:]]
    return tuple(found)


def contact_lines(department: Department | None) -> tuple[str, ...]:
    """Name, telephone number and place of a department; nothing without one."""
    return (department.name, department.phone, department.location) if department else ()


def _body(article: Article, title: frozenset[str]) -> Iterator[Said]:
    for number, part in enumerate(sections(_HIDDEN.sub(" ", article.body))):
        above = words(part.heading)
        needs = above if _CONDITIONAL_HEADING.search(part.heading) else frozenset()
        for row in lines(plain(part.text)):
            yield replace(parse(row, title | above, needs, number), heading=part.heading.split(" > ")[-1])


def _facts(article: Article, title: frozenset[str]) -> Iterator[list[Said]]:
    """The sentences of each fact; a list comes entry by entry and once whole."""
    for field, label, values in fact_lines(article.procedure):
        above = title | words(f"{label} {_VERBS.get(field, '')}")
        whole = parse(f"{label}：{'、'.join(values)}", title)
        if field == "conditional_documents":
            for c in article.procedure.conditional_documents:
                needs = words(c.when) - words(c.document) or words(c.when)
                said = parse(f"{c.when}：{c.document}", above, needs)
                yield [replace(said, keep=core(normal_numbers(c.document)))]
        elif len(values) > 1:
            yield [parse(value, above) for value in values]
        else:
            yield [parse(f"{label}：{sentence}", above) for sentence in sentences(values[0])]
        if len(values) > 1 or field == "conditional_documents":
            yield [replace(whole, keep=frozenset().union(*(core(normal_numbers(value)) for value in values)))]


def _contact(contact: tuple[str, ...], title: frozenset[str]) -> Iterator[list[Said]]:
    if contact:
        above = title | words(f"{contact[0]} 問い合わせ先 窓口")
        yield from ([parse(f"{what} {value}", above)] for what, value in zip(_CONTACT, contact[1:], strict=True) if value)
