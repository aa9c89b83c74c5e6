"""The e-mails a resident gets about a hand-over, in the language of the conversation; stored in the caller's transaction.

Nothing happens where no mail server is set or the resident left no e-mail address.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy.orm import Session

from bot import mail, opening_hours, resume
from bot.tables import ConversationRow, HandoffRow, MessageRow
from bot.town import Town, load_town
from bot.wording import say
from database import now
from settings import Settings

RULE = "─" * 20


def receipt(session: Session, settings: Settings, row: HandoffRow, talk: ConversationRow) -> bool:
    """Confirm the request: receipt number, until when there will be a reply, and the resume link. Once for each address."""
    address = hashlib.sha256((row.contact or "").encode()).hexdigest()[:8]
    town = load_town(session, row.municipality)
    parts = [_say("receipt", talk, receipt=row.receipt, department=town.counter(row.department).name)]
    return _post(
        session, settings, row, talk, "receipt", f"receipt:{row.id}:{address}", [*parts, _promise(row, talk, town, settings)]
    )


def replies(session: Session, settings: Settings, row: HandoffRow, talk: ConversationRow, said: Sequence[MessageRow]) -> bool:
    """What staff wrote while the resident was away; each reply goes out once."""
    newest = max(message.id for message in said)
    parts = [_say("reply", talk, receipt=row.receipt, department=_department(session, row)), _quoted(said)]
    sent = _post(session, settings, row, talk, "reply", f"reply:{row.id}:{newest}", parts)
    row.mailed_message = max(row.mailed_message, newest)
    return sent


def closed(session: Session, settings: Settings, row: HandoffRow, talk: ConversationRow, unread: Sequence[MessageRow]) -> bool:
    """The hand-over is finished: what the resident has not read yet, and where to say how it was."""
    parts = [_say("closed", talk, receipt=row.receipt, department=_department(session, row))]
    if unread:
        parts += [_say("unread", talk), _quoted(unread)]
        row.mailed_message = max(row.mailed_message, *(message.id for message in unread))
    return _post(session, settings, row, talk, "closed", f"closed:{row.id}", [*parts, _say("rate", talk)])


def expired(session: Session, settings: Settings, row: HandoffRow, talk: ConversationRow) -> bool:
    """Nobody replied in time: an apology and whom to call."""
    parts = [_say("expired", talk, receipt=row.receipt, department=_department(session, row))]
    return _post(session, settings, row, talk, "expired", f"expired:{row.id}", parts)


def possible(settings: Settings, row: HandoffRow) -> bool:
    """Whether this resident can be written to."""
    return mail.configured(settings) and row.contact_kind == "email" and bool(row.contact)


def _post(
    session: Session, settings: Settings, row: HandoffRow, talk: ConversationRow, kind: str, key: str, parts: Sequence[str]
) -> bool:
    if not possible(settings, row):
        return False
    town = load_town(session, row.municipality)
    subject = _say(f"{kind}_subject", talk, municipality=town.municipality.name, receipt=row.receipt)
    opening = _say("opening", talk, municipality=town.municipality.name)
    link = _say("link", talk, link=resume.promise_link(row, settings))
    body = "\n\n".join([opening, *(part for part in parts if part), link, _foot(town, row, talk)])
    try:
        return mail.enqueue(session, row.municipality, key, row.contact or "", subject, f"{body}\n", handoff=row.id)
    except mail.BadRecipient:
        return False  # kept as staff see it: an address from before addresses were checked


def _foot(town: Town, row: HandoffRow, talk: ConversationRow) -> str:
    department = town.counter(row.department)
    hours = opening_hours.describe_hours(department, talk.language, town.municipality)
    phone = _say("phone", talk, phone=department.phone, hours=hours) if department.phone else ""
    return _say("foot", talk, department=department.name, phone=phone).replace("\n\n", "\n")


def _promise(row: HandoffRow, talk: ConversationRow, town: Town, settings: Settings) -> str:
    if row.state == "taken":
        return ""
    if row.promised_by is None or row.promised_by < now():
        return _say("promise_unknown", talk)
    promised = row.promised_by.astimezone(settings.zone)
    # Read on another day, 「本日」 would be wrong: the date is always named.
    moment = opening_hours.describe_moment(promised, promised - timedelta(days=1), talk.language)
    return _say("promise", talk, department=town.counter(row.department).name, promised=moment)


def _department(session: Session, row: HandoffRow) -> str:
    return load_town(session, row.municipality).counter(row.department).name


def _quoted(said: Sequence[MessageRow]) -> str:
    return "\n".join([RULE, *(f"{_with_sources(message)}\n{RULE}" for message in said)])


def _with_sources(message: MessageRow) -> str:
    pages = [f"{source['title']}\n{source['url']}".strip() for source in (message.answer or {}).get("sources", [])]
    return "\n\n".join([message.text, *pages])


def _say(entry: str, talk: ConversationRow, **slots: object) -> str:
    return say(f"handoff.mail_{entry}", talk.language, **slots)
