"""The reply box: what is typed, the articles attached, what was searched, and what staff may put in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from authentication import Member
from bot import article_cards, canned, opening_hours
from bot.answer import Source
from bot.console.pages import language
from bot.tables import HandoffRow
from bot.town import Town

MOST_ARTICLES = 3
_LONGEST_DRAFT = 4000


@dataclass(frozen=True)
class Ready:
    """A canned reply with its slots filled for this hand-over and this member of staff."""

    id: int
    title: str
    text: str


@dataclass(frozen=True)
class Box:
    """`articles` are attached, `found` are the results of `words`; `drafted` says that the desk wrote the text."""

    text: str = ""
    articles: tuple[Source, ...] = ()
    words: str = ""
    found: tuple[Source, ...] = ()
    drafted: bool = False
    told: str = ""
    """Entry of the texts that says what came of the last press."""
    ready: tuple[Ready, ...] = field(default=())

    def with_text(self, more: str) -> Box:
        """The text put in goes below what is there."""
        joined = f"{self.text.rstrip()}\n\n{more}" if self.text.strip() else more
        return replace(self, text=joined)

    def attaching(self, cards: Sequence[Source]) -> Box:
        """With these articles too, as many as a reply may carry."""
        every = {card.id: card for card in (*self.articles, *cards)}
        return replace(self, articles=tuple(every.values())[:MOST_ARTICLES])

    def without(self, article: str) -> Box:
        return replace(self, articles=tuple(card for card in self.articles if card.id != article))


def read_box(session: Session, form: MultiDict[str, str], town: Town, on: date) -> Box:
    """What the form holds. Articles that residents may not read any more are left out, and `told` says so."""
    ids = [one[:200] for one in form.getlist("article")][:MOST_ARTICLES]
    articles = tuple(article_cards.cards(session, town, ids, on))
    told = "staff_inbox.article_gone" if len(articles) < len(set(ids)) else ""
    text = form.get("text", "").replace("\r\n", "\n")[:_LONGEST_DRAFT]
    return Box(text, articles, form.get("words", "").strip()[:100], drafted="drafted" in form, told=told)


def ready_replies(session: Session, row: HandoffRow, member: Member, town: Town) -> tuple[Ready, ...]:
    """The canned replies that fit this hand-over."""
    department = town.counter(row.department)
    values = {
        "receipt": row.receipt,
        "department": department.name,
        "phone": department.phone,
        "hours": opening_hours.describe_hours(department, "ja" if language() == "ja" else "en", town.municipality),
        "staff": member.name,
    }
    rows = canned.listed(session, row.municipality, row.department)
    return tuple(Ready(one.id, one.title, canned.fill(one.text, values)) for one in rows)
