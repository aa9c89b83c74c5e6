"""`python -m bot.ask`: one question or a file of them through the real pipeline, and one line for what goes wrong."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from small_index import SmallIndexes, small_indexes
from small_knowledge import CODE

from bot import ask
from settings import load_settings

KEYS = {"id", "question", "outcome", "status", "ranking", "probability", "answer", "sources", "topics", "ms"}


@pytest.fixture(autouse=True)
def served(instance: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SmallIndexes]:
    """こはる町 as the municipality of the settings, with an index."""
    monkeypatch.setenv("MADOGUCHI_MUNICIPALITY", CODE)
    monkeypatch.setenv("MADOGUCHI_NER", "false")
    load_settings.cache_clear()
    indexes = small_indexes(instance, monkeypatch)
    indexes.put("1")
    yield indexes
    structlog.reset_defaults()  # the command logs to this test's standard error, which is gone afterwards


def lines(path: Path, *records: Any) -> Path:
    path.write_text("\n".join(r if isinstance(r, str) else json.dumps(r, ensure_ascii=False) for r in records), encoding="utf-8")
    return path


def batch(path: Path, capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    assert ask.main(["--batch", str(path)]) == 0
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_a_question_prints_its_answer_and_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    assert ask.main(["住民票の写しはいくらですか"]) == 0
    assert capsys.readouterr().out.splitlines()[0] == "手数料：1通300円"


def test_json_prints_the_whole_record(capsys: pytest.CaptureFixture[str]) -> None:
    assert ask.main(["住民票の写しはいくらですか", "--json"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert set(record) >= KEYS
    assert (record["id"], record["status"], record["outcome"]) == (None, "answered", "answer")
    assert record["sources"] == [{"id": "residence-certificate", "title": "住民票の写しの請求"}]
    assert record["ranking"][0] == "residence-certificate"
    assert 0 <= record["probability"] <= 1
    assert record["ms"] >= sum(record["steps_ms"].values()) * 0.9


def test_personal_data_is_masked_here_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert ask.main(["090-1234-5678の住民票", "--json"]) == 0
    shown = capsys.readouterr()
    assert "1234" not in shown.out + shown.err


def test_the_language_is_that_of_the_fixed_texts(capsys: pytest.CaptureFixture[str]) -> None:
    assert ask.main(["職員と話したい", "--language", "en"]) == 0
    assert "Talk to staff" in capsys.readouterr().out


def test_a_file_of_questions_gives_one_line_each_in_order(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = lines(tmp_path / "q.jsonl", {"id": "a", "text": "住民票がほしい"}, "", {"id": 2, "text": "犬を飼い始めた"})
    records = batch(path, capsys)
    assert [(r["id"], r["sources"][0]["id"]) for r in records] == [("a", "residence-certificate"), ("2", "dog")]
    assert all(set(r) >= KEYS for r in records)


def test_a_run_can_go_to_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, out = lines(tmp_path / "q.jsonl", {"id": "a", "text": "住民票がほしい"}), tmp_path / "run.jsonl"
    assert ask.main(["--batch", str(path), "--out", str(out)]) == 0
    assert json.loads(out.read_text(encoding="utf-8"))["status"] == "answered"
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    "conversation",
    [
        ["燃えないゴミいつ"],
        [{"role": "resident", "text": "燃えないゴミいつ"}, {"role": "desk", "text": "どの地区ですか"}],
        [{"role": "user", "content": "燃えないゴミいつ"}],
        [{"question": "燃えないゴミいつ"}],
    ],
)
def test_a_conversation_is_the_context_of_its_question(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], conversation: list[Any]
) -> None:
    (record,) = batch(lines(tmp_path / "q.jsonl", {"id": "a", "text": "桜台", "conversation": conversation}), capsys)
    assert record["answer"].startswith("桜台の「燃やさないごみ」の収集日は")


@pytest.mark.parametrize(
    "bad",
    [
        "{", "[]", "[1]", "3", '"text"', "null", '{"id": "a"}', '{"text": "x"}', '{"id": "a", "text": "x", "conversation": "住民票"}',
        '{"id": "a", "text": "x", "conversation": [1]}', '{"id": "a", "text": "x", "conversation": 5}',
    ],
)  # fmt: skip
def test_a_bad_line_is_named_by_file_and_line(tmp_path: Path, capsys: pytest.CaptureFixture[str], bad: str) -> None:
    path = lines(tmp_path / "q.jsonl", {"id": "a", "text": "住民票"}, "", bad)
    assert ask.main(["--batch", str(path)]) == 2
    shown = capsys.readouterr()
    assert f"{path}:3:" in shown.err
    assert shown.out == ""  # nothing is asked of a file that cannot be read whole


def test_a_file_in_another_encoding_is_named_by_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "q.jsonl"
    path.write_bytes(b'{"id": "a", "text": "x"}\n' + '{"id": "b", "text": "住民票"}'.encode("cp932"))
    assert ask.main(["--batch", str(path)]) == 2
    assert f"{path}:2:" in capsys.readouterr().err


def test_a_byte_order_mark_is_no_fault(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "q.jsonl"
    path.write_bytes(b"\xef\xbb\xbf" + '{"id": "a", "text": "住民票がほしい"}\r\n'.encode())
    assert batch(path, capsys)[0]["status"] == "answered"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["住民票", "--municipality", "131016"], "no index for municipality 131016"),
        (["--batch", "no-such-file.jsonl"], "no-such-file.jsonl"),
    ],
)
def test_what_goes_wrong_is_one_line_and_exit_code_2(capsys: pytest.CaptureFixture[str], arguments: list[str], said: str) -> None:
    assert ask.main(arguments) == 2
    error = capsys.readouterr().err.splitlines()[-1]
    assert error.startswith("bot.ask: ")
    assert said in error


@pytest.mark.parametrize("arguments", [[], ["住民票", "--batch", "q.jsonl"]])
def test_a_question_or_a_file_is_needed_and_not_both(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        ask.main(arguments)
    assert stopped.value.code == 2
