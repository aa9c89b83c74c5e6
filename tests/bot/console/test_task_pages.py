"""The pages of tasks: what staff see, take, draft from and close, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest
from sqlalchemy import select
from staff_fixture import CRUEL, Person, actions, add_staff
from town_fixture import CODE, OTHER_TOWN

from accounts import Role, StaffRow
from bot import conversations, task_causes, tasks
from bot.tables import MessageRow, TaskRow
from bot.tasks import Kind, Reason
from database import Database
from knowledge import drafts, store
from knowledge.articles import Article, State

PAGE = "/staff/tasks"
ARTICLE = Article(
    CODE, "residence-certificate", "住民票の写しの請求", "1通300円です。", department="citizens", alternatives=("住民票",),
    state=State.PUBLISHED,
)  # fmt: skip


@pytest.fixture
def editor(log_in: Callable[[str], Person]) -> Person:
    return log_in("editor")


def asked(lite: Database, text: str, town: str = CODE, **answer: Any) -> int:
    """A resident asks and gets an answer that leaves it open; the answer's id."""
    with lite.write() as session:
        talk = conversations.start(session, town)
        said = conversations.append(session, talk, "resident", text)
        shown = {
            "question": text,
            "status": "unsure",
            "answer": "確かな答えがありません。",
            "topics": [],
            "sources": [],
            **answer,
        }
        row = conversations.append(session, talk, "desk", str(shown["answer"]), answer=shown, reply_to=said.id)
        task_causes.answered(session, row)
        return row.id


def downvoted(lite: Database, text: str, comment: str | None = None) -> int:
    source = {"id": ARTICLE.id, "title": ARTICLE.title}
    message = asked(lite, text, status="answered", answer="1通300円です。", sources=[source])
    with lite.write() as session:
        store.upsert(session, ARTICLE)
        session.flush()
        conversations.judge(session, session.get_one(MessageRow, message).conversation, message, False, comment)
    return task_of(lite).id


def task_of(lite: Database, place: int = -1) -> TaskRow:
    with lite.read() as session:
        return session.scalars(select(TaskRow).order_by(TaskRow.id)).all()[place]


def act(person: Person, task: int, action: str, **form: str) -> Any:
    return person.post(f"{PAGE}/{task}/{action}", f"{PAGE}/{task}", **form)


def test_a_task_shows_the_question_the_answer_its_source_and_the_comment(editor: Person, lite: Database) -> None:
    task = downvoted(lite, "日曜に住民票は取れますか", "日曜のことが書いてありません")
    page = editor.get(f"{PAGE}/{task}").text
    for shown in (
        "日曜に住民票は取れますか",
        "1通300円です。",
        "住民票の写しの請求",
        "日曜のことが書いてありません",
        "解決しなかった",
    ):
        assert shown in page
    assert "/staff/articles/residence-certificate/edit" in page


def test_the_list_is_filtered_by_state_kind_department_and_owner(editor: Person, lite: Database) -> None:
    asked(lite, "墓地の募集はいつですか", contact={"department": "ごみ減量課", "key": "waste"})
    downvoted(lite, "日曜に住民票は取れますか")
    assert "墓地の募集" in editor.get(PAGE).text
    assert "墓地の募集" in editor.get(f"{PAGE}?department=waste&kind=unanswered&owner=mine").text
    for wanted in ("kind=downvote", "department=citizens", "state=closed", "owner=none"):
        assert "墓地の募集" not in editor.get(f"{PAGE}?{wanted}").text, wanted
    assert "当てはまる課題はありません" in editor.get(f"{PAGE}?department=library").text
    assert editor.get(f"{PAGE}?page=99999999999&kind=x&owner=y&state=z").status_code == 200


def test_the_list_goes_over_several_pages(editor: Person, lite: Database) -> None:
    with lite.write() as session:
        for number in range(51):
            tasks.open_task(session, CODE, Kind.DUPLICATE, f"k{number}", f"記事{number}")
    assert editor.get(PAGE).text.count('<li class="entry">') == 50
    assert editor.get(f"{PAGE}?page=2").text.count('<li class="entry">') == 1


def test_an_editor_takes_a_task_gives_it_on_and_it_is_noted(editor: Person, lite: Database, ids: dict[str, int]) -> None:
    asked(lite, "墓地の募集はいつですか")
    task = task_of(lite).id
    assert act(editor, task, "assign", owner=str(ids["approver"])).status_code == 303
    assert task_of(lite).owner == ids["approver"]
    answer = act(editor, task, "take")
    assert "あなたが担当になりました" in editor.get(answer.location).text
    assert task_of(lite).owner == ids["editor"]
    assert actions(lite).count(("editor", "task.assigned")) == 2


