"""Tasks: one open task a cause, however many find it at once, with an owner, and without a resident's words."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import select
from town_fixture import CODE, OTHER_TOWN, SATO

from accounts import Role, StaffRow
from bot import conversations, tasks
from bot.tables import MessageRow, TaskMessageRow, TaskRow
from bot.tasks import Kind, Reason, TaskRefused
from database import Database


def opened(database: Database, key: str = "article:x", **more: Any) -> int:
    with database.write() as session:
        return tasks.open_task(session, CODE, Kind.DOWNVOTE, key, "住民票の写し", **more).id


def row(database: Database, number: int) -> TaskRow:
    with database.read() as session:
        return session.get_one(TaskRow, number)


def hire(database: Database, login: str, role: Role, department: str = "", town: str = CODE) -> int:
    with database.write() as session:
        number = 100 + len(session.scalars(select(StaffRow.id)).all())  # the fixture's numbers are given, not drawn
        member = StaffRow(id=number, municipality=town, login=login, name=login, role=role.value, password_hash="x")
        member.department = department
        session.add(member)
        session.flush()
        return member.id


def said(database: Database, text: str = "粗大ごみの持ち込みは") -> tuple[str, int]:
    """A conversation with one answer; its id and the answer's."""
    with database.write() as session:
        talk = conversations.start(session, CODE)
        asked = conversations.append(session, talk, "resident", text)
        shown = {"question": text, "status": "unsure", "answer": "…", "topics": [], "sources": []}
        return talk.id, conversations.append(session, talk, "desk", "…", answer=shown, reply_to=asked.id).id


def test_the_same_cause_found_again_joins_the_open_task(town_database: Database) -> None:
    first = opened(town_database)
    assert opened(town_database) == first
    assert opened(town_database, "article:y") != first
    assert row(town_database, first).count == 2


def test_many_writers_at_once_make_one_task_and_lose_no_count(town_database: Database) -> None:
    with ThreadPoolExecutor(8) as threads:
        made = set(threads.map(lambda _: opened(town_database), range(40)))
    assert len(made) == 1
    assert row(town_database, made.pop()).count == 40


def test_one_answer_is_counted_once_however_often_it_is_found(town_database: Database) -> None:
    _, message = said(town_database)

    def find(_: int) -> int:
        with town_database.write() as session:
            return tasks.open_task(session, CODE, Kind.UNANSWERED, "k", "", message=session.get_one(MessageRow, message)).id

    with ThreadPoolExecutor(4) as threads:
        (number,) = set(threads.map(find, range(8)))
    assert row(town_database, number).count == 1


def test_a_cause_that_comes_back_after_closing_is_a_new_task(town_database: Database) -> None:
    first = opened(town_database)
    with town_database.write() as session:
        tasks.close_task(session, CODE, first, "editor", Reason.REPAIRED, "直しました")
    second = opened(town_database)
    assert second != first
    assert (row(town_database, first).resolution, row(town_database, second).count) == ("repaired\n直しました", 1)


def test_a_task_falls_to_an_editor_of_its_department_with_the_fewest_tasks(town_database: Database) -> None:
    approver = hire(town_database, "approver", Role.APPROVER, "waste")
    hire(town_database, "administrator", Role.ADMINISTRATOR, "citizens")
    anywhere = hire(town_database, "anywhere", Role.EDITOR)
    citizens = [hire(town_database, name, Role.EDITOR, "citizens") for name in ("c1", "c2")]
    hire(town_database, "foreign", Role.EDITOR, "general", OTHER_TOWN.code)
    owners = [row(town_database, opened(town_database, f"a{n}", department="citizens")).owner for n in range(3)]
    assert owners == [citizens[0], citizens[1], citizens[0]]
    assert row(town_database, opened(town_database, "w", department="waste")).owner == approver
    assert row(town_database, opened(town_database, "n")).owner == anywhere


def test_without_anybody_who_writes_articles_a_task_waits_for_an_owner_and_gets_one(town_database: Database) -> None:
    number = opened(town_database)
    assert row(town_database, number).owner is None
    editor = hire(town_database, "editor", Role.EDITOR)
    with town_database.write() as session:
        assert tasks.care_for_orphans(session, CODE) == 1
        assert tasks.care_for_orphans(session, CODE) == 0
    assert row(town_database, number).owner == editor


