"""A municipality after a year of work: articles with copies and revisions, conversations, hand-overs, tasks, audit trail.

For measuring lists at their full size; texts are the demo's recombined (scale_town.py), people and words are made up.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from sqlalchemy import Table, func, insert, select
from sqlalchemy.orm import Session

import audit_trail
import passwords
from accounts import AuditRow, Role, StaffRow
from bot.tables import (
    CannedReplyRow,
    ConversationRow,
    FindingRow,
    HandoffEventRow,
    HandoffRow,
    HealthRunRow,
    MessageRow,
    TaskRow,
)
from database import Database, now
from evaluation import scale_town
from knowledge import store
from knowledge.articles import Article, State, procedure_to_json, text_digest, to_json
from knowledge.tables import (
    ArticleDraftRow,
    ArticleRevisionRow,
    ArticleRow,
    ArticleTranslationRow,
    ImportJobRow,
    SynonymGroupRow,
)
from settings import DEMO_MUNICIPALITY as CODE

ADMINISTRATOR, PASSWORD = "messung", "長い 坂道の 赤い 郵便受け 58"
AT_ONCE = 2_000
TASK_KINDS = (
    "downvote",
    "unanswered",
    "overdue",
    "expiring",
    "duplicate",
    "contradiction",
    "broken_link",
    "never_found",
    "unhelpful",
)
FINDING_KINDS = ("overdue", "expiring", "never_found", "unhelpful", "duplicate", "contradiction", "broken_link")
ACTIONS = (
    "login",
    "handoff.taken",
    "handoff.resolved",
    "article.draft_saved",
    "article.published",
    "synonyms.edit",
    "export.audit",
)


@dataclass(frozen=True)
class Size:
    """How much there is of everything; the defaults are the size the targets are set for."""

    articles: int = 10_000
    conversations: int = 100_000
    handoffs: int = 20_000
    tasks: int = 20_000
    audit: int = 200_000
    staff: int = 300

    def scaled(self, share: float) -> Size:
        """The same town, smaller."""
        return Size(**{name: max(20, int(value * share)) for name, value in vars(self).items()})


def fill(database: Database, size: Size, seed: int = 0) -> dict[str, int]:
    """Put the whole town into an empty database; how many rows each table has then."""
    generator = random.Random(seed)  # noqa: S311 - a town, not a secret
    content = scale_town.demo()
    with database.write() as session:
        store.save_municipality(session, content.municipality)
        store.save_departments(session, CODE, content.departments)
    departments = [d.key for d in content.departments]
    town = _Town(generator, departments, scale_town.articles(content, size.articles, seed), now())
    with database.write() as session:
        for table, rows in town.tables(size):
            _insert(session, table, rows)
    with database.write() as session:
        _end_of_loading(session)
        tables = {row.__table__.name: row for row in _COUNTED}
        return {name: session.scalar(select(func.count()).select_from(row)) or 0 for name, row in tables.items()}


_COUNTED: tuple[Any, ...] = (
    ArticleRow, ArticleDraftRow, ArticleRevisionRow, ArticleTranslationRow, ConversationRow, MessageRow, HandoffRow, HandoffEventRow,
    TaskRow, FindingRow, AuditRow, StaffRow, CannedReplyRow, ImportJobRow, SynonymGroupRow,
)  # fmt: skip


def _insert(session: Session, table: Table, rows: Iterable[dict[str, Any]]) -> None:
    following = iter(rows)
    while some := list(islice(following, AT_ONCE)):
        session.execute(insert(table), some)


def _end_of_loading(session: Session) -> None:
    # The planner of a database that has grown over a year knows how its values are spread.
    session.connection().exec_driver_sql("ANALYZE")
    if session.get_bind().dialect.name == "postgresql":
        # Ids were given by hand; new rows must not meet them.
        for row in (StaffRow, MessageRow, HandoffRow, TaskRow):
            newest = session.scalar(select(func.max(row.id)))
            session.execute(select(func.setval(func.pg_get_serial_sequence(row.__tablename__, "id"), newest)))


class _Town:
    def __init__(self, generator: random.Random, departments: list[str], articles: list[Article], at: datetime) -> None:
        self._random = generator
        self._departments = departments
        self._articles = articles
        self._at = at
        self._logins = [ADMINISTRATOR]

    def tables(self, size: Size) -> Iterator[tuple[Table, Iterator[dict[str, Any]]]]:
        """Every table with its rows, in an order that keeps foreign keys."""
        made = (
            (StaffRow, self._staff(size.staff)), (ArticleRow, self._article_rows()), (ArticleDraftRow, self._drafts()),
            (ArticleRevisionRow, self._revisions()), (ArticleTranslationRow, self._translations()),
            (ConversationRow, self._conversations(size.conversations)), (MessageRow, self._messages(size.conversations)),
            (HandoffRow, self._handoffs(size.handoffs, size.conversations)), (HandoffEventRow, self._events(size.handoffs)),
            (TaskRow, self._tasks(size.tasks)), (FindingRow, self._findings(size.tasks // 4)), (HealthRunRow, self._health()),
            (CannedReplyRow, self._canned()), (SynonymGroupRow, self._synonyms()), (ImportJobRow, self._imports()),
            (AuditRow, self._audit(size.audit)),
        )  # fmt: skip
        for row, rows in made:
            yield row.__table__, rows  # type: ignore[misc]

    def _when(self, days: float = 90) -> datetime:
        return self._at - timedelta(days=self._random.random() * days)

    def _staff(self, count: int) -> Iterator[dict[str, Any]]:
        hashed = passwords.hashed(PASSWORD)
        roles = list(Role)
        for number in range(count):
            login = self._logins[0] if number == 0 else f"staff{number:04}"
            role = Role.ADMINISTRATOR if number == 0 else self._random.choice(roles)
            if number:
                self._logins.append(login)
            yield {
                "id": number + 1, "municipality": CODE, "login": login, "name": f"職員 {number:04}", "role": role.value,
                "department": "" if number == 0 else self._random.choice(self._departments), "password_hash": hashed,
                "must_change_password": False, "active": number == 0 or self._random.random() > 0.1, "session_version": 1,
                "failed_logins": 0,
            }  # fmt: skip

    def _article_rows(self) -> Iterator[dict[str, Any]]:
        for number, article in enumerate(self._articles):
            state = State.PUBLISHED if number % 10 else State.EXPIRED
            yield {
                **{name: getattr(article, name) for name in _PLAIN}, "audience": article.audience.value,
                "alternatives": list(article.alternatives), "procedure": procedure_to_json(article.procedure), "state": state.value,
                "digest": article.digest, "text_digest": text_digest(article.title, article.body),
                "review_on": (self._at + timedelta(days=self._random.randint(-30, 365))).date(), "updated_at": self._when(365),
            }  # fmt: skip

    def _drafts(self) -> Iterator[dict[str, Any]]:
        states = ("draft", "draft", "review", "approved")
        for number, article in enumerate(self._articles[::6]):
            state = states[number % 4]
            by = self._random.choice(self._logins)
            yield {
                "municipality": CODE, "article": article.id, "content": to_json(article), "state": state, "edited_by": by,
                "base_digest": article.digest, "submitted_by": by if state != "draft" else "", "approved_by": "", "note": "",
                "submitted_at": self._when(10) if state != "draft" else None, "origin": {}, "updated_at": self._when(30),
                "publish_at": self._at + timedelta(days=9) if state == "approved" and number % 3 == 0 else None, "version": 1,
            }  # fmt: skip

    def _revisions(self) -> Iterator[dict[str, Any]]:
        for article in self._articles:
            for number in (1, 2, 3):
                yield {
                    "municipality": CODE, "article": article.id, "number": number, "content": to_json(article), "at": self._when(365),
                    "state": State.PUBLISHED.value, "edited_by": self._random.choice(self._logins), "approved_by": "", "note": "",
                }  # fmt: skip

    def _translations(self) -> Iterator[dict[str, Any]]:
        for article in self._articles[::3]:
            for language in ("yasashii", "en", "vi"):
                approved = self._random.random() < 0.7
                fits = self._random.random() < 0.9
                yield {
                    "municipality": CODE, "article": article.id, "language": language, "title": article.title, "body": article.body,
                    "of_digest": text_digest(article.title, article.body) if fits else "0" * 64, "edited_by": "staff0001",
                    "approved_by": ADMINISTRATOR if approved else "", "approved_at": self._when() if approved else None,
                    "updated_at": self._when(), "version": 1,
                }  # fmt: skip

    def _conversations(self, count: int) -> Iterator[dict[str, Any]]:
        for number in range(count):
            at = self._at - timedelta(days=90 * (1 - number / count))
            language = self._random.choice(("ja", "ja", "ja", "ja", "en", "yasashii"))
            yield {
                "id": _conversation(number), "municipality": CODE, "channel": "web", "language": language, "created_at": at,
                "last_at": at + timedelta(minutes=5),
            }  # fmt: skip

    def _messages(self, count: int) -> Iterator[dict[str, Any]]:
        """Two questions with their answers in every conversation."""
        for number in range(count):
            at = self._at - timedelta(days=90 * (1 - number / count))
            for turn in range(2):
                article = self._random.choice(self._articles)
                question = 4 * number + 2 * turn + 1
                common = {"municipality": CODE, "conversation": _conversation(number), "created_at": at + timedelta(minutes=turn)}
                yield {**common, "id": question, "role": "resident", "text": article.title, **_NOTHING}
                judged = self._random.choice((None, None, None, True, False))
                answer = _answer(article, self._random.choice(("answered", "answered", "answered", "unsure", "asked_back")))
                yield {
                    **common, "id": question + 1, "role": "desk", "text": answer["answer"], **_NOTHING, "answer": answer,
                    "reply_to": question, "resolved": judged,
                }  # fmt: skip

    def _handoffs(self, count: int, conversations: int) -> Iterator[dict[str, Any]]:
        """The newest one in eighty is still open, as after a busy night."""
        for number in range(count):
            at = self._at - timedelta(days=90 * (1 - number / count))
            open_now = number >= count - max(10, count // 80)
            state = ("queued" if number % 4 else "taken") if open_now else ("expired" if number % 20 == 0 else "resolved")
            yield {
                "id": number + 1, "municipality": CODE, "conversation": _conversation(number * conversations // count),
                "receipt": f"M-{number:06}", "department": self._random.choice(self._departments), "state": state, "requested_at": at,
                "promised_by": at + timedelta(minutes=30), "taken_by": None if state == "queued" else 1 + number % len(self._logins),
                "taken_at": None if state == "queued" else at + timedelta(minutes=9),
                "closed_at": None if open_now else at + timedelta(minutes=30), "rating": self._random.choice((None, 3, 4, 5)),
                "mailed_message": 0, "version": 1,
            }  # fmt: skip

    def _events(self, handoffs: int) -> Iterator[dict[str, Any]]:
        for number in range(handoffs):
            for before, after in ((None, "requested"), ("requested", "queued"), ("queued", "taken")):
                yield {"municipality": CODE, "handoff": number + 1, "from_state": before, "to_state": after, "at": self._when()}

    def _tasks(self, count: int) -> Iterator[dict[str, Any]]:
        for number in range(count):
            article = self._random.choice(self._articles)
            closed = number % 10 != 0
            at = self._when(60)
            yield {
                "id": number + 1, "municipality": CODE, "kind": TASK_KINDS[number % len(TASK_KINDS)], "key": f"measured-{number}",
                "title": article.title[:300], "article": article.id, "department": self._random.choice(self._departments), "count": 1,
                "detail": {}, "owner": self._random.randint(1, len(self._logins)) if number % 3 else None,
                "state": "closed" if closed else "open", "resolution": "直しました" if closed else "", "created_at": at,
                "updated_at": at, "closed_at": at + timedelta(days=1) if closed else None, "closed_by": "staff0001" if closed else "",
                "version": 1,
            }  # fmt: skip

    def _findings(self, count: int) -> Iterator[dict[str, Any]]:
        for number in range(count):
            article, other = self._random.choice(self._articles), self._random.choice(self._articles)
            yield {
                "municipality": CODE, "kind": FINDING_KINDS[number % len(FINDING_KINDS)], "key": f"measured-{number}", "article": article.id,
                "other": other.id, "department": article.department, "rank": self._random.random(),
                "detail": _DETAIL | {"other_title": other.title},
                "first_at": self._when(30),
            }  # fmt: skip

    def _health(self) -> Iterator[dict[str, Any]]:
        yield {"municipality": CODE, "started_at": self._at, "finished_at": self._at, "seconds": 9.0, "counts": {}, "note": ""}

    def _canned(self) -> Iterator[dict[str, Any]]:
        for number in range(300):
            text = "お問い合わせありがとうございます。受付番号は{receipt}です。"
            yield {
                "municipality": CODE, "title": f"定型文 {number:03}", "text": text, "department": self._random.choice(["", *self._departments]),
                "changed_by": "staff0001", "changed_at": self._when(), "version": 1,
            }  # fmt: skip

    def _synonyms(self) -> Iterator[dict[str, Any]]:
        for number in range(1_000):
            words = [f"町の言葉{number}その{k}" for k in range(3)]
            yield {
                "municipality": CODE, "official": f"役所の言葉{number}", "words": words, "note": "", "active": True,
                "changed_by": "staff0001", "changed_at": self._when(), "version": 1,
            }  # fmt: skip

    def _imports(self) -> Iterator[dict[str, Any]]:
        for number in range(200):
            yield {
                "municipality": CODE, "name": f"よくある質問{number}.csv", "format": "csv", "state": "applied", "original": b"", "plan": {},
                "report": {}, "progress": "", "by": "staff0001", "at": self._when(365), "changed_at": self._when(300), "version": 1,
            }  # fmt: skip

    def _audit(self, count: int) -> Iterator[dict[str, Any]]:
        previous = audit_trail.BEGINNING
        for number in range(count):
            at = self._at - timedelta(days=365 * (1 - number / count))
            actor, action = self._random.choice(self._logins), self._random.choice(ACTIONS)
            detail = {"handoff": number}
            chained = audit_trail.hash_of(previous, CODE, number + 1, at, actor, action, detail)
            yield {
                "municipality": CODE, "at": at, "actor": actor, "action": action, "detail": detail, "sequence": number + 1,
                "previous": previous, "hash": chained,
            }  # fmt: skip
            previous = chained


_PLAIN = (
    "municipality", "id", "title", "body", "category", "department", "language", "source_url", "valid_from", "valid_until",
    "last_checked", "owner",
)  # fmt: skip
_DETAIL: dict[str, Any] = {
    "review_on": "2026-10-01", "valid_until": "2026-12-31", "days": 30, "answers": 0, "found": 20, "judged": 9, "not_resolved": 7,
    "similarity": 0.97, "problem": "gone", "url": "https://www.city.midorino.example/gone.html", "status": 404, "of": "fee",
    "subject": "証明書", "way": "", "value": "300", "text": "手数料は300円です。", "other_value": "350", "other_text": "手数料は350円です。",
}  # fmt: skip
"""What the points of any kind of finding are made of (bot/console/finding_text.py)."""
_NOTHING: dict[str, Any] = {
    "answer": None, "client_message_id": None, "reply_to": None, "staff": None, "resolved": None, "feedback_comment": None,
}  # fmt: skip


def _conversation(number: int) -> str:
    return f"measured-conversation-{number:07}"


def _answer(article: Article, status: str) -> dict[str, Any]:
    source = {
        "id": article.id,
        "title": article.title,
        "url": article.source_url,
        "department": article.department,
        "last_checked": "",
    }
    answered = status == "answered"
    topic = {
        "text": article.title, "status": status, "outcome": "answer" if answered else "hand_over", "answer": article.body[:300],
        "sections": [], "facts": [], "sources": [source] if answered else [], "choices": [], "contact": None, "facet": None,
        "probability": 0.9, "ranking": [article.id], "worked_out": [], "language": "ja",
    }  # fmt: skip
    return {
        "question": article.title, "status": status, "outcome": topic["outcome"], "answer": article.body[:300], "language": "ja",
        "topics": [topic], "sources": topic["sources"], "choices": [], "contact": None, "masked": [], "notices": [], "emergency": None,
        "handoff_offered": not answered, "probability": 0.9, "ranking": [article.id], "snapshot": "", "ms": {},
    }  # fmt: skip
