"""The administrators' page of the audit trail: searched, exported, and its chain verified."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from werkzeug.datastructures import MultiDict

import audit_trail
import authentication
from accounts import AuditRow
from authentication import Member
from bot import audit_search
from bot.audit_search import Cursor, Wanted
from bot.console import audit_words
from bot.console.access import roles
from bot.console.pages import t
from database import Database, now
from settings import Settings

VERIFIED = "audit.verified"
FILTERS = ("actor", "action", "since", "until", "words")
_LONGEST = 100
_COLUMNS = ("sequence", "at", "actor", "action", "code", "detail", "hash")


class AuditPages:
    def __init__(self, database: Database, settings: Settings) -> None:
        self._database = database
        self._zone = settings.zone

    @roles()
    def audit(self) -> ResponseReturnValue:
        typed = _typed(request.args)
        wanted, wrong = self._wanted(typed)
        if wrong:
            return self._page(typed, Wanted(), None, error="staff_audit.bad_date"), 422
        return self._page(typed, wanted, Cursor.read(request.args.get("before", "")), done=request.args.get("done", ""))

    @roles()
    def export(self) -> ResponseReturnValue:
        me: Member = current_user._get_current_object()
        typed = _typed(request.form)
        wanted, wrong = self._wanted(typed)
        if wrong:
            return self._page(typed, Wanted(), None, error="staff_audit.bad_date"), 422
        kind = "jsonl" if request.form.get("format") == "jsonl" else "csv"
        rows = audit_search.everything(self._database, me.municipality, wanted)
        lines = _jsonl(rows) if kind == "jsonl" else self._csv(rows, *_said())
        with self._database.write() as session:
            asked = {name: value for name, value in typed.items() if value}
            authentication.audit(session, me.municipality, me.login, "audit.exported", {"format": kind, **asked})
        name = f"audit-{me.municipality}-{now().astimezone(self._zone):%Y%m%d-%H%M}.{kind}"
        answer = Response(lines, mimetype="text/csv" if kind == "csv" else "application/jsonl")
        answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
        return answer

    @roles()
    def verify(self) -> ResponseReturnValue:
        me: Member = current_user._get_current_object()
        with self._database.read() as session:
            verdict = audit_trail.verify(session, me.municipality)
        found: dict[str, Any] = {"entries": verdict.entries, "before": verdict.before, "head": verdict.head.hash}
        if verdict.broken is not None:
            found |= {"broken": verdict.broken.reason, "broken_at": verdict.broken.sequence or verdict.broken.id}
        with self._database.write() as session:
            authentication.audit(session, me.municipality, me.login, VERIFIED, {"sound": verdict.sound, **found})
        return redirect(url_for("console.audit", done="verified", _anchor="chain"), 303)

    def _page(self, typed: dict[str, str], wanted: Wanted, before: Cursor | None, **about: Any) -> str:
        me: Member = current_user._get_current_object()
        with self._database.read() as session:
            found = audit_search.search(session, me.municipality, wanted, before)
            staff = authentication.staff_of(session, me.municipality)
            head = audit_trail.head(session, me.municipality)
            checked = audit_search.latest(session, me.municipality, VERIFIED)
        names = audit_words.Names.of(staff)
        asked = {name: value for name, value in typed.items() if value}
        return render_template(
            "console/audit.html",
            entries=[audit_words.entry(row, names, self._zone) for row in found.rows],
            older=_page_of({**asked, "before": str(found.older)}) if found.older else "",
            older_than=found.older.at.astimezone(self._zone) if found.older else None,
            cut=found.cut,
            newest=_page_of(asked) if before else "",
            typed=typed,
            staff=staff,
            actions=audit_words.actions(),
            others=audit_words.OTHER_ACTORS,
            head=head,
            checked=checked,
            checked_at=checked.at.astimezone(self._zone) if checked else None,
            **about,
        )

    def _wanted(self, typed: dict[str, str]) -> tuple[Wanted, bool]:
        """What the form asks for, and whether a date in it is none."""
        try:
            since = self._midnight(typed["since"])
            until = self._midnight(typed["until"], days=1)
        except (ValueError, OverflowError):
            return Wanted(), True
        return Wanted(typed["actor"], typed["action"], since, until, typed["words"]), False

    def _midnight(self, day: str, days: int = 0) -> datetime | None:
        if not day:
            return None
        found = date.fromisoformat(day) + timedelta(days=days)
        return datetime(found.year, found.month, found.day, tzinfo=self._zone)

    def _csv(self, rows: Iterator[AuditRow], heads: list[str], words: dict[str, str]) -> Iterator[str]:
        yield "\ufeff" + _csv_line(heads)
        for row in rows:
            at = row.at.astimezone(self._zone).isoformat(timespec="seconds")
            detail = json.dumps(row.detail, ensure_ascii=False) if row.detail else ""
            named = words.get(row.action, row.action)
            yield _csv_line([str(row.sequence or ""), at, row.actor, named, row.action, detail, row.hash])


def _page_of(asked: dict[str, str]) -> str:
    return url_for("console.audit") + (f"?{urlencode(asked)}" if asked else "")


def _said() -> tuple[list[str], dict[str, str]]:
    """Heads of the columns and texts of the actions; before streaming, which knows the reader's language no longer."""
    return [t(f"staff_audit.column_{name}") for name in _COLUMNS], {c: w for _, group in audit_words.actions() for c, w in group}


def _typed(form: MultiDict[str, str]) -> dict[str, str]:
    return {name: form.get(name, "").replace("\0", "").strip()[:_LONGEST] for name in FILTERS}


def _csv_line(cells: list[str]) -> str:
    line = io.StringIO()
    csv.writer(line).writerow([_guarded(cell) for cell in cells])
    return line.getvalue()


def _guarded(cell: str) -> str:
    # A cell that begins so is a formula to a spreadsheet (OWASP, CSV injection).
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")) else cell


def _jsonl(rows: Iterator[AuditRow]) -> Iterator[str]:
    """One entry a line with everything its hash is made from, in the order of the trail."""
    for row in rows:
        fields = {"municipality": row.municipality, "sequence": row.sequence, "at": row.at.isoformat(timespec="microseconds")}
        content = {"actor": row.actor, "action": row.action, "detail": row.detail, "previous": row.previous, "hash": row.hash}
        yield json.dumps({**fields, **content}, ensure_ascii=False) + "\n"


def register(blueprint: Blueprint, audit: AuditPages) -> None:
    """Add the views."""
    blueprint.add_url_rule("/audit", "audit", audit.audit)
    blueprint.add_url_rule("/audit/export", "audit_export", audit.export, methods=["POST"])
    blueprint.add_url_rule("/audit/verify", "audit_verify", audit.verify, methods=["POST"])
