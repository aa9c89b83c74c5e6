"""What a finished hand-over teaches the desk: a draft of an article from it, or its question as another way to ask.

Only masked text is used; staff's own words are masked once more, and whoever edits the draft is warned.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot import conversations
from bot.messages import ASKS
from bot.suggested_reply import ASKS_NOTHING
from bot.tables import HandoffRow
from knowledge import store, workflow
from knowledge.articles import Article, State, from_json
from knowledge.tables import ArticleDraftRow, ArticleRow

LONGEST_TITLE = 60
"""Characters; a title is a line of a list, the question itself is kept as an alternative phrasing."""
LONGEST_PHRASING = 200
MOST_PHRASINGS = 5


class NothingToLearn(ValueError):
    """The resident asked nothing, or staff wrote nothing."""


class NoSuchArticle(LookupError):
    """The municipality has no article of this id."""


@dataclass(frozen=True)
class Lesson:
    """Masked: what was asked, the newest question first, and what staff answered."""

    questions: tuple[str, ...]
    replies: tuple[str, ...]


def read(session: Session, row: HandoffRow, mask: Callable[[str], str]) -> Lesson:
    """What was asked and answered. Raises NothingToLearn."""
    rows = conversations.messages(session, row.conversation)
    empty = {m.reply_to for m in rows if m.role == "desk" and (m.answer or {}).get("status") in ASKS_NOTHING}
    first_reply = min((m.id for m in rows if m.role == "staff"), default=0)
    asked = [m for m in rows if m.role == "resident" and m.id not in empty and (not first_reply or m.id < first_reply)]
    replies = tuple(mask(m.text) for m in rows if m.role == "staff")
    if not asked or not replies:
        raise NothingToLearn
    questions = [mask(" ".join(m.text.split()))[:LONGEST_PHRASING] for m in reversed(asked)]
    # 「急いでいます」 said last is not what was asked.
    questions.sort(key=lambda text: not ASKS.search(text))
    return Lesson(tuple(dict.fromkeys(questions))[:MOST_PHRASINGS], replies)


def draft(session: Session, row: HandoffRow, lesson: Lesson, by: str) -> str:
    """A new article as a working copy; its id. The hand-over remembers it."""
    title = lesson.questions[0][:LONGEST_TITLE]
    record = Article(
        municipality=row.municipality,
        id=workflow.new_id(session, row.municipality, title),
        title=title,
        body="\n\n".join(lesson.replies),
        department=row.department,
        alternatives=lesson.questions,
        owner=by,
        state=State.DRAFT,
    )
    workflow.save_draft(session, record, by, origin={"kind": "handoff", "id": row.id})
    row.article = record.id
    return record.id


def add_phrasing(session: Session, row: HandoffRow, lesson: Lesson, article: str, by: str) -> str:
    """Put the question into the working copy of an article, made from what is published when there is none; its id.

    Raises NoSuchArticle, and StaleDraft when somebody saves at this moment.
    """
    copy = session.get(ArticleDraftRow, (row.municipality, article))
    record = from_json(copy.content) if copy is not None else _own(session, row.municipality, article)
    phrasings = tuple(dict.fromkeys((*record.alternatives, lesson.questions[0])))
    if phrasings != record.alternatives:
        changed = replace(record, alternatives=phrasings)
        if copy is None:
            workflow.save_draft(session, changed, by, origin={"kind": "handoff", "id": row.id})
        else:
            workflow.save_draft(session, changed, by, copy.version, note=copy.note, review_on=copy.review_on)
    row.article = article
    return article


def _own(session: Session, municipality: str, article: str) -> Article:
    own = session.scalar(select(ArticleRow.id).where(ArticleRow.municipality == municipality, ArticleRow.id == article))
    record = store.article(session, municipality, article) if own is not None else None
    if record is None:
        raise NoSuchArticle(article)
    return record
