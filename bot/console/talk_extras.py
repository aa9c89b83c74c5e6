"""What stands around a conversation on the page of a hand-over: notes, e-mails, colleagues, presence, what it taught."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts import Role, StaffRow
from authentication import Member
from bot import conversations, handoff, handoff_notes, letters, mail, opening_hours, presence
from bot.answer import Source
from bot.console.lessons_link import editor_of
from bot.console.pages import language, t
from bot.console.queue_view import staff_names
from bot.console.reply_box import Ready, ready_replies
from bot.handoff import State
from bot.tables import HandoffRow
from bot.town import Town, load_town
from knowledge.tables import ArticleRow
from settings import Settings


@dataclass(frozen=True)
class Note:
    who: str
    at: str
    text: str


@dataclass(frozen=True)
class Letter:
    """An e-mail to the resident. `state`: waiting, sent, failed or settled; `error` a code for the engineer."""

    id: int
    what: str
    state: str
    at: str
    error: str


@dataclass(frozen=True)
class Colleague:
    id: int
    label: str


@dataclass(frozen=True)
class Extras:
    """`by_mail`: the resident gets replies by e-mail too. `editor`: where the article that came of it is written."""

    notes: tuple[Note, ...] = ()
    letters: tuple[Letter, ...] = ()
    colleagues: tuple[Colleague, ...] = ()
    ready: tuple[Ready, ...] = ()
    offered_to: str = ""
    offered_to_me: bool = False
    typing: bool = False
    read: int = 0
    rating: int | None = None
    rating_comment: str = ""
    by_mail: bool = False
    article: str = ""
    article_title: str = ""
    editor: str = ""
    cited: tuple[Source, ...] = ()

    @property
    def failed(self) -> int:
        return sum(letter.state == mail.FAILED for letter in self.letters)


def load_extras(session: Session, row: HandoffRow, member: Member, at: datetime, settings: Settings) -> Extras:
    """`at` is local."""
    town = load_town(session, row.municipality)
    names = staff_names(session, row.municipality)
    asked = handoff.offered(row, at)
    seen = presence.of(session, row.conversation, presence.RESIDENT, at)
    written = session.get(ArticleRow, (row.municipality, row.article)) if row.article else None
    open_now = row.state in (State.QUEUED, State.TAKEN)
    return Extras(
        notes=tuple(
            Note(names.get(note.staff, ""), _moment(note.at, at), note.text) for note in handoff_notes.of_handoff(session, row.id)
        ),
        letters=_letters(session, row, at),
        colleagues=_colleagues(session, row, town) if row.state == State.TAKEN else (),
        ready=ready_replies(session, row, member, town) if row.taken_by == member.id and open_now else (),
        offered_to=names.get(asked, "") if asked is not None else "",
        offered_to_me=asked == member.id,
        typing=seen.typing,
        read=seen.read,
        rating=row.rating,
        rating_comment=row.rating_comment or "",
        by_mail=letters.possible(settings, row),
        article=row.article or "",
        article_title=written.title if written is not None else "",
        editor=editor_of(row.article, member) if row.article else "",
        cited=_cited(session, row) if row.state == State.RESOLVED and not row.article else (),
    )


def _letters(session: Session, row: HandoffRow, at: datetime) -> tuple[Letter, ...]:
    return tuple(
        Letter(
            id=letter.id,
            what=t(f"staff_inbox.letter_{letter.key.partition(':')[0]}"),
            state=letter.state,
            at=_moment(letter.sent_at or letter.created_at, at),
            error=letter.error,
        )
        for letter in mail.of_handoff(session, row.id)
    )


def _colleagues(session: Session, row: HandoffRow, town: Town) -> tuple[Colleague, ...]:
    """Who can take it over: open accounts of agents and administrators, the own department first."""
    query = select(StaffRow).where(StaffRow.municipality == row.municipality, StaffRow.active)
    query = query.where(StaffRow.role.in_((Role.AGENT, Role.ADMINISTRATOR)), StaffRow.id != row.taken_by)
    staff: Sequence[StaffRow] = session.scalars(query.order_by(StaffRow.department, StaffRow.name)).all()
    ordered = sorted(staff, key=lambda member: member.department != row.department)
    return tuple(Colleague(member.id, _label(member, town)) for member in ordered)


def _label(member: StaffRow, town: Town) -> str:
    department = town.find(member.department)
    return t("staff_inbox.colleague", name=member.name, department=department.name) if department else member.name


def _cited(session: Session, row: HandoffRow) -> tuple[Source, ...]:
    """The municipality's own articles that the desk or staff named in the conversation."""
    found: dict[str, str] = {}
    for message in conversations.messages(session, row.conversation):
        sources: Sequence[Mapping[str, str]] = (message.answer or {}).get("sources", [])
        found.update({source["id"]: source["title"] for source in sources})
    query = select(ArticleRow.id).where(ArticleRow.municipality == row.municipality, ArticleRow.id.in_(found))
    own = set(session.scalars(query))
    return tuple(Source(one, title) for one, title in found.items() if one in own)


def _moment(moment: datetime, at: datetime) -> str:
    return opening_hours.describe_moment(moment.astimezone(at.tzinfo), at, language())
