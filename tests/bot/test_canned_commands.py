"""Canned replies from a file: those of the demo, added once; a wrong file changes nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from town_fixture import CODE

from bot import canned, canned_commands
from database import Database
from knowledge.commands import DEMO
from knowledge.municipality_folder import read_description

FILE = DEMO / "canned_replies.yml"


@pytest.fixture
def opened(lite: Database, instance: Path, monkeypatch: pytest.MonkeyPatch) -> Database:
    monkeypatch.setenv("MADOGUCHI_DATABASE_URL", lite.url)
    return lite


def titles(database: Database) -> list[str]:
    with database.read() as session:
        return [row.title for row in canned.listed(session, CODE)]


def test_those_of_the_demo_are_added_once(opened: Database, capsys: pytest.CaptureFixture[str]) -> None:
    entries = canned_commands.read(FILE)
    assert {entry.get("department", "") for entry in entries} - {""} <= {d.key for d in read_description(DEMO).departments}
    assert canned_commands.main(["load", str(FILE)]) == 0
    assert sorted(titles(opened)) == sorted(entry["title"] for entry in entries)
    assert canned_commands.main(["load", str(FILE)]) == 0
    assert capsys.readouterr().out.splitlines() == [f"{len(entries)} canned replies added", "0 canned replies added"]


@pytest.mark.parametrize(
    "content", ["{}", "- title: x", "- {title: a, text: b, colour: c}", "- {title: a, text: '{nobody}'}", "- [", "- 1"]
)
def test_a_wrong_file_changes_nothing(opened: Database, tmp_path: Path, content: str, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "wrong.yml"
    path.write_text(f"- {{title: gut, text: gut}}\n{content}\n" if content.startswith("- {title: a, text: '") else content)
    assert canned_commands.main(["load", str(path)]) == 2
    assert "nothing was changed" in capsys.readouterr().err
    assert titles(opened) == []


def test_an_unknown_municipality_is_refused(opened: Database, capsys: pytest.CaptureFixture[str]) -> None:
    assert canned_commands.main(["load", str(FILE), "--municipality", "990035"]) == 2
    assert "990035" in capsys.readouterr().err