def test_a_reader_of_tasks_sees_no_buttons(log_in: Callable[[str], Person], lite: Database) -> None:
    asked(lite, "墓地の募集はいつですか")
    page = log_in("agent").get(f"{PAGE}/{task_of(lite).id}").text
    assert "墓地の募集はいつですか" in page
    assert f"{PAGE}/{task_of(lite).id}/" not in page


def test_a_task_is_closed_with_a_reason_and_a_note_and_opened_again(editor: Person, lite: Database) -> None:
    task = downvoted(lite, "日曜に住民票は取れますか")
    answer = act(editor, task, "close", reason="repaired", note="日曜の扱いを書き足しました")
    page = editor.get(answer.location).text
    assert "課題を完了にしました" in page
    assert "日曜の扱いを書き足しました" in page
    assert (task_of(lite).state, task_of(lite).closed_by) == ("closed", "editor")
    assert "日曜に住民票" in editor.get(f"{PAGE}?state=closed").text
    assert act(editor, task, "reopen").status_code == 303
    assert task_of(lite).state == "open"


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"reason": ""}, "理由を選んでください"),
        ({"reason": "joined"}, "理由を選んでください"),
        ({"reason": "repaired", "note": "あ" * 1001}, "1,000文字まで"),
    ],
)
def test_what_is_wrong_with_closing_is_said_and_what_was_typed_stays(
    editor: Person, lite: Database, form: dict[str, str], said: str
) -> None:
    task = downvoted(lite, "日曜に住民票は取れますか")
    answer = act(editor, task, "close", **{"note": "書いたメモ", **form})
    assert answer.status_code == 422
    assert said in answer.text
    assert form.get("note", "書いたメモ") in answer.text
    assert task_of(lite).state == "open"


def test_a_colleague_who_was_faster_is_not_overwritten_and_the_note_stays(
    editor: Person, log_in: Callable[[str], Person], lite: Database
) -> None:
    task = downvoted(lite, "日曜に住民票は取れますか")
    seen = str(task_of(lite).version)
    approver = log_in("approver")
    assert act(approver, task, "take", version=seen).status_code == 303
    answer = act(editor, task, "close", reason="repaired", note="私のメモ", version=seen)
    assert answer.status_code == 409
    assert "ほかの職員がこの課題を先に変更しました" in answer.text
    assert "私のメモ" in answer.text
    assert act(approver, task, "close", reason="not_needed").status_code == 303
    assert act(editor, task, "close", reason="repaired").status_code == 409
    assert task_of(lite).resolution == "not_needed"


def test_one_click_drafts_an_article_with_the_question_and_makes_the_writer_the_owner(
    editor: Person, lite: Database, ids: dict[str, int]
) -> None:
    for text in ("墓地の募集はいつですか", "墓地の募集は いつですか？"):
        asked(lite, text, contact={"department": "ごみ減量課", "key": "waste"})
    task = task_of(lite)
    answer = act(editor, task.id, "draft")
    article = urlsplit(answer.location).path.split("/")[3]
    assert answer.location == f"/staff/articles/{article}/edit"
    with lite.read() as session:
        row = drafts.find_draft(session, CODE, article)
        assert row is not None
        content = drafts.draft_content(row)
        assert (content.title, content.body, content.department) == ("墓地の募集はいつですか", "", "waste")
        assert (row.origin, row.edited_by) == ({"kind": "task", "id": task.id}, "editor")
        assert store.article(session, CODE, article).state == State.DRAFT  # type: ignore[union-attr]
    assert task_of(lite).owner == ids["editor"]
    assert ("editor", "task.drafted") in actions(lite)


def test_one_click_adds_the_question_to_the_nearest_article_as_a_phrasing(editor: Person, lite: Database) -> None:
    with lite.write() as session:
        store.upsert(session, ARTICLE)
    asked(lite, "じゅうみんひょうがほしい", ranking=["residence-certificate"])
    task = task_of(lite).id
    assert "「住民票の写しの請求」に言い換えとして加える" in editor.get(f"{PAGE}/{task}").text
    assert (
        act(editor, task, "draft", article="residence-certificate", phrases="1").location
        == "/staff/articles/residence-certificate/edit"
    )
    with lite.read() as session:
        content = drafts.draft_content(drafts.find_draft(session, CODE, "residence-certificate"))  # type: ignore[arg-type]
        served = store.article(session, CODE, "residence-certificate")
    assert content.alternatives == ("住民票", "じゅうみんひょうがほしい")
    assert served == ARTICLE  # residents still get what was published
    again = act(editor, task, "draft", article="residence-certificate", phrases="1")
    assert "書きかけの改訂案があります" in editor.get(again.location).text
    assert act(editor, task, "draft", article="nowhere").status_code == 404


