"""`python -m indexer`: build, list and rollback print JSON lines; what goes wrong is one line and exit code 2."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from small_knowledge import CODE, CONTENT

from database import Database
from indexer.__main__ import main
from knowledge import store
from settings import load_settings

Run = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def town(instance: Path, tiny_model: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An instance that holds こはる町 and is set to the tiny model; the home of its indexes."""
    monkeypatch.setenv("MADOGUCHI_MUNICIPALITY", CODE)
    monkeypatch.setenv("MADOGUCHI_ENCODER", str(tiny_model))
    load_settings.cache_clear()
    settings = load_settings()
    database = Database(settings.resolved_database_url)
    database.upgrade()
    with database.write() as session:
        store.save_municipality(session, CONTENT.municipality)
        store.save_departments(session, CODE, CONTENT.departments)
        for article in CONTENT.articles:
            store.upsert(session, article, keep_state=False)
    database.dispose()
    return settings.indexes / CODE


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    def call(*arguments: str) -> list[dict[str, Any]]:
        assert main(list(arguments)) == 0
        return [json.loads(line) for line in capsys.readouterr().out.splitlines()]

    return call


def test_build_says_what_it_did(town: Path, run: Run) -> None:
    (built,) = run("build")
    # Whether the article with an end is still among them depends on the day this runs.
    assert len(CONTENT.articles) - 1 <= built["created"] == built["articles"] <= len(CONTENT.articles)
    assert built["encoded"] == built["passages"] > 0
    (again,) = run("build")
    assert (again["created"], again["encoded"], again["reason"]) == (0, 0, "nothing changed")
    (full,) = run("build", "--full")
    assert full["encoded"] == built["passages"]


def test_rollback_serves_the_one_before_and_list_shows_it(town: Path, run: Run) -> None:
    versions = [run("build", "--full")[0]["snapshot"] for _ in range(2)]
    assert [(line["snapshot"], line["served"]) for line in run("list")] == [(versions[1], True), (versions[0], False)]
    assert run("rollback") == [{"snapshot": versions[0], "was": versions[1]}]
    assert [line["served"] for line in run("list")] == [False, True]
    assert run("rollback", "--to", versions[1]) == [{"snapshot": versions[1], "was": versions[0]}]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["build", "--municipality", "131016"], "no municipality 131016"),
        (["list", "--municipality", "131016"], "python -m indexer build --municipality 131016"),
        (["rollback"], "no index in"),
    ],
)
def test_what_goes_wrong_is_one_line_and_exit_code_2(
    town: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    assert main(arguments) == 2
    error = capsys.readouterr().err
    assert error.startswith("indexer: ")
    assert said in error
    assert len(error.splitlines()) == 1


def test_the_oldest_snapshot_cannot_be_rolled_back(town: Path, run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    run("build")
    assert main(["rollback"]) == 2
    assert "older than" in capsys.readouterr().err


def test_a_model_that_is_not_there_says_which_setting_to_change(
    town: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv("MADOGUCHI_ENCODER", str(tmp_path / "nowhere"))
    load_settings.cache_clear()
    assert main(["build"]) == 2
    assert "MADOGUCHI_ENCODER" in capsys.readouterr().err
