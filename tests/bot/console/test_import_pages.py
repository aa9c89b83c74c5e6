"""The pages of imports: upload, mapping, preview, working copies, undo; hostile words and files; another town's jobs."""

from __future__ import annotations

import io
import re
import time
from collections.abc import Callable, Iterable
from datetime import date

import pytest
from sqlalchemy import func, select
from staff_fixture import CRUEL, Person, actions
from town_fixture import CODE
from werkzeug.test import TestResponse

from bot.reindex import Reindexer
from database import Database
from knowledge import store
from knowledge.articles import Article, Municipality
from knowledge.exporters import export
from knowledge.tables import ArticleDraftRow, ArticleRow, ImportJobRow, ImportRowRow
from settings import Settings

CSV = "質問,回答\n転入届はいつまでですか,14日以内です。\n住民票はいくらですか,300円です。\n"


@pytest.fixture
def editor(log_in: Callable[[str], Person]) -> Person:
    return log_in("editor")


def upload(person: Person, *files: tuple[str, str | bytes]) -> TestResponse:
    streams = [(io.BytesIO(c if isinstance(c, bytes) else c.encode()), name) for name, c in files]
    data = {"csrf_token": person.token("/staff/imports"), "files": streams}
    return person.client.post("/staff/imports/upload", data=data, content_type="multipart/form-data")


def bring(person: Person, database: Database, *files: tuple[str, str | bytes]) -> str:
    """The address of a job that has been read."""
    answer = upload(person, *files)
    assert answer.status_code == 303
    wait(database, answer.location.split("?")[0], ("previewed", "failed"))
    return str(answer.location).split("?")[0]


def wait(database: Database, address: str, states: Iterable[str]) -> ImportJobRow:
    number = int(address.rsplit("/", 1)[1])
    for _ in range(600):
        with database.read() as session:
            job = session.get_one(ImportJobRow, number)
        if job.state in states:
            return job
        time.sleep(0.1)
    raise AssertionError(f"still {job.state}: {job.progress}")


def press(person: Person, address: str, action: str, **form: str) -> TestResponse:
    return person.post(f"{address}/{action}", address, **form)


def version(page: str) -> str:
    found = re.search(r'name="version" value="(\d+)"', page)
    assert found
    return found[1]


def drafts(database: Database) -> list[str]:
    with database.read() as session:
        return sorted(row.content["title"] for row in session.scalars(select(ArticleDraftRow)))


def test_an_editor_uploads_maps_previews_applies_and_undoes(editor: Person, lite: Database) -> None:
    address = bring(editor, lite, ("お問い合わせ.csv", "ことがら,こたえ\n転入届はいつまでですか,14日以内です。\n"))
    page = editor.get(address).text
    assert "「質問（タイトル）・回答（本文）」にあたる列が決まっていません" in page
    answer = press(editor, address, "map", field_0="title", field_1="body", key_0="1")
    assert answer.status_code == 303
    page = editor.get(answer.location).text
    assert "1件を下書きにする" in page
    assert "14日以内です。" in page
    assert drafts(lite) == []
    assert press(editor, address, "apply", version=version(page)).status_code == 303
    wait(lite, address, ("applied",))
    assert drafts(lite) == ["転入届はいつまでですか"]
    with lite.read() as session:
        assert set(session.scalars(select(ArticleRow.state))) == {"draft"}
    assert "この取り込みを取り消す" in editor.get(address).text
    assert press(editor, address, "undo").status_code == 303
    wait(lite, address, ("undone",))
    assert drafts(lite) == []
    done = [action for _, action in actions(lite) if action.startswith("imports.")]
    assert done == ["imports.uploaded", "imports.applied", "imports.undone"]


def test_a_double_click_applies_once(editor: Person, lite: Database) -> None:
    address = bring(editor, lite, ("a.csv", CSV))
    given = version(editor.get(address).text)
    for _ in range(2):
        assert press(editor, address, "apply", version=given).status_code == 303
    wait(lite, address, ("applied",))
    assert len(drafts(lite)) == 2
    assert [action for _, action in actions(lite)].count("imports.applied") == 1


def test_a_preview_that_a_colleague_has_changed_is_not_applied(log_in: Callable[[str], Person], lite: Database) -> None:
    editor, approver = log_in("editor"), log_in("approver")
    address = bring(editor, lite, ("a.csv", CSV))
    seen = version(editor.get(address).text)
    assert press(approver, address, "choose", all="created:0").status_code == 303
    answer = press(editor, address, "apply", version=seen)
    assert answer.status_code == 409
    assert "もう一度確認してから" in answer.text
    assert drafts(lite) == []


def test_rows_are_chosen_page_by_page(editor: Person, lite: Database) -> None:
    address = bring(editor, lite, ("a.csv", CSV))
    data = {"csrf_token": editor.token(address), "shown": ["1", "2"], "row": ["2"]}
    assert editor.client.post(f"{address}/choose", data=data).status_code == 303
    with lite.read() as session:
        assert list(session.scalars(select(ImportRowRow.wanted).order_by(ImportRowRow.number))) == [False, True]


def test_a_mapping_that_was_refused_is_still_there_to_be_corrected(editor: Person, lite: Database) -> None:
    address = bring(editor, lite, ("a.csv", "ことがら,こたえ\nA,B\n"))
    answer = press(editor, address, "map", field_0="title")
    assert answer.status_code == 422, answer.text
    assert "「回答（本文）」にあたる列を選んでください" in answer.text
    assert '<option value="title" selected>' in answer.text


