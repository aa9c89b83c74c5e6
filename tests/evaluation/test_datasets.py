"""Reading a question set, and doing without one."""

from __future__ import annotations

from pathlib import Path

import pytest

from evaluation import datasets
from evaluation.__main__ import main
from evaluation.datasets import BadDataset


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    files = {
        "corpus.jsonl": (
            '{"id": "a", "question": "転入届は", "answer": "市民課"}\n{"id": "b", "question": "ごみは", "answer": "月曜"}\n'
        ),
        "queries.dev.jsonl": '{"id": 1, "text": "引っ越してきた"}\n{"id": 2, "text": "燃えるごみ"}\n',
        "qrels.dev.tsv": "1\ta\t2\r\n2\tb\t1\r\n2\ta\t0\r\n",
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def test_a_question_set_is_read_whole(folder: Path) -> None:
    questions = datasets.load(folder)
    assert questions.questions == {"1": "引っ越してきた", "2": "燃えるごみ"}
    assert questions.articles == {"a", "b"}
    assert questions.judgements == {"1": {"a": 2}, "2": {"b": 1, "a": 0}}


def test_the_digest_tells_one_version_of_the_data_from_another(folder: Path) -> None:
    before = datasets.load(folder).digest
    (folder / "qrels.dev.tsv").write_text("1\ta\t1\n", encoding="utf-8")
    assert datasets.load(folder).digest != before


@pytest.mark.parametrize(
    ("file", "text", "told"),
    [
        ("corpus.jsonl", '{"id": "a"}\n', r"corpus\.jsonl:1: not a record with id and question"),
        ("queries.dev.jsonl", '{"id": 1, "text": "x"}\n{"id": 1, "text": "y"}\n', r"queries\.dev\.jsonl:2: id 1 came before"),
        ("qrels.dev.tsv", "1\ta\n", r"qrels\.dev\.tsv:1: not question, article, grade"),
        ("qrels.dev.tsv", "1\ta\tgood\n", r"qrels\.dev\.tsv:1: not question, article, grade"),
        ("qrels.dev.tsv", "1\ta\t-1\n", r"qrels\.dev\.tsv:1: .* 0 or more"),
        ("qrels.dev.tsv", "1\ta\t1\n1\ta\t2\n", r"qrels\.dev\.tsv:2: .* judged once"),
        ("qrels.dev.tsv", "9\ta\t1\n", "question 9 is not in queries.dev.jsonl"),
        ("qrels.dev.tsv", "1\tz\t1\n", "article z is not in corpus.jsonl"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(folder: Path, file: str, text: str, told: str) -> None:
    (folder / file).write_text(text, encoding="utf-8")
    with pytest.raises(BadDataset, match=told):
        datasets.load(folder)


def test_a_folder_without_the_files_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadDataset, match=r"corpus\.jsonl"):
        datasets.load(tmp_path)


def test_the_environment_names_the_folder_and_the_argument_goes_first(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    monkeypatch.setenv(datasets.VARIABLE, str(other))
    assert datasets.locate() == other
    assert datasets.locate(folder) == folder


def test_a_folder_that_was_named_and_is_not_there_is_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["retrieval", "--data", str(tmp_path / "nowhere")]) == 2
    assert "nowhere is not a folder" in capsys.readouterr().err


def test_without_a_question_set_the_part_is_skipped_and_says_how_to_give_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv(datasets.VARIABLE, raising=False)
    monkeypatch.setattr(datasets, "ROOT", tmp_path / "repository")
    assert main(["retrieval", "--runs", str(tmp_path / "runs")]) == 0
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "skipped" in printed.err
    assert "--data DIR" in printed.err
    assert datasets.VARIABLE in printed.err
    assert not (tmp_path / "runs").exists()
