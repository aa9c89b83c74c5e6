"""Canned replies: slots that exist, two editors, own municipality only, nothing of it is markup."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from sqlalchemy import select
from staff_fixture import CRUEL, Person, actions
from town_fixture import CODE

from bot import canned
from bot.canned import CannedRefused
from bot.tables import CannedReplyRow
from database import Database


def rows(database: Database, town: str = CODE) -> dict[str, CannedReplyRow]:
    with database.read() as session:
        return {row.title: row for row in canned.listed(session, town)}


def add(person: Person, **form: str) -> int:
    return person.post("/staff/canned", **{"title": "受付時間", "text": "受付時間は{hours}です。", **form}).status_code


def test_one_is_added_changed_and_deleted(agent: Person, lite: Database) -> None:
    assert add(agent, department="citizens") == 303
    row = rows(lite)["受付時間"]
    assert (row.text, row.department, row.changed_by) == ("受付時間は{hours}です。", "citizens", "agent")
    form = {"title": "時間", "text": "{department}は{hours}です。", "department": "", "version": str(row.version)}
    assert agent.post(f"/staff/canned/{row.id}", **form).status_code == 303
    assert rows(lite)["時間"].department == ""
    assert agent.post(f"/staff/canned/{row.id}/delete").status_code == 303
    assert rows(lite) == {}
    assert [action for _, action in actions(lite)][-3:] == ["canned.added", "canned.changed", "canned.deleted"]


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"title": " "}, "見出しを入力してください"),
        ({"title": "あ" * 101}, "100文字以内"),
        ({"title": "一行目\n二行目"}, "100文字以内"),
        ({"text": ""}, "本文を入力してください"),
        ({"text": "あ" * 2001}, "2000文字以内"),
        ({"text": "{name}さま"}, "<code>{name}</code>"),
        ({"text": "｛receipt｝です"}, "使えない置き換え"),
        ({"text": "番号 123456789018"}, "マイナンバー"),
        ({"department": "nowhere"}, "担当課を選び直してください"),
    ],
)
def test_what_cannot_be_kept_says_why_and_stays_in_the_form(
    agent: Person, lite: Database, form: dict[str, str], words: str
) -> None:
    page = agent.post("/staff/canned", **{"title": "見出し", "text": "大切な本文", **form})
    assert page.status_code == 422
    assert words in page.text
    assert form.get("text", "大切な本文").strip() in page.text
    assert rows(lite) == {}


def test_two_titles_are_never_the_same(agent: Person, lite: Database) -> None:
    token = agent.token("/staff/password")
    results: list[int] = []

    def press() -> None:
        sent = {"csrf_token": token, "title": "同じ", "text": "本文"}
        results.append(agent.client.post("/staff/canned", data=sent).status_code)

    press()
    threads = [threading.Thread(target=press) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == [303, 422, 422, 422]
    assert list(rows(lite)) == ["同じ"]


def test_of_two_who_change_it_the_second_sees_what_the_first_wrote(
    agent: Person, log_in: Callable[[str], Person], lite: Database
) -> None:
    add(agent)
    row = rows(lite)["受付時間"]
    form = {"title": "受付時間", "department": "", "version": str(row.version)}
    log_in("colleague").post(f"/staff/canned/{row.id}", **form, text="同僚の文")
    page = agent.post(f"/staff/canned/{row.id}", **form, text="私の文")
    assert page.status_code == 409
    assert "colleagueさんが保存した内容" in page.text
    assert "同僚の文" in page.text
    assert "私の文" in page.text
    assert rows(lite)["受付時間"].text == "同僚の文"


def test_another_municipality_neither_sees_nor_changes_it(log_in: Callable[[str], Person], agent: Person, lite: Database) -> None:
    add(agent)
    number = rows(lite)["受付時間"].id
    stranger = log_in("stranger")
    assert "受付時間は" not in stranger.get("/staff/canned").text
    assert stranger.get(f"/staff/canned/{number}").status_code == 404
    assert stranger.post(f"/staff/canned/{number}", title="x", text="x", version="1").status_code == 404
    assert stranger.post(f"/staff/canned/{number}/delete").status_code == 404
    assert add(stranger) == 303
    assert list(rows(lite, "990027")) == ["受付時間"]


def test_nothing_of_it_is_markup(agent: Person, lite: Database) -> None:
    assert add(agent, title=CRUEL[:100], text=CRUEL.replace("{", "")) == 303
    (row,) = rows(lite).values()
    for path in ("/staff/canned", f"/staff/canned/{row.id}"):
        assert "<script>window" not in agent.get(path).text
        assert "<img" not in agent.get(path).text


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("{receipt}：{phone}", "M-1：099"),
        ("{{receipt}}", "{M-1}"),
        ("{receipt", "{receipt"),
        ("{staff}{staff}", ""),
        ("{0.__class__}", "{0.__class__}"),
    ],
)
def test_only_slots_are_filled_and_nothing_is_worked_out(text: str, filled: str) -> None:
    assert canned.fill(text, {"receipt": "M-1", "phone": "099"}) == filled


def test_those_of_the_sample_are_added_once_and_what_staff_changed_stays(lite: Database) -> None:
    entries = [
        {"title": "受付時間", "text": "{hours}"},
        {"title": "お礼", "text": "ありがとうございます。", "department": "waste"},
    ]
    with lite.write() as session:
        assert canned.load(session, CODE, entries, "command line") == 2
        session.scalars(select(CannedReplyRow).where(CannedReplyRow.title == "お礼")).one().text = "直しました"
        session.flush()
        assert canned.load(session, CODE, entries, "command line") == 0
    assert rows(lite)["お礼"].text == "直しました"


def test_a_sample_with_an_unknown_slot_is_refused(lite: Database) -> None:
    with pytest.raises(CannedRefused), lite.write() as session:
        canned.load(session, CODE, [{"title": "x", "text": "{nobody}"}], "command line")
    assert rows(lite) == {}