def test_a_row_that_cannot_be_an_article_says_where_and_what_to_do(editor: Person, lite: Database) -> None:
    page = editor.get(bring(editor, lite, ("a.csv", "質問,回答,確認日\n転入届,,\n転出届,答え,いつか\n"))).text
    assert "a.csv:2" in page
    assert "「回答（本文）」が空です" in page
    assert "令和8年4月1日のように書いてください" in page


def test_hostile_words_are_shown_and_never_run(editor: Person, lite: Database) -> None:
    content = f'質問,回答,"{CRUEL.replace(chr(34), chr(34) * 2)}"\n' + ('"{0}","{0}","{0}"\n'.format(CRUEL.replace('"', '""')))
    address = bring(editor, lite, (f"{CRUEL.replace('/', '')}.csv", content), ("b.csv", "質問,回答\n" + f'"{CRUEL[:20]}",\n'))
    for page in (editor.get(address).text, editor.get("/staff/imports").text):
        assert "<script>window" not in page
        assert "<img src=x" not in page
    assert "&lt;script&gt;" in editor.get(address).text


def test_the_original_is_saved_as_a_file_and_not_shown(editor: Person, lite: Database) -> None:
    address = bring(editor, lite, ("p.html", f"<h1>転入届</h1><p>14日以内です。</p>{CRUEL}"))
    answer = editor.get(f"{address}/original")
    assert CRUEL.encode() in answer.data
    assert answer.mimetype == "application/octet-stream"
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_an_upload_may_be_larger_than_other_requests(editor: Person, lite: Database, settings: Settings) -> None:
    body = "あ" * 40_000
    assert len(body.encode()) > settings.body_max_bytes
    address = bring(editor, lite, ("a.csv", f"質問,回答\n長い,{body}\n"))
    assert "1件を下書きにする" in editor.get(address).text


def test_nobody_else_may_send_so_much(log_in: Callable[[str], Person], new_person: Callable[[], Person], lite: Database) -> None:
    for person in (new_person(), log_in("agent")):
        assert upload(person, ("a.csv", "あ" * 40_000)).status_code in (401, 403, 413)
    with lite.read() as session:
        assert session.scalar(select(func.count()).select_from(ImportJobRow)) == 0


@pytest.mark.parametrize("action", ["", "original", "map", "choose", "apply", "undo", "remove"])
def test_another_town_finds_no_such_import(log_in: Callable[[str], Person], editor: Person, lite: Database, action: str) -> None:
    address = bring(editor, lite, ("a.csv", CSV))
    stranger = log_in("stranger_administrator")
    if action in ("", "original"):
        answer = stranger.get(f"{address}/{action}".rstrip("/"))
    else:
        answer = stranger.post(f"{address}/{action}", field_0="title", version="1")
    assert answer.status_code == 404
    assert "転入届" not in answer.text
    with lite.read() as session:
        assert session.scalars(select(ImportJobRow.municipality)).one() == CODE


def test_thousands_of_rows_are_shown_page_by_page(editor: Person, lite: Database) -> None:
    lines = "".join(f"質問{n},答え{n}\n" for n in range(3000))
    address = bring(editor, lite, ("a.csv", f"質問,回答\n{lines}"))
    begin = time.perf_counter()
    page = editor.get(f"{address}?page=60").text
    assert time.perf_counter() - begin < 2.0
    assert "質問2999" in page
    assert "質問0<" not in page


# Packs, waste tables, web sites

WASTE = "label,name,notice,furigana\n燃やすごみ,傘,束ねて出してください。,かさ\n"


def test_a_waste_table_is_put_in_by_an_approver_and_the_index_is_asked_for(
    log_in: Callable[[str], Person], editor: Person, lite: Database, settings: Settings
) -> None:
    address = bring(editor, lite, ("target.csv", WASTE))
    page = editor.get(address).text
    assert "反映できるのは承認者と管理者です" in page
    assert press(editor, address, "apply", version="1").status_code == 403
    approver = log_in("approver")
    assert press(approver, address, "apply", version=version(approver.get(address).text)).status_code == 303
    with lite.read() as session:
        table = store.waste_table(session, CODE)
    assert table is not None
    assert [item.name for item in table.items] == ["傘"]
    assert Reindexer(settings).requested(CODE)
    assert press(approver, address, "undo").status_code == 303
    with lite.read() as session:
        assert (store.waste_table(session, CODE) or table).items == ()


def test_a_pack_asks_for_the_values_of_this_town(editor: Person, lite: Database) -> None:
    record = Article("990035", "certificate", "住民票", "手数料は300円です。")
    made = export("pack", [record], Municipality("990035", "こはる町"), [], date(2026, 11, 25))
    address = bring(editor, lite, ("pack.zip", made.content))
    page = editor.get(address).text
    assert "この自治体の値がまだ入っていない項目があります（fee-certificate）" in page
    assert 'name="slot_fee-certificate"' in page
    assert press(editor, address, "slots", **{"slot_fee-certificate": "200円", "slot_unknown": "x"}).status_code == 303
    page = editor.get(address).text
    assert "手数料は200円です。" in page
    assert "1件を下書きにする" in page


@pytest.mark.parametrize("url", ["https://www.city.midorino.example/", "http://127.0.0.1/", "file:///etc/passwd", ""])
def test_without_a_list_of_hosts_nothing_of_the_web_is_brought_in(editor: Person, lite: Database, url: str) -> None:
    assert "ホームページから取り込む" not in editor.get("/staff/imports").text
    assert editor.post("/staff/imports/site", "/staff/imports", url=url, pages="5").status_code == 422
    with lite.read() as session:
        assert session.scalar(select(func.count()).select_from(ImportJobRow)) == 0
