"""The command that measures the staff side; it leaves JSON lines and a page under runs/."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from evaluation import bench, measured, retrieval, staff_pages
from evaluation.staff_pages import BEGIN, DATABASES, END, REQUESTS
from evaluation.staff_town import Size


def add(commands: Any) -> None:
    """Add the command to the subparsers of `python -m evaluation`."""
    command = commands.add_parser(
        "staff-pages", help="how fast every staff list is with 10,000 articles and 100,000 conversations"
    )
    command.add_argument("--database", choices=DATABASES, action="append", help="default: both, one after the other")
    command.add_argument(
        "--share", type=float, default=1.0, metavar="X", help="of the full size, for a try (default: %(default)s)"
    )
    command.add_argument("--requests", type=int, default=REQUESTS, metavar="N", help="of every page (default: %(default)s)")
    command.add_argument("--runs", type=Path, default=retrieval.RUNS, metavar="DIR", help="where reports go")
    command.add_argument("--into", type=Path, metavar="PAGE.md", help="also put the figures between the markers of this page")
    command.set_defaults(run_report=run)


def run(arguments: argparse.Namespace, typed: str) -> int:
    """0 when every page kept the target, 1 when one did not."""
    size = Size() if arguments.share == 1.0 else Size().scaled(arguments.share)
    report = staff_pages.measure(arguments.database or DATABASES, size, arguments.requests)
    text = staff_pages.markdown(report, typed)
    name = f"staff-pages-{retrieval.stamp()}"
    measured.write(arguments.runs / f"{name}{measured.ENDING}", staff_pages.measured(report))
    if arguments.into:
        bench.put_into(arguments.into, text, BEGIN, END)
    print(text, end="")
    print(f"saved as {retrieval.saved(f'{name}.md', text, arguments.runs)}", file=sys.stderr)
    for missed in report.missed:
        print(f"{missed.database} {missed.address}: {missed.status}, p95 {missed.p95:.0f} ms", file=sys.stderr)
    return 1 if report.missed else 0
