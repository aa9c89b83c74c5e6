"""The administrator's page of accounts, and the texts of the whole console."""

from __future__ import annotations

import re
import string
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from sqlalchemy import select
from staff_fixture import CRUEL, PASSWORD, Person, actions

from accounts import Role, StaffRow
from bot import console
from bot.answer import Status
from bot.handoff import State
from bot.wording import TEXTS
from database import Database

ONE_TIME = re.compile(r"<code>([a-z2-9-]{19})</code>")
CONSOLE = yaml.safe_load((TEXTS / "console.yml").read_text(encoding="utf-8"))


@pytest.fixture
def administrator(log_in: Callable[[str], Person]) -> Person:
    return log_in("administrator")


def add(person: Person, **form: str) -> tuple[int, str]:
    answer = person.post(
        "/staff/accounts", **{"login": "tanaka", "name": "田中 一郎", "role": "agent", "department": "waste", **form}
    )
    return answer.status_code, answer.text


def test_a_new_colleague_enters_with_the_password_shown_once(
    administrator: Person, new_person: Callable[[], Person], lite: Database
) -> None:
    status, page = add(administrator)
    assert status == 200
    found = ONE_TIME.search(page)
    assert found
    assert "田中 一郎さんの初回パスワード" in page
    assert found[1] not in administrator.get("/staff/accounts").text
    assert new_person().log_in("tanaka", found[1]).location.startswith("/staff/password")
    assert ("administrator", "staff.created") in actions(lite)


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"login": "agent"}, "すでに使われています"),
        ({"login": "田中"}, "半角の英小文字"),
        ({"name": ""}, "氏名を100文字以内"),
        ({"role": "mayor"}, "役割を選んでください"),
        ({"department": "nowhere"}, "課を選び直して"),
    ],
)
def test_a_wrong_entry_is_explained_and_the_rest_stays_filled_in(
    administrator: Person, lite: Database, form: dict[str, str], words: str
) -> None:
    status, page = add(administrator, **form)
    assert status == 422
    assert words in page
    if "name" not in form:
        assert 'value="田中 一郎"' in page
    with lite.read() as session:
        assert session.scalar(select(StaffRow).where(StaffRow.name == "田中 一郎")) is None


def test_a_reset_password_ends_the_session_and_opens_a_closed_account(
    administrator: Person, log_in: Callable[[str], Person], new_person: Callable[[], Person], ids: dict[str, int]
) -> None:
    colleague = log_in("colleague")
    administrator.post(f"/staff/accounts/{ids['colleague']}/deactivate")
    assert new_person().log_in("colleague").status_code == 401
    found = ONE_TIME.search(administrator.post(f"/staff/accounts/{ids['colleague']}/reset").text)
    assert found
    assert colleague.get("/staff/").location.startswith("/staff/login")
    assert new_person().log_in("colleague", PASSWORD).status_code == 401
    assert new_person().log_in("colleague", found[1]).status_code == 302


@pytest.mark.parametrize("action", ["reset", "deactivate"])
def test_administrators_do_not_lock_themselves_out(administrator: Person, ids: dict[str, int], action: str) -> None:
    assert administrator.post(f"/staff/accounts/{ids['administrator']}/{action}").status_code == 422
    assert administrator.get("/staff/accounts").status_code == 200


def test_a_name_with_markup_stays_text_in_the_list(administrator: Person) -> None:
    _, page = add(administrator, name=CRUEL)
    assert "<script>window" not in page
    assert "&lt;script&gt;window" in page


def _slots(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("entry", sorted(CONSOLE))
def test_a_text_of_the_console_is_there_in_both_languages_with_the_same_slots(entry: str) -> None:
    versions = CONSOLE[entry]
    assert set(versions) == {"ja", "en"}
    assert all(isinstance(text, str) and text.strip() for text in versions.values())
    assert _slots(versions["ja"]) == _slots(versions["en"])


def test_every_value_that_chooses_a_text_has_one() -> None:
    chosen = [f"status_{status}" for status in Status] + [f"state_{state}" for state in State]
    chosen += [f"step_{state}" for state in State] + [f"role_{role}" for role in Role]
    assert set(chosen) <= set(CONSOLE)


def test_no_text_of_the_console_is_left_over() -> None:
    folder = Path(console.__file__).parent
    used = "\n".join(path.read_text(encoding="utf-8") for path in folder.rglob("*") if path.suffix in (".py", ".html"))
    chosen = ("status_", "state_", "step_", "role_", "language_", "done_", "password_", "account_", "synonym_", "group_")
    assert [entry for entry in CONSOLE if not entry.startswith(chosen) and not re.search(rf"\b{entry}\b", used)] == []
