"""What is exported and brought in again is the same; what a format cannot hold is named and never altered silently."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pytest
from import_fixture import CODE as AOBA
from import_fixture import add_town, apply, bring, job, outcomes, rows

from database import Database
from knowledge import import_jobs, import_plan, store
from knowledge.articles import Article, Audience, ConditionalDocument, Department, Municipality, Procedure
from knowledge.exporters import FORMATS, export
from knowledge.exporters.csv_file import guarded
from knowledge.importers.records import ArticleBuilder
from knowledge.importers.source import SourceRow
from knowledge.importers.sources import read_source
from knowledge.importers.table_source import unguarded
from knowledge.municipality_folder import read_folder

DEMO = read_folder(Path(__file__).parents[2] / "knowledge" / "samples" / "midorino")
ARTICLES = [row.article for row in DEMO.rows if row.article]
TOWN, ON = DEMO.municipality, date(2026, 11, 25)
ODD = Article(
    TOWN.code,
    "odd/1",
    "=1+1 は何ですか",
    '- 箇条書き\n- 「|」と "引用" と,コンマ\n\n| a | b |\n| --- | --- |\n| 1 | 2 |\n\n{{枠}} <script>alert(1)</script> --- 終わり',
    "ごみ・リサイクル",
    "citizens",
    Audience.INTERNAL,
    alternatives=("a|b", "[かっこ]", "'=だけ"),
    procedure=Procedure(
        fee="300円",
        required_documents=("本人確認書類", "a；b"),
        conditional_documents=(ConditionalDocument("代理の方", "委任状"), ConditionalDocument("a → b", "c")),
        proxy="+できます",
    ),
    valid_from=date(2026, 4, 1),
)


def exported(name: str, articles: Sequence[Article]) -> bytes:
    return export(name, articles, TOWN, DEMO.departments, ON).content


def read_back(content: bytes, name: str, folder: Path) -> dict[str, Article]:
    """The articles an import would make of a file."""
    path = folder / "file"
    path.write_bytes(content)
    found = [event for event in read_source(path, name) if isinstance(event, SourceRow)]
    assert [row.problem for row in found if row.problem] == []
    columns = list(dict.fromkeys(name for row in found for name in row.given))
    mapping = import_plan.guess(columns, ((row.place, row.given) for row in found))
    given = [import_plan.Given(number, row.given) for number, row in enumerate(found, start=1)]
    planned = import_plan.plan(given, mapping, ArticleBuilder.of(TOWN.code, DEMO.departments), {})
    assert [one.problem for one in planned if one.problem] == []
    return {one.article.id: one.article for one in planned if one.article}


ENDINGS = {name: form.ending.split("-")[-1].replace("pack", "a").replace("markdown", "a") for name, form in FORMATS.items()}


@pytest.mark.parametrize("name", ["csv", "xlsx", "json", "jsonl", "markdown", "faqpage"])
def test_every_article_comes_back_as_it_was(name: str, tmp_path: Path) -> None:
    articles = [*ARTICLES, ODD]
    back = read_back(exported(name, articles), f"export{ENDINGS[name]}", tmp_path)
    assert {key: one.digest for key, one in back.items()} == {one.id: one.digest for one in articles}


def test_what_cp932_holds_comes_back_as_it_was(tmp_path: Path) -> None:
    whole = [one for one in [*ARTICLES, ODD] if not _left([one])]
    assert len(whole) > 50
    with zipfile.ZipFile(io.BytesIO(exported("csv-cp932", whole))) as archive:
        assert archive.namelist() == ["faq-shift_jis.csv"]
        back = read_back(archive.read("faq-shift_jis.csv"), "a.csv", tmp_path)
    assert {key: one.digest for key, one in back.items()} == {one.id: one.digest for one in whole}


def _left(articles: Sequence[Article]) -> Sequence[object]:
    return export("csv-cp932", articles, TOWN, DEMO.departments, ON).left


def test_letters_cp932_does_not_have_are_listed_and_never_become_question_marks() -> None:
    articles = [
        Article(TOWN.code, "yoshi", "𠮷野家の場所", "駅前です。"),
        Article(TOWN.code, "ivs", "葛\U000e0100飾区とは", "別の自治体です。"),
        Article(TOWN.code, "wave", "9時〜17時", "開いています。"),
        Article(TOWN.code, "plain", "髙﨑さん①㈱", "cp932にあります。"),
    ]
    made = export("csv-cp932", articles, TOWN, DEMO.departments, ON)
    with zipfile.ZipFile(io.BytesIO(made.content)) as archive:
        table = archive.read("faq-shift_jis.csv").decode("cp932")
        listed = list(csv.DictReader(io.StringIO(archive.read("not-in-shift_jis.csv").decode("utf-8-sig"))))
    assert "?" not in table
    assert [row["ID"] for row in csv.DictReader(io.StringIO(table))] == ["plain", "wave"]
    assert {(row["ID"], row["文字"]) for row in listed} == {
        ("yoshi", "𠮷(U+20BB7)"), ("ivs", "\U000e0100(U+E0100)"), ("wave", "〜(U+301C)"),
    }  # fmt: skip
    assert {one.article: one.kept for one in made.left} == {"yoshi": False, "ivs": False, "wave": True}


def test_the_csv_has_a_bom_and_no_cell_that_a_spreadsheet_would_calculate() -> None:
    content = exported("csv", [ODD])
    assert content.startswith(b"\xef\xbb\xbf")
    cells = [cell for row in csv.reader(io.StringIO(content.decode("utf-8-sig"))) for cell in row]
    assert not [cell for cell in cells if cell[:1] in "=+-@\t\r" and cell]


@pytest.mark.parametrize("text", ["=1+1", "'=1+1", "''=1", "+81", "-", "@x", "＝1", "'a", "plain", ""])
def test_the_guard_against_formulas_can_be_taken_off_again(text: str) -> None:
    assert unguarded(guarded(text)) == text
    assert guarded(text)[:1] not in tuple("=+-@＝＋－＠")


def test_cells_of_the_workbook_are_texts() -> None:
    from openpyxl import load_workbook

    sheet = load_workbook(io.BytesIO(exported("xlsx", [ODD]))).active
    assert sheet is not None
    assert {cell.data_type for row in sheet.iter_rows() for cell in row if cell.value is not None} == {"s"}


def test_a_text_too_long_for_a_cell_is_listed_and_not_cut() -> None:
    long = Article(TOWN.code, "long", "長い", "あ" * 40_000)
    made = export("xlsx", [long, ODD], TOWN, DEMO.departments, ON)
    assert [one.article for one in made.left] == ["long"]


def test_json_ld_is_a_faq_page_and_cannot_end_a_script() -> None:
    text = exported("faqpage", [ODD]).decode()
    assert "<" not in text
    page = json.loads(text)
    assert page["@type"] == "FAQPage"
    question = page["mainEntity"][0]
    assert (question["@type"], question["name"], question["acceptedAnswer"]["@type"]) == ("Question", ODD.title, "Answer")
    assert "<script>" not in question["acceptedAnswer"]["text"]


def test_a_foreign_faq_page_is_read_with_its_html_as_markdown(tmp_path: Path) -> None:
    answer = {"@type": "Answer", "text": "<p>14日以内です。</p><ul><li>本人確認書類</li></ul><script>alert(1)</script>"}
    page = {
        "@context": "https://schema.org",
        "@graph": [{"@type": "FAQPage", "mainEntity": [{"name": "転入届", "acceptedAnswer": answer}]}],
    }
    (one,) = read_back(json.dumps(page).encode(), "a.jsonld", tmp_path).values()
    assert one.body == "14日以内です。\n\n- 本人確認書類"


# Packs


def test_a_pack_holds_no_local_fact_of_its_town() -> None:
    with zipfile.ZipFile(io.BytesIO(exported("pack", ARTICLES))) as archive:
        text = archive.read("articles.jsonl").decode()
        slots = json.loads(archive.read("slots.json"))
    assert TOWN.name not in text
    assert TOWN.url.rstrip("/") not in text
    assert not [one.phone for one in DEMO.departments if one.phone and one.phone in text]
    assert slots["town"]["value"] == TOWN.name


def test_a_pack_with_the_values_of_its_town_gives_the_same_articles(tmp_path: Path) -> None:
    from knowledge.importers.pack_source import examples, filled

    articles = [*ARTICLES, ODD]
    path = tmp_path / "pack.zip"
    path.write_bytes(exported("pack", articles))
    values = {name: one["value"] for name, one in examples(path).items()}
    found = [event for event in read_source(path, "pack.zip") if isinstance(event, SourceRow)]
    builder = ArticleBuilder.of(TOWN.code, DEMO.departments)
    back = [builder.row(row.place, filled(row.given, values)) for row in found]
    assert [row.error for row in back if row.error] == []
    assert {row.article.id: row.article.digest for row in back if row.article} == {one.id: one.digest for one in articles}


@pytest.fixture
def aoba(sqlite_url: str) -> Database:
    database = Database(sqlite_url)
    add_town(database)
    with database.write() as session:
        store.save_municipality(session, Municipality(AOBA, "あおば町", url="https://www.town.aoba.example"))
    return database


def _pack(body: str = "市民課（099-000-1110）へどうぞ。みどり野市の手数料は300円です。") -> tuple[str, bytes]:
    record = Article(TOWN.code, "certificate", "住民票", body, procedure=Procedure(fee="1通300円"))
    departments = [Department(TOWN.code, "citizens", "市民課", "099-000-1110")]
    return "pack.zip", export("pack", [record], TOWN, departments, ON).content


FEES = {"fee-certificate": "200円", "fee-certificate-2": "1通200円"}


def test_another_town_brings_a_pack_in_with_its_own_facts(aoba: Database) -> None:
    number = bring(aoba, _pack())
    assert outcomes(aoba, number) == {"error": 1}
    assert rows(aoba, number)[0].problem["code"] == "slot_missing"
    with aoba.write() as session:
        known = job(aoba, number).plan["slots"]
        import_jobs.fill_slots(session, AOBA, number, {**known, **FEES})
    apply(aoba, number)
    with aoba.read() as session:
        record = store.articles_of(session, AOBA, ["certificate"])["certificate"]
    assert record.body == "住民課（099-000-2110）へどうぞ。あおば町の手数料は200円です。"
    assert record.procedure.fee == "1通200円"


def test_an_update_of_a_pack_does_not_overwrite_local_edits(aoba: Database) -> None:
    from knowledge import drafts

    first = bring(aoba, _pack())
    with aoba.write() as session:
        import_jobs.fill_slots(session, AOBA, first, {**job(aoba, first).plan["slots"], **FEES})
    apply(aoba, first)
    update = _pack("市民課（099-000-1110）へどうぞ。郵送もできます。みどり野市の手数料は300円です。")
    second = bring(aoba, update)
    (row,) = rows(aoba, second)
    assert (row.outcome, row.wanted) == ("changed", True), "the slots filled in before are known, and nobody has edited it"
    with aoba.write() as session:
        draft = drafts.find_draft(session, AOBA, "certificate")
        assert draft is not None
        own = Article(AOBA, "certificate", "住民票", "あおば町の言葉で書き直しました。")
        drafts.save_draft(session, own, "hanako", draft.version)
    (row,) = rows(aoba, bring(aoba, update))
    assert (row.outcome, row.wanted) == ("changed", False)


def test_an_export_of_nothing_is_a_file_with_a_header_only() -> None:
    assert exported("csv", []).decode("utf-8-sig").startswith("ID,問い合わせ文,応答文")
