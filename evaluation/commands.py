"""The commands of `python -m evaluation` that compare, pin and judge the decision; each leaves JSON lines and a page under runs/."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from evaluation import bench, comparisons, datasets, measured, pins, reliability, retrieval
from evaluation.compared_sets import of_demo, of_faq
from evaluation.measured import ENDING, Measured
from settings import ROOT

IMAGE = ROOT / "docs" / "images" / "reliability.svg"
NO_SET = "no question set was given"


def add(commands: Any, data_help: str) -> None:
    """Add the commands to the subparsers of `python -m evaluation`; `run` of the arguments does one and returns its exit code."""
    command = commands.add_parser("comparisons", help="the desk beside BM25, a sentence encoder and Haystack, in one run")
    command.add_argument("--data", type=Path, metavar="DIR", help=data_help)
    command.add_argument("--half", default="dev", help="queries.HALF.jsonl and qrels.HALF.tsv are used (default: %(default)s)")
    _finish(command, compare)
    command = commands.add_parser("ablation", help="what each part of finding an article adds")
    command.add_argument("--data", type=Path, metavar="DIR", help=data_help)
    _finish(command, ablate)
    command = commands.add_parser("reliability", help="can the decision's probabilities be believed?")
    command.add_argument("cases", type=Path, metavar="CASES.jsonl", help="lines {probability, right, source}")
    command.add_argument("--image", type=Path, default=IMAGE, metavar="SVG", help="where the diagrams go (default: docs/images)")
    _finish(command, judge_decision)
    command = commands.add_parser("pins", help="are the figures those that were published? 1 when not")
    command.add_argument("reports", nargs="*", type=Path, metavar="REPORT.figures.jsonl", help="default: the newest of each kind")
    command.add_argument("--write", action="store_true", help="pin what was measured instead")
    _finish(command, check_pins)


def compare(arguments: argparse.Namespace, typed: str) -> int:
    """Both sets, or only our own where no other is given; then the other's figures say why they are not there."""
    folder = datasets.locate(arguments.data)
    sets = [of_faq(datasets.load(folder, arguments.half), arguments.half)] if folder else []
    sets.append(of_demo())
    stem = f"comparisons-{retrieval.stamp()}"
    figures, tables, rankings = [], [], ""
    if not folder:
        figures.append(Measured(f"{datasets.BESIDE.name} {arguments.half}", None, comparisons.COMMAND, why=NO_SET))
    for number, one in enumerate(sets):
        ran = comparisons.compare(one, arguments.runs.resolve() / f"{stem}-desk-{number}.jsonl")
        rows = comparisons.rows(one, ran)
        tables.append((one, rows))
        figures += [figure for row in rows for figure in row.figures()]
        rankings += comparisons.lines(ran)
    retrieval.saved(f"{stem}.rankings.jsonl", rankings, arguments.runs)
    text = comparisons.markdown(tables, "" if folder else datasets.HOW_TO_GIVE, typed)
    return _report(arguments, stem, figures, text, comparisons.BEGIN, comparisons.END)


def ablate(arguments: argparse.Namespace, typed: str) -> int:
    """One table; nothing without a question set."""
    from evaluation import ablation

    folder = datasets.locate(arguments.data)
    if folder is None:
        print(f"evaluation: {datasets.HOW_TO_GIVE}", file=sys.stderr)
        return 0
    rows = ablation.measure(folder)
    figures = [
        Measured(
            measured.named("ablation", row.name, score.name), score.value, "python -m evaluation ablation", more={"n": score.n}
        )
        for row in rows
        for score in (row.recall, row.ndcg)
    ]
    text = ablation.markdown(rows, retrieval.described(datasets.load(folder)), typed)
    return _report(arguments, f"ablation-{retrieval.stamp()}", figures, text, ablation.BEGIN, ablation.END)


def judge_decision(arguments: argparse.Namespace, typed: str) -> int:
    """Table, figures and diagrams of a file of cases."""
    cases = reliability.read_cases(arguments.cases)
    everything = [(p, r, source) for source, (ps, rs) in cases.items() for p, r in zip(ps, rs, strict=True)]
    reliability.plot([c[0] for c in everything], [c[1] for c in everything], arguments.image, [c[2] for c in everything])
    image = ""
    if arguments.into:
        image = Path(os.path.relpath(arguments.image, arguments.into.parent)).as_posix()
    text = reliability.markdown(cases, typed, image)
    stem = f"reliability-{retrieval.stamp()}"
    return _report(arguments, stem, list(reliability.figures(cases)), text, reliability.BEGIN, reliability.END)


def check_pins(arguments: argparse.Namespace, typed: str) -> int:
    """1 when a pinned figure is not as pinned."""
    text, code = pins.check(arguments.reports or pins.newest(arguments.runs), arguments.write)
    print(text)
    return code


def _finish(command: argparse.ArgumentParser, run: Callable[[argparse.Namespace, str], int]) -> None:
    command.add_argument("--runs", type=Path, default=retrieval.RUNS, metavar="DIR", help="where reports are")
    command.add_argument("--into", type=Path, metavar="PAGE.md", help="also put the figures between the markers of this page")
    command.set_defaults(run_report=run)


def _report(arguments: argparse.Namespace, stem: str, figures: list[Measured], text: str, begin: str, end: str) -> int:
    measured.write(arguments.runs / f"{stem}{ENDING}", figures)
    if arguments.into:
        bench.put_into(arguments.into, text, begin, end)
    print(text, end="")
    print(f"saved as {retrieval.saved(f'{stem}.md', text, arguments.runs)} and {stem}{ENDING}", file=sys.stderr)
    return 0
