"""What a resident is told about a hand-over at this moment: who has it, until when, and what to do if it is urgent."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot import opening_hours
from bot.tables import HandoffRow
from bot.town import Town
from bot.wording import say
from knowledge.articles import Department


def tell(row: HandoffRow, town: Town, at: datetime, language: str) -> str:
    """The message of a hand-over; `at` is aware and in the municipality's time zone."""
    department = town.counter(row.department)
    call = call_sentence(department, language)
    match row.state:
        case "requested":
            parts = [say("handoff.requested", language), _receipt(row, language), call]
        case "queued":
            parts = [*_queued(row, town, department, at, language), _receipt(row, language)]
        case "taken" if row.escalated_at is not None:  # taken, and the reply is late all the same
            parts = [say("handoff.taken_late", language, department=department.name), call, _receipt(row, language)]
        case "taken":
            parts = [say("handoff.taken", language, department=department.name), _receipt(row, language)]
        case "resolved":
            parts = [say("handoff.resolved", language)]
        case _:
            parts = [say("handoff.expired", language, receipt=row.receipt), call]
    return joined(parts, language)


def call_sentence(department: Department, language: str) -> str:
    """Whom to call when it is urgent; empty when the department has no phone."""
    if not department.phone:
        return ""
    return say("handoff.call", language, department=department.name, phone=department.phone)


def joined(parts: Sequence[str], language: str) -> str:
    """Sentences one after another, with a space between them where the language has one."""
    return (" " if language == "en" else "").join(part for part in parts if part)


def _queued(row: HandoffRow, town: Town, department: Department, at: datetime, language: str) -> list[str]:
    name = department.name
    contact = say("handoff.contact_kept", language) if row.contact else ""
    if row.promised_by is None:
        return [say("handoff.queued_unknown", language, department=name), contact, call_sentence(department, language)]
    if row.promised_by < at:
        return [say("handoff.queued_late", language, department=name), contact, call_sentence(department, language)]
    promised = opening_hours.describe_moment(row.promised_by.astimezone(at.tzinfo), at, language)
    opening = opening_hours.next_opening(department, town.municipality, at)
    if opening is None or opening_hours.is_open(department, town.municipality, at):
        return [say("handoff.queued_open", language, department=name, promised=promised), contact]
    opens = opening_hours.describe_moment(opening, at, language)
    text = say("handoff.queued_closed", language, department=name, opening=opens, promised=promised)
    return [text, contact or say("handoff.offer_contact", language)]


def _receipt(row: HandoffRow, language: str) -> str:
    return say("handoff.receipt", language, receipt=row.receipt)
