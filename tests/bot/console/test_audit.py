"""The administrators' page of the audit trail: found by every filter, paged, exported, verified, hostile text harmless."""

from __future__ import annotations

import ast
import csv
import io
import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert, text
from staff_fixture import CRUEL, Person, actions
from town_fixture import CODE, OTHER_TOWN

import audit_trail
from accounts import AuditRow
from bot import audit_search
from bot.audit_search import Cursor, Wanted
from bot.console import audit as audit_pages
from bot.wording import entries
from database import Database, now
from settings import ROOT

HEADING = re.compile(r"<h3>([^<]+)</h3>")
AT = datetime(2026, 11, 10, 0, 0, tzinfo=UTC)


@pytest.fixture
def administrator(log_in: Callable[[str], Person]) -> Person:
    return log_in("administrator")


def note(database: Database, action: str, actor: str = "sato", at: datetime = AT, town: str = CODE, **detail: object) -> None:
    with database.write() as session:
        audit_trail.note(session, town, actor, action, detail, at=at)


def headings(person: Person, query: str = "") -> list[str]:
    return HEADING.findall(person.get(f"/staff/audit{query}").text)


def test_entries_are_shown_newest_first_in_words_with_names(administrator: Person, lite: Database, ids: dict[str, int]) -> None:
    note(lite, "article.published", "editor", at=now(), article="move-in", revision=3)
    note(lite, "handoff.given_back", "agent", at=now(), handoff=7, **{"from": ids["colleague"]})
    note(lite, "future.thing", "system", at=now())
    page = administrator.get("/staff/audit").text
    assert HEADING.findall(page)[:4] == ["future.thing", "受付を返事待ちに戻した", "記事を公開した", "ログインした"]
    for words in ("職員 editor", "自動処理", "職員 colleague", "<dt>記事</dt><dd>move-in</dd>"):
        assert words in page


def test_every_filter_narrows_the_list(administrator: Person, lite: Database) -> None:
    note(lite, "article.published", "editor", article="転入届")
    note(lite, "article.published", "approver", at=AT + timedelta(days=2), article="waste")
    note(lite, "synonyms.saved", "editor", at=AT + timedelta(days=2), official="100%_印鑑")
    assert headings(administrator, "?actor=editor") == ["言い換えを保存した", "記事を公開した"]
    assert headings(administrator, "?actor=職員 editor") == ["言い換えを保存した", "記事を公開した"]
    assert headings(administrator, "?action=synonyms.saved") == ["言い換えを保存した"]
    assert headings(administrator, "?until=2026-11-11") == ["記事を公開した"]
    assert headings(administrator, "?since=2026-11-12&until=2026-11-12&actor=approver") == ["記事を公開した"]
    assert headings(administrator, "?words=転入") == ["記事を公開した"]
    assert headings(administrator, "?words=WASTE") == ["記事を公開した"]
    assert headings(administrator, "?words=%25_印") == ["言い換えを保存した"]
    assert headings(administrator, "?words=_%25") == []
    assert "条件に合う記録はありません" in administrator.get("/staff/audit?words=なにもない").text


def test_a_day_is_a_day_in_japan(administrator: Person, lite: Database) -> None:
    note(lite, "synonyms.on", at=datetime(2026, 11, 9, 15, 0, tzinfo=UTC))  # midnight of the 10th
    note(lite, "synonyms.off", at=datetime(2026, 11, 10, 14, 59, 59, tzinfo=UTC))
    note(lite, "synonyms.saved", at=datetime(2026, 11, 10, 15, 0, tzinfo=UTC))
    found = headings(administrator, "?since=2026-11-10&until=2026-11-10")
    assert found == ["言い換えを使わないようにした", "言い換えを使うようにした"]


@pytest.mark.parametrize("query", ["?since=yesterday", "?until=2026-13-40", "?until=9999-12-31"])
def test_a_date_that_is_none_is_explained_and_what_was_typed_stays(administrator: Person, query: str) -> None:
    answer = administrator.get(f"/staff/audit{query}&words=転入")
    assert answer.status_code == 422
    assert "日付を選び直して" in answer.text
    assert 'value="転入"' in answer.text


def test_pages_follow_each_other_without_gap_or_repetition_even_when_times_are_the_same(
    administrator: Person, lite: Database
) -> None:
    with lite.write() as session:
        for number in range(audit_search.PAGE * 2 + 7):
            audit_trail.note(session, CODE, "sato", "task.closed", {"task": number}, at=AT)
    seen: list[str] = []
    address = "/staff/audit?action=task.closed"
    while address:
        page = administrator.get(address).text
        seen += re.findall(r"<dt>課題の番号</dt><dd>(\d+)</dd>", page)
        older = re.search(r'href="(/staff/audit[^"]*before=[^"]*)"', page)
        address = older[1].replace("&amp;", "&") if older else ""
    assert [int(one) for one in seen] == list(range(audit_search.PAGE * 2 + 6, -1, -1))


