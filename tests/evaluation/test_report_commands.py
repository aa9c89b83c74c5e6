"""The commands that leave reports: what lies under runs/ and on the page afterwards, and the exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from evaluation import commands, comparisons, pins, reliability
from evaluation.__main__ import main
from evaluation.compared_sets import ComparedSet
from evaluation.competitors import Document
from evaluation.measured import Measured, read, write


def test_the_reliability_command_leaves_picture_table_and_figures(tmp_path: Path) -> None:
    cases, page, image = tmp_path / "cases.jsonl", tmp_path / "page.md", tmp_path / "images" / "r.svg"
    cases.write_text(
        '{"probability": 0.9, "right": true, "source": "faq"}\n{"probability": 0.2, "right": false, "source": "faq"}\n'
    )
    page.write_text(f"{reliability.BEGIN}\n{reliability.END}\n")
    runs = tmp_path / "runs"
    code = main(["reliability", str(cases), "--image", str(image), "--into", str(page), "--runs", str(runs)])
    assert code == 0
    assert image.read_text(encoding="utf-8").lstrip().startswith("<?xml")
    assert "](images/r.svg)" in page.read_text(encoding="utf-8")
    (report,) = runs.glob("reliability-*.figures.jsonl")
    assert {f.name: f.value for f in read(report)}["reliability | faq | AUROC"] == 1.0


def test_bad_cases_are_said_and_the_code_is_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "cases.jsonl").write_text("{}\n")
    assert main(["reliability", str(tmp_path / "cases.jsonl"), "--image", str(tmp_path / "x.svg")]) == 2
    assert "cases.jsonl:1" in capsys.readouterr().err


@pytest.mark.parametrize(("value", "code"), [(0.5, 0), (0.6, 1)])
def test_the_pins_command_ends_with_1_when_a_figure_is_not_as_pinned(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, value: float, code: int
) -> None:
    path = tmp_path / "pins.json"
    pins.save([pins.Pin("a", 0.5, 0.01, "c")], path)
    monkeypatch.setattr(pins, "PINS", path)
    report = write(tmp_path / "r.figures.jsonl", [Measured("a", value, "c")])
    assert main(["pins", str(report)]) == code


def test_the_comparison_without_a_question_set_compares_on_our_own_and_says_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = ComparedSet("small", "one article", [Document("a", "転入届", ("転入届",))], {"q": "転入"}, {"q": {"a": 1}}, {})
    ran = [
        comparisons.Ran("small", comparisons.DESK, {"q": ["a"]}, [1.0]),
        comparisons.Ran("small", "other", {}, why="no package"),
    ]
    monkeypatch.setattr(commands.datasets, "locate", lambda given: None)
    monkeypatch.setattr(commands, "of_demo", lambda: small)
    monkeypatch.setattr(comparisons, "compare", lambda questions, run: ran)
    page = tmp_path / "page.md"
    page.write_text(f"{comparisons.BEGIN}\n{comparisons.END}\n")
    assert main(["comparisons", "--runs", str(tmp_path), "--into", str(page)]) == 0
    assert "| other | no package |" in page.read_text(encoding="utf-8")
    (report,) = tmp_path.glob("comparisons-*.figures.jsonl")
    figures = {f.name: f for f in read(report)}
    assert figures["localgovfaq dev"].why == commands.NO_SET
    assert figures["small | the desk | Recall@10"].value == 1.0
    (rankings,) = tmp_path.glob("comparisons-*.rankings.jsonl")
    assert [json.loads(line)["system"] for line in rankings.read_text().splitlines()] == [comparisons.DESK]
