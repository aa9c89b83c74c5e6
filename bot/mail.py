"""The outbox: e-mails stored with the act that causes them and sent later by a thread of the server.

An e-mail is stored once for each `key`, in the caller's transaction: it exists exactly when the act does. It is sent at
least once; its Message-ID follows from the key, so that mail programs show a repeated one once.
"""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog
from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bot import smtp
from bot.logs import describe
from bot.resume import LINK, link_of
from bot.tables import HandoffRow, MailRow
from bot.town import load_town
from database import Database, now
from settings import Settings

log = structlog.get_logger()

WAITING, SENT, FAILED, SETTLED = "waiting", "sent", "failed", "settled"
LONGEST_SUBJECT = 200
LONGEST_BODY = 20_000
"""Characters; several long replies of staff with the words around them."""
MOST_A_DAY = 30
"""E-mails about hand-overs that one address gets within 24 hours: the desk must not be used to flood somebody."""
MOST_ATTEMPTS = 10
FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=4)
"""Pauses double from one minute on; ten attempts last about eight hours."""
LEASE = timedelta(minutes=3)
"""A process that has taken an e-mail and says nothing for so long has died, and another one sends it."""
BATCH = 20
CHECK_SECONDS = 5.0

_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})+")
_BREAKS = re.compile(r"[\x00-\x1f\x7f\u0085\u2028\u2029]+")
_UNSENDABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


class BadRecipient(ValueError):
    """The address is none an e-mail can be sent to."""


def configured(settings: Settings) -> bool:
    """Whether this installation sends e-mails."""
    return bool(settings.smtp_host)


def enqueue(
    session: Session, municipality: str, key: str, recipient: str, subject: str, body: str, handoff: int | None = None
) -> bool:
    """Store an e-mail to be sent after the caller's transaction; False when there is one of this key already.

    `LINK` in the body becomes the resume link of the hand-over when it is sent. Raises BadRecipient.
    """
    if len(recipient) > 254 or not _ADDRESS.fullmatch(recipient):
        raise BadRecipient
    if find(session, key) is not None:
        return False
    row = MailRow(municipality=municipality, key=key, recipient=recipient, handoff=handoff)
    row.subject = _BREAKS.sub(" ", _UNSENDABLE.sub("", subject)).strip()[:LONGEST_SUBJECT]
    row.body = _UNSENDABLE.sub("", body)[:LONGEST_BODY]
    if handoff is not None and _recent(session, recipient) >= MOST_A_DAY:
        row.state, row.error = FAILED, "limit"
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError:
        return False  # another process stored it at the same moment
    return True


def find(session: Session, key: str) -> MailRow | None:
    """The e-mail of this key."""
    return session.scalar(select(MailRow).where(MailRow.key == key))


def of_handoff(session: Session, handoff: int) -> list[MailRow]:
    """The e-mails about a hand-over, oldest first."""
    return list(session.scalars(select(MailRow).where(MailRow.handoff == handoff).order_by(MailRow.id)))


def send_again(row: MailRow, at: datetime) -> None:
    """Let an e-mail that failed be tried anew, at once."""
    row.state, row.attempts, row.next_at, row.error = WAITING, 0, at, ""


def send_due(database: Database, settings: Settings, at: datetime, deliver: Callable[..., None] = smtp.deliver) -> int:
    """Send what is due, at most a batch; how many were sent. A failure is noted and tried again later."""
    if not configured(settings):
        return 0
    with database.read() as session:
        query = select(MailRow.id, MailRow.attempts).where(MailRow.state == WAITING, MailRow.next_at <= at)
        due = session.execute(query.order_by(MailRow.next_at, MailRow.id).limit(BATCH)).all()
    return sum(_send(database, settings, mail, attempts, at, deliver) for mail, attempts in due)


def start_thread(database: Database, settings: Settings, stop: threading.Event | None = None) -> threading.Thread | None:
    """Send what is due every few seconds until `stop` is set; None where no mail server is set."""
    if not configured(settings):
        return None
    stopping = stop or threading.Event()

    def run() -> None:
        while not stopping.wait(CHECK_SECONDS):
            try:
                send_due(database, settings, now())
            except Exception as error:  # the next round tries again
                log.error("outbox failed", **describe(error))

    thread = threading.Thread(target=run, name="mail", daemon=True)
    thread.start()
    return thread


def message_id(key: str, settings: Settings) -> str:
    """The same for the same e-mail, however often it is sent; RFC 5322 section 3.6.4."""
    return f"<{hashlib.sha256(key.encode()).hexdigest()[:40]}@{settings.mail_from.rpartition('@')[2]}>"


def _send(database: Database, settings: Settings, mail: int, attempts: int, at: datetime, deliver: Callable[..., None]) -> bool:
    letter = _taken(database, settings, mail, attempts, at)
    if letter is None:
        return False  # another process has it
    try:
        deliver(settings, letter)
    except Exception as error:
        permanent = isinstance(error, smtp.Refused)
        log.error("mail not sent", mail=mail, attempts=attempts + 1, permanent=permanent, reason=smtp.reason(error))
        _note(database, mail, attempts + 1, at, smtp.reason(error), permanent)
        return False
    with database.write() as session:
        session.execute(update(MailRow).where(MailRow.id == mail).values(state=SENT, sent_at=at, error=""))
    return True


def _taken(database: Database, settings: Settings, mail: int, attempts: int, at: datetime) -> smtp.Letter | None:
    """Claim an e-mail for this process, for as long as the lease lasts."""
    with database.write() as session:
        claim = update(MailRow).where(MailRow.id == mail, MailRow.state == WAITING, MailRow.attempts == attempts)
        if session.connection().execute(claim.values(attempts=attempts + 1, next_at=at + LEASE)).rowcount != 1:
            return None
        row = session.get_one(MailRow, mail)
        body = row.body
        if LINK in body and row.handoff is not None:
            body = body.replace(LINK, link_of(session.get_one(HandoffRow, row.handoff), settings))
        town = load_town(session, row.municipality).municipality.name
        return smtp.Letter(town, row.recipient, row.subject, body, message_id(row.key, settings))


def _note(database: Database, mail: int, attempts: int, at: datetime, reason: str, permanent: bool) -> None:
    given_up = permanent or attempts >= MOST_ATTEMPTS
    pause = min(FIRST_PAUSE * 2 ** (attempts - 1), LONGEST_PAUSE)
    values = {"state": FAILED if given_up else WAITING, "next_at": at + pause, "error": reason[:300]}
    with database.write() as session:
        session.execute(update(MailRow).where(MailRow.id == mail).values(**values))


def _recent(session: Session, recipient: str) -> int:
    query = select(func.count()).select_from(MailRow)
    return session.scalar(query.where(MailRow.recipient == recipient, MailRow.created_at > now() - timedelta(days=1))) or 0
