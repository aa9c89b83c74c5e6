"""Pinned figures: what is within tolerance, what is not, and what must not pass in silence."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from evaluation import pins
from evaluation.measured import BadFigures, Measured, named, read, write
from evaluation.pins import Pin, Verdict

COMMAND = "python -m evaluation comparisons"
NAME = named("faq", "desk", "nDCG@10")
PIN = Pin(NAME, 0.62, 0.01, COMMAND)


def verdict(*figures: Measured) -> Verdict:
    (judged,) = pins.judge([PIN], figures)
    return judged.verdict


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0.62, Verdict.WITHIN),
        (0.63, Verdict.WITHIN),
        (0.61, Verdict.WITHIN),
        (0.6301, Verdict.OUTSIDE),
        (0.6099, Verdict.OUTSIDE),
    ],
)
def test_a_figure_may_differ_by_its_tolerance_and_no_more_in_either_direction(value: float, expected: Verdict) -> None:
    assert verdict(Measured(NAME, value, COMMAND)) == expected


def test_a_figure_that_its_command_no_longer_reports_fails() -> None:
    assert verdict(Measured("another", 0.5, COMMAND)) == Verdict.MISSING


def test_a_figure_of_a_command_that_was_not_run_is_said_and_does_not_fail() -> None:
    (judged,) = pins.judge([PIN], [Measured("another", 0.5, "python -m evaluation bench")])
    assert (judged.verdict, judged.fails) == (Verdict.NOT_RUN, False)


def test_a_figure_that_could_not_be_measured_says_why_and_does_not_fail() -> None:
    (judged,) = pins.judge([PIN], [Measured(NAME, None, COMMAND, why="haystack-ai is not installed")])
    assert (judged.verdict, judged.fails) == (Verdict.UNMEASURED, False)
    assert "haystack-ai is not installed" in judged.line()


def test_a_set_that_was_not_there_explains_all_its_figures_and_no_other_sets() -> None:
    absent = Measured("faq", None, COMMAND, why="no question set was given")
    assert verdict(absent) == Verdict.UNMEASURED
    assert verdict(Measured("own", None, COMMAND, why="so")) == Verdict.MISSING
    assert verdict(Measured("faq", 0.62, COMMAND)) == Verdict.MISSING  # a value explains nothing


@pytest.mark.parametrize(("value", "code"), [(0.621, 0), (0.7, 1)])
def test_the_exit_code_is_1_when_a_figure_is_not_as_pinned(tmp_path: Path, value: float, code: int) -> None:
    path, report = tmp_path / "pins.json", tmp_path / "comparisons-20260101-000000.figures.jsonl"
    pins.save([PIN], path)
    write(report, [Measured(NAME, value, COMMAND)])
    text, found = pins.check([report], path=path)
    assert found == code
    assert COMMAND in text


def test_writing_pins_what_was_measured_and_keeps_the_rest_and_every_tolerance(tmp_path: Path) -> None:
    path, report = tmp_path / "pins.json", tmp_path / "r.figures.jsonl"
    other = Pin("other", 0.3, 0.05, "python -m evaluation bench")
    pins.save([Pin(NAME, 0.1, 0.02, COMMAND), other], path)
    write(report, [Measured(NAME, 0.62345, COMMAND), Measured("new", 0.4, COMMAND), Measured("none", None, COMMAND)])
    assert pins.check([report], write=True, path=path)[1] == 0
    assert pins.load(path) == [Pin(NAME, 0.6234, 0.02, COMMAND), other, Pin("new", 0.4, pins.TOLERANCE, COMMAND)]


def test_times_are_never_pinned() -> None:
    assert pins.written([], [Measured("latency p95", 20.0, COMMAND, unit="ms")]) == []


def test_without_pins_the_command_says_how_to_make_them(tmp_path: Path) -> None:
    pins.save([], tmp_path / "pins.json")
    text, code = pins.check([], path=tmp_path / "pins.json")
    assert (code, "--write" in text) == (0, True)


def test_the_newest_report_of_each_command_is_taken(tmp_path: Path) -> None:
    for name in ("bench-20260101-000000", "bench-20260102-000000", "bench-scale-20250101-000000", "comparisons-20260101-010101"):
        write(tmp_path / f"{name}.figures.jsonl", [])
    assert [path.name.split(".")[0] for path in pins.newest(tmp_path)] == [
        "bench-20260102-000000",
        "bench-scale-20250101-000000",
        "comparisons-20260101-010101",
    ]


def test_figures_are_read_as_they_were_written(tmp_path: Path) -> None:
    figures = [Measured(NAME, 0.5, COMMAND, "", "", {"low": 0.4, "n": 3}), Measured("t", None, COMMAND, "ms", "why")]
    assert read(write(tmp_path / "runs" / "r.jsonl", figures)) == figures


def test_a_broken_line_is_named(tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    path.write_text('{"name": "a", "value": 1, "command": "c"}\n{"name": "b"}\n', encoding="utf-8")
    with pytest.raises(BadFigures, match=r"r\.jsonl:2"):
        read(path)


@pytest.mark.parametrize("text", ["{}", '[{"name": "a"}]', "no JSON"])
def test_broken_pins_are_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "pins.json").write_text(text, encoding="utf-8")
    with pytest.raises(pins.BadPins):
        pins.load(tmp_path / "pins.json")


def test_every_pin_of_the_repository_has_a_command_and_is_pinned_once() -> None:
    found = pins.load()
    assert len({pin.name for pin in found}) == len(found)
    assert all(pin.command.startswith("python -m evaluation") and pin.tolerance > 0 for pin in found)
    assert json.loads(pins.PINS.read_text(encoding="utf-8")) is not None
