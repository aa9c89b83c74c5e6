"""How well the whole desk finds: import, index and ask through the same commands that staff use, then score the run."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from evaluation import machine, runs
from evaluation.datasets import QuestionSet
from evaluation.installation import Installation
from evaluation.runs import RunReport
from settings import ROOT

RUNS = ROOT / "runs"
MUNICIPALITY = "990027"
"""A code outside the assigned prefectures (01-47), as the demo municipality's."""

NAME = "評価用の町"


def prepare(installation: Installation, questions: QuestionSet) -> tuple[float, dict[str, object], float]:
    """Import, publish and index the collection: seconds of the import, the indexer's own report, seconds of the indexer."""
    code = installation.municipality
    imported = installation.run(
        "knowledge", "import", str(questions.corpus), "--municipality", code, "--create", NAME, "--publish"
    )
    built = installation.run("indexer", "build", "--municipality", code)
    return imported.seconds, built.json(), built.seconds


def ask(installation: Installation, questions: QuestionSet, out: Path) -> None:
    """Ask every question in a conversation of its own; `out` is the run."""
    out.parent.mkdir(parents=True, exist_ok=True)
    installation.run("bot.ask", "--municipality", installation.municipality, "--batch", str(questions.queries), "--out", str(out))


def measure(installation: Installation, questions: QuestionSet, out: Path) -> RunReport:
    """Prepare, ask and score."""
    prepare(installation, questions)
    ask(installation, questions, out)
    return runs.report(questions.judgements, runs.read_run(out))


def stamp() -> str:
    """The moment, for the name of a file."""
    return datetime.now().astimezone().strftime("%Y%m%d-%H%M%S")


def markdown(report: RunReport, data: str, command: str) -> str:
    """The report as a page; `data` says which question set, `command` how to make it again."""
    lines = [
        "# Retrieval and outcomes",
        "",
        f"- {data}",
        f"- questions asked: {report.questions}; judged questions the run does not have: {report.missing}",
        f"- snapshot: {', '.join(report.snapshots) or 'none'}",
        f"- machine: {machine.describe()}",
        f"- command: `{command}`",
        "",
        "| measure | value [95 % interval] (questions) |",
        "|---|---|",
        *(
            f"| {score.name} | {score} |"
            for score in (*report.scores, report.answered_right, report.asked_back_right, report.alarmed)
        ),
        "",
        "| outcome | questions |",
        "|---|---|",
        *(f"| {name} | {count} |" for name, count in report.outcomes.items()),
        "",
        "| status | questions |",
        "|---|---|",
        *(f"| {name} | {count} |" for name, count in report.statuses.items()),
    ]
    return "\n".join(lines) + "\n"


def described(questions: QuestionSet) -> str:
    """The question set in one line, without where it lies."""
    return (
        f"question set {questions.folder.name} (SHA-256 {questions.digest}…): {len(questions.articles)} articles, "
        f"{len(questions.questions)} questions, {len(questions.judgements)} judged"
    )


def saved(name: str, text: str, folder: Path = RUNS) -> Path:
    """Write a report under runs/ and return where it is."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def shown(arguments: Sequence[str]) -> str:
    """The command line as one would type it."""
    return " ".join(("python -m evaluation", *arguments))
