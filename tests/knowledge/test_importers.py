"""Files a municipality has, read into articles: formats, encodings, what is refused and what is said."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from knowledge.articles import Article, Audience, ConditionalDocument, Department
from knowledge.importers import ArticleBuilder, ImportedRow, read_files
from knowledge.importers.columns import NAMES, fold, read_header
from knowledge.importers.xlsx_table import cell_text

BUILDER = ArticleBuilder.of(
    "990019", [Department("990019", "citizens", "市民課"), Department("990019", "health", "健康推進課（保健センター）")]
)
WINDOWS_ONLY = "①～－㈱髙﨑ⅣⅡ℡"  # in cp932, not in strict shift_jis

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write_file(name: str, content: str | bytes, encoding: str = "utf-8") -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
        return path

    return write_file


def read(*paths: Path) -> list[ImportedRow]:
    return list(read_files(paths, BUILDER))


def only(path: Path) -> Article:
    (row,) = read(path)
    assert row.article is not None, row.error
    return row.article


def csv_of(*rows: list[str]) -> str:
    file = io.StringIO()
    csv.writer(file).writerows(rows)
    return file.getvalue()


def xlsx_of(path: Path, *rows: list[Any]) -> Path:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    book.save(path)
    return path


HEADER = ["ID", "問い合わせ文", "応答文"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932"])
def test_a_csv_is_read_in_every_encoding_municipalities_save_it_in(write: Write, encoding: str) -> None:
    article = only(write("faq.csv", csv_of(HEADER, ["1", f"質問{WINDOWS_ONLY}？", f"回答{WINDOWS_ONLY}。"]), encoding))
    assert (article.id, article.title, article.body) == ("1", f"質問{WINDOWS_ONLY}？", f"回答{WINDOWS_ONLY}。")


def test_stored_text_is_not_normalised(write: Write) -> None:
    original = "ﾏｲﾅﾝﾊﾞｰｶｰﾄﾞ　Ｑ＆Ａ①㈱葛󠄀𠮷"
    assert only(write("faq.csv", csv_of(HEADER, ["Ａ０１", original, original]))).title == original
    assert only(write("faq.csv", csv_of(HEADER, ["Ａ０１", original, original]))).id == "Ａ０１"


def test_bytes_that_are_no_text_are_refused_with_the_line(write: Write) -> None:
    (row,) = read(write("faq.csv", "ID,質問,回答\r\n1,".encode("cp932") + b"\xff\xff,x\r\n"))
    assert row.place == "faq.csv:2"
    assert "UTF-8" in str(row.error)


def test_a_damaged_utf8_file_is_not_taken_for_cp932(write: Write) -> None:
    good = csv_of(HEADER, *[[str(number), "質問です", "回答です"] for number in range(20)]).encode()
    (row,) = read(write("faq.csv", good + b"99,\xe3\x81,x\r\n"))
    assert (row.place, row.error) == ("faq.csv:22", "this line is not valid UTF-8")


@pytest.mark.parametrize(
    "header",
    [
        ["ID", "問い合わせ文", "応答文"],
        ["番号", "質問", "回答"],
        ["id", "question", "answer"],
        ["№", "タイトル", "本文"],
        ["ＩＤ（必須）", " 質問文 ", "※回答文"],
        ["FAQ ID", "Question", "ANSWER"],
    ],
)
def test_columns_are_known_by_the_names_in_use(write: Write, header: list[str]) -> None:
    article = only(write("faq.csv", csv_of(header, ["007", "住民票は？", "市民課です。"])))
    assert (article.id, article.title, article.body) == ("007", "住民票は？", "市民課です。")


def test_no_two_fields_share_a_column_name() -> None:
    names = [fold(name) for names in NAMES.values() for name in set(map(fold, names))]
    assert len(names) == len(set(names))


def test_of_two_columns_for_one_field_the_question_itself_wins() -> None:
    header = read_header(["番号", "タイトル", "質問", "回答"])
    assert (header.fields["title"], header.unused) == (2, ("タイトル",))


def test_the_header_may_stand_below_a_title(write: Write) -> None:
    (row,) = read(write("faq.csv", csv_of(["よくある質問一覧"], ["令和8年4月1日現在", "", ""], [], HEADER, ["1", "問", "答"])))
    assert (row.place, row.article and row.article.id) == ("faq.csv:5", "1")


def test_missing_columns_are_named_with_names_that_would_do(write: Write) -> None:
    (row,) = read(write("faq.csv", csv_of(["番号", "内容", "回答"], ["1", "問", "答"])))
    assert row.place == "faq.csv:1"
    assert row.error == "no column for the title (e.g. 問い合わせ文, 問合せ文, 問合わせ文, 質問)"


def test_every_column_arrives_in_its_field(write: Write) -> None:
    row = {
        "ID": "1",
        "質問": "転入届は？",
        "回答": "14日以内です。",
        "カテゴリ": "住民登録",
        "担当課": "市民課",
        "別表現": "引っ越し\n引越し|転入",
        "URL": "https://www.city.midorino.example/a?b=1",
        "最終確認日": "令和8年10月1日",
        "公開開始日": "2026/4/1",
        "公開終了日": "R9.3.31",
        "対象者": "転入した方",
        "期限": "14日以内",
        "窓口": "1番窓口",
        "持ち物": "本人確認書類\n印鑑",
        "手数料": "無料",
        "代理人": "できます",
        "電子申請URL": "https://www.city.midorino.example/online",
        "根拠法令": "住民基本台帳法第22条",
        "公開範囲": "庁内",
        "言語": "ja",
        "管理者": "山",
    }
    article = only(write("faq.csv", csv_of(list(row), list(row.values()))))
    assert (article.category, article.department, article.owner) == ("住民登録", "citizens", "山")
    assert article.alternatives == ("引っ越し", "引越し", "転入")
    assert (article.valid_from, article.valid_until, article.last_checked) == (
        date(2026, 4, 1),
        date(2027, 3, 31),
        date(2026, 10, 1),
    )
    assert (article.source_url, article.audience) == ("https://www.city.midorino.example/a?b=1", Audience.INTERNAL)
    facts = article.procedure
    assert (facts.required_documents, facts.fee, facts.counter) == (("本人確認書類", "印鑑"), "無料", "1番窓口")
    assert facts.online_url == "https://www.city.midorino.example/online"


def test_quoted_cells_hold_commas_quotes_and_lines_and_rows_are_counted_as_a_spreadsheet_does(write: Write) -> None:
    rows = read(write("faq.csv", csv_of(HEADER, ["1", "問,一", '一行目\r\n「"二"」行目'], [], ["2", "", "答"])))
    assert rows[0].article is not None
    assert (rows[0].article.title, rows[0].article.body) == ("問,一", '一行目\n「"二"」行目')
    assert [(row.place, row.error) for row in rows[1:]] == [("faq.csv:4", "the question is empty")]


def test_a_comma_outside_quotation_marks_does_not_cut_an_answer_short(write: Write) -> None:
    rows = read(write("faq.csv", "ID,質問,回答\n1,問,答は,二つ\n2,問,答\n"))
    assert [row.error is None for row in rows] == [False, True]
    assert "quotation marks" in str(rows[0].error)


def test_an_unclosed_quotation_mark_does_not_swallow_the_rest_of_the_file_unseen(write: Write) -> None:
    rows = read(write("faq.csv", 'ID,質問,回答\n1,問,答\n2,問,"答\n3,問,答\n'))
    assert [row.place for row in rows if row.error] == ["faq.csv:3"]
    assert "not valid CSV" in str(rows[-1].error)


def test_tabs_separate_as_well(write: Write) -> None:
    assert only(write("faq.tsv", "ID\t質問\t回答\n1\t問、一\t答,二\n")).body == "答,二"


def test_columns_that_are_not_used_are_said_once(write: Write) -> None:
    rows = read(write("faq.csv", csv_of([*HEADER, "アクセス数"], ["1", "問", "答", "5"], ["2", "問", "答", "6"])))
    assert [row.warnings for row in rows] == [("columns not used: アクセス数",), ()]


@pytest.mark.parametrize(
    ("column", "value", "error"),
    [
        ("id", "  ", "the ID is empty"),
        ("id", "1\n2", "the ID holds a line break or a tab"),
        ("id", "x" * 201, "id: 201 characters, at most 200 are possible"),
        ("title", "　\n", "the question is empty"),
        ("title", "問" * 501, "title: 501 characters, at most 500 are possible"),
        ("body", "", "the answer is empty"),
        ("body", "a\x00b", "body: holds the control character U+0000"),
        ("body", "a\x1b[31m", "body: holds the control character U+001B"),
        ("title", "問\x85い", "title: holds the control character U+0085"),
        ("body", "\ud83d", "body: holds the control character U+D83D"),
        ("alternatives", ["良い", "\x07"], "alternatives: holds the control character U+0007"),
        ("category", "分" * 101, "category: 101 characters, at most 100 are possible"),
        ("department", "課" * 51, "department: 51 characters, at most 50 are possible"),
        ("source_url", "javascript:alert(1)", "source_url: 「javascript:alert(1)」 is not a web address (http:// or https://)"),
        ("source_url", "https://", "source_url: 「https://」 is not a web address (http:// or https://)"),
        ("online_url", "data:text/html,x", "online_url: 「data:text/html,x」 is not a web address (http:// or https://)"),
        ("last_checked", "先月", "last_checked: 「先月」 is not a date (write 2026-04-01, 2026/4/1 or 令和8年4月1日)"),
        ("audience", "secret", "audience: 「secret」 is neither public nor internal"),
        ("title", ["a"], "title: expected text, not list"),
        ("body", True, "body: expected text, not bool"),
        ("procedure", {"fees": "無料"}, "unknown procedure facts: fees"),
        (
            "procedure",
            {"conditional_documents": [{"when": "a"}]},
            "conditional_documents: each entry needs `when` and `document`, nothing else",
        ),
        ("procedure", "無料", "procedure: expected facts by name"),
    ],
)
def test_a_bad_field_is_an_error_that_names_it(column: str, value: Any, error: str) -> None:
    row = BUILDER.row("faq.csv:2", {"id": "1", "title": "問", "body": "答", column: value})
    assert (row.place, row.article, row.error) == ("faq.csv:2", None, error)


def test_an_article_must_not_end_before_it_begins() -> None:
    fields = {"id": "1", "title": "問", "body": "答", "valid_from": "2026-04-02", "valid_until": "2026-04-01"}
    assert BUILDER.row("a:1", fields).error == "valid_until 2026-04-01 lies before valid_from 2026-04-02"


@pytest.mark.parametrize("given", ["市民課", "citizens", "健康推進課(保健センター)", " 市 民 課 "])
def test_a_department_is_known_by_key_or_name_in_any_width(given: str) -> None:
    row = BUILDER.row("a:1", {"id": "1", "title": "問", "body": "答", "department": given})
    assert row.article is not None
    assert row.article.department in {"citizens", "health"}
    assert row.warnings == ()


def test_an_unknown_department_is_kept_as_owner_with_a_warning() -> None:
    row = BUILDER.row("a:1", {"id": "1", "title": "問", "body": "答", "department": "すぐやる課"})
    assert row.article is not None
    assert (row.article.department, row.article.owner) == ("", "すぐやる課")
    assert row.warnings == ("unknown department 「すぐやる課」, kept as the owner only",)


def test_an_id_used_before_is_refused_also_across_files(write: Write) -> None:
    one = write("one.csv", csv_of(HEADER, ["1", "問", "答"], ["1", "別", "答"]))
    two = write("two.jsonl", '{"id": "1", "question": "問", "answer": "答"}\n')
    assert [(row.place, row.error) for row in read(one, two)] == [
        ("one.csv:2", None),
        ("one.csv:3", "the ID 「1」 was already used at one.csv:2"),
        ("two.jsonl:1", "the ID 「1」 was already used at one.csv:2"),
    ]
    assert [row.error is None for row in read(one, one)] == [True, False, False, False]


def test_jsonl_reads_its_three_keys_and_the_others(write: Write) -> None:
    record = {
        "id": 12,
        "question": "問",
        "answer": "答",
        "category": "税",
        "department": "citizens",
        "alternatives": ["あ", "い", "あ"],
        "url": "https://www.city.midorino.example/",
        "last_checked": "2026-10-01",
        "score": 3,
        "procedure": {"fee": "300円", "conditional_documents": [{"when": "代理人", "document": "委任状"}]},
    }
    (row,) = read(write("faq.jsonl", json.dumps(record) + "\n\n", "utf-8-sig"))
    article = row.article
    assert article is not None
    assert (article.id, article.alternatives, article.last_checked) == ("12", ("あ", "い"), date(2026, 10, 1))
    assert article.procedure.conditional_documents == (ConditionalDocument("代理人", "委任状"),)
    assert row.warnings == ("keys not used: score",)


def test_broken_json_lines_are_named_and_the_others_kept(write: Write) -> None:
    good = '{"id": "%d", "question": "問", "answer": "答%s"}'
    text = "\n".join([good % (1, ""), '{"id": ', "[1]", '{"id": "4"}', good % (5, "\u2028答")])
    rows = read(write("faq.jsonl", text))
    assert [row.place for row in rows] == [f"faq.jsonl:{number}" for number in range(1, 6)]
    assert [row.article.id for row in rows if row.article] == ["1", "5"]
    assert [str(row.error)[:12] for row in rows[1:4]] == ["not JSON: Ex", "not a JSON o", "the question"]


def test_excel_numbers_and_dates_are_read_as_a_person_sees_them(tmp_path: Path) -> None:
    header = [*HEADER, "最終確認日", "手数料"]
    path = xlsx_of(
        tmp_path / "faq.xlsx", header, [1, "問", 2026, datetime(2026, 10, 1), 300.0], [2.0, "問", 0.5, "令和8年10月1日", "無料"]
    )
    one, two = (row.article for row in read(path))
    assert one is not None
    assert two is not None
    assert (one.id, one.body, one.last_checked, one.procedure.fee) == ("1", "2026", date(2026, 10, 1), "300")
    assert (two.id, two.body, two.last_checked) == ("2", "0.5", date(2026, 10, 1))


@pytest.mark.parametrize(
    ("value", "number_format", "text"),
    [
        (None, "General", ""),
        (7, "0000", "0007"),
        (7.0, "General", "7"),
        (1.5, "General", "1.5"),
        (True, "General", "TRUE"),
        (datetime(2026, 4, 1), "General", "2026-04-01"),
        (datetime(2026, 4, 1, 8, 30), "General", "2026-04-01 08:30:00"),
        ("＝１", "General", "＝１"),
        (10**15, "General", "1000000000000000"),
        (1e15, "General", "1000000000000000"),
    ],
)
def test_a_cell_is_text(value: Any, number_format: str, text: str) -> None:
    assert cell_text(value, number_format) == text


def test_a_category_merged_over_rows_stands_for_each_of_them(tmp_path: Path) -> None:
    path = xlsx_of(
        tmp_path / "faq.xlsx", ["分類", *HEADER], ["税", 1, "問", "答"], [None, 2, "問", "答"], ["年金", 3, "問", "答"]
    )
    book = openpyxl.load_workbook(path)
    book.active.merge_cells("A2:A3")
    book.save(path)
    assert [row.article.category for row in read(path) if row.article] == ["税", "税", "年金"]


def test_every_visible_sheet_with_a_header_is_read_and_named(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(["この表の使い方"])
    for title, number, state in (("住民票", 1, "visible"), ("税", 2, "visible"), ("古い", 3, "hidden")):
        sheet = book.create_sheet(title)
        sheet.append(HEADER)
        sheet.append([number, "問", "答"])
        sheet.sheet_state = state
    book.save(tmp_path / "faq.xlsx")
    rows = read(tmp_path / "faq.xlsx")
    assert [(row.place, row.article and row.article.id) for row in rows] == [("faq.xlsx[住民票]:2", "1"), ("faq.xlsx[税]:2", "2")]


def test_remarks_beside_an_excel_table_do_no_harm(tmp_path: Path) -> None:
    assert only(xlsx_of(tmp_path / "faq.xlsx", HEADER, [1, "問", "答", None, "要確認"])).body == "答"


def test_a_file_that_only_is_called_xlsx_is_refused(write: Write) -> None:
    (row,) = read(write("faq.xlsx", "ID,質問,回答\n"))
    assert (row.place, "not an Excel workbook" in str(row.error)) == ("faq.xlsx:1", True)


ARTICLE = """---
id: moving-in
title: "転入届: 引っ越してきたとき"
category: 住民登録
department: citizens
alternatives: [引っ越してきた, no, 2026-04-01]
procedure:
  fee: 無料
  required_documents: [本人確認書類]
  conditional_documents:
    - { when: 代理人, document: 委任状 }
