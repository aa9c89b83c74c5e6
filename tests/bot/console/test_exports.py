"""The page of exports: files that are saved and never shown, and a list of what a format cannot hold before it is saved."""

from __future__ import annotations

import csv
import html
import io
import zipfile
from collections.abc import Callable

import pytest
from staff_fixture import CRUEL, Person, actions
from town_fixture import CODE, OTHER_TOWN

from database import Database
from knowledge import drafts, store
from knowledge.articles import Article, State
from knowledge.exporters import FORMATS


@pytest.fixture
def editor(log_in: Callable[[str], Person], lite: Database) -> Person:
    with lite.write() as session:
        published = Article(CODE, "open", "公開中の質問", CRUEL, state=State.PUBLISHED)
        store.upsert(session, published, keep_state=False)
        store.upsert(
            session, Article(OTHER_TOWN.code, "foreign", "あおば町の質問", "答え。", state=State.PUBLISHED), keep_state=False
        )
        drafts.save_draft(session, Article(CODE, "draft", "𠮷野さんの下書き", "書きかけ。"), "editor")
    return log_in("editor")


def save(person: Person, name: str, scope: str, **form: str) -> tuple[int, bytes, str]:
    answer = person.post("/staff/exports/download", "/staff/exports", format=name, scope=scope, **form)
    return answer.status_code, answer.data, answer.headers.get("Content-Disposition", "")


@pytest.mark.parametrize("name", [name for name in FORMATS if name != "csv-cp932"])
def test_every_format_is_saved_as_a_file_of_the_own_municipality(editor: Person, lite: Database, name: str) -> None:
    status, content, disposition = save(editor, name, "published")
    assert status == 200
    assert disposition.startswith("attachment")
    if content.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            content = b"".join(archive.read(member) for member in archive.namelist())
    text = html.unescape(content.decode("utf-8", "replace"))  # a workbook writes letters as their numbers
    assert "公開中の質問" in text
    assert "あおば町の質問" not in text
    assert "下書き" not in text
    assert ("editor", "exports.saved") in actions(lite)


def test_drafts_are_exported_when_that_is_chosen(editor: Person) -> None:
    _, content, _ = save(editor, "csv", "all")
    assert {row["ID"] for row in csv.DictReader(io.StringIO(content.decode("utf-8-sig")))} == {"open", "draft"}


def test_what_shift_jis_does_not_have_is_shown_before_the_file_is_saved(editor: Person) -> None:
    status, page, disposition = save(editor, "csv-cp932", "all")
    assert (status, disposition) == (200, "")
    assert "𠮷(U+20BB7)" in page.decode()
    _, content, disposition = save(editor, "csv-cp932", "all", confirmed="1")
    assert disposition.startswith("attachment")
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert set(archive.namelist()) == {"faq-shift_jis.csv", "not-in-shift_jis.csv"}
        assert "𠮷" not in archive.read("faq-shift_jis.csv").decode("cp932")


@pytest.mark.parametrize(("name", "scope"), [("", ""), ("exe", "all"), ("csv", "everything")])
def test_what_does_not_exist_is_not_exported(editor: Person, name: str, scope: str) -> None:
    status, page, _ = save(editor, name, scope)
    assert status == 422
    assert "書き出す記事と形式を選んでください" in page.decode()
