"""`python -m evaluation life-bench`: a simulated year behind a served desk: how fast every page of figures is, whether what it
shows equals a direct count, and what the forecast is worth on weeks it had not seen."""

from __future__ import annotations

import csv
import io
import sys
import time
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import numpy as np

from bot import fact_days
from database import Database, now
from evaluation import forecast, forecast_store, life_check, machine, simulated_year
from evaluation.forecast import ALL
from evaluation.installation import Installation
from evaluation.measured import Measured, named
from evaluation.simulated_year import Filled
from evaluation.staff_browser import StaffBrowser
from evaluation.staff_pages import database_of
from evaluation.staff_town import ADMINISTRATOR, PASSWORD
from settings import DEMO_MUNICIPALITY, Settings

COMMAND = "python -m evaluation life-bench"
BEGIN, END = "<!-- figures from life -->", "<!-- end of figures from life -->"
TARGET_MS = 500.0
REQUESTS = 40
LIFE = "/staff/evaluation/life"
PAGES = ("", "/topics", "/articles", "/forecast")
FILES = ("figures", "weeks", "topics", "changes", "articles", "forecast", "errors")
ASKED: tuple[dict[str, str], ...] = ({}, {"period": "52"}, {"period": "52", "channel": "line", "topic": "税"}, {"period": "now"})


@dataclass(frozen=True)
class Timing:
    """Milliseconds of every request to one address, and its last status."""

    address: str
    ms: tuple[float, ...]
    status: int

    @property
    def p95(self) -> float:
        return float(np.quantile(self.ms, 0.95))

    @property
    def good(self) -> bool:
        return self.status == 200 and self.p95 <= TARGET_MS


@dataclass(frozen=True)
class Report:
    """Everything measured. `wrong`: what the pages said otherwise than the direct count, out of `compared` figures."""

    database: str
    filled: Filled
    fill_seconds: float
    timings: tuple[Timing, ...]
    compared: int
    wrong: tuple[str, ...]
    forecast_seconds: float
    backtest: dict[str, Any]
    total: dict[str, Any]
    beaten: tuple[int, int]
    load: float

    @property
    def missed(self) -> list[Timing]:
        return [timing for timing in self.timings if not timing.good]


def measure(database_name: str, questions: int, requests: int = REQUESTS, instance: Path | None = None) -> Report:
    """Fill, serve with two processes, time and compare; with `instance` what simulate-year has filled. Raises CommandFailed."""
    load = machine.load_average()
    place = nullcontext((instance, f"sqlite:///{instance / 'madoguchi.db'}")) if instance else database_of(database_name)
    with place as (folder, url):
        database, settings = Database(url), Settings(instance=folder, database_url=url)
        database.upgrade()
        today = now().astimezone(settings.zone).date()
        _tell(f"{database_name}: filling")
        started = time.perf_counter()
        yesterday = today - timedelta(days=1)
        filled = simulated_year.found(database) if instance else simulated_year.fill(database, questions, yesterday)
        fill_seconds = 0.0 if instance else time.perf_counter() - started
        _tell("forecasting")
        started = time.perf_counter()
        forecast_store.make(database, settings, DEMO_MUNICIPALITY, now())
        seconds = time.perf_counter() - started
        backtest, total, beaten = _backtest(database, today)
        timings, compared, wrong = _served(database, url, folder, today, requests)
        database.dispose()
    return Report(
        database_name, filled, fill_seconds, tuple(timings), compared, tuple(wrong), seconds, backtest, total, beaten, load
    )


def _backtest(database: Database, today: date) -> tuple[dict[str, Any], dict[str, Any], tuple[int, int]]:
    """The whole backtest, that of all questions together, and on how many topics of how many the baseline was beaten."""
    with database.read() as session:
        past = forecast.history(session, DEMO_MUNICIPALITY, today)
    errors = forecast.backtest(past)
    by_topic = [forecast.measures(errors, past, topic) for topic in past.counts if topic != ALL]
    won = sum(m["wape"] < m["naive_wape"] for m in by_topic)
    return forecast.summary(errors, past) or {}, forecast.measures(errors, past, ALL), (won, len(by_topic))


def _served(database: Database, url: str, folder: Path, today: date, requests: int) -> tuple[list[Timing], int, list[str]]:
    installation = Installation(folder, DEMO_MUNICIPALITY, database_url=url, workers="2", rate_limit_logins="1000/minute")
    _tell("indexing")
    installation.run("indexer", "build")
    with installation.server() as server:
        staff = StaffBrowser(f"http://127.0.0.1:{server.port}")
        staff.log_in(DEMO_MUNICIPALITY, ADMINISTRATOR, PASSWORD)
        timings = _timed(staff, requests)
        found = [_compared(database, staff, asked, today) for asked in ASKED]
    with database.read() as session:
        differ = fact_days.differences(session, DEMO_MUNICIPALITY)
    return timings, sum(n for n, _ in found), [line for _, lines in found for line in lines] + differ


