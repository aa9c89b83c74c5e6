"""A run is its JSON lines: figures come from them alone."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from bot.answer import Answer, Choice, Source, Status
from bot.ask import record
from evaluation import runs
from evaluation.__main__ import main
from settings import ROOT

JUDGEMENTS = {"1": {"a": 2, "b": 1}, "2": {"c": 2}, "3": {"d": 1}, "4": {"e": 2}}

ANSWERS = {
    "1": Answer("転入届は", Status.ANSWERED, "市民課へ", sources=(Source("a", "転入届"),), ranking=("a", "b"), snapshot="s1"),
    "2": Answer("ごみは", Status.ANSWERED, "月曜です", sources=(Source("x", "ごみ"),), ranking=("x", "c"), snapshot="s1"),
    "3": Answer(
        "手当は",
        Status.ASKED_BACK,
        "どれですか",
        choices=(Choice("児童手当", "児童手当", "d"), Choice("どれでもない", "職員")),
        ranking=("x", "y", "z", "d"),
        snapshot="s1",
    ),
    "5": Answer("こんにちは", Status.SMALL_TALK, "こんにちは", snapshot="s1"),
}


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """What `python -m bot.ask --batch` writes for ANSWERS; question 4 was not asked."""
    path = tmp_path / "run.jsonl"
    lines = (json.dumps(record(key, answer, 12.5), ensure_ascii=False) for key, answer in ANSWERS.items())
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_outcomes_are_counted_and_right_ones_told_apart(run: Path) -> None:
    report = runs.report(JUDGEMENTS, runs.read_run(run))
    assert report.outcomes == {"answer": 2, "ask_back": 1, "notice": 1}
    assert report.statuses == {"answered": 2, "asked_back": 1, "small_talk": 1}
    # Of two answers, the first cites a judged article; the one question back offers d.
    assert (report.answered_right.value, report.answered_right.n) == (0.5, 2)
    assert (report.asked_back_right.value, report.asked_back_right.n) == (1.0, 1)
    # Hit@1 of the judged questions 1 to 4: 1, 0, 0, and 0 for the one that was not asked.
    hit = {score.name: score for score in report.scores}["Hit@1"]
    assert (hit.value, hit.n, report.missing, report.questions) == (0.25, 4, 1, 4)
    assert report.snapshots == ("s1",)


def test_an_emergency_card_on_a_question_that_an_article_answers_is_counted(run: Path) -> None:
    alarm = Answer("街灯が消えている", Status.EMERGENCY, "119", snapshot="s1")
    with run.open("a", encoding="utf-8") as file:
        file.write(json.dumps(record("4", alarm, 1.0)) + "\n")
    report = runs.report(JUDGEMENTS, runs.read_run(run))
    assert (report.alarmed.value, report.alarmed.n) == (0.25, 4)


def test_a_share_of_no_answers_is_undefined(run: Path) -> None:
    report = runs.report({"5": {"a": 1}}, runs.read_run(run))
    assert (report.answered_right.value, report.answered_right.n) == (None, 0)


def test_figures_recompute_from_the_json_lines_alone(run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    qrels = tmp_path / "qrels.tsv"
    qrels.write_text("".join(f"{q}\t{a}\t{g}\n" for q, grades in JUDGEMENTS.items() for a, g in grades.items()), encoding="utf-8")
    assert main(["score", str(run), str(qrels)]) == 0
    printed = capsys.readouterr().out
    # nDCG: 1 for question 1, (3/log2(3)) / 3 = 0.631 for 2, 1/log2(5) = 0.431 for 3, 0 for 4: mean 0.515.
    assert "| nDCG@10 | 0.515 [" in printed
    # Recall 1, 1, 1, 0.
    assert "| Recall@10 | 0.750 [" in printed
    assert "judged questions the run does not have: 1" in printed


def test_scoring_a_run_loads_no_model_library(run: Path, tmp_path: Path) -> None:
    qrels = tmp_path / "qrels.tsv"
    qrels.write_text("1\ta\t2\n", encoding="utf-8")
    program = (
        "import sys; from evaluation.__main__ import main; code = main(sys.argv[1:]); "
        "sys.exit(code or any(name in sys.modules for name in ('torch', 'spacy', 'faiss')))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, "score", str(run), str(qrels)], cwd=ROOT, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr.decode()


def broken(**changes: Any) -> str:
    return json.dumps({**record("1", ANSWERS["1"], 1.0), **changes})


@pytest.mark.parametrize(
    "line", ["{", "[]", "{}", broken(outcome="perhaps"), broken(status="won"), broken(ranking=None), broken(sources=[{}])]
)
def test_a_line_that_is_none_of_a_run_is_refused_with_its_place(line: str, tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    path.write_text(json.dumps(record("0", ANSWERS["1"], 1.0)) + "\n" + line + "\n", encoding="utf-8")
    with pytest.raises(runs.BadRun, match=r"run\.jsonl:2: not a line of a run"):
        runs.read_run(path)


def test_a_question_that_comes_twice_is_refused(run: Path) -> None:
    lines = run.read_text(encoding="utf-8")
    run.write_text(lines + lines.splitlines()[0] + "\n", encoding="utf-8")
    with pytest.raises(runs.BadRun, match="question 1 came before"):
        runs.read_run(run)
