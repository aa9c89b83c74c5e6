"""The administrator's page of staff accounts: made, reset, closed."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy import select
from sqlalchemy.orm import Session

import account_changes
import authentication
from accounts import Role
from authentication import AccountRefused, Member
from bot import handoff
from bot.console.access import roles
from bot.handoff import State
from bot.tables import HandoffRow
from bot.town import load_town
from database import Database, now
from settings import Settings


class Accounts:
    def __init__(self, database: Database, settings: Settings) -> None:
        self._database = database
        self._settings = settings

    @roles()
    def accounts(self) -> ResponseReturnValue:
        if request.method == "GET":
            return self._page(done=request.args.get("done", ""))
        form = {name: request.form.get(name, "").strip() for name in ("login", "name", "role", "department", "email")}
        if form["role"] not in set(Role):
            return self._page(error="account_bad_role", form=form), 422
        try:
            email = account_changes.plain_email(form["email"])
            account_changes.check_email(email)
            with self._database.write() as session:
                me: Member = current_user
                made = (form["login"], form["name"], Role(form["role"]), form["department"])
                password = authentication.create_staff(session, me.municipality, *made, actor=me.login, email=email)
        except AccountRefused as refused:
            return self._page(error=f"account_{refused.reason}", form=form), 422
        return self._page(password=password, password_of=form["name"])

    @roles()
    def reset(self, staff: int) -> ResponseReturnValue:
        me: Member = current_user
        if staff == me.id:
            return self._page(error="account_own_password"), 422
        try:
            with self._database.write() as session:
                password = authentication.reset_password(session, me.municipality, staff, me.login)
                name = authentication.find(session, me.municipality, staff).name
        except AccountRefused as refused:
            return self._refused(refused)
        return self._page(password=password, password_of=name)

    @roles()
    def deactivate(self, staff: int) -> ResponseReturnValue:
        me: Member = current_user
        if staff == me.id:
            return self._page(error="account_own"), 422
        try:
            with self._database.write() as session:
                # First: conversations are locked before anything else, so that two writers never wait for each other.
                give_back_all(session, me, staff)
                authentication.deactivate(session, me.municipality, staff, me.login)
        except AccountRefused as refused:
            return self._refused(refused)
        return redirect(url_for("console.accounts", done="deactivated"))

    def _refused(self, refused: AccountRefused) -> ResponseReturnValue:
        if refused.reason == "unknown":
            abort(404)
        return self._page(error=f"account_{refused.reason}"), 422

    def _page(self, **about: Any) -> str:
        with self._database.read() as session:
            town = load_town(session, current_user.municipality)
            staff = authentication.staff_of(session, current_user.municipality)
        at = now()
        return render_template(
            "console/accounts.html",
            staff=staff,
            locked={row.id for row in staff if row.locked_until is not None and row.locked_until > at},
            departments=town.departments,
            department_names={department.key: department.name for department in town.departments},
            all_roles=list(Role),
            **{"form": {}, **about},
        )


def give_back_all(session: Session, me: Member, staff: int) -> None:
    """What a leaving colleague had taken waits again, so that no resident is forgotten."""
    query = select(HandoffRow.id).where(
        HandoffRow.municipality == me.municipality, HandoffRow.taken_by == staff, HandoffRow.state == State.TAKEN
    )
    for taken in session.scalars(query.order_by(HandoffRow.conversation)).all():
        handoff.give_back(session, taken, me.id)
        authentication.audit(session, me.municipality, me.login, "handoff.given_back", {"handoff": taken, "from": staff})


def register(blueprint: Blueprint, accounts: Accounts) -> None:
    """Add the views."""
    one = "/accounts/<int(max=2147483647):staff>"
    blueprint.add_url_rule("/accounts", "accounts", accounts.accounts, methods=["GET", "POST"])
    blueprint.add_url_rule(f"{one}/reset", "reset", accounts.reset, methods=["POST"])
    blueprint.add_url_rule(f"{one}/deactivate", "deactivate", accounts.deactivate, methods=["POST"])
