"""Files of articles: only what their names say, public only through an approved text, always a download."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from flask import Flask
from routes_articles import PUBLISHED, TOWN
from sqlalchemy import select
from staff_fixture import CRUEL, Person, actions
from werkzeug.test import TestResponse

from database import Database
from knowledge import attachments, store
from knowledge.articles import Audience, State
from knowledge.attachments import LARGEST, MOST
from knowledge.tables import AttachmentRow

ONE = "/staff/articles/bulky"
PDF = b"%PDF-1.7\n1 0 obj\n"
LogIn = Callable[[str], Person]


@pytest.fixture(autouse=True)
def published(lite: Database, ids: dict[str, int]) -> None:
    with lite.write() as session:
        store.upsert(session, PUBLISHED, keep_state=False)


def office(*names: str) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    return made.getvalue()


def upload(person: Person, name: str, data: bytes) -> TestResponse:
    form = {"csrf_token": person.token("/staff/password"), "file": (io.BytesIO(data), name)}
    return person.client.post(f"{ONE}/files", data=form, content_type="multipart/form-data")


def kept(lite: Database) -> list[AttachmentRow]:
    with lite.read() as session:
        return list(session.scalars(select(AttachmentRow)))


def link(lite: Database, **changes: Any) -> str:
    """The article's approved text names its only file; the address residents use."""
    (row,) = kept(lite)
    address = f"/files/{row.id}/{row.name}"
    with lite.write() as session:
        store.upsert(session, replace(PUBLISHED, body=f"[申請書]({address})", **changes), keep_state=False)
    return address


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("申請書.pdf", PDF), ("書類/申請書.DOCX", office("[Content_Types].xml", "word/document.xml")), ("表.csv", "名前,額\n".encode("cp932")),
        ("写真.jpg", b"\xff\xd8\xff\xe0"),
    ],
)  # fmt: skip
def test_a_file_is_kept_with_its_article(log_in: LogIn, lite: Database, name: str, data: bytes) -> None:
    editor = log_in("editor")
    assert upload(editor, name, data).status_code == 303
    (row,) = kept(lite)
    assert row.name == name.split("/")[-1]
    answer = editor.get(f"{ONE}/files/{row.id}")
    assert answer.data == data
    assert answer.headers["Content-Disposition"].startswith("attachment;")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert ("editor", "article.attached") in actions(lite)


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("a.html", b"<script>", "この種類のファイル"), ("a.svg", b"<svg/>", "この種類のファイル"), ("a.pdf", b"<html>", "拡張子と合っていません"),
        ("a.docx", office("[Content_Types].xml", "xl/workbook.xml"), "拡張子と合っていません"), ("a.png", PDF, "拡張子と合っていません"),
        ("a.txt", b"\x00\x01", "拡張子と合っていません"), ("a.pdf", b"", "中身が空"), (".pdf", PDF, "中身が空"),
        ("a.pdf", PDF + b"0" * LARGEST, "大きすぎます"),
    ],
)  # fmt: skip
def test_a_file_that_is_not_what_its_name_says_is_refused(
    log_in: LogIn, lite: Database, name: str, data: bytes, said: str
) -> None:
    answer = upload(log_in("editor"), name, data)
    assert answer.status_code == 422
    assert said in answer.text
    assert kept(lite) == []


def test_a_body_far_too_large_is_refused_before_it_is_read(log_in: LogIn, lite: Database) -> None:
    assert upload(log_in("editor"), "a.pdf", b"0" * (LARGEST + 200_000)).status_code == 413
    assert kept(lite) == []


def test_an_article_has_so_many_files_at_most(log_in: LogIn, lite: Database) -> None:
    with lite.write() as session:
        for number in range(MOST):
            attachments.add(session, TOWN, "bulky", f"{number}.pdf", PDF, "editor")
    assert "20個まで" in upload(log_in("editor"), "a.pdf", PDF).text


def test_residents_fetch_what_an_approved_text_names(log_in: LogIn, application: Flask, lite: Database) -> None:
    upload(log_in("editor"), "申請書.pdf", PDF)
    (row,) = kept(lite)
    resident = application.test_client()
    assert resident.get(f"/files/{row.id}/申請書.pdf").status_code == 404  # nobody has approved it
    address = link(lite)
    answer = resident.get(address)
    assert (answer.status_code, answer.data, answer.mimetype) == (200, PDF, "application/pdf")
    assert "filename*=UTF-8''%E7%94%B3" in answer.headers["Content-Disposition"]
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert resident.get(address, headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304
    assert resident.get(f"/files/{row.id}/other.pdf").status_code == 404


@pytest.mark.parametrize(
    "changes",
    [
        {"state": State.EXPIRED},
        {"audience": Audience.INTERNAL},
        {"valid_until": date(2020, 1, 1)},
        {"valid_from": date(2100, 1, 1)},
    ],
)
def test_a_file_goes_with_its_article(log_in: LogIn, application: Flask, lite: Database, changes: dict[str, Any]) -> None:
    upload(log_in("editor"), "申請書.pdf", PDF)
    assert application.test_client().get(link(lite, **changes)).status_code == 404


def test_a_file_is_deleted_once(log_in: LogIn, lite: Database) -> None:
    editor = log_in("editor")
    upload(editor, "申請書.pdf", PDF)
    (row,) = kept(lite)
    for _ in range(2):
        assert editor.post(f"{ONE}/files/{row.id}/delete").status_code == 303
    assert kept(lite) == []
    assert actions(lite).count(("editor", "article.detached")) == 1


def test_another_municipality_reaches_no_file_and_no_remark(log_in: LogIn, lite: Database) -> None:
    upload(log_in("editor"), "申請書.pdf", PDF)
    (row,) = kept(lite)
    stranger = log_in("stranger_administrator")
    assert stranger.get(f"{ONE}/files/{row.id}").status_code == 404
    assert stranger.post(f"{ONE}/files/{row.id}/delete").status_code == 404
    assert stranger.post(f"{ONE}/comments", text="よその言葉").status_code == 404
    assert len(kept(lite)) == 1


def test_a_hostile_name_stays_a_name(log_in: LogIn, lite: Database) -> None:
    editor = log_in("editor")
    with lite.write() as session:
        attachments.add(session, TOWN, "bulky", f"{CRUEL}.pdf", PDF, "editor")
    (row,) = kept(lite)
    assert re.search(r'[<>"]', row.name) is None
    page = editor.get(f"{ONE}/show").text
    assert "<img src=x" not in page
    assert editor.get(f"{ONE}/files/{row.id}").status_code == 200


def test_a_remark_is_settled_once_and_needs_words(log_in: LogIn, lite: Database) -> None:
    editor = log_in("editor")
    assert editor.post(f"{ONE}/comments", text="  ").status_code == 422
    long = editor.post(f"{ONE}/comments", text="長" * 2001)
    assert long.status_code == 422
    assert "長" * 2001 in long.text
    editor.post(f"{ONE}/comments", text="料金を確かめてください")
    number = re.search(r"/comments/(\d+)/settle", editor.get(f"{ONE}/show").text)
    assert number
    for _ in range(2):
        assert log_in("approver").post(f"{ONE}/comments/{number[1]}/settle").status_code == 303
    assert actions(lite).count(("approver", "article.comment_settled")) == 1
    assert "職員 approver さんが対応済み" in editor.get(f"{ONE}/show").text
