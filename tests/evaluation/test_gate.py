"""The gate: a worse configuration is stopped, an equal one passes, and nearly no equal rerun is called worse."""

from __future__ import annotations

import gzip
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from run_fixture import HEADER, line, run_of

from evaluation import prediction_file
from evaluation.__main__ import main
from evaluation.prediction_file import BadRunFile, Line, Run
from evaluation.run_compare import LEVEL, NotComparable, chance_of_loss, compare, lost_measures, verdict

QUESTIONS = 200
RERUNS = 200


def desk_of(quality: float, seed: int, questions: int = QUESTIONS) -> Run:
    """A desk that is right on a question with this probability; every fourth question should be handed over."""
    drawn = np.random.default_rng(seed).random(questions)
    lines: list[Line] = []
    for number, luck in enumerate(drawn):
        good = luck < quality
        if number % 4 == 0:
            lines.append(line(f"q{number}", (), outcome="hand_over" if good else "answer"))
        elif good:
            lines.append(line(f"q{number}", (f"a{number % 60}",), ranking=(f"a{number % 60}",), cited=(f"a{number % 60}",)))
        else:
            lines.append(line(f"q{number}", (f"a{number % 60}",), ranking=("x",), cited=("x",)))
    return run_of(*lines)


def passes(before: Run, after: Run) -> bool:
    return verdict(compare(before, after))[0]


def test_a_planted_regression_is_stopped_and_the_reasons_name_the_measures() -> None:
    allowed, reasons = verdict(compare(desk_of(0.85, 1), desk_of(0.65, 2)))
    assert not allowed
    assert any("served" in reason for reason in reasons)


def test_an_equal_configuration_passes() -> None:
    assert passes(desk_of(0.8, 1), desk_of(0.8, 1))


def test_a_better_configuration_passes() -> None:
    assert passes(desk_of(0.65, 1), desk_of(0.85, 2))


def test_of_equal_reruns_at_most_one_in_twenty_is_called_worse() -> None:
    alarms = sum(bool(lost_measures(desk_of(0.8, 2 * n, 120), desk_of(0.8, 2 * n + 1, 120))) for n in range(RERUNS))
    assert alarms <= LEVEL * RERUNS


def test_a_regression_of_one_kind_only_is_stopped() -> None:
    before = desk_of(1.0, 1)
    answers_all = [replace(x, prediction=line("x", ()).prediction) if x.item.hand_over else x for x in before.lines]
    compared = compare(before, run_of(*answers_all))
    assert {change.measure for change in compared.lost} == {"unanswerable_left"}


def test_a_desk_that_stops_answering_is_stopped() -> None:
    before = desk_of(1.0, 1)
    silent = [replace(x, prediction=line("x", outcome="hand_over", ranking=()).prediction) for x in before.lines]
    allowed, reasons = verdict(compare(before, run_of(*silent)))
    assert not allowed
    assert any(reason.startswith("right: the new run says nothing") for reason in reasons)


def test_one_changed_answer_stops_nothing_but_is_listed() -> None:
    before = desk_of(1.0, 1)
    worse = [replace(x, prediction=line("x", ("z",)).prediction) if x.item.key == "q1" else x for x in before.lines]
    compared = compare(before, run_of(*worse))
    assert verdict(compared)[0]
    assert [(a.key, a.verdict) for a in compared.answers] == [("q1", "worse")]


def test_runs_over_other_questions_are_not_compared() -> None:
    with pytest.raises(NotComparable):
        compare(run_of(line("1")), run_of(line("2")))


def test_the_chance_of_a_loss_by_hand() -> None:
    # Three groups all worse by 1: of the 8 ways to flip signs only one is as low, 1/8.
    assert chance_of_loss({"1": -1, "2": -1, "3": -1}, {}) == pytest.approx(1 / 8, abs=0.02)
    # Three questions on one article are one group: 1/2.
    assert chance_of_loss({"1": -1, "2": -1, "3": -1}, dict.fromkeys("123", "a")) == pytest.approx(1 / 2, abs=0.02)
    assert chance_of_loss({"1": 0.0}, {}) == 1.0


# The file and the commands


def written(path: Path, run: Run) -> Path:
    prediction_file.write(path, run.header, run.lines, run.articles)
    return path


@pytest.mark.parametrize("name", ["run.jsonl", "run.jsonl.gz", "run.jsonl.xz"])
def test_a_run_is_the_same_after_writing_and_reading(tmp_path: Path, name: str) -> None:
    run = desk_of(0.8, 1, 20)
    assert prediction_file.read(written(tmp_path / name, run)) == run


def test_a_packed_run_has_the_same_bytes_every_time(tmp_path: Path) -> None:
    run = desk_of(0.8, 1, 5)
    one, two = written(tmp_path / "a.jsonl.gz", run), written(tmp_path / "b.jsonl.gz", run)
    assert gzip.decompress(one.read_bytes()) == gzip.decompress(two.read_bytes())


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda text: text.split("\n", 1)[1], "what was run"),
        (lambda text: text.replace('"ranking"', '"rankings"', 1), ":2: not a line"),
        (lambda text: text + text.split("\n")[1] + "\n", "twice"),
        (lambda text: text.replace('"format": 1', '"format": 9'), "format 9"),
    ],
)
def test_what_is_no_run_is_refused_with_its_line(tmp_path: Path, change: object, why: str) -> None:
    path = written(tmp_path / "run.jsonl", desk_of(0.8, 1, 3))
    path.write_text(change(path.read_text(encoding="utf-8")), encoding="utf-8")  # type: ignore[operator]
    with pytest.raises(BadRunFile, match=why):
        prediction_file.read(path)


def test_the_command_fails_on_a_regression_and_names_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good, bad = written(tmp_path / "good.jsonl", desk_of(0.85, 1)), written(tmp_path / "bad.jsonl", desk_of(0.6, 2))
    baseline = tmp_path / "baseline" / "pinned.jsonl.gz"
    assert main(["gate", str(good), "--baseline", str(baseline)]) == 2
    assert "--pin" in capsys.readouterr().err
    assert main(["gate", str(good), "--baseline", str(baseline), "--pin"]) == 0
    assert main(["gate", str(good), "--baseline", str(baseline)]) == 0
    assert "gate: passed; 0 of 200" in capsys.readouterr().err
    assert main(["gate", str(bad), "--baseline", str(baseline)]) == 1
    assert "worse than the baseline: served" in capsys.readouterr().err


def test_scores_come_from_the_file_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = written(tmp_path / "run.jsonl", run_of(line("1"), line("2", ("b",))))
    assert main(["scores", str(path)]) == 0
    assert "| right | 0.500" in capsys.readouterr().out


@pytest.mark.parametrize("language", ["ja", "en"])
def test_the_page_holds_everything_and_points_nowhere_outside(tmp_path: Path, language: str) -> None:
    cruel = "<script>alert(1)</script>"
    before = run_of(line("1"), line("2", ("b",)), line("3", (), answer=cruel))
    after = run_of(line("1", ranking=("c",), cited=("c",), answer=cruel), line("2", ("b",)), line("3", ()))
    one, two = written(tmp_path / "one.jsonl", before), written(tmp_path / "two.jsonl", after)
    assert main(["report", str(two), "--against", str(one), "--language", language]) == 0
    page = (tmp_path / "two.html").read_text(encoding="utf-8")
    assert cruel not in page
    assert "&lt;script&gt;alert(1)" in page
    assert "質問 2" in page
    assert page.count("<svg") == 2
    assert HEADER.question_set in page
    for outside in ("src=", "<link", "@import", "url(http"):
        assert outside not in page
