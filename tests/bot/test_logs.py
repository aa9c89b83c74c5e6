"""A log line tells where something broke, never what a resident wrote."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
import structlog

from bot import logs


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    yield
    structlog.reset_defaults()


def test_an_exception_is_described_by_types_and_frames_only(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("INFO")
    try:
        try:
            int("ひみつ")
        except ValueError as error:
            raise RuntimeError("ひみつ") from error
    except RuntimeError:
        structlog.get_logger().exception("broke", municipality="990019")
    written = capsys.readouterr()
    line = json.loads(written.err)
    assert written.out == ""
    assert "ひみつ" not in written.err
    assert (line["event"], line["level"], line["municipality"]) == ("broke", "error", "990019")
    assert (line["error"], line["cause"]["error"]) == ("builtins.RuntimeError", "builtins.ValueError")
    assert line["frames"][-1].startswith("tests/bot/test_logs.py:")


def test_lines_below_the_level_are_not_written(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("WARNING")
    structlog.get_logger().info("request")
    assert capsys.readouterr().err == ""