def _timed(staff: StaffBrowser, requests: int) -> list[Timing]:
    addresses = [f"{LIFE}{page}?{urlencode(asked)}" for page in PAGES for asked in ASKED]
    addresses += [f"{LIFE}/{name}.csv?period=52" for name in FILES]
    ms: dict[str, list[float]] = {address: [] for address in addresses}
    status = dict.fromkeys(addresses, 0)
    for turn in range(requests + 2):
        _tell(f"round {turn}") if turn % 10 == 0 else None
        for address in addresses:
            page = staff.get(address)
            status[address] = page.status
            if turn >= 2:  # each of the two processes has seen the page once
                ms[address].append(page.ms)
    return [Timing(address, tuple(values), status[address]) for address, values in ms.items()]


def _compared(database: Database, staff: StaffBrowser, asked: dict[str, str], today: date) -> tuple[int, list[str]]:
    """How many figures of the files were compared with a direct count, and those that differ."""
    with database.read() as session:
        direct = life_check.direct(session, DEMO_MUNICIPALITY, asked, today)
    shown: dict[tuple[str, str, str], float | None] = {}
    for name in ("figures", "weeks", "topics", "articles"):
        text = staff.get(f"{LIFE}/{name}.csv?{urlencode(asked)}").text.removeprefix("\ufeff")
        shown.update(life_check.read(name, list(csv.reader(io.StringIO(text)))))
    wrong = [
        f"{asked} {key}: shown {shown.get(key)}, counted {value}"
        for key, value in direct.items()
        if key not in shown or not life_check.same(shown[key], value)
    ]
    return len(direct), wrong


def markdown(report: Report, typed: str) -> str:
    """Two tables after what they were measured on."""
    b, t = report.backtest, report.total
    lines = [
        f"- measured on {datetime.now().astimezone():%Y-%m-%d}",
        f"- machine: {machine.describe()}; load average before: {report.load}",
        f"- {report.database}: {report.filled.last_year:,} questions in the last 365 days, {report.filled.questions:,} in three years, "
        f"{report.filled.handoffs:,} hand-overs{_filling(report.fill_seconds)}",
        f"- how: a served desk with two processes, {len(report.timings[0].ms)} requests an address in turn, from the request to the last byte",
        f"- target: p95 at most {TARGET_MS:g} ms; met by {len(report.timings) - len(report.missed)} of {len(report.timings)}",
        f"- equality: {report.compared:,} figures of the files compared with a direct SQL count of the facts, and every counted-up day "
        f"and week; different: {len(report.wrong)}",
        f"- command: `{typed}`",
        "",
        "| address | p50 | p95 | met |",
        "|---|---|---|---|",
        *(f"| `{x.address}` | {np.quantile(x.ms, 0.5):.0f} ms | {x.p95:.0f} ms | {_met(x)} |" for x in report.timings),
        "",
        f"Forecast of four weeks from {b['origins']} points of the last {b['origins'] + forecast.HORIZON - 1} weeks, made in "
        f"{report.forecast_seconds:.0f} s with its backtest: {b['n']:,} forecasts of the total and {report.beaten[1]} topics.",
        "",
        "| | this forecast | same week of the year before | that, scaled by growth |",
        "|---|---|---|---|",
        f"| WAPE, everything | **{_percent(b['wape'])}** | {_percent(b['naive_wape'])} | {_percent(b['grown_wape'])} |",
        f"| WAPE, all questions together | **{_percent(t['wape'])}** | {_percent(t['naive_wape'])} | {_percent(t['grown_wape'])} |",
        f"| MASE, all questions together | **{t['mase']:.2f}** | {t['naive_mase']:.2f} | {t['grown_mase']:.2f} |",
        "",
        f"Better than the same week of the year before on {report.beaten[0]} of {report.beaten[1]} topics. Intervals made only of errors "
        f"known at the time held {_percent(b['cover80'])} (80 %) and {_percent(b['cover95'])} (95 %) of {b['covered_n']:,} weeks.",
    ]
    return "\n".join(lines) + "\n"


def measured(report: Report) -> list[Measured]:
    """The figures as other benchmarks write theirs."""
    found = [
        Measured(named("life", report.database, x.address), x.p95, COMMAND, "ms", more={"status": x.status})
        for x in report.timings
    ]
    found.append(Measured(named("life", report.database, "differences"), float(len(report.wrong)), COMMAND))
    names = ("wape", "naive_wape", "grown_wape", "cover80", "cover95")
    return found + [Measured(named("forecast", name), report.backtest[name], COMMAND) for name in names]


def _met(timing: Timing) -> str:
    return f"**{timing.status}**" if timing.status != 200 else "yes" if timing.good else "**no**"


def _filling(seconds: float) -> str:
    return f"; filled in {seconds:.0f} s" if seconds >= 1 else ""


def _percent(value: float | None) -> str:
    return "undefined" if value is None else f"{100 * value:.1f} %"


def _tell(doing: str) -> None:
    print(f"life-bench: {doing}", file=sys.stderr, flush=True)
