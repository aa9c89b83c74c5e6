"""`python -m evaluation staff-pages`: how fast every list of the staff side is at full size, on SQLite and on PostgreSQL."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

import numpy as np

from database import Database
from evaluation import machine
from evaluation.installation import CommandFailed, Installation
from evaluation.measured import Measured, named
from evaluation.staff_browser import StaffBrowser
from evaluation.staff_town import ADMINISTRATOR, PASSWORD, Size, fill
from knowledge.commands import DEMO
from settings import DEMO_MUNICIPALITY

COMMAND = "python -m evaluation staff-pages"
BEGIN, END = "<!-- staff pages -->", "<!-- end of staff pages -->"
TARGET_MS = 300.0
REQUESTS = 40
DATABASES = ("sqlite", "postgresql")
NOT_LISTS = ("/staff/password", "/staff/factor", "/staff/plain", "/staff/trial", "/staff/channels")
"""Places without a list that grows; they are measured like the others and counted apart."""
MORE = (
    "/staff/articles?q=住民票", "/staff/articles?state=review", "/staff/articles?page=150", "/staff/tasks?state=closed&page=100",
    "/staff/tasks?owner=mine", "/staff/audit?page=50", "/staff/audit?actor=staff0005", "/staff/health/duplicate",
    "/staff/health/overdue", "/staff/translations?language=en&standing=outdated", "/staff/translations?q=届&page=2",
    "/staff/synonyms?q=町", "/staff/synonyms?page=20",
)  # fmt: skip
"""Searches, filters and later pages of the lists; one that this version of the desk does not have is left out."""


@dataclass(frozen=True)
class Timing:
    """One page on one database: milliseconds of every request, bytes of the page, its status."""

    database: str
    address: str
    name: str
    ms: tuple[float, ...]
    size: int
    status: int

    @property
    def p50(self) -> float:
        return float(np.quantile(self.ms, 0.5))

    @property
    def p95(self) -> float:
        return float(np.quantile(self.ms, 0.95))

    @property
    def good(self) -> bool:
        return self.status == 200 and self.p95 <= TARGET_MS


@dataclass(frozen=True)
class Report:
    """Everything measured; `rows`: table -> rows, `load`: load average before."""

    timings: tuple[Timing, ...]
    rows: dict[str, int]
    load: float

    @property
    def missed(self) -> list[Timing]:
        return [timing for timing in self.timings if not timing.good]


def measure(databases: Sequence[str], size: Size, requests: int = REQUESTS) -> Report:
    """Fill a town on each database, serve it with two processes, and time every list. Raises CommandFailed."""
    load = machine.load_average()
    timings: list[Timing] = []
    rows: dict[str, int] = {}
    with tempfile.TemporaryDirectory(prefix="madoguchi-") as made:
        indexes = _index(Path(made))
        for name in databases:
            measured_on, rows = _measure_on(name, size, requests, indexes)
            timings += measured_on
    return Report(tuple(timings), rows, load)


def _index(folder: Path) -> Path:
    """The index of the demo: a desk is not ready without one, and no list of staff reads it."""
    _tell("indexing the demo")
    installation = Installation(folder, DEMO_MUNICIPALITY)
    installation.run("knowledge", "load", str(DEMO))
    installation.run("indexer", "build")
    return folder / "indexes"


def _measure_on(name: str, size: Size, requests: int, indexes: Path) -> tuple[list[Timing], dict[str, int]]:
    with database_of(name) as (folder, url):
        database = Database(url)
        database.upgrade()
        _tell(f"{name}: filling")
        rows = fill(database, size)
        database.dispose()
        shutil.copytree(indexes, folder / "indexes")
        installation = Installation(folder, DEMO_MUNICIPALITY, database_url=url, workers="2", rate_limit_logins="1000/minute")
        return _timed(installation, name, requests), rows


def _timed(installation: Installation, database: str, requests: int) -> list[Timing]:
    with installation.server() as server:
        staff = StaffBrowser(f"http://127.0.0.1:{server.port}")
        staff.log_in(DEMO_MUNICIPALITY, ADMINISTRATOR, PASSWORD)
        places = staff.places()
        if not places:
            raise CommandFailed("the staff pages have no navigation")
        addresses = {**places, **{address: address.removeprefix("/staff/") for address in MORE}}
        found: dict[str, list[float]] = {address: [] for address in addresses}
        about: dict[str, tuple[int, int]] = {}
        for turn in range(requests + 2):
            _tell(f"{database}: round {turn}") if turn % 10 == 0 else None
            for address in list(found):
                page = staff.get(_quoted(address))
                if page.status == 404 and address in MORE:
                    del found[address]
                    continue
                about[address] = (len(page.text.encode()), page.status)
                if turn >= 2:  # each of the two processes has seen the page once
                    found[address].append(page.ms)
    return [Timing(database, a, addresses[a], tuple(ms), *about[a]) for a, ms in found.items()]


@contextmanager
def database_of(name: str) -> Iterator[tuple[Path, str]]:
    """A folder and the URL of an empty database in it. Raises CommandFailed where PostgreSQL is not installed."""
    with tempfile.TemporaryDirectory(prefix="madoguchi-") as made:
        folder = Path(made)
        if name == "sqlite":
            yield folder, f"sqlite:///{folder / 'madoguchi.db'}"
            return
        try:
            import pgserver
        except ImportError as error:
            raise CommandFailed("PostgreSQL is measured with the package pgserver of requirements-dev.txt") from error
        running = pgserver.get_server(folder / "pg", cleanup_mode="delete")  # type: ignore[attr-defined]
        try:
            running.psql("CREATE DATABASE desk")
            yield folder, f"postgresql+psycopg://postgres@/desk?host={folder / 'pg'}"
        finally:
            running.cleanup()


def _quoted(address: str) -> str:
    return quote(address, safe="/?=&")


def markdown(report: Report, typed: str) -> str:
    """The table, after what it was measured on."""
    databases = list(dict.fromkeys(timing.database for timing in report.timings))
    by_page: dict[str, dict[str, Timing]] = {}
    for timing in report.timings:
        by_page.setdefault(timing.address, {})[timing.database] = timing
    rows = "、".join(f"{name} {count:,}" for name, count in report.rows.items())
    heads = " | ".join(f"{name} p50 | p95" for name in databases)
    lines = [
        f"- measured on {datetime.now().astimezone():%Y-%m-%d}",
        f"- machine: {machine.describe()}; load average before: {report.load}",
        f"- rows: {rows.replace('、', ', ')}",
        f"- how: a served desk with two processes (its index is the demo's, which no list reads), one administrator logged in, {len(report.timings[0].ms)} requests a page in turn, "
        "from the request to the last byte",
        f"- target: p95 at most {TARGET_MS:g} ms; met by {len(report.timings) - len(report.missed)} of {len(report.timings)}",
        f"- command: `{typed}`",
        "",
        f"| page | address | {heads} | KiB | met |",
        f"|---|---|{'---|---|' * len(databases)}---|---|",
        *(_row(address, timings, databases) for address, timings in by_page.items()),
    ]
    return "\n".join(lines) + "\n"


def _row(address: str, timings: dict[str, Timing], databases: Sequence[str]) -> str:
    some = next(iter(timings.values()))
    cells = [f"{timings[d].p50:.0f} ms | {timings[d].p95:.0f} ms" if d in timings else "– | –" for d in databases]
    bad = next((str(t.status) for t in timings.values() if t.status != 200), "")
    met = f"**{bad}**" if bad else "yes" if all(t.good for t in timings.values()) else "**no**"
    return f"| {some.name} | `{address}` | {' | '.join(cells)} | {some.size / 1024:.0f} | {met} |"


def measured(report: Report) -> list[Measured]:
    """The figures as other benchmarks write theirs."""
    return [
        Measured(named("staff-pages", t.database, t.address), t.p95, COMMAND, "ms", more={"p50": t.p50, "status": t.status})
        for t in report.timings
    ]


def _tell(doing: str) -> None:
    print(f"staff-pages: {doing}", file=sys.stderr, flush=True)