def test_entries_of_several_people_of_one_name_are_merged_page_by_page(
    administrator: Person, lite: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_search, "PAGE", 7)
    monkeypatch.setattr(audit_search, "WINDOW", 9)
    for number in range(40):
        note(lite, "task.closed", ("agent", "colleague", "職員")[number % 3], AT + timedelta(seconds=number // 4), task=number)
        note(lite, "task.closed", "editor-of-nothing", AT + timedelta(seconds=number // 4), task=1000 + number)
    for words in ("", "&words=task"):
        seen: list[int] = []
        address = f"/staff/audit?action=task.closed&actor=職員{words}"
        while address:
            page = administrator.get(address).text
            seen += [int(one) for one in re.findall(r"<dt>課題の番号</dt><dd>(\d+)</dd>", page)]
            older = re.search(r'href="(/staff/audit[^"]*before=[^"]*)"', page)
            address = older[1].replace("&amp;", "&") if older else ""
        assert seen == list(range(39, -1, -1))
    exported = administrator.post("/staff/audit/export", format="jsonl", action="task.closed", actor="職員").text
    assert [json.loads(line)["detail"]["task"] for line in exported.splitlines()] == list(range(40))


@pytest.mark.parametrize("cursor", ["", "x", "20261110T000000.000000-", "20261110T000000.000000-99999999999", "1-2-3", "²-1"])
def test_a_place_that_was_never_given_out_shows_the_newest(administrator: Person, cursor: str) -> None:
    assert administrator.get(f"/staff/audit?before={cursor}").status_code == 200
    assert Cursor.read(cursor) is None


def test_a_search_for_words_reads_a_window_and_goes_on_from_there(
    administrator: Person, lite: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_search, "WINDOW", 20)
    note(lite, "article.published", at=AT - timedelta(days=1), article="needle")
    for _ in range(30):
        note(lite, "task.closed")
    page = administrator.get("/staff/audit?words=needle").text
    assert "条件に合う記録はありませんでした" in page
    older = re.search(r'href="(/staff/audit[^"]*before=[^"]*)"', page)
    assert older
    assert HEADING.findall(administrator.get(older[1].replace("&amp;", "&")).text) == ["記事を公開した"]


def test_another_municipalitys_entries_are_neither_shown_nor_exported(administrator: Person, lite: Database) -> None:
    note(lite, "article.published", town=OTHER_TOWN.code, article="foreign")
    assert "foreign" not in administrator.get("/staff/audit").text
    assert "foreign" not in administrator.post("/staff/audit/export", format="jsonl").text


def test_hostile_text_is_shown_as_text(administrator: Person, lite: Database) -> None:
    note(lite, f"x{CRUEL}"[:50], actor=CRUEL[:100], at=now(), **{CRUEL: CRUEL, "articles": [CRUEL] * 30})
    page = administrator.get("/staff/audit").text
    assert "<script>window" not in page
    assert "&lt;script&gt;window.pwned=1" in page
    assert "ほか10件" in page
    typed = administrator.get("/staff/audit", query_string=dict.fromkeys(audit_pages.FILTERS, CRUEL))
    assert "<script>window" not in typed.text


def test_the_csv_opens_in_a_spreadsheet_and_holds_no_formula(administrator: Person, lite: Database) -> None:
    note(lite, "article.published", actor="=HYPERLINK(1)", article="転入届")
    note(lite, "-weird", actor="＝cmd")
    answer = administrator.post("/staff/audit/export", format="csv", until="2026-11-11")
    assert answer.data.startswith(b"\xef\xbb\xbf")
    assert "attachment" in answer.headers["Content-Disposition"]
    head, first, second = csv.reader(io.StringIO(answer.data.decode("utf-8-sig")))
    assert head == ["番号", "日時", "操作した人", "操作", "操作コード", "内容", "ハッシュ値"]
    assert first[1:6] == [
        "2026-11-10T09:00:00+09:00",
        "'=HYPERLINK(1)",
        "記事を公開した",
        "article.published",
        '{"article": "転入届"}',
    ]
    assert second[2:5] == ["'＝cmd", "'-weird", "'-weird"]
    assert ("administrator", "audit.exported") in actions(lite)


def test_the_jsonl_holds_what_every_hash_is_made_from(administrator: Person, lite: Database) -> None:
    for number in range(3):
        note(lite, "task.closed", task=number)
    lines = [
        json.loads(line) for line in administrator.post("/staff/audit/export", format="jsonl", actor="sato").text.splitlines()
    ]
    assert [line["detail"]["task"] for line in lines] == [0, 1, 2]
    for line in lines:
        at = datetime.fromisoformat(line["at"])
        keys = ("previous", "municipality", "sequence")
        made = audit_trail.hash_of(*(line[key] for key in keys), at, line["actor"], line["action"], line["detail"])
        assert made == line["hash"]


def test_an_export_reads_in_batches(lite: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit_search, "_BATCH", 7)
    for number in range(20):
        note(lite, "task.closed", at=AT + timedelta(seconds=number // 5), task=number)
    found = [row.detail["task"] for row in audit_search.everything(lite, CODE, Wanted(words="task"))]
    assert found == list(range(20))


def test_the_button_verifies_the_chain_and_the_page_says_what_was_found(administrator: Person, lite: Database) -> None:
    assert "まだ確認していません" in administrator.get("/staff/audit").text
    note(lite, "task.closed")
    assert administrator.post("/staff/audit/verify").location == "/staff/audit?done=verified#chain"
    page = administrator.get("/staff/audit?done=verified").text
    assert "変更は見つかりませんでした" in page
    with lite.read() as session:
        assert audit_trail.head(session, CODE).hash in page
    with lite.engine.begin() as connection:
        connection.execute(text("DROP TRIGGER audit_no_update"))
        connection.execute(text("UPDATE audit SET actor = 'nobody' WHERE action = 'task.closed'"))
    administrator.post("/staff/audit/verify")
    page = administrator.get("/staff/audit?done=verified").text
    assert "記録が変えられています" in page
    assert "番号 2 の記録" in page
    assert ("administrator", "audit.verified") in actions(lite)


def test_a_hundred_thousand_entries_are_searched_in_a_moment(administrator: Person, lite: Database) -> None:
    fields = {"municipality": CODE, "actor": "sato", "action": "task.closed", "previous": "", "hash": "x"}
    with lite.write() as session:
        for first in range(0, 100_000, 10_000):
            rows = [
                {**fields, "at": AT + timedelta(seconds=n), "detail": {"task": n}, "sequence": 1000 + n}
                for n in range(first, first + 10_000)
            ]
            session.execute(insert(AuditRow), rows)
    for query in (
        "",
        "?actor=sato",
        "?action=task.closed",
        "?since=2026-11-10&until=2026-11-10",
        "?actor=nobody",
        "?words=nowhere",
    ):
        begun = now()
        assert administrator.get(f"/staff/audit{query}").status_code == 200
        assert (now() - begun).total_seconds() < 2, query  # milliseconds on a free machine; a scan of everything takes longer


# Every action has a text

_CODE = re.compile(r"[a-z]+\.[a-z_]+")


def noted_actions() -> Iterator[tuple[str, str, bool]]:
    """(module, action, whether the whole of it) of every call that notes something; f-strings up to their first slot.

    An action that comes in a variable is looked for among the constants of its module whose subject has texts.
    """
    packages = [*ROOT.glob("*.py"), *(f for name in ("bot", "knowledge", "evaluation") for f in (ROOT / name).rglob("*.py"))]
    subjects = {entry.split(".")[1] for entry in entries("staff_audit") if entry.startswith("subject.")}
    for file in packages:
        tree = ast.parse(file.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call) or getattr(node.func, "attr", getattr(node.func, "id", "")) not in (
                "audit",
                "note",
            ):
                continue
            if len(node.args) < 4:
                continue
            yield from _actions_of(file, tree, node.args[3], subjects)


def _actions_of(file: Path, tree: ast.Module, action: ast.expr, subjects: set[str]) -> Iterator[tuple[str, str, bool]]:
    if isinstance(action, ast.Constant):
        yield file.name, str(action.value), True
    elif isinstance(action, ast.JoinedStr) and isinstance(action.values[0], ast.Constant):
        yield file.name, str(action.values[0].value), False
    else:
        constants = [n.value for n in ast.walk(tree) if isinstance(n, ast.Constant) and isinstance(n.value, str)]
        yield from ((file.name, c, True) for c in constants if _CODE.fullmatch(c) and c.split(".")[0] in subjects)


def test_every_action_that_is_noted_has_a_text() -> None:
    known = {entry.removeprefix("action.") for entry in entries("staff_audit") if entry.startswith("action.")}
    noted = list(noted_actions())
    assert len(noted) > 30, "the calls are no longer found"
    assert [n for n in noted if not (n[1] in known if n[2] else any(one.startswith(n[1]) for one in known))] == []


def test_every_action_belongs_to_a_subject_that_has_a_text() -> None:
    named = {entry.split(".")[1] for entry in entries("staff_audit") if entry.startswith("action.")}
    assert named == {entry.split(".")[1] for entry in entries("staff_audit") if entry.startswith("subject.")}