def test_the_tasks_of_somebody_who_has_left_fall_to_another(town_database: Database) -> None:
    gone, stays = hire(town_database, "gone", Role.EDITOR, "citizens"), hire(town_database, "stays", Role.EDITOR)
    number = opened(town_database, department="citizens")
    assert row(town_database, number).owner == gone
    with town_database.write() as session:
        session.get_one(StaffRow, gone).active = False
        session.flush()
        assert tasks.care_for_orphans(session, CODE) == 1
    assert row(town_database, number).owner == stays


@pytest.mark.parametrize("staff", [SATO, 3, 999])
def test_only_somebody_of_the_town_who_writes_articles_can_own_a_task(town_database: Database, staff: int) -> None:
    number = opened(town_database)
    with pytest.raises(TaskRefused, match="no_owner"), town_database.write() as session:
        tasks.assign(session, CODE, number, staff, "editor")


def test_two_who_take_a_task_at_once_do_not_overwrite_each_other(town_database: Database) -> None:
    one, two = hire(town_database, "one", Role.EDITOR), hire(town_database, "two", Role.EDITOR)
    number = opened(town_database)
    seen = row(town_database, number).version
    with town_database.write() as session:
        tasks.take(session, CODE, number, two, "two", seen)
    with pytest.raises(TaskRefused, match="stale"), town_database.write() as session:
        tasks.take(session, CODE, number, one, "one", seen)
    assert row(town_database, number).owner == two


def test_another_town_finds_no_such_task(town_database: Database) -> None:
    number = opened(town_database)
    for act in (
        lambda s: tasks.close_task(s, OTHER_TOWN.code, number, "x", Reason.REPAIRED),
        lambda s: tasks.take(s, OTHER_TOWN.code, number, 3, "x"),
        lambda s: tasks.reopen(s, OTHER_TOWN.code, number, "x"),
    ):
        with pytest.raises(TaskRefused, match="unknown"), town_database.write() as session:
            act(session)


def test_a_closed_task_is_opened_again_unless_its_cause_has_a_newer_one(town_database: Database) -> None:
    number = opened(town_database)
    with town_database.write() as session:
        tasks.close_task(session, CODE, number, "e", Reason.NOT_NEEDED)
        assert tasks.reopen(session, CODE, number, "e").state == "open"
        tasks.close_task(session, CODE, number, "e", Reason.NOT_NEEDED)
    opened(town_database)
    with pytest.raises(TaskRefused, match="open_already"), town_database.write() as session:
        tasks.reopen(session, CODE, number, "e")


def test_when_the_conversation_is_deleted_the_task_keeps_its_count_and_no_word(town_database: Database) -> None:
    conversation, message = said(town_database, "夫に内緒で相談したい")
    with town_database.write() as session:
        number = tasks.open_task(session, CODE, Kind.UNANSWERED, "k", "", message=session.get_one(MessageRow, message)).id
    with town_database.write() as session:
        conversations.erase(session, [conversation])
    kept = row(town_database, number)
    assert (kept.count, kept.conversation, kept.message, kept.state) == (1, None, None, "open")
    with town_database.read() as session:
        assert session.scalars(select(TaskMessageRow)).all() == []
    assert "内緒" not in repr(vars(kept))


def test_joined_tasks_bring_their_answers_and_counts_together(town_database: Database) -> None:
    numbers = []
    for key in ("a", "b"):
        _, message = said(town_database)
        with town_database.write() as session:
            made = tasks.open_task(session, CODE, Kind.UNANSWERED, key, "", message=session.get_one(MessageRow, message))
            numbers.append(made.id)
    with town_database.write() as session:
        tasks.join(session, session.get_one(TaskRow, numbers[0]), session.get_one(TaskRow, numbers[1]))
    first, second = (row(town_database, number) for number in numbers)
    assert (first.count, second.state, second.resolution) == (2, "closed", f"joined\n#{first.id}")
    with town_database.read() as session:
        links = select(TaskMessageRow.message).where(TaskMessageRow.task == first.id)
        assert len(session.scalars(links).all()) == 2
