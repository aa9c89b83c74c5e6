"""Lines are read one by one and are the records that were written."""

from __future__ import annotations

from pathlib import Path

import pytest

from indexer import json_lines
from indexer.json_lines import JsonLines, write_json_lines

RECORDS = [["転入", "届"], [], ["行\n替え", "\u2028"], ["𠮷"]]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "records.jsonl"


@pytest.mark.parametrize("chunk", [1, 7, 1 << 24])
def test_lines_come_back_as_they_were_written(path: Path, chunk: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_lines, "CHUNK", chunk)
    write_json_lines(path, RECORDS)
    lines = JsonLines(path, list)
    assert list(lines) == RECORDS
    assert [lines[at] for at in (3, 0, -1, -4)] == [RECORDS[3], RECORDS[0], RECORDS[3], RECORDS[0]]
    assert lines[1:3] == RECORDS[1:3]
    assert len(lines) == 4


def test_a_file_without_lines_is_an_empty_sequence(path: Path) -> None:
    write_json_lines(path, [])
    assert list(JsonLines(path, list)) == []


@pytest.mark.parametrize("at", [4, -5])
def test_a_line_that_is_not_there_is_refused(path: Path, at: int) -> None:
    write_json_lines(path, RECORDS)
    with pytest.raises(IndexError):
        JsonLines(path, list)[at]


def test_lines_of_a_deleted_file_can_be_read_on(path: Path) -> None:
    write_json_lines(path, RECORDS)
    lines = JsonLines(path, list)
    path.unlink()
    assert lines[3] == RECORDS[3]


def test_a_line_that_is_no_json_is_an_error_when_it_is_read(path: Path) -> None:
    path.write_text("[1]\n{broken\n", encoding="utf-8")
    lines = JsonLines(path, list)
    assert lines[0] == [1]
    with pytest.raises(ValueError):
        lines[1]
