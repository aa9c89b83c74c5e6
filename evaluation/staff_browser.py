"""A member of staff without a browser: logs in over HTTP, finds the places of the navigation, fetches pages and times them."""

from __future__ import annotations

import re
import time
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass
from html.parser import HTMLParser
from http.cookiejar import CookieJar

from evaluation.installation import CommandFailed

_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


@dataclass(frozen=True)
class Page:
    """What came back; `ms` from the request to the last byte."""

    status: int
    text: str
    ms: float


class StaffBrowser:
    def __init__(self, address: str) -> None:
        self._address = address
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))

    def log_in(self, municipality: str, login: str, password: str) -> None:
        """Raises CommandFailed when the desk does not let it in."""
        token = _TOKEN.search(self.get("/staff/login").text)
        form = {"municipality": municipality, "login": login, "password": password, "csrf_token": token[1] if token else ""}
        page = self._fetch("/staff/login", urllib.parse.urlencode(form).encode())
        if page.status != 200 or 'name="password"' in page.text:
            raise CommandFailed(f"the staff log-in was refused with {page.status}")

    def get(self, path: str) -> Page:
        return self._fetch(path, None)

    def places(self, start: str = "/staff/") -> dict[str, str]:
        """Address -> name of every place of the navigation this member of staff has, group by group."""
        found: dict[str, str] = {}
        for group in _links(self.get(start).text).get("groups", {}):
            within = _links(self.get(group).text)
            named = within.get("within") or {group: within["groups"][group]}
            found.update(named)
        return found

    def _fetch(self, path: str, body: bytes | None) -> Page:
        started = time.perf_counter()
        try:
            with self._opener.open(self._address + path, body, timeout=60) as answer:
                content, status = answer.read(), answer.status
        except urllib.error.HTTPError as error:
            content, status = error.read(), error.code
        return Page(status, content.decode("utf-8"), (time.perf_counter() - started) * 1000)


def _links(page: str) -> dict[str, dict[str, str]]:
    """Class of a list of the navigation -> address -> words of its links."""
    reader = _Navigation()
    reader.feed(page)
    return reader.found


class _Navigation(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, dict[str, str]] = {}
        self._inside = False
        self._list = self._link = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "nav":
            self._inside = "places" in given.get("class", "").split()
        elif tag == "ul":
            self._list = given.get("class", "")
        elif tag == "a" and self._inside:
            self._link = given.get("href", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "nav":
            self._inside = False
        elif tag == "a":
            self._link = ""

    def handle_data(self, data: str) -> None:
        if self._inside and self._link and data.strip():
            self.found.setdefault(self._list, {})[self._link] = data.strip()
