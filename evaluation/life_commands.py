"""Commands of the figures from life: a simulated year, its measurement, the forecast by hand; and the judge."""

from __future__ import annotations

import argparse
import sys
import time
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from database import Database, now
from evaluation import bench, forecast_store, judge, life_bench, measured, retrieval, simulated_year
from evaluation.ratings import RatingRefused
from evaluation.staff_pages import DATABASES
from settings import load_settings


def add(commands: Any) -> None:
    """Add the commands to the subparsers of `python -m evaluation`."""
    command = commands.add_parser("simulate-year", help="fill an empty throw-away database with a made-up year of questions")
    command.add_argument("--questions", type=int, default=simulated_year.QUESTIONS, metavar="N", help="default: %(default)s")
    command.add_argument(
        "--years", type=int, default=simulated_year.YEARS, metavar="N", help="the last has N questions, those before fewer"
    )
    command.add_argument("--last", type=date.fromisoformat, metavar="DATE", help="the last day; left out, yesterday")
    command.add_argument("--seed", type=int, default=0, metavar="N")
    command.add_argument("--instance", type=Path, required=True, metavar="DIR", help="folder of the throw-away installation")
    command.set_defaults(run_report=simulate)
    command = commands.add_parser("life-bench", help="pages and forecast on a simulated year of a million questions")
    command.add_argument("--questions", type=int, default=simulated_year.QUESTIONS, metavar="N", help="default: %(default)s")
    command.add_argument("--database", choices=DATABASES, default=DATABASES[0])
    command.add_argument(
        "--instance", type=Path, metavar="DIR", help="measure what simulate-year has filled there, instead of filling"
    )
    command.add_argument("--requests", type=int, default=life_bench.REQUESTS, metavar="N", help="of every address")
    command.add_argument("--runs", type=Path, default=retrieval.RUNS, metavar="DIR", help="where reports go")
    command.add_argument("--into", type=Path, metavar="PAGE.md", help="also put the figures between the markers of this page")
    command.set_defaults(run_report=measure)
    command = commands.add_parser("forecast", help="make the forecast of a municipality now")
    command.add_argument("--municipality", metavar="CODE", help="団体コード; left out, the one of the settings")
    command.set_defaults(run_report=forecast)
    command = commands.add_parser("judge", help="have a language model score the answers of a batch, apart from people")
    command.add_argument("batch", type=int, metavar="BATCH", help="number of the batch, as in the address of its page")
    command.add_argument("--municipality", metavar="CODE", help="団体コード; left out, the one of the settings")
    command.set_defaults(run_report=judged)


def simulate(arguments: argparse.Namespace, typed: str) -> int:
    """Fill `madoguchi.db` of the folder, which the desk then serves with MADOGUCHI_INSTANCE set to it."""
    database = Database(f"sqlite:///{arguments.instance.resolve() / 'madoguchi.db'}")
    database.upgrade()
    last = arguments.last or now().astimezone(load_settings().zone).date() - timedelta(days=1)
    started = time.perf_counter()
    try:
        filled = simulated_year.fill(database, arguments.questions, last, arguments.years, arguments.seed)
    except simulated_year.NotEmpty as error:
        raise ValueError(str(error)) from error
    print(
        f"{filled.last_year:,} questions in the year up to {last}, {filled.questions:,} in all, {filled.handoffs:,} hand-overs, "
        f"{time.perf_counter() - started:.0f} s"
    )
    return 0


def measure(arguments: argparse.Namespace, typed: str) -> int:
    """0 when every page kept the target and every figure was right, else 1."""
    report = life_bench.measure(
        arguments.database, arguments.questions, arguments.requests, arguments.instance and arguments.instance.resolve()
    )
    text = life_bench.markdown(report, typed)
    name = f"life-bench-{retrieval.stamp()}"
    measured.write(arguments.runs / f"{name}{measured.ENDING}", life_bench.measured(report))
    if arguments.into:
        bench.put_into(arguments.into, text, life_bench.BEGIN, life_bench.END)
    print(text, end="")
    print(f"saved as {retrieval.saved(f'{name}.md', text, arguments.runs)}", file=sys.stderr)
    for line in (*(f"{t.address}: {t.status}, p95 {t.p95:.0f} ms" for t in report.missed), *report.wrong[:20]):
        print(line, file=sys.stderr)
    return 1 if report.missed or report.wrong else 0


def judged(arguments: argparse.Namespace, typed: str) -> int:
    """0 when every answer has the judge's scores now, 1 when some were refused, failed or left."""
    settings = load_settings()
    code = arguments.municipality or settings.municipality
    try:
        result = judge.score(Database(settings.resolved_database_url), settings, code, arguments.batch)
    except (judge.JudgeNotAllowed, RatingRefused) as error:
        raise ValueError(str(error)) from error
    print(f"scored {result.scored}, no levels {result.refused}, failed {result.failed}, left {result.left}")
    return 1 if result.refused or result.failed or result.left else 0


def forecast(arguments: argparse.Namespace, typed: str) -> int:
    """Make and store it."""
    settings = load_settings()
    code = arguments.municipality or settings.municipality
    weeks = forecast_store.make(Database(settings.resolved_database_url), settings, code, now())
    print(f"{code}: made from {weeks} whole weeks")
    return 0
