"""The pages of articles: two editors lose nothing, a click counts once, and nobody publishes alone."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from dataclasses import replace
from html import unescape

import pytest
from routes_articles import PUBLISHED, TOWN
from sqlalchemy import select
from staff_fixture import CRUEL, PASSWORD, Person, actions, add_staff, csrf_of
from werkzeug.test import TestResponse

from accounts import Role, StaffRow
from bot.reindex import Phase, Reindexer
from database import Database
from knowledge import drafts, revisions, store, workflow
from knowledge.articles import Article, Municipality, State
from knowledge.tables import ArticleDraftRow, ArticleRevisionRow
from settings import SHARED_BASE, Settings

ONE = "/staff/articles/bulky"
LogIn = Callable[[str], Person]
TYPED = {
    "title": "粗大ごみの出し方",
    "body": "インターネットでも申し込めます。",
    "department": "citizens",
    "audience": "public",
    "language": "ja",
}


@pytest.fixture(autouse=True)
def published(lite: Database, ids: dict[str, int]) -> None:
    with lite.write() as session:
        store.upsert(session, PUBLISHED, keep_state=False)


def draft(lite: Database, article: str = "bulky") -> ArticleDraftRow | None:
    with lite.read() as session:
        return drafts.find_draft(session, TOWN, article)


def version(lite: Database, article: str = "bulky") -> str:
    row = draft(lite, article)
    return str(row.version) if row else ""


def body_read(lite: Database) -> str:
    with lite.read() as session:
        found = store.article(session, TOWN, "bulky")
    assert found is not None
    assert found.state == State.PUBLISHED
    return found.body


def save(person: Person, lite: Database, at: str = "", do: str = "save", **typed: str) -> TestResponse:
    return person.post(f"{ONE}/edit", version=at, do=do, **{**TYPED, **typed})


def submitted(log_in: LogIn, lite: Database) -> str:
    """A working copy that waits for its review; its version."""
    assert save(log_in("editor"), lite, do="submit").location.startswith(f"{ONE}/show")
    return version(lite)


def value_of(page: str, name: str) -> str:
    found = re.search(rf'<textarea id="{name}"[^>]*>\n(.*?)</textarea>', page, re.DOTALL) or re.search(
        rf'<input id="{name}"[^>]* value="([^"]*)"', page
    )
    assert found, name
    return unescape(found[1])


def test_what_is_saved_is_a_working_copy_and_residents_read_the_old_text(log_in: LogIn, lite: Database) -> None:
    assert save(log_in("editor"), lite).location.startswith(f"{ONE}/edit?done=saved")
    assert body_read(lite) == PUBLISHED.body
    assert ("editor", "article.saved") in actions(lite)


def test_every_field_of_the_form_is_kept(log_in: LogIn, lite: Database) -> None:
    editor = log_in("editor")
    given = {
        "alternatives": "ソファを捨てたい\r\n\r\n布団を捨てたい", "required_documents": "処理券\n印鑑", "fee": "300円", "deadline": "3日前",
        "online_url": "https://www.city.midorino.example/bulky", "source_url": "https://www.city.midorino.example/", "owner": "収集係",
        "valid_from": "2026-04-01", "valid_until": "2027-03-31", "review_on": "2027-01-15", "note": "窓口が変わりました", "category": "ごみ・リサイクル",
    }  # fmt: skip
    form = {"csrf_token": editor.token(), "version": "", "do": "save", **TYPED, **given}
    rows = [
        ("when", "代理人のとき"),
        ("document", "委任状"),
        ("when", ""),
        ("document", ""),
        ("when", "未成年のとき"),
        ("document", "同意書"),
    ]
    pairs = {name: [value for key, value in rows if key == name] for name in ("when", "document")}
    editor.client.post(f"{ONE}/edit", data={**form, **pairs})
    row = draft(lite)
    assert row is not None
    record = drafts.draft_content(row)
    assert record.alternatives == ("ソファを捨てたい", "布団を捨てたい")
    assert record.procedure.required_documents == ("処理券", "印鑑")
    assert [(c.when, c.document) for c in record.procedure.conditional_documents] == [
        ("代理人のとき", "委任状"),
        ("未成年のとき", "同意書"),
    ]
    page = editor.get(f"{ONE}/edit").text
    assert {name: value_of(page, name) for name in given} == {
        **given, "alternatives": "ソファを捨てたい\n布団を捨てたい"
    }  # fmt: skip
    assert "代理人のとき" in page


def test_the_second_of_two_who_save_sees_both_texts_and_loses_nothing(log_in: LogIn, lite: Database) -> None:
    first, second = log_in("editor"), log_in("approver")
    save(first, lite, body="一人目の文章です。")
    answer = save(second, lite, body="二人目の文章です。")
    assert answer.status_code == 409
    assert value_of(answer.text, "body") == "二人目の文章です。"
    assert "<del>" in answer.text
    assert "一" in answer.text
    assert "職員 editor" in answer.text
    row = draft(lite)
    assert row is not None
    assert row.content["body"] == "一人目の文章です。"
    known = re.search(r'name="version" value="(\d+)"', answer.text)
    assert known
    assert save(second, lite, at=known[1], body="二人の文章です。").status_code == 303
    row = draft(lite)
    assert row is not None
    assert row.content["body"] == "二人の文章です。"


def test_saving_at_the_same_moment_keeps_one_text_and_shows_the_other(log_in: LogIn, lite: Database) -> None:
    people = {name: log_in(name) for name in ("editor", "approver")}
    tokens = {name: person.token("/staff/password") for name, person in people.items()}
    both, answers = threading.Barrier(2), dict[str, TestResponse]()

    def send(name: str) -> None:
        both.wait()
        form = {"csrf_token": tokens[name], "version": "", "do": "save", **TYPED, "body": f"{name}の文章です。"}
        answers[name] = people[name].client.post(f"{ONE}/edit", data=form)

    threads = [threading.Thread(target=send, args=(name,)) for name in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(a.status_code for a in answers.values()) == [303, 409]
    row = draft(lite)
    assert row is not None
    refused = next(name for name, answer in answers.items() if answer.status_code == 409)
    kept = next(name for name in people if name != refused)
    assert row.content["body"] == f"{kept}の文章です。"
    assert value_of(answers[refused].text, "body") == f"{refused}の文章です。"


def test_a_form_sent_twice_is_saved_once(log_in: LogIn, lite: Database) -> None:
    editor = log_in("editor")
    save(editor, lite)
    before = version(lite)
    assert save(editor, lite).status_code == 303
    assert version(lite) == before


def test_what_is_typed_is_kept_by_itself_and_says_when(log_in: LogIn, lite: Database) -> None:
    editor = log_in("editor")
    answer = editor.post(f"{ONE}/autosave", version="", **TYPED)
    assert answer.json is not None
    assert answer.json["said"].startswith("保存しました")
    assert str(answer.json["version"]) == version(lite)
    again = editor.post(f"{ONE}/autosave", version=str(answer.json["version"]), **{**TYPED, "body": "もっと。"})
    assert again.status_code == 200
    assert actions(lite).count(("editor", "article.saved")) == 1


def test_what_waits_for_a_review_is_not_taken_out_of_it_by_itself(log_in: LogIn, lite: Database) -> None:
    at = submitted(log_in, lite)
    answer = log_in("editor").post(f"{ONE}/autosave", version=at, **{**TYPED, "body": "あとから。"})
    assert answer.status_code == 409
    row = draft(lite)
    assert row is not None
    assert row.state == "review"


def test_a_new_article_is_stored_with_its_first_save_only(log_in: LogIn, lite: Database) -> None:
    editor = log_in("editor")
    page = editor.get("/staff/articles/new").text
    address = re.search(r'action="(/staff/articles/[^"/]+/edit)"', page)
    assert address
    assert editor.get(address[1]).status_code == 404
    assert editor.post(address[1], version="", new="1", do="save", **TYPED).status_code == 303
    assert value_of(editor.get(address[1]).text, "body") == TYPED["body"]
    assert editor.post("/staff/articles/no-such-article/edit", version="", **TYPED).status_code == 404


def test_an_unfinished_article_is_saved_but_not_submitted(log_in: LogIn, lite: Database) -> None:
    answer = save(
        log_in("editor"),
        lite,
        do="submit",
        department="",
        online_url="ftp://x",
        valid_from="2027-01-01",
        valid_until="2026-01-01",
    )
    assert answer.status_code == 422
    for name in ("department", "online_url", "valid_until"):
        assert f'id="{name}-problem"' in answer.text
    row = draft(lite)
    assert row is not None
    assert row.state == "draft"


@pytest.mark.parametrize(
    ("field", "value"), [("title", "長" * 501), ("valid_from", "きのう"), ("body", "a\x00b"), ("alternatives", "長" * 501)]
)
def test_what_cannot_be_kept_is_shown_again_as_it_was_typed(log_in: LogIn, lite: Database, field: str, value: str) -> None:
    answer = save(log_in("editor"), lite, **{field: value})
    assert answer.status_code == 422
    assert value_of(answer.text, field) == value.replace("\x00", "\ufffd") or value_of(answer.text, field) == value
    assert draft(lite) is None


def test_an_approver_publishes_and_an_index_is_asked_for(log_in: LogIn, lite: Database, settings: Settings) -> None:
    at = submitted(log_in, lite)
    approver = log_in("approver")
    assert "<ins>" in approver.get(f"{ONE}/show").text
    answer = approver.post(f"{ONE}/publish", version=at)
    assert answer.location.startswith(f"{ONE}/show?done=published")
    assert body_read(lite) == TYPED["body"]
    assert Reindexer(settings).status(TOWN).phase == Phase.QUEUED
    assert "反映を待っています" in approver.get(f"{ONE}/show").text


@pytest.mark.parametrize("login", ["approver", "administrator"])
def test_nobody_approves_what_is_their_own(log_in: LogIn, lite: Database, login: str) -> None:
    person = log_in(login)
    save(person, lite, do="submit")
    for act in ("approve", "publish"):
        answer = person.post(f"{ONE}/{act}", version=version(lite))
        assert answer.status_code == 409
        assert "ほかの承認者" in answer.text
    assert body_read(lite) == PUBLISHED.body


def test_a_double_click_on_publish_publishes_once(log_in: LogIn, lite: Database) -> None:
    at = submitted(log_in, lite)
    approver = log_in("approver")
    words = re.search(r'name="words" value="(\w+)"', approver.get(f"{ONE}/show").text)
    assert words
    token = approver.token("/staff/password")
    answers: list[TestResponse] = []
    both = threading.Barrier(2)

    def click() -> None:
        both.wait()
        form = {"csrf_token": token, "version": at, "words": words[1]}
        answers.append(approver.client.post(f"{ONE}/publish", data=form))

    clicks = [threading.Thread(target=click) for _ in range(2)]
    for one in clicks:
        one.start()
    for one in clicks:
        one.join()
    assert [a.status_code for a in answers] == [303, 303]
    with lite.read() as session:
        assert len(session.scalars(select(ArticleRevisionRow)).all()) == 2  # before and after
    assert actions(lite).count(("approver", "article.published")) == 1


def test_a_member_of_a_department_changes_articles_of_that_department_only(log_in: LogIn, lite: Database) -> None:
    add_staff(lite, "waste", Role.EDITOR, department="waste")
    add_staff(lite, "chief", Role.APPROVER, department="waste")
    with lite.write() as session:
        store.upsert(session, replace(PUBLISHED, id="own", department="waste"), keep_state=False)
    editor = log_in("waste")
    assert editor.get(f"{ONE}/edit").location.endswith("/show")
    assert save(editor, lite).status_code == 403
    assert "内容を変更する" not in editor.get(f"{ONE}/show").text
    assert editor.get("/staff/articles/own/edit").status_code == 200
    moved = {**TYPED, "department": "citizens"}
    assert editor.post("/staff/articles/own/edit", version="", **moved).status_code == 403
    at = submitted(log_in, lite)
    assert log_in("chief").post(f"{ONE}/publish", version=at).status_code == 403
    assert body_read(lite) == PUBLISHED.body


def test_sending_back_leaves_its_reason_where_the_editor_sees_it(log_in: LogIn, lite: Database) -> None:
    at = submitted(log_in, lite)
    log_in("approver").post(f"{ONE}/send-back", version=at, note="電話番号も書いてください")
    page = log_in("editor").get(f"{ONE}/edit").text
    assert "電話番号も書いてください" in page


def test_an_old_version_comes_back_as_a_draft(log_in: LogIn, lite: Database) -> None:
    log_in("approver").post(f"{ONE}/publish", version=submitted(log_in, lite))
    editor = log_in("editor")
    assert f"{ONE}/history/1" in editor.get(f"{ONE}/history").text
    assert "<del>" in editor.get(f"{ONE}/history/2").text
    assert editor.post(f"{ONE}/restore", number="1", version="").location.startswith(f"{ONE}/edit")
    assert value_of(editor.get(f"{ONE}/edit").text, "body") == PUBLISHED.body
    assert body_read(lite) == TYPED["body"]


def test_a_shared_article_is_read_only_until_it_is_taken_over(log_in: LogIn, lite: Database) -> None:
    with lite.write() as session:
        store.save_municipality(session, Municipality(SHARED_BASE, "全国共通"))
        town = store.municipality(session, TOWN)
        assert town is not None
        store.save_municipality(session, replace(town, uses_shared_base=True))
        shared = Article(SHARED_BASE, "allowance", "児童手当の申請", "申請できます。", state=State.PUBLISHED)
        store.upsert(session, shared, keep_state=False)
    editor, one = log_in("editor"), "/staff/articles/allowance"
    assert "児童手当の申請" in editor.get("/staff/articles?state=shared").text
    assert "全国共通" in editor.get(f"{one}/show").text
    assert editor.get(f"{one}/edit").status_code == 404
    assert editor.post(f"{one}/edit", version="", new="1", **TYPED).status_code == 404
    assert log_in("approver").post(f"{one}/withdraw").status_code == 403
    for _ in range(2):
        assert editor.post(f"{one}/take-over").location.startswith(f"{one}/edit")
    assert value_of(editor.get(f"{one}/edit").text, "body") == "申請できます。"
    with lite.read() as session:
        found = store.article(session, SHARED_BASE, "allowance")
        assert found is not None
        assert found.state == State.PUBLISHED


def test_what_was_typed_survives_the_end_of_the_session(log_in: LogIn, lite: Database) -> None:
    editor = log_in("editor")
    token = editor.token("/staff/password")
    with lite.write() as session:
        session.scalars(select(StaffRow).where(StaffRow.login == "editor")).one().session_version += 1
    typed = {**TYPED, "body": "長い文章。" * 2000, "when": "代理人のとき", "document": "委任状"}
    refused = editor.client.post(f"{ONE}/edit", data={"csrf_token": token, "version": "", "do": "save", **typed})
    assert refused.status_code == 401
    carried = re.search(r'<textarea name="draft"[^>]*>\n?(.*?)</textarea>', refused.text, re.DOTALL)
    target = re.findall(r'name="next" value="([^"]*)"', refused.text)[-1]
    assert carried
    assert target == f"{ONE}/edit"
    form = {"csrf_token": csrf_of(refused.text), "login": "editor", "password": PASSWORD, "municipality": TOWN}
    back = editor.client.post("/staff/login", data={**form, "next": target, "draft": unescape(carried[1])})
    assert back.status_code == 200
    assert value_of(back.text, "body") == typed["body"]
    assert "委任状" in back.text
    assert draft(lite) is None


def test_a_form_older_than_the_session_is_shown_again(log_in: LogIn, lite: Database) -> None:
    editor = log_in("editor")
    answer = editor.client.post(f"{ONE}/edit", data={"csrf_token": "old", "version": "", **TYPED})
    assert answer.status_code == 400
    assert value_of(answer.text, "body") == TYPED["body"]
    assert draft(lite) is None


def test_the_preview_is_what_residents_get(log_in: LogIn) -> None:
    page = log_in("editor").post("/staff/articles/preview", **{**TYPED, "body": "**太字**です。\n\n- 一つ", "fee": "300円"}).text
    assert "<strong>太字</strong>" in page
    assert "<li>一つ</li>" in page
    assert "300円" in page
    assert "市民課" in page


def test_hostile_words_stay_words_in_every_field_and_page(log_in: LogIn, lite: Database) -> None:
    editor = log_in("editor")
    names = ("title", "body", "category", "alternatives", "eligibility", "deadline", "counter", "required_documents", "fee", "proxy", "legal_basis", "owner", "note")  # fmt: skip
    hostile = {**TYPED, **dict.fromkeys(names, CRUEL), "online_url": "javascript:alert(1)", "source_url": "javascript:alert(1)"}
    editor.post(
        f"{ONE}/edit",
        version="",
        do="save",
        when=CRUEL,
        document=CRUEL,
        **{**hostile, "category": CRUEL[:90], "owner": CRUEL[:90]},
    )
    editor.post(f"{ONE}/comments", text=CRUEL)
    with lite.write() as session:
        workflow.submit(session, TOWN, "bulky", "editor", int(version(lite)), CRUEL)
    log_in("approver").post(f"{ONE}/publish", version=version(lite))
    pages = [
        editor.get(path)
        for path in (
            "/staff/articles",
            f"{ONE}/show",
            f"{ONE}/edit",
            f"{ONE}/history",
            f"{ONE}/history/2",
            f"{ONE}/history/1?with=now",
        )
    ]
    pages.append(save(log_in("approver"), lite, title="x"))
    pages.append(editor.post("/staff/articles/preview", **hostile))
    for page in pages:
        assert page.status_code in (200, 303)
        assert "<script>window" not in page.text
        assert "<img src=x" not in page.text
        assert 'href="javascript' not in page.text


def test_a_foreign_article_is_nowhere_to_be_found(log_in: LogIn, lite: Database) -> None:
    stranger = log_in("stranger_administrator")
    assert stranger.get(f"{ONE}/show").status_code == 404
    assert save(stranger, lite).status_code == 404
    assert stranger.post(f"{ONE}/withdraw").status_code == 404
    assert PUBLISHED.title not in stranger.get("/staff/articles").text
    assert body_read(lite) == PUBLISHED.body


def test_an_article_whose_id_has_slashes_or_words_of_addresses_is_reached(log_in: LogIn, lite: Database) -> None:
    for odd in ("a/b", "new", "x/edit", "ごみ 分別?#1"):
        with lite.write() as session:
            store.upsert(session, replace(PUBLISHED, id=odd, title=f"題 {odd}"), keep_state=False)
    editor = log_in("editor")
    page = editor.get("/staff/articles").text
    for odd in ("a/b", "new", "x/edit", "ごみ 分別?#1"):
        link = re.search(rf'href="([^"]+)"><span class="excerpt">題 {re.escape(odd)}<', page)
        assert link
        assert f"題 {odd}" in editor.get(unescape(link[1])).text
        assert editor.get(unescape(link[1]).replace("/show", "/edit")).status_code == 200


def test_the_history_of_what_was_published_before_the_console_begins_with_it(log_in: LogIn, lite: Database) -> None:
    log_in("approver").post(f"{ONE}/withdraw", note="古い")
    with lite.read() as session:
        kept = revisions.history(session, TOWN, "bulky")
    assert [(r.number, r.state) for r in kept] == [(2, "expired"), (1, "published")]