def test_whoever_writes_for_one_department_drafts_nothing_for_another(
    log_in: Callable[[str], Person], lite: Database, ids: dict[str, int]
) -> None:
    add_staff(lite, "waste", Role.EDITOR, department="waste")
    task = downvoted(lite, "日曜に住民票は取れますか")
    person = log_in("waste")
    assert "ほかの部署の記事です" in person.get(f"{PAGE}/{task}").text
    answer = act(person, task, "draft", article=ARTICLE.id)
    assert answer.status_code == 409
    with lite.read() as session:
        assert drafts.find_draft(session, CODE, ARTICLE.id) is None
    asked(lite, "墓地の募集はいつですか", contact={"department": "市民課", "key": "citizens"})
    article = urlsplit(act(person, task_of(lite).id, "draft").location).path.split("/")[3]
    with lite.read() as session:
        assert drafts.draft_content(drafts.find_draft(session, CODE, article)).department == "waste"  # type: ignore[arg-type]


def test_a_draft_of_a_closed_task_is_refused(editor: Person, lite: Database) -> None:
    asked(lite, "墓地の募集はいつですか")
    task = task_of(lite).id
    act(editor, task, "close", reason="not_ours")
    assert act(editor, task, "draft").status_code == 409
    with lite.read() as session:
        assert store.articles(session, CODE) == []


def test_when_the_words_are_gone_the_page_says_so(editor: Person, lite: Database) -> None:
    message = asked(lite, "夫に内緒で相談したい")
    task = task_of(lite).id
    with lite.write() as session:
        conversations.erase(session, [session.get_one(MessageRow, message).conversation])
    page = editor.get(f"{PAGE}/{task}").text
    assert "保存期間を過ぎたため削除されました" in page
    assert "内緒" not in page + editor.get(PAGE).text


def test_another_towns_task_is_not_found(log_in: Callable[[str], Person], lite: Database) -> None:
    asked(lite, "墓地の募集はいつですか")
    task = task_of(lite).id
    stranger = log_in("stranger_administrator")
    assert "墓地" not in stranger.get(PAGE).text
    assert stranger.get(f"{PAGE}/{task}").status_code == 404
    for action, form in (
        ("take", {}), ("assign", {"owner": "1"}), ("close", {"reason": "repaired"}), ("reopen", {}), ("draft", {}),
    ):  # fmt: skip
        assert stranger.post(f"{PAGE}/{task}/{action}", **form).status_code == 404, action
    assert task_of(lite).state == "open"


def test_hostile_words_are_shown_as_words(editor: Person, lite: Database) -> None:
    with lite.write() as session:
        store.upsert(session, Article(CODE, "cruel", CRUEL, CRUEL, state=State.PUBLISHED))
        session.scalars(select(StaffRow).where(StaffRow.login == "approver")).one().name = CRUEL
    asked(
        lite,
        CRUEL,
        answer=CRUEL,
        sources=[{"id": "cruel", "title": CRUEL}],
        ranking=["cruel"],
        contact={"key": "waste", "department": CRUEL},
    )
    task = task_of(lite).id
    act(editor, task, "close", reason="repaired", note=CRUEL)
    for page in (editor.get(f"{PAGE}/{task}").text, editor.get(f"{PAGE}?state=closed").text):
        assert "&lt;script&gt;" in page
        assert "<script>window" not in page
        assert "<img src=x" not in page
    act(editor, task, "reopen")
    page = editor.get(f"{PAGE}/{task}").text
    assert "<script>window" not in page
    assert "<img src=x" not in page


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("language", ["ja", "en"])
def test_a_task_of_every_kind_can_be_read_in_both_languages(editor: Person, lite: Database, kind: Kind, language: str) -> None:
    detail: dict[str, Any] = {
        "review_on": "2026-10-01", "valid_until": "2026-12-01", "days": 3, "answers": 400, "found": 9, "judged": 5, "not_resolved": 4,
        "other_title": "別の記事", "similarity": 0.9, "url": "https://www.city.midorino.example/x", "status": 404, "problem": "gone",
        "of": "fee", "subject": "住民票の写し", "way": "", "text": "300円", "value": "300", "other_text": "400円", "other_value": "400",
    }  # fmt: skip
    with lite.write() as session:
        number = tasks.open_task(session, CODE, kind, "k", "", detail=detail).id
        tasks.close_task(session, CODE, number, "editor", Reason.REPAIRED)
        tasks.reopen(session, CODE, number, "editor")
    editor.post("/staff/language", language=language)
    assert editor.get(f"{PAGE}/{number}").status_code == 200
    assert editor.get(PAGE).status_code == 200


def test_strangers_accounts_are_no_owners(editor: Person, lite: Database, ids: dict[str, int]) -> None:
    asked(lite, "墓地の募集はいつですか")
    task = task_of(lite).id
    assert "stranger" not in editor.get(f"{PAGE}/{task}").text
    answer = act(editor, task, "assign", owner=str(ids["stranger_administrator"]))
    assert answer.status_code == 422
    assert OTHER_TOWN.name not in answer.text
