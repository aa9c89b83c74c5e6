"""What a resident does with the widget, in a few words."""

from __future__ import annotations

from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

ROOT = "document.querySelector('madoguchi-chat').shadowRoot"
LISTEN = f"""() => {{
  window.heard = [];
  const live = (node) => {{
    for (let at = node; at; at = at.parentElement) {{
      const set = at.getAttribute?.('aria-live');
      if (set === 'off') return false;
      if (set === 'polite' || set === 'assertive') return true;
      if (['alert', 'status', 'log'].includes(at.getAttribute?.('role'))) return true;
    }}
    return false;
  }};
  new MutationObserver((changes) => {{
    for (const change of changes) for (const node of change.addedNodes) {{
      const text = node.textContent.trim();
      if (text && live(node.nodeType === 1 ? node : node.parentElement)) window.heard.push(text);
    }}
  }}).observe({ROOT}, {{childList: true, subtree: true}});
}}"""
"""Keeps in `window.heard` everything a screen reader would announce by itself."""


class Resident:
    """Somebody with a browser on a page that carries the widget."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.launcher = page.locator(".launcher")
        self.dialog = page.get_by_role("dialog")
        self.question = page.locator("#question")
        self.log = page.get_by_role("log")

    def arrive(self, url: str) -> Resident:
        self.page.goto(url)
        expect(self.launcher).to_be_visible()
        return self

    def open(self) -> Resident:
        self.launcher.click()
        expect(self.log.locator(".message").first).to_be_visible()
        return self

    def listen(self) -> Resident:
        self.page.evaluate(LISTEN)
        return self

    def heard(self) -> list[str]:
        said: list[str] = self.page.evaluate("() => window.heard")
        return said

    def send(self, text: str) -> Resident:
        self.question.fill(text)
        self.question.press("Enter")
        return self

    def ask(self, text: str) -> Locator:
        """Ask, and wait for the answer."""
        answers = self.log.locator(".message.desk[data-status]")
        before = answers.count()
        self.send(text)
        expect(answers).to_have_count(before + 1)
        return answers.last

    def ask_for_person(self, message: str = "") -> Locator:
        """Open the form, send it, and wait for the state."""
        self.dialog.locator("[data-tool=person]").click()
        if message:
            self.page.locator("#person-message").fill(message)
        self.page.locator(".handoff-form [type=submit]").click()
        state = self.dialog.locator(".handoff-state")
        expect(state).to_be_visible()
        return state

    def stored(self) -> str:
        kept: str = self.page.evaluate("() => JSON.stringify(sessionStorage) + JSON.stringify(localStorage)")
        return kept


def violations(page: Page) -> list[str]:
    """What axe-core finds wrong with the page as it is, in the widget's shadow too."""
    found: list[dict[str, Any]] = Axe().run(page).response["violations"]
    return [f"{problem['id']}: {node['target']} {node['failureSummary']}" for problem in found for node in problem["nodes"]]
