"""Every remark about what is brought in can be said in both languages, with what stands in its slots."""

from __future__ import annotations

import ast
import string
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from bot.wording import TEXTS
from knowledge import import_jobs
from knowledge.import_plan import FIELDS, OUTCOMES
from knowledge.importers.remarks import CODES

KNOWLEDGE = Path(__file__).parents[3] / "knowledge"
ENTRIES = yaml.safe_load((TEXTS / "staff_imports.yml").read_text(encoding="utf-8"))


def made() -> Iterator[tuple[str, set[str]]]:
    """Code and slots of every remark and problem that is made in the code."""
    for file in KNOWLEDGE.rglob("*.py"):
        for call in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            at = {"Remark": 1, "Problem": 1, "UnreadableFile": 2}.get(getattr(getattr(call, "func", None), "id", ""))
            if isinstance(call, ast.Call) and at is not None and len(call.args) > at:
                names = {keyword.arg or "" for keyword in call.keywords} | ({"message"} if at == 2 else set())
                for code in ast.walk(call.args[at]):
                    if isinstance(code, ast.Constant) and isinstance(code.value, str):
                        yield code.value, names


def slots(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_the_remarks_made_are_those_of_the_list() -> None:
    assert {code for code, _ in made()} | {"other"} == CODES | {"other"}


def test_every_remark_has_its_text_and_no_text_is_left_over() -> None:
    assert {name.removeprefix("remark_") for name in ENTRIES if name.startswith("remark_")} == CODES


@pytest.mark.parametrize("language", ["ja", "en"])
def test_a_text_asks_for_no_slot_that_its_remark_does_not_have(language: str) -> None:
    wrong = {code for code, names in made() if code in CODES and slots(ENTRIES[f"remark_{code}"][language]) - names}
    assert wrong == set()


def test_every_closed_list_of_imports_has_its_texts() -> None:
    named = [
        *(f"state_{state}" for state in import_jobs.STATES),
        *(f"busy_{state}" for state in import_jobs.OPEN),
        *(f"outcome_{outcome}" for outcome in OUTCOMES),
        *(f"result_{result}" for result in import_jobs.RESULTS),
        *(f"error_{reason}" for reason in import_jobs.REFUSALS if reason != "gone"),
        *(f"field_{field}" for field in FIELDS),
    ]
    assert set(named) <= set(ENTRIES)
