"""One e-mail over SMTP, as plain text. Headers cannot be injected: the policy refuses line breaks in them."""

from __future__ import annotations

import smtplib
import ssl
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as POLICY
from email.utils import format_datetime, localtime

from settings import Settings

TIMEOUT_SECONDS = 15.0
"""For each step of the exchange; a server that hangs must not hold up the other e-mails for long."""


class Refused(Exception):
    """The mail server will never take this e-mail: the address or the content is refused (reply 5xx)."""


@dataclass(frozen=True)
class Letter:
    """`town` is the name shown as the sender."""

    town: str
    recipient: str
    subject: str
    body: str
    message_id: str


def message(settings: Settings, letter: Letter) -> EmailMessage:
    """The e-mail with its headers. Raises ValueError on a header that holds a line break."""
    made = EmailMessage(policy=POLICY)
    user, _, domain = settings.mail_from.rpartition("@")
    made["From"] = Address(letter.town, user, domain)
    made["To"] = letter.recipient
    made["Subject"] = letter.subject
    made["Message-ID"] = letter.message_id
    made["Date"] = format_datetime(localtime())
    made["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office replies to it
    made.set_content(letter.body, charset="utf-8", cte="base64")
    return made


def deliver(settings: Settings, letter: Letter) -> None:
    """Hand the e-mail to the mail server. Raises Refused, OSError or smtplib.SMTPException."""
    made = message(settings, letter)
    try:
        with _connected(settings) as server:
            if settings.smtp_user:
                server.login(settings.smtp_user, settings.smtp_password)
            server.send_message(made, settings.mail_from, [letter.recipient])
    except smtplib.SMTPRecipientsRefused as error:
        code = next(iter(error.recipients.values()))[0]
        raise (Refused(f"SMTPRecipientsRefused {code}") if code >= 500 else error) from error
    except smtplib.SMTPDataError as error:
        raise (Refused(f"SMTPDataError {error.smtp_code}") if error.smtp_code >= 500 else error) from error


def reason(error: Exception) -> str:
    """What went wrong in a word and a number; never an address or the server's own text, which may hold one."""
    if isinstance(error, Refused):
        return str(error)
    code = getattr(error, "smtp_code", "") or getattr(error, "errno", "") or ""
    return f"{type(error).__name__} {code}".strip()


def _connected(settings: Settings) -> smtplib.SMTP:
    host, port = settings.smtp_host, settings.smtp_port
    if settings.smtp_security == "tls":
        return smtplib.SMTP_SSL(host, port, timeout=TIMEOUT_SECONDS, context=ssl.create_default_context())
    server = smtplib.SMTP(host, port, timeout=TIMEOUT_SECONDS)
    if settings.smtp_security == "starttls":
        try:
            server.starttls(context=ssl.create_default_context())
        except Exception:
            server.close()
            raise
    return server
