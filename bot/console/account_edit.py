"""The administrator's page of one account: name, role, department, e-mail, second factor, single sign-on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy.orm import Session

import account_changes
import authentication
import second_factor
from account_changes import Details, StaleAccount
from accounts import Role, StaffRow
from authentication import AccountRefused, Member
from bot.console import pages
from bot.console.access import enter, roles
from bot.console.staff_accounts import give_back_all
from bot.town import load_town
from database import Database

FIELDS = ("name", "role", "department", "email")


class AccountEdit:
    def __init__(self, database: Database) -> None:
        self._database = database

    @roles()
    def edit(self, staff: int) -> ResponseReturnValue:
        if request.method == "GET":
            return self._page(staff, done=request.args.get("done", ""))
        me: Member = current_user._get_current_object()
        form = {name: request.form.get(name, "").strip() for name in FIELDS}
        if form["role"] not in set(Role):
            return self._page(staff, error="account_bad_role", form=form), 422
        new = Details(form["name"], Role(form["role"]), form["department"], account_changes.plain_email(form["email"]))
        if staff == me.id and new.role != me.role:
            return self._page(staff, error="account_own_role", form=form), 422
        try:
            with self._database.write() as session:
                # First: conversations are locked before anything else, so that two writers never wait for each other.
                if new.role not in (Role.AGENT, Role.ADMINISTRATOR):
                    give_back_all(session, me, staff)
                row = account_changes.change(session, me.municipality, staff, request.form.get("seen", ""), new, me.login)
        except StaleAccount:
            return self._page(staff, error="account_stale", form=form, conflict=True), 409
        except AccountRefused as refused:
            return self._refused(refused, staff, form)
        if staff == me.id:
            enter(authentication.member_of(row), by_issuer=pages.entered_by_issuer())
        return redirect(url_for("console.accounts_edit", staff=staff, done="changed"), 303)

    @roles()
    def reset_factor(self, staff: int) -> ResponseReturnValue:
        if staff == current_user.id:
            return self._page(staff, error="account_own_factor"), 422
        return self._act(staff, "factor_reset", second_factor.reset)

    @roles()
    def unlink(self, staff: int) -> ResponseReturnValue:
        return self._act(staff, "unlinked", account_changes.unlink)

    def _act(self, staff: int, done: str, act: Callable[[Session, str, int, str], StaffRow]) -> ResponseReturnValue:
        me: Member = current_user._get_current_object()
        try:
            with self._database.write() as session:
                row = act(session, me.municipality, staff, me.login)
        except AccountRefused as refused:
            return self._refused(refused, staff)
        if staff == me.id:
            enter(authentication.member_of(row), by_issuer=False)
        return redirect(url_for("console.accounts_edit", staff=staff, done=done), 303)

    def _refused(self, refused: AccountRefused, staff: int, form: dict[str, str] | None = None) -> ResponseReturnValue:
        if refused.reason == "unknown":
            abort(404)
        if refused.reason in ("no_factor", "not_linked"):  # a colleague was faster
            return self._page(staff, error="account_stale"), 409
        return self._page(staff, error=f"account_{refused.reason}", form=form), 422

    def _page(self, staff: int, form: dict[str, str] | None = None, **about: Any) -> str:
        with self._database.read() as session:
            row = session.get(StaffRow, staff)
            if row is None or row.municipality != current_user.municipality:
                abort(404)
            town = load_town(session, row.municipality)
        return render_template(
            "console/account_edit.html",
            row=row,
            form=form or {name: getattr(row, name) for name in FIELDS},
            seen=account_changes.details_of(row).mark,
            departments=town.departments,
            department_names={department.key: department.name for department in town.departments},
            all_roles=list(Role),
            **about,
        )


def register(blueprint: Blueprint, edit: AccountEdit) -> None:
    """Add the views."""
    one = "/accounts/<int(max=2147483647):staff>"
    blueprint.add_url_rule(f"{one}/edit", "accounts_edit", edit.edit, methods=["GET", "POST"])
    blueprint.add_url_rule(f"{one}/reset-factor", "accounts_reset_factor", edit.reset_factor, methods=["POST"])
    blueprint.add_url_rule(f"{one}/unlink", "accounts_unlink", edit.unlink, methods=["POST"])
