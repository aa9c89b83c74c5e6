"""The life cycle of an article: residents read what was published, and two people stand behind it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import select
from workflow_fixture import (
    BIN,
    TODAY,
    TOWN,
    approve,
    approved,
    audited,
    changed,
    draft,
    prepare_town,
    publish,
    read_by_residents,
    save,
    submit,
    written,
)

from database import Database, now
from knowledge import due, revisions, store, workflow
from knowledge.articles import State
from knowledge.tables import ArticleCommentRow, ArticleRow
from knowledge.workflow import DraftExists, DraftState, StaleDraft, WorkflowRefused


@pytest.fixture(autouse=True)
def town(database: Database) -> None:
    prepare_town(database)


def states(database: Database, article: str = "bulky") -> list[tuple[int, str, str]]:
    """Number, state and body of each revision, oldest first."""
    with database.read() as session:
        return [(r.number, r.state, r.content["body"]) for r in reversed(revisions.history(session, TOWN, article))]


def article_row(database: Database, article: str = "bulky") -> ArticleRow | None:
    with database.read() as session:
        return session.get(ArticleRow, (TOWN, article))


def test_residents_read_the_old_text_until_the_new_one_is_published(database: Database) -> None:
    row = save(database, changed())
    for step in (submit, approve):
        assert read_by_residents(database) == {"bulky": BIN.body}
        row = step(database, row)
    assert row.state == DraftState.APPROVED
    assert read_by_residents(database) == {"bulky": BIN.body}
    publish(database, row)
    assert read_by_residents(database) == {"bulky": changed().body}
    assert draft(database) is None


def test_every_move_is_in_the_audit_trail(database: Database) -> None:
    publish(database, approved(database))
    written(database, lambda s: workflow.withdraw(s, TOWN, "bulky", "approver", "窓口が変わった"))
    assert audited(database) == [
        ("editor", "article.submitted"),
        ("approver", "article.approved"),
        ("approver", "article.published"),
        ("approver", "article.withdrawn"),
    ]


def test_a_new_article_is_in_the_lists_as_a_draft_and_never_answered_from(database: Database) -> None:
    new = replace(BIN, id="new", title="新しい案内", state=State.DRAFT)
    row = save(database, new)
    assert (found := article_row(database, "new")) is not None
    assert (found.state, found.title) == ("draft", "新しい案内")
    save(database, replace(new, title="もっと新しい案内"), version=row.version)
    assert (found := article_row(database, "new")) is not None
    assert found.title == "もっと新しい案内"
    assert "new" not in read_by_residents(database)


@pytest.mark.parametrize("by", ["editor", "helper"])
def test_neither_the_last_editor_nor_the_submitter_approves(database: Database, by: str) -> None:
    row = submit(database, save(database, changed()), by="helper")
    with pytest.raises(WorkflowRefused, match="own_work"):
        approve(database, row, by=by)
    approve(database, row, by="approver")


def test_what_an_approver_changes_needs_another_approver(database: Database) -> None:
    row = save(database, changed(title="粗大ごみ"), by="approver", version=approved(database).version)
    assert (row.state, row.approved_by, row.submitted_by) == (DraftState.DRAFT, "", "")
    row = submit(database, row)
    with pytest.raises(WorkflowRefused, match="own_work"):
        approve(database, row, by="approver")


def test_what_was_approved_by_its_own_editor_in_the_table_is_not_published(database: Database) -> None:
    row = approved(database)
    with database.write() as session:
        held = workflow.find_draft(session, TOWN, "bulky")
        assert held is not None
        held.approved_by = held.edited_by
    kept = draft(database)
    assert kept is not None
    with pytest.raises(WorkflowRefused, match="own_work"):
        publish(database, kept)
    assert row.version < kept.version


@pytest.mark.parametrize("step", [submit, publish])
def test_a_working_copy_in_review_is_neither_submitted_again_nor_published(
    database: Database, step: Callable[..., object]
) -> None:
    row = submit(database, save(database, changed()))
    with pytest.raises(WorkflowRefused, match="wrong_state"):
        step(database, row)


@pytest.mark.parametrize("part", ["title", "body"])
def test_an_article_without_words_is_not_submitted(database: Database, part: str) -> None:
    row = save(database, changed(**{part: " \n"}))
    with pytest.raises(WorkflowRefused, match="incomplete"):
        submit(database, row)


def test_what_an_import_was_not_sure_of_is_looked_at_before_a_review(database: Database) -> None:
    row = save(database, replace(changed(), body="手数料は〔要確認：80O円〕です。"))
    with pytest.raises(WorkflowRefused, match="doubtful"):
        submit(database, row)


def test_sending_back_needs_a_note_and_makes_it_a_draft(database: Database) -> None:
    row = submit(database, save(database, changed()))
    with pytest.raises(WorkflowRefused, match="note_needed"):
        written(database, lambda s: workflow.send_back(s, TOWN, "bulky", "approver", row.version, " "))
    row = written(database, lambda s: workflow.send_back(s, TOWN, "bulky", "approver", row.version, "電話番号を足してください"))
    assert (row.state, row.edited_by) == (DraftState.DRAFT, "editor")
    with database.read() as session:
        remark = session.scalars(select(ArticleCommentRow)).one()
    assert (remark.by, remark.text, remark.settled_at) == ("approver", "電話番号を足してください", None)


def test_a_working_copy_is_made_once(database: Database) -> None:
    save(database, changed())
    with pytest.raises(DraftExists):
        save(database, changed(body="別の人の文"), by="colleague")
    kept = draft(database)
    assert kept is not None
    assert kept.content["body"] == changed().body


def test_a_save_from_an_older_version_changes_nothing(database: Database) -> None:
    first = save(database, changed()).version
    save(database, changed(body="二人目の文"), by="colleague", version=first)
    with pytest.raises(StaleDraft):
        save(database, changed(body="一人目の文"), version=first)
    kept = draft(database)
    assert kept is not None
    assert (kept.content["body"], kept.edited_by) == ("二人目の文", "colleague")


def test_a_form_of_a_discarded_working_copy_does_not_fit_the_next_one(database: Database) -> None:
    old = save(database, changed())
    written(database, lambda s: workflow.discard(s, TOWN, "bulky", "editor", old.version))
    new = save(database, changed(body="あとの文"))
    if new.version == old.version:  # both made within one second
        new = save(database, changed(body="あとの文"), version=new.version)
    with pytest.raises(StaleDraft):
        submit(database, old)


def test_discarding_leaves_what_residents_read_and_takes_what_nobody_ever_read(database: Database) -> None:
    row, new = save(database, changed()), save(database, replace(BIN, id="new"))
    for one in (row, new):
        written(database, lambda s, one=one: workflow.discard(s, TOWN, one.article, "editor", one.version))  # type: ignore[misc]
    assert read_by_residents(database) == {"bulky": BIN.body}
    assert article_row(database, "new") is None


def test_a_publication_keeps_what_residents_read_before_and_after(database: Database) -> None:
    publish(database, approved(database))
    assert states(database) == [(1, "published", BIN.body), (2, "published", changed().body)]
    written(database, lambda s: workflow.withdraw(s, TOWN, "bulky", "approver", "古い"))
    assert states(database)[-1] == (3, "expired", changed().body)
    assert read_by_residents(database) == {}


def test_an_import_between_approval_and_publication_asks_for_another_look(database: Database) -> None:
    row = approved(database)
    written(database, lambda s: store.upsert(s, replace(BIN, body="取り込んだ文")))
    with pytest.raises(WorkflowRefused, match="base_changed"):
        publish(database, row)
    publish(database, approve(database, row))
    assert [body for _, _, body in states(database)] == ["取り込んだ文", changed().body]


def test_an_approval_says_when_it_was_last_checked_unless_the_editor_did(database: Database) -> None:
    publish(database, approved(database))
    assert (row := article_row(database)) is not None
    assert row.last_checked == TODAY
    typed = date(2026, 10, 1)
    publish(database, approved(database, changed(last_checked=typed)))
    assert (row := article_row(database)) is not None
    assert row.last_checked == typed


def test_the_next_review_is_due_a_year_later_or_when_the_editor_says(database: Database) -> None:
    publish(database, approved(database))
    assert (row := article_row(database)) is not None
    assert row.review_on == TODAY + timedelta(days=365)
    publish(database, approved(database, review_on=date(2027, 3, 31)))
    assert (row := article_row(database)) is not None
    assert row.review_on == date(2027, 3, 31)


def test_an_article_that_is_still_right_is_confirmed_under_a_working_copy(database: Database) -> None:
    row = approved(database)
    written(database, lambda s: workflow.confirm(s, TOWN, "bulky", "approver", TODAY))
    assert (kept := article_row(database)) is not None
    assert (kept.last_checked, kept.review_on) == (TODAY, TODAY + timedelta(days=365))
    publish(database, row)
    assert read_by_residents(database) == {"bulky": changed().body}


def test_an_old_revision_comes_back_through_a_review(database: Database) -> None:
    publish(database, approved(database))
    row = written(database, lambda s: workflow.restore(s, TOWN, "bulky", "editor", 1, None))
    assert row.content["body"] == BIN.body
    assert read_by_residents(database) == {"bulky": changed().body}
    publish(database, approve(database, submit(database, row)))
    assert read_by_residents(database) == {"bulky": BIN.body}


def test_what_waits_for_its_day_is_published_then_and_once(database: Database) -> None:
    at = now() + timedelta(hours=1)
    row = approved(database)
    written(database, lambda s: workflow.schedule(s, TOWN, "bulky", "approver", row.version, at))
    assert written(database, lambda s: due.publish_due(s, at - timedelta(seconds=1), TODAY)) == []
    assert written(database, lambda s: due.publish_due(s, at, TODAY)) == [(TOWN, "bulky")]
    assert written(database, lambda s: due.publish_due(s, at, TODAY)) == []
    assert read_by_residents(database) == {"bulky": changed().body}
    assert ("system", "article.published") in audited(database)


def test_nothing_is_planned_for_the_past(database: Database) -> None:
    row = approved(database)
    with pytest.raises(WorkflowRefused, match="past"):
        written(database, lambda s: workflow.schedule(s, TOWN, "bulky", "approver", row.version, now()))


def test_what_changed_before_its_day_waits_for_staff_and_holds_up_nothing_else(database: Database) -> None:
    at = now() + timedelta(hours=1)
    for one in (changed(), replace(changed(), id="other")):
        row = approved(database, one)
        written(database, lambda s, row=row: workflow.schedule(s, TOWN, row.article, "approver", row.version, at))  # type: ignore[misc]
    written(database, lambda s: store.upsert(s, replace(BIN, body="取り込んだ文")))
    assert written(database, lambda s: due.publish_due(s, at, TODAY)) == [(TOWN, "other")]
    kept = draft(database)
    assert kept is not None
    assert (kept.state, kept.publish_at) == (DraftState.APPROVED, None)
    assert ("system", "article.not_published") in audited(database)


def test_an_article_that_has_run_out_becomes_expired(database: Database) -> None:
    written(database, lambda s: store.upsert(s, replace(BIN, valid_until=TODAY)))
    assert written(database, lambda s: due.expire_due(s, TODAY)) == []
    assert written(database, lambda s: due.expire_due(s, TODAY + timedelta(days=1))) == [(TOWN, "bulky")]
    assert states(database)[-1][1] == "expired"


@pytest.mark.parametrize("attempt", range(3))
def test_of_two_who_publish_at_once_one_does(database: Database, attempt: int) -> None:
    row = approved(database)
    outcomes: list[str] = []
    both = threading.Barrier(2)

    def click() -> None:
        both.wait()
        try:
            publish(database, row)
            outcomes.append("published")
        except StaleDraft:
            outcomes.append("stale")

    clicks = [threading.Thread(target=click) for _ in range(2)]
    for one in clicks:
        one.start()
    for one in clicks:
        one.join()
    assert sorted(outcomes) == ["published", "stale"]
    assert len(states(database)) == 2


@pytest.mark.parametrize("attempt", range(3))
def test_of_two_who_begin_a_working_copy_at_once_one_does(database: Database, attempt: int) -> None:
    outcomes: list[str] = []
    both = threading.Barrier(2)

    def begin(by: str) -> None:
        both.wait()
        try:
            save(database, changed(body=by), by=by)
            outcomes.append(by)
        except DraftExists:
            outcomes.append("exists")

    people = [threading.Thread(target=begin, args=(name,)) for name in ("佐藤", "鈴木")]
    for one in people:
        one.start()
    for one in people:
        one.join()
    winner = next(o for o in outcomes if o != "exists")
    assert sorted(outcomes) == sorted(["exists", winner])
    kept = draft(database)
    assert kept is not None
    assert kept.content["body"] == winner


def test_a_new_id_is_plain_and_free(database: Database) -> None:
    with database.read() as session:
        made = [workflow.new_id(session, TOWN, title) for title in ("粗大ごみ", "LINE相談の使い方")]
    assert made[0].startswith("article-20")
    assert made[1].startswith("line-20")
