"""`python -m evaluation run | scores | report | gate`: ask once, then score, show and compare without the desk."""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

from bot.desk import UnknownMunicipality
from evaluation import built_in_sets, datasets, items, prediction_file, retrieval, run_compare, run_report, run_scores
from evaluation.installation import Installation
from evaluation.items import Item
from knowledge.commands import DEMO
from settings import DEMO_MUNICIPALITY, Settings, load_settings

BASELINE = Path(__file__).parent / "baseline" / "midorino.jsonl.xz"


def add(commands: Any, data_help: str) -> None:
    """Add the commands; `run_report` of the arguments does one and returns its exit code."""
    command = commands.add_parser("run", help="ask every question of a set and keep what the desk said, as JSON lines")
    source = command.add_mutually_exclusive_group(required=True)
    source.add_argument(
        "--demo", action="store_true", help="our own questions, about the demo municipality, in a throw-away desk"
    )
    source.add_argument("--faq", type=Path, nargs="?", const=None, default=..., metavar="DIR", help=data_help)
    source.add_argument("--questions", type=Path, metavar="FILE", help="a .jsonl or .csv, asked of this installation's own desk")
    command.add_argument("--half", default="dev", help="with --faq: queries.HALF.jsonl and qrels.HALF.tsv (default: %(default)s)")
    command.add_argument("--split", choices=items.SPLITS, help="only this side of the set")
    command.add_argument("--municipality", metavar="CODE", help="with --questions: 団体コード; left out, the one of the settings")
    command.add_argument("--name", default="", help="what the run is called; left out, the set and the time")
    command.add_argument("--out", type=Path, metavar="RUN.jsonl", help="left out, runs/run-….jsonl")
    command.set_defaults(run_report=run)
    command = commands.add_parser("scores", help="the figures of a run, from its file alone")
    command.add_argument("run", type=Path, metavar="RUN.jsonl")
    command.add_argument("--json", action="store_true", help="everything, as JSON")
    command.set_defaults(run_report=scores)
    command = commands.add_parser("report", help="one HTML page about a run, and what changed against another")
    command.add_argument("run", type=Path, metavar="RUN.jsonl")
    command.add_argument("--against", type=Path, metavar="RUN.jsonl")
    command.add_argument("--language", choices=run_report.LANGUAGES, default="ja")
    command.add_argument("--out", type=Path, metavar="PAGE.html", help="left out, beside the run")
    command.set_defaults(run_report=report)
    command = commands.add_parser("gate", help="1 when the run is significantly worse than the baseline")
    command.add_argument("run", type=Path, metavar="RUN.jsonl")
    command.add_argument("--baseline", type=Path, default=BASELINE, metavar="RUN.jsonl.xz", help="default: the pinned one")
    command.add_argument("--pin", action="store_true", help="make this run the baseline instead of comparing")
    command.set_defaults(run_report=gate)


def run(arguments: argparse.Namespace, typed: str) -> int:
    """Ask and write the run's file; its name is printed."""
    out = arguments.out or retrieval.RUNS / f"run-{retrieval.stamp()}.jsonl"
    if arguments.questions:
        _run_here(arguments, out)
    else:
        _run_apart(arguments, out)
    print(out)
    return 0


def scores(arguments: argparse.Namespace, typed: str) -> int:
    """Print the figures."""
    found = run_scores.score(prediction_file.read(arguments.run))
    print(json.dumps(found.to_json(), ensure_ascii=False) if arguments.json else run_report.markdown(found), end="")
    return 0


def report(arguments: argparse.Namespace, typed: str) -> int:
    """Write the page; its name is printed."""
    against = prediction_file.read(arguments.against) if arguments.against else None
    out = arguments.out or arguments.run.with_suffix(".html")
    part = out.with_name(f"{out.name}.{os.getpid()}.part")  # a reader never sees half a page
    part.write_text(run_report.html(prediction_file.read(arguments.run), against, arguments.language), encoding="utf-8")
    part.replace(out)
    print(out)
    return 0


def gate(arguments: argparse.Namespace, typed: str) -> int:
    """0: may be released; 1: significantly worse; the reasons on standard error. 2 by `main` when it cannot be compared."""
    new = prediction_file.read(arguments.run)
    if arguments.pin:
        prediction_file.write(arguments.baseline, new.header, new.lines, new.articles)
        print(f"pinned {new.header.name} as {arguments.baseline.name}", file=sys.stderr)
        return 0
    if not arguments.baseline.is_file():
        raise ValueError(f"{arguments.baseline} is not there: pin a run with `python -m evaluation gate RUN.jsonl --pin`")
    compared = run_compare.compare(prediction_file.read(arguments.baseline), new)
    print(run_report.markdown(run_scores.score(new), compared), end="")
    passes, reasons = run_compare.verdict(compared)
    for reason in reasons:
        print(f"evaluation: worse than the baseline: {reason}", file=sys.stderr)
    print(
        f"gate: {'passed' if passes else 'FAILED'}; {len(compared.answers)} of {compared.questions} answers changed",
        file=sys.stderr,
    )
    return 0 if passes else 1


def _run_here(arguments: argparse.Namespace, out: Path) -> None:
    from evaluation import run_desk  # loads the models' libraries

    settings = load_settings()
    read = items.read_csv(arguments.questions.read_bytes()) if arguments.questions.suffix == ".csv" else None
    asked = _side(read or items.read_jsonl(arguments.questions.read_text(encoding="utf-8-sig")), arguments.split)
    code = arguments.municipality or settings.municipality
    name = arguments.name or f"{arguments.questions.stem} {retrieval.stamp()}"
    try:
        run_desk.run(settings, code, asked, out, name=name, question_set=arguments.questions.stem)
    except UnknownMunicipality as error:
        raise ValueError(str(error)) from None


def _run_apart(arguments: argparse.Namespace, out: Path) -> None:
    """In a throw-away installation, so that nothing of this one's settings or edits is in the figures."""
    from evaluation import run_desk

    with tempfile.TemporaryDirectory(prefix="madoguchi-") as folder:
        if arguments.demo:
            code, title, asked = DEMO_MUNICIPALITY, built_in_sets.DEMO_SET, built_in_sets.demo_items()
            installation = Installation(Path(folder), code)
            installation.run("knowledge", "load", str(DEMO))
            installation.run("indexer", "build")
        else:
            found = datasets.locate(arguments.faq)
            if found is None:
                raise ValueError(datasets.HOW_TO_GIVE)
            questions = datasets.load(found, arguments.half)
            code, title, asked = retrieval.MUNICIPALITY, f"{found.name} {arguments.half}", built_in_sets.faq_items(questions)
            retrieval.prepare(Installation(Path(folder), code), questions)
        settings = Settings(instance=Path(folder), municipality=code, generator="", reranker="", log_level="ERROR")
        name = arguments.name or f"{title} {retrieval.stamp()}"
        run_desk.run(settings, code, _side(asked, arguments.split), out, name=name, question_set=title)


def _side(asked: list[Item], split: str | None) -> list[Item]:
    return [item for item in asked if split in (None, item.split)]
