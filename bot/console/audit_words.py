"""The audit trail in words: what an action is called, who the actor was, what the detail says."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from accounts import AuditRow, Role, StaffRow
from bot import wording
from bot.console.pages import t

OTHER_ACTORS = {
    "system": "actor_system",
    "command line": "actor_command_line",
    "resident": "actor_resident",
    "unknown": "actor_unknown",
}
"""Actors that are no member of staff, with their texts."""

_SUBJECT = "staff_audit"
_ACTION = "action."
_MOST_ITEMS = 20


@dataclass(frozen=True)
class Names:
    """How the staff of a municipality are called, also those who have left."""

    by_login: Mapping[str, str]
    by_id: Mapping[int, str]

    @classmethod
    def of(cls, staff: Sequence[StaffRow]) -> Names:
        return cls({row.login: row.name for row in staff}, {row.id: row.name for row in staff})


@dataclass(frozen=True)
class Entry:
    """An entry as the page shows it; `login` is empty for actors that are no member of staff."""

    sequence: int | None
    at: datetime
    actor: str
    login: str
    action: str
    code: str
    detail: tuple[tuple[str, str], ...]
    hash: str


def entry(row: AuditRow, names: Names, zone: ZoneInfo) -> Entry:
    other = OTHER_ACTORS.get(row.actor)
    return Entry(
        sequence=row.sequence,
        at=row.at.astimezone(zone),
        actor=t(f"{_SUBJECT}.{other}") if other else names.by_login.get(row.actor, row.actor),
        login="" if other else row.actor,
        action=action(row.action),
        code=row.action,
        detail=tuple((_label(key), _value(key, value, names)) for key, value in row.detail.items()),
        hash=row.hash,
    )


def action(code: str) -> str:
    """What an action is called; one that has no text is shown as it is."""
    entry = _ACTION + code
    return t(f"{_SUBJECT}.{entry}") if entry in wording.entries(_SUBJECT) else code


def actions() -> list[tuple[str, list[tuple[str, str]]]]:
    """Every action that has a text, by subject: (text of the subject, [(action, text)]), for the choice in the form."""
    groups: dict[str, list[tuple[str, str]]] = {}
    for name in wording.entries(_SUBJECT):
        if name.startswith(_ACTION):
            code = name.removeprefix(_ACTION)
            groups.setdefault(code.partition(".")[0], []).append((code, t(f"{_SUBJECT}.{name}")))
    return [(t(f"{_SUBJECT}.subject.{subject}"), found) for subject, found in groups.items()]


def _label(key: str) -> str:
    entry = f"detail.{key}"
    return t(f"{_SUBJECT}.{entry}") if entry in wording.entries(_SUBJECT) else key


def _value(key: str, value: Any, names: Names) -> str:
    if key in ("staff", "from", "to", "owner") and isinstance(value, int) and value in names.by_id:
        return names.by_id[value]
    if key in ("role", "role_before") and value in set(Role):
        return t(f"role_{value}")
    if isinstance(value, str) and f"value.{value}" in wording.entries(_SUBJECT):
        return t(f"{_SUBJECT}.value.{value}")
    if isinstance(value, bool):
        return t(f"{_SUBJECT}.{'yes' if value else 'no'}")
    if isinstance(value, list):
        value = [_label(one) for one in value] if key == "changed" else value
        shown = "、".join(_plain(one) for one in value[:_MOST_ITEMS])
        more = len(value) - _MOST_ITEMS
        return shown if more <= 0 else t(f"{_SUBJECT}.and_more", shown=shown, count=more)
    return _plain(value)


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
