"""Writing and approving translations, the linter's page, and what residents get of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from staff_fixture import CRUEL, Person, actions, add_staff
from town_fixture import CODE

from accounts import Role
from bot.reindex import Phase, Reindexer
from database import Database
from knowledge import store
from knowledge.articles import Article, State
from knowledge.snapshot_content import read_content
from knowledge.translations import Words
from settings import Settings

ARTICLE = Article(CODE, "certificate", "住民票の写し", "手数料は1通300円です。", department="citizens", state=State.PUBLISHED)
ONE = "/staff/translations/en/certificate"
GOOD = {"title": "Residence record", "body": "The fee is 300 yen for 1 copy."}


@pytest.fixture(autouse=True)
def article(lite: Database, ids: dict[str, int]) -> None:
    with lite.write() as session:
        store.upsert(session, ARTICLE)
        store.upsert(session, Article("990027", "foreign", "あおば町の記事", "本文です。", state=State.PUBLISHED))


@pytest.fixture
def editor(log_in: Callable[[str], Person]) -> Person:
    return log_in("editor")


@pytest.fixture
def approver(log_in: Callable[[str], Person]) -> Person:
    return log_in("approver")


def post(person: Person, do: str, version: int, path: str = ONE, **form: str):  # type: ignore[no-untyped-def]
    return person.post(path, ONE, do=do, version=str(version), **form)


def served(database: Database) -> Words | None:
    with database.read() as session:
        return read_content(session, CODE, date(2026, 11, 25)).words_of(ARTICLE, "en")


def test_one_writes_another_approves_and_residents_get_it(
    editor: Person, approver: Person, lite: Database, settings: Settings
) -> None:
    assert post(editor, "save", 0, **GOOD).status_code == 303
    assert served(lite) is None
    assert "承認待ち" in editor.get(ONE).text
    answer = post(approver, "approve", 1)
    assert answer.status_code == 303
    assert "数秒のうちに住民に表示されます" in approver.get(answer.location).text
    assert served(lite) == Words(**GOOD)
    assert Reindexer(settings).status(CODE).phase is Phase.QUEUED
    assert [action for _, action in actions(lite) if action.startswith("translation")] == [
        "translation.saved", "translation.approved",
    ]  # fmt: skip


def test_whoever_wrote_it_approves_nothing(approver: Person, lite: Database) -> None:
    post(approver, "save", 0, **GOOD)
    answer = post(approver, "approve", 1)
    assert answer.status_code == 422
    assert "ほかの承認者に依頼してください" in answer.text
    assert served(lite) is None


def test_an_editor_cannot_approve(editor: Person, approver: Person) -> None:
    post(approver, "save", 0, **GOOD)
    assert post(editor, "approve", 1).status_code == 403


def test_facts_that_differ_are_named_and_refused(editor: Person, approver: Person, lite: Database) -> None:
    post(editor, "save", 0, title="Residence record", body="The fee is 400 yen. Call 0120-000-000.")
    page = editor.get(ONE).text
    assert "この文章にない数字など：1、300" in page
    assert "この文章にある数字など：400、0120-000-000" in page
    answer = post(approver, "approve", 1)
    assert answer.status_code == 422
    assert "承認できません" in answer.text
    assert served(lite) is None


def test_who_saves_second_sees_both_versions(editor: Person, approver: Person) -> None:
    post(editor, "save", 0, **GOOD)
    answer = post(approver, "save", 0, title="Mine", body="My own words, 300, 1")
    assert answer.status_code == 409
    assert "The fee is 300 yen for 1 copy." in answer.text
    assert "My own words, 300, 1" in answer.text
    assert "職員 editor" in answer.text


def test_nothing_typed_is_lost_when_it_is_refused(editor: Person) -> None:
    answer = post(editor, "save", 0, title="", body="Only a body")
    assert answer.status_code == 422
    assert "Only a body" in answer.text


def test_a_changed_japanese_text_shows_it_as_outdated(editor: Person, approver: Person, lite: Database) -> None:
    post(editor, "save", 0, **GOOD)
    post(approver, "approve", 1)
    with lite.write() as session:
        store.upsert(session, Article(CODE, "certificate", "住民票の写し", "手数料は1通350円です。", state=State.PUBLISHED))
    assert "日本語が変わった" in editor.get("/staff/translations?language=en&standing=outdated").text
    assert "日本語の文章が変わりました" in editor.get(ONE).text
    assert served(lite) is None
    assert post(approver, "approve", 2).status_code == 422


def test_a_deleted_one_is_gone(editor: Person, approver: Person, lite: Database) -> None:
    post(editor, "save", 0, **GOOD)
    post(approver, "approve", 1)
    assert post(editor, "remove", 1).status_code == 409
    assert post(editor, "remove", 2).status_code == 303
    assert served(lite) is None


@pytest.mark.parametrize(
    "path", ["/staff/translations/en/foreign", "/staff/translations/xx/certificate", "/staff/translations/en/none"]
)
def test_what_is_not_there_is_not_found(editor: Person, path: str) -> None:
    assert editor.get(path).status_code == 404
    assert post(editor, "save", 0, path, **GOOD).status_code == 404


def test_another_department_reads_but_does_not_write(lite: Database, log_in: Callable[[str], Person]) -> None:
    add_staff(lite, "waste_editor", Role.EDITOR, department="waste")
    person = log_in("waste_editor")
    assert person.get(ONE).status_code == 200
    assert post(person, "save", 0, **GOOD).status_code == 403


def test_the_list_is_of_the_own_town_and_of_published_articles(editor: Person) -> None:
    page = editor.get("/staff/translations").text
    assert "住民票の写し" in page
    assert "あおば町の記事" not in page
    assert "住民票の写し" not in editor.get("/staff/translations?language=en&standing=current").text
    assert editor.get("/staff/translations?page=99999&language=klingon&standing=x").status_code == 200


def test_hostile_text_is_shown_as_text(editor: Person) -> None:
    for language in ("en", "yasashii"):
        path = f"/staff/translations/{language}/certificate"
        post(editor, "save", 0, path, title=CRUEL, body=f"{CRUEL}市役所")
        page = editor.get(path).text
        assert "&lt;script&gt;window.pwned" in page
        assert "<script>window" not in page
        assert "<img src=x" not in page
    checked = editor.post("/staff/plain", "/staff/plain", text=f"{CRUEL}書類を提出する。").text
    assert "<script>window" not in checked
    assert "<img src=x" not in checked


# The linter's page


def test_the_page_says_what_is_hard_to_read_and_shows_readings(editor: Person) -> None:
    page = editor.post("/staff/plain", "/staff/plain", text="書類を提出しなければなりません。", profile="yasashii").text
    assert "否定が二つ重なっています" in page
    assert "「提出」はむずかしい言葉です" in page
    assert "<ruby>書類<rp>（</rp><rt>しょるい</rt><rp>）</rp></ruby>" in page
    assert "直すところは見つかりませんでした" in editor.post("/staff/plain", "/staff/plain", text="お金は いりません。").text


def test_an_editors_panel_gets_the_findings_as_json(editor: Person) -> None:
    answer = editor.post("/staff/plain/findings", "/staff/plain", text="避難勧告が出ました。", profile="ja").get_json()
    (finding,) = answer["findings"]
    assert (finding["rule"], finding["required"], finding["mark"], finding["line"]) == ("abolished", True, "要修正", 1)
    assert "1件" in answer["counts"]
    assert editor.client.post("/staff/plain/findings", data={"text": "x"}).status_code == 400  # no CSRF token
