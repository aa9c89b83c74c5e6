"""The pages of health: what was found in calm words, and one step to its repair or its task."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from staff_fixture import CRUEL, Person, actions
from town_fixture import CODE, OTHER_TOWN

from bot import conversations, health, task_causes
from bot.tables import FindingRow, HealthRunRow, TaskRow
from database import Database, now
from knowledge import store
from knowledge.articles import Article, State
from knowledge.health import Found

PAGE = "/staff/health"
FEE: dict[str, Any] = {
    "of": "fee", "subject": "住民票の写し", "way": "コンビニ", "text": "1通350円です", "value": "350", "other_text": "1通300円です",
    "other_value": "300", "other_title": "住民票の写しの請求",
}  # fmt: skip
DETAILS: dict[Found, dict[str, Any]] = {
    Found.CONTRADICTION: FEE,
    Found.BROKEN_LINK: {"url": "https://www.city.midorino.example/gone", "status": 404, "problem": "gone"},
    Found.OVERDUE: {"review_on": "2026-10-01", "days": 54},
    Found.EXPIRING: {"valid_until": "2026-12-01", "days": 7},
    Found.UNHELPFUL: {"found": 40, "judged": 9, "not_resolved": 5},
    Found.DUPLICATE: {"other": "other", "other_title": "住民票を取る", "similarity": 0.91},
    Found.NEVER_FOUND: {"answers": 900},
}
SHOWN = {
    Found.CONTRADICTION: ("「住民票の写し（コンビニ）」の金額が違っています", "350円", "300円"),
    Found.BROKEN_LINK: ("リンク先のページがありません（404）",),
    Found.OVERDUE: ("2026年10月1日", "54日過ぎています"),
    Found.EXPIRING: ("あと7日です",),
    Found.UNHELPFUL: ("9人のうち5人",),
    Found.DUPLICATE: ("「住民票を取る」と91%似ています",),
    Found.NEVER_FOUND: ("回答900件の中で",),
}


@pytest.fixture
def editor(log_in: Callable[[str], Person]) -> Person:
    return log_in("editor")


def plant(lite: Database, kind: Found, key: str = "k", **detail: Any) -> int:
    with lite.write() as session:
        for article, title in (("one", "引っ越しの手続き"), ("other", "住民票を取る")):
            store.upsert(session, Article(CODE, article, title, "本文", department="citizens", state=State.PUBLISHED))
        row = FindingRow(municipality=CODE, kind=kind.value, key=key, article="one", detail={**DETAILS[kind], **detail})
        row.other = "other" if kind in (Found.DUPLICATE, Found.CONTRADICTION) else ""
        session.add(row)
        session.flush()
        return row.id


@pytest.mark.parametrize("kind", Found)
@pytest.mark.parametrize("language", ["ja", "en"])
def test_every_kind_of_finding_is_explained_and_linked_to_its_repair(
    editor: Person, lite: Database, kind: Found, language: str
) -> None:
    plant(lite, kind)
    editor.post("/staff/language", language=language)
    page = editor.get(f"{PAGE}/{kind.value}").text
    assert "引っ越しの手続き" in page
    assert "/staff/articles/one/edit" in page
    if language == "ja":
        for words in SHOWN[kind]:
            assert words in page
    if kind == Found.DUPLICATE:
        assert "/staff/articles/other/edit" in page


@pytest.mark.parametrize("problem", ["gone", "error", "unreachable", "redirects"])
def test_every_problem_of_a_link_has_its_words(editor: Person, lite: Database, problem: str) -> None:
    plant(lite, Found.BROKEN_LINK, problem=problem)
    assert "city.midorino.example/gone" in editor.get(f"{PAGE}/broken_link").text


@pytest.mark.parametrize(
    ("detail", "words"),
    [
        ({"of": "period", "value": "10日以内", "other_value": "14日以内"}, "期限が違っています"),
        ({"of": "day", "value": "11/1-11/30", "other_value": "11/1-12/10"}, "11月1日〜11月30日"),
        ({"of": "phone", "value": "0990001111", "other_value": "0990002222"}, "電話番号が違っています"),
        ({"of": "phone_record", "value": "0990001111", "other_value": "099-000-1110"}, "部署の登録では 099-000-1110"),
        ({"own_facts": True}, "同じ記事の手続き情報では 300円"),
    ],
)
def test_every_kind_of_contradiction_has_its_words(editor: Person, lite: Database, detail: dict[str, Any], words: str) -> None:
    plant(lite, Found.CONTRADICTION, **detail)
    assert words in editor.get(f"{PAGE}/contradiction").text


def test_the_overview_counts_and_stays_calm_where_nothing_is_wrong(editor: Person, lite: Database) -> None:
    page = editor.get(PAGE).text
    assert "まだ一度も調べていません" in page
    assert page.count("問題ありません") == len(Found) - 1  # links are not checked at all
    assert "リンクの確認は切ってあります" in page
    plant(lite, Found.OVERDUE)
    assert editor.get(PAGE).text.count("問題ありません") == len(Found) - 2
    assert editor.get(f"{PAGE}/nothing").status_code == 404


def test_missing_content_is_shown_with_its_question_and_a_draft_to_one_who_may_see_it(
    editor: Person, log_in: Callable[[str], Person], lite: Database
) -> None:
    with lite.write() as session:
        talk = conversations.start(session, CODE)
        shown = {"question": "墓地の募集はいつ", "status": "unsure", "answer": "…", "topics": [], "sources": []}
        task_causes.answered(session, conversations.append(session, talk, "desk", "…", answer=shown))
    page = editor.get(PAGE).text
    assert "墓地の募集はいつ" in page
    assert "/draft" in page
    assert "墓地の募集はいつ" not in log_in("viewer").get(PAGE).text


def test_one_click_makes_the_task_once_and_its_page_explains_it(editor: Person, lite: Database, ids: dict[str, int]) -> None:
    finding = plant(lite, Found.CONTRADICTION)
    answer = editor.post(f"{PAGE}/task", f"{PAGE}/contradiction", finding=str(finding))
    page = editor.get(answer.location).text
    assert "「住民票の写し（コンビニ）」の金額が違っています" in page
    assert "/staff/articles/other/edit" in page
    assert editor.post(f"{PAGE}/task", f"{PAGE}/contradiction", finding=str(finding)).location == answer.location
    with lite.read() as session:
        (task,) = session.scalars(select(TaskRow)).all()
    assert (task.kind, task.article, task.count, task.owner) == ("contradiction", "one", 1, ids["editor"])
    assert actions(lite).count(("editor", "task.opened")) == 1
    assert "課題を見る" in editor.get(f"{PAGE}/contradiction").text


def test_checking_now_runs_once_in_the_background(editor: Person, lite: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[str] = []
    monkeypatch.setattr(health, "look_safely", lambda _d, _s, _desk, code: looked.append(code))
    assert editor.post(f"{PAGE}/run", PAGE).location.endswith("done=started")
    assert editor.post(f"{PAGE}/run", PAGE).location.endswith("done=running")
    for _ in range(100):
        if looked:
            break
        time.sleep(0.02)
    assert looked == [CODE]
    page = editor.get(PAGE).text
    assert "今調べています" in page
    assert 'data-refresh="3"' in page


def test_after_a_look_the_page_says_when_it_was(editor: Person, lite: Database) -> None:
    with lite.write() as session:
        session.add(
            HealthRunRow(
                municipality=CODE, started_at=now() - timedelta(minutes=2), finished_at=now(), seconds=1.5, note="no_index"
            )
        )
    page = editor.get(PAGE).text
    assert "1.5秒" in page
    assert "検索用の索引がない" in page


def test_a_long_list_goes_over_several_pages(editor: Person, lite: Database) -> None:
    for number in range(31):
        plant(lite, Found.OVERDUE, key=f"k{number}")
    assert editor.get(f"{PAGE}/overdue").text.count('<li class="entry">') == 30
    assert editor.get(f"{PAGE}/overdue?page=2").text.count('<li class="entry">') == 1


def test_another_town_sees_nothing_and_can_make_no_task_of_it(log_in: Callable[[str], Person], lite: Database) -> None:
    finding = plant(lite, Found.OVERDUE)
    stranger = log_in("stranger_administrator")
    assert "引っ越しの手続き" not in stranger.get(f"{PAGE}/overdue").text
    assert stranger.post(f"{PAGE}/task", PAGE, finding=str(finding)).status_code == 404
    with lite.read() as session:
        assert session.scalars(select(TaskRow).where(TaskRow.municipality == OTHER_TOWN.code)).all() == []


def test_hostile_words_are_shown_as_words(editor: Person, lite: Database) -> None:
    plant(lite, Found.CONTRADICTION, subject=CRUEL, text=CRUEL, other_text=CRUEL, other_title=CRUEL, way=CRUEL)
    finding = plant(lite, Found.BROKEN_LINK, url=f"https://x.example/{CRUEL}")
    with lite.write() as session:
        store.upsert(session, Article(CODE, "one", CRUEL, CRUEL, state=State.PUBLISHED))
    made = editor.post(f"{PAGE}/task", PAGE, finding=str(finding)).location
    for path in (f"{PAGE}/contradiction", f"{PAGE}/broken_link", made, "/staff/tasks"):
        page = editor.get(path).text
        assert "<script>window" not in page
        assert "<img src=x" not in page
