"""The pages on which staff try questions and see what a publication would change."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from fake_desk import FakeDesk
from flask import Flask
from small_knowledge import CERTIFICATE, CONTENT, services_of
from sqlalchemy import select
from staff_fixture import CRUEL, Person, actions
from town_fixture import CODE

from app import create_app
from bot import conversations
from bot.tables import ImpactRunRow, MessageRow
from bot.turn import Services
from database import Database, now
from knowledge import drafts, store
from knowledge.articles import Article
from knowledge.snapshot_content import UnknownMunicipality
from settings import Settings

PAGE, IMPACT = "/staff/trial", "/staff/trial/impact?article=residence-certificate"
OWN = replace(
    CONTENT,
    municipality=replace(CONTENT.municipality, code=CODE),
    articles=tuple(replace(a, municipality=CODE) for a in CONTENT.articles),
)
SERVED = replace(CERTIFICATE, municipality=CODE)
COPY = replace(SERVED, body="住民票の写しは1通450円です。", procedure=replace(SERVED.procedure, fee="1通450円"))


class ServingDesk(FakeDesk):
    """みどり野市 is answered from the small knowledge."""

    def __init__(self) -> None:
        super().__init__()
        self._served = services_of(OWN)

    def services(self, code: str) -> Services:  # type: ignore[override]
        if code != CODE:
            raise UnknownMunicipality(code)
        return self._served


@pytest.fixture(scope="module")
def serving() -> ServingDesk:
    return ServingDesk()


@pytest.fixture
def settings(settings: Settings, tmp_path: Path) -> Settings:
    return settings.model_copy(update={"question_folder": tmp_path / "questions"})


@pytest.fixture
def application(settings: Settings, lite: Database, quiet_clock: None, serving: ServingDesk) -> Flask:
    return create_app(settings, serving)  # type: ignore[arg-type]


@pytest.fixture
def editor(log_in: Callable[[str], Person]) -> Person:
    return log_in("editor")


def draft(lite: Database, copy: Article = COPY) -> None:
    with lite.write() as session:
        store.upsert(session, replace(SERVED, id=copy.id))
        session.flush()
        drafts.save_draft(session, copy, "editor")


def try_it(person: Person, text: str, **form: str) -> str:
    answer = person.post(PAGE, PAGE, text=text, **form)
    assert answer.status_code == 200
    return answer.text


def test_the_answer_is_shown_as_residents_see_it_with_the_reason_candidates_and_times(editor: Person) -> None:
    page = try_it(editor, "住民票の写しの手数料")
    assert "1通300円" in page
    assert "住民票の写しの請求" in page
    for shown in ("そう答えた理由", "近かった記事", "手数料", "かかった時間", "記事の検索", "確かさは"):
        assert shown in page


def test_nothing_that_is_tried_is_stored(editor: Person, lite: Database) -> None:
    try_it(editor, "住民票の写しの手数料")
    with lite.read() as session:
        assert session.scalars(select(MessageRow)).all() == []


def test_a_working_copy_is_tried_as_if_it_were_published_while_residents_get_the_old_text(editor: Person, lite: Database) -> None:
    draft(lite)
    assert "の改訂案を公開したものとして" in editor.get(f"{PAGE}?article=residence-certificate").text
    assert "1通450円" in try_it(editor, "住民票の写しの手数料", article="residence-certificate")
    assert "1通300円" in try_it(editor, "住民票の写しの手数料")
    assert "書きかけの改訂案がありません" in editor.get(f"{PAGE}?article=seal").text


def test_a_question_goes_on_from_the_one_before(editor: Person) -> None:
    page = try_it(editor, "いくらですか", previous="住民票を取りたい", follow="1")
    assert "「住民票を取りたい」" in page
    assert "300円" in page
    assert "「住民票を取りたい」" not in try_it(editor, "いくらですか", previous="住民票を取りたい")


@pytest.mark.parametrize(("text", "said"), [("", "質問を書いてください"), ("あ" * 1001, "質問が長すぎます")])
def test_what_cannot_be_tried_is_said_and_what_was_typed_stays(editor: Person, text: str, said: str) -> None:
    answer = editor.post(PAGE, PAGE, text=text)
    assert answer.status_code == 422
    assert said in answer.text
    assert text in answer.text


def test_where_there_is_no_index_the_page_says_so(log_in: Callable[[str], Person]) -> None:
    answer = log_in("stranger").post(PAGE, PAGE, text="住民票")
    assert answer.status_code == 409
    assert "検索の準備がまだできていません" in answer.text


@pytest.mark.parametrize(
    "text", ["死にたい", "こんにちは", "宇宙旅行", "職員と話したい", "フライパンは何ごみ", "住民票と犬の登録", "印鑑"]
)
@pytest.mark.parametrize("language", ["ja", "en"])
def test_every_kind_of_ending_is_shown_in_both_languages(editor: Person, text: str, language: str) -> None:
    editor.post("/staff/language", language=language)
    assert try_it(editor, text)


def test_hostile_words_are_shown_as_words(editor: Person, lite: Database) -> None:
    cruel = replace(
        COPY,
        title=CRUEL,
        body=f"{CRUEL}\n\n[x](javascript:alert(1))",
        alternatives=("残酷な質問",),
        source_url="javascript:alert(1)",
    )
    draft(lite, cruel)
    for page in (
        try_it(editor, "残酷な質問", article="residence-certificate"),
        try_it(editor, CRUEL, previous=CRUEL, follow="1", earlier=CRUEL),
        editor.get(f"{PAGE}?article={CRUEL}").text,
        editor.get(IMPACT).text,
    ):
        assert "<script>window" not in page
        assert "<img src=x" not in page
        assert 'href="javascript' not in page


def finished(editor: Person, lite: Database) -> ImpactRunRow:
    for _ in range(600):
        with lite.read() as session:
            row = session.scalars(select(ImpactRunRow).order_by(ImpactRunRow.id.desc())).first()
            if row is not None and row.state != "running":
                return row
        time.sleep(0.05)
    raise AssertionError("the run did not end")


def test_before_publishing_the_answers_that_would_change_are_shown_before_and_after(editor: Person, lite: Database) -> None:
    draft(lite)
    assert "調べる" in editor.get(IMPACT).text
    assert editor.post(IMPACT, IMPACT).status_code == 303
    assert finished(editor, lite).state == "done"
    page = editor.get(IMPACT).text
    for shown in ("同じ記事で文が変わる", "300円", "450円", "公開前", "公開後", "記事の言い換え"):
        assert shown in page
    assert ("editor", "impact.started") in actions(lite)


def test_a_run_that_goes_on_shows_how_far_it_is_and_refreshes_itself(editor: Person, lite: Database) -> None:
    draft(lite)
    with lite.write() as session:
        session.add(ImpactRunRow(municipality=CODE, article=COPY.id, draft_version=1, done=40, total=200, by="editor"))
    page = editor.get(IMPACT).text
    assert "40 / 200問" in page
    assert 'data-refresh="2"' in page
    with lite.write() as session:
        session.scalars(select(ImpactRunRow)).one().changed_at = now() - timedelta(minutes=5)
    assert "途中で止まりました" in editor.get(IMPACT).text


def test_a_copy_that_was_changed_afterwards_is_told_to_be_checked_again(editor: Person, lite: Database) -> None:
    draft(lite)
    with lite.write() as session:
        row = ImpactRunRow(municipality=CODE, article=COPY.id, draft_version=7, state="done", by="editor", counts={})
        row.counts = dict.fromkeys(("same", "reworded", "moved", "lost", "gained", "better", "worse"), 0)
        session.add(row)
    page = editor.get(IMPACT).text
    assert "このあと改訂案が変更されました" in page
    assert "変わる回答はありませんでした" in page


def test_a_residents_question_is_shown_while_it_is_kept_and_not_another_in_its_place(editor: Person, lite: Database) -> None:
    draft(lite)
    with lite.write() as session:
        talk = conversations.start(session, CODE)
        message = conversations.append(session, talk, "resident", "住民の質問です").id
        side = {"status": "unsure", "articles": [], "text": ""}
        line = {
            "question": "", "message": message, "earlier": [], "origin": "resident", "change": "moved", "verdict": "neither",
            "before": side, "after": side,
        }  # fmt: skip
        counts = dict.fromkeys(("same", "reworded", "moved", "lost", "gained", "better", "worse"), 0)
        session.add(
            ImpactRunRow(municipality=CODE, article=COPY.id, draft_version=1, state="done", by="e", counts=counts, result=[line])
        )
    assert "住民の質問です" in editor.get(IMPACT).text
    with lite.write() as session:
        session.get_one(MessageRow, message).created_at = now() + timedelta(hours=1)  # the id was given again
    page = editor.get(IMPACT).text
    assert "住民の質問です" not in page
    assert "保存期間を過ぎて削除された質問" in page


def test_another_towns_working_copy_is_not_found(log_in: Callable[[str], Person], lite: Database) -> None:
    draft(lite)
    stranger = log_in("stranger_administrator")
    assert stranger.get(IMPACT).status_code == 404
    assert stranger.post(IMPACT, PAGE).status_code == 404
    assert "住民票の写しの請求" not in stranger.get(f"{PAGE}?article=residence-certificate").text


def test_the_editor_leads_to_trying_and_to_the_check_before_publishing(editor: Person, lite: Database) -> None:
    draft(lite)
    for page in ("edit", "show"):
        text = editor.get(f"/staff/articles/residence-certificate/{page}").text
        assert f'href="{PAGE}?article=residence-certificate"' in text, page
        assert f'href="{IMPACT}"' in text, page
