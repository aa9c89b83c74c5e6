"""What members of staff and residents do in journeys of the staff pages."""

from __future__ import annotations

import json
import urllib.request
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from conftest import Served
from playwright.sync_api import Page
from sqlalchemy import select

import authentication
from accounts import Role, StaffRow
from bot.tables import HandoffRow
from database import now
from settings import DEMO_MUNICIPALITY

PASSWORD = "みどりの 自転車と 桃 77"


def hire(served: Served, login: str, name: str, role: Role = Role.AGENT, department: str = "citizens") -> None:
    """An account that has its own password already; hired twice it is the same."""
    with served.database.write() as session:
        if session.scalar(select(StaffRow.id).where(StaffRow.login == login)) is None:
            authentication.create_staff(session, DEMO_MUNICIPALITY, login, name, role, department, PASSWORD)
        row = session.scalars(select(StaffRow).where(StaffRow.login == login)).one()
        row.must_change_password = False


def log_in(page: Page, served: Served, login: str, password: str = PASSWORD) -> None:
    page.goto(f"{served.url}/staff/login")
    page.get_by_label("ログインID").fill(login)
    page.get_by_label("パスワード").fill(password)
    page.get_by_role("button", name="ログイン", exact=True).click()
    page.wait_for_load_state()


@dataclass
class Resident:
    """A resident at the API, as the widget uses it."""

    served: Served
    conversation: str = ""
    receipt: str = ""

    def ask(self, text: str) -> None:
        if not self.conversation:
            self.conversation = self._post("/api/v1/conversations", {})["id"]
        self._post(f"/api/v1/conversations/{self.conversation}/messages", {"text": text})

    def want_person(self, **body: Any) -> None:
        handoff = self._post(f"/api/v1/conversations/{self.conversation}/handoffs", body)
        self.receipt = handoff["receipt"]

    def reads(self) -> list[tuple[str, str]]:
        """Role and text of every message on the resident's screen."""
        with urllib.request.urlopen(f"{self.served.url}/api/v1/conversations/{self.conversation}") as answer:
            return [(message["role"], message["text"]) for message in json.load(answer)["messages"]]

    def _post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        data = json.dumps(body).encode()
        request = urllib.request.Request(f"{self.served.url}{path}", data, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request) as answer:
            loaded: dict[str, Any] = json.load(answer)
            return loaded


def make_late(served: Served, receipt: str) -> None:
    """The time a reply was promised for has passed."""
    with served.database.write() as session:
        row = session.scalars(select(HandoffRow).where(HandoffRow.receipt == receipt)).one()
        row.requested_at, row.promised_by = now() - timedelta(hours=3), now() - timedelta(hours=2)


def end_sessions(served: Served, login: str) -> None:
    """What an expired session looks like to the browser."""
    with served.database.write() as session:
        session.scalars(select(StaffRow).where(StaffRow.login == login)).one().session_version += 1


def violations(page: Page) -> list[str]:
    """What axe-core finds wrong with the page as it is, with the elements."""
    found = Axe().run(page).response["violations"]
    return [f"{v['id']}: {node['html'][:160]} {node.get('failureSummary', '')[:200]}" for v in found for node in v["nodes"]]


def overflow(page: Page) -> int:
    """Pixels the page is wider than the window."""
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))