source_url: https://www.city.midorino.example/a.html
valid_from: 2026-04-01
valid_until:
last_checked: 2026-10-01
owner: citizens
---
転入届は14日以内です。

---

## 方法
"""


def test_markdown_with_front_matter_gives_every_field(write: Write) -> None:
    article = only(write("articles/moving-in.md", ARTICLE))
    assert (article.id, article.title, article.department) == ("moving-in", "転入届: 引っ越してきたとき", "citizens")
    assert article.alternatives == ("引っ越してきた", "no", "2026-04-01")
    assert (article.valid_from, article.valid_until, article.last_checked) == (date(2026, 4, 1), None, date(2026, 10, 1))
    assert article.procedure.conditional_documents == (ConditionalDocument("代理人", "委任状"),)
    assert article.body == "転入届は14日以内です。\n\n---\n\n## 方法"


@pytest.mark.parametrize(
    ("text", "title", "body"),
    [
        ("# 住民票の取り方\n\n窓口で取れます。", "住民票の取り方", "窓口で取れます。"),
        ("窓口で取れます。\n\n# 後の見出し", "residence", "窓口で取れます。\n\n# 後の見出し"),
        ("## 方法\n\n窓口で。", "residence", "## 方法\n\n窓口で。"),
        ("---\ncategory: 証明書\n---\n# 住民票 #\n窓口で。", "住民票", "窓口で。"),
        ("---\r\ntitle: 住民票\r\n---\r\n窓口で。\r\n", "住民票", "窓口で。"),
    ],
)
def test_markdown_without_an_id_or_title_takes_them_from_file_name_and_heading(
    write: Write, text: str, title: str, body: str
) -> None:
    article = only(write("residence.md", text))
    assert (article.id, article.title, article.body) == ("residence", title, body)


def test_an_id_in_front_matter_stays_as_it_is_written(write: Write) -> None:
    assert only(write("a.md", "---\nid: 007\n---\n答")).id == "007"


@pytest.mark.parametrize(
    ("text", "place", "error"),
    [
        ("---\ntitle: a\n\tb: c\n---\n答", "a.md:3", "the front matter is not YAML"),
        ("---\ntitle: a\n答", "a.md:1", "the front matter has no closing line ---"),
        ("---\n- a\n---\n答", "a.md:1", "the front matter is not a list of `name: value`"),
        ("---\ntitel: a\n---\n答", "a.md:1", "unknown field in the front matter: titel"),
        ("---\ntitle: a\n---\n", "a.md:1", "the answer is empty"),
    ],
)
def test_bad_markdown_is_named(write: Write, text: str, place: str, error: str) -> None:
    (row,) = read(write("a.md", text))
    assert row.place == place
    assert str(row.error).startswith(error)


def test_a_folder_is_read_with_its_folders_in_order(write: Write) -> None:
    for name in ("f/b/2.md", "f/a/1.md", "f/a/.hidden.md", "f/_drafts/3.md", "f/a/notes.txt"):
        folder = write(name, "答").parents[1]
    assert [row.place for row in read(folder)] == ["a/1.md:1", "b/2.md:1"]


@pytest.mark.parametrize("name", ["a.jsonl", "a.csv"])
def test_a_file_without_articles_is_an_error(write: Write, name: str) -> None:
    (row,) = read(write(name, ""))
    assert (row.place, row.error is None) == (f"{name}:1", False)


def test_a_path_that_is_not_there_or_of_an_unknown_format_is_named(write: Write, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"nothing\.csv"):
        read(tmp_path / "nothing.csv")
    with pytest.raises(ValueError, match=r"faq\.xls: this format is not known"):
        read(write("faq.xls", b"x"))
