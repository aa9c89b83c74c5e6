"""`python -m evaluation COMMAND`: how good the answers are and how fast they come; `--help` lists the commands."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from evaluation import (
    bench,
    bench_scale,
    datasets,
    life_commands,
    measured,
    retrieval,
    run_commands,
    runs,
    staff_commands,
    understanding,
)
from evaluation.commands import add as add_reports
from evaluation.datasets import HOW_TO_GIVE, QuestionSet
from evaluation.installation import CommandFailed, Installation
from settings import DEMO_MUNICIPALITY

DATA_HELP = f"folder with corpus.jsonl, queries.dev.jsonl, qrels.dev.tsv (default: {datasets.VARIABLE}, else the one beside)"


def parser() -> argparse.ArgumentParser:
    """The command line."""
    top = argparse.ArgumentParser(prog="python -m evaluation", description=__doc__)
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, text in (("retrieval", "import, index, ask and score a question set"), ("bench", "that, and speed")):
        command = commands.add_parser(name, help=text)
        command.add_argument("--data", type=Path, metavar="DIR", help=DATA_HELP)
        command.add_argument(
            "--half", default="dev", help="queries.HALF.jsonl and qrels.HALF.tsv are used (default: %(default)s)"
        )
        command.add_argument("--runs", type=Path, default=retrieval.RUNS, metavar="DIR", help="where reports go")
    command.add_argument("--into", type=Path, metavar="PAGE.md", help="also put the figures between the markers of this page")
    scale = commands.add_parser("bench-scale", help="speed and memory of a town of a million passages")
    scale.add_argument("--passages", type=int, default=bench_scale.PASSAGES, metavar="N", help="default: %(default)s")
    scale.add_argument(
        "--encoded", type=int, default=bench_scale.ENCODED, metavar="N", help="passages the encoder reads (default: %(default)s)"
    )
    scale.add_argument("--questions", type=int, default=bench_scale.ASKED, metavar="N", help="default: %(default)s")
    scale.add_argument("--runs", type=Path, default=retrieval.RUNS, metavar="DIR", help="where reports go")
    scale.add_argument("--into", type=Path, metavar="PAGE.md", help="also put the figures between the markers of this page")
    understood = commands.add_parser(
        "understanding", help="topics, follow-ups, facets, dates and ages over the demo municipality"
    )
    understood.add_argument("--runs", type=Path, default=retrieval.RUNS, metavar="DIR", help="where reports go")
    understood.add_argument("--into", type=Path, metavar="PAGE.md", help="also put the figures between the markers of this page")
    scoring = commands.add_parser("score", help="score a run again, from its JSON lines alone")
    scoring.add_argument("run", type=Path, metavar="RUN.jsonl")
    scoring.add_argument("qrels", type=Path, metavar="QRELS.tsv")
    add_reports(commands, DATA_HELP)
    run_commands.add(commands, DATA_HELP)
    staff_commands.add(commands)
    life_commands.add(commands)
    return top


def main(argv: Sequence[str] | None = None) -> int:
    """0: done or skipped, 1: a pinned figure is not as pinned, 2: wrong use or a command of the desk failed."""
    arguments = parser().parse_args(argv)
    typed = retrieval.shown(sys.argv[1:] if argv is None else argv)
    try:
        if arguments.command == "score":
            _score(arguments.run, arguments.qrels, typed)
            return 0
        if arguments.command == "bench-scale":
            _scale(arguments, typed)
            return 0
        if arguments.command == "understanding":
            _understanding(arguments, typed)
            return 0
        if "run_report" in arguments:
            return int(arguments.run_report(arguments, typed))
        folder = datasets.locate(arguments.data)
        questions = datasets.load(folder, arguments.half) if folder else None
        _measure(arguments, questions, typed)
    except (CommandFailed, OSError, ValueError) as error:  # BadDataset and BadRun are ValueErrors
        print(f"evaluation: {error}", file=sys.stderr)
        return 2
    return 0


def _score(run: Path, qrels: Path, typed: str) -> None:
    report = runs.report(datasets.read_judgements(qrels), runs.read_run(run))
    print(retrieval.markdown(report, f"run {run.name}, judgements {qrels.name}", typed), end="")


def _understanding(arguments: argparse.Namespace, typed: str) -> None:
    name = f"understanding-{retrieval.stamp()}"
    text = understanding.run(arguments.runs.resolve() / f"{name}.jsonl", typed)
    if arguments.into:
        bench.put_into(arguments.into, text)
    print(text, end="")
    print(f"saved as {retrieval.saved(f'{name}.md', text, arguments.runs)}", file=sys.stderr)


def _scale(arguments: argparse.Namespace, typed: str) -> None:
    name = f"bench-scale-{retrieval.stamp()}"
    run = arguments.runs.resolve() / f"{name}.jsonl"
    with tempfile.TemporaryDirectory(prefix="madoguchi-") as folder:
        installation = Installation(Path(folder), DEMO_MUNICIPALITY, log_level="ERROR")
        figures = bench_scale.measure(installation, arguments.passages, arguments.encoded, arguments.questions, run)
    text = bench_scale.markdown(figures, arguments.encoded, typed)
    if arguments.into:
        bench.put_into(arguments.into, text, bench_scale.BEGIN, bench_scale.END)
    print(text, end="")
    print(f"saved as {retrieval.saved(f'{name}.md', text, arguments.runs)}", file=sys.stderr)


def _measure(arguments: argparse.Namespace, questions: QuestionSet | None, typed: str) -> None:
    if questions is None:
        print(f"evaluation: {HOW_TO_GIVE}", file=sys.stderr)
        if arguments.command == "retrieval":
            return
    name = f"{arguments.command}-{retrieval.stamp()}"
    run = arguments.runs.resolve() / f"{name}.jsonl"
    with tempfile.TemporaryDirectory(prefix="madoguchi-") as folder:
        installation = Installation(Path(folder), retrieval.MUNICIPALITY if questions else DEMO_MUNICIPALITY)
        if arguments.command == "bench":
            figures, _ = bench.measure(installation, questions, run)
            text = bench.markdown(figures, questions, typed)
            measured.write(arguments.runs / f"{name}{measured.ENDING}", bench.measured(figures, questions))
            if arguments.into:
                bench.put_into(arguments.into, text)
        elif questions:
            report = retrieval.measure(installation, questions, run)
            text = retrieval.markdown(report, retrieval.described(questions), typed)
    print(text, end="")
    print(f"saved as {retrieval.saved(f'{name}.md', text, arguments.runs)}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
