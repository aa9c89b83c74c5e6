"""Word, web pages, PDF and scans become rows whose text, order and places are those of the document."""

from __future__ import annotations

import importlib.util
import io
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from docx import Document
from import_fixture import read
from reportlab.lib.pagesizes import A4
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen import canvas

from evaluation.scanned_pdf import bare, distance, measure
from knowledge.importers import ocr
from knowledge.importers.html_page import decode, read_page
from knowledge.importers.ocr import assembled, without_marks
from knowledge.importers.source import Options, Progress, SourceRow
from knowledge.importers.sources import read_source
from settings import ROOT

FONT = "HeiseiMin-W3"


def word(build: Any) -> bytes:
    document = Document()
    build(document)
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


def pdf(*pages: list[tuple[float, float, float, str]]) -> bytes:
    """Pages of (x, y, size, text), y counted from the foot of the page, written in this order."""
    pdfmetrics.registerFont(UnicodeCIDFont(FONT))
    file = io.BytesIO()
    paper = canvas.Canvas(file, pagesize=A4)
    for page in pages:
        for x, y, size, text in page:
            paper.setFont(FONT, size)
            paper.drawString(x, y, text)
        paper.showPage()
    paper.save()
    return file.getvalue()


# Word


def test_headings_of_a_word_document_are_articles_and_tables_stay_tables(tmp_path: Path) -> None:
    def build(document: Any) -> None:
        document.add_heading("住民課のてびき", 0)
        document.add_paragraph("はじめに読んでください。")
        for name in ("転入届", "転出届"):
            document.add_heading(name, 1)
            document.add_paragraph(f"{name}は14日以内です。")
            document.add_heading("持ち物", 2)
            document.add_paragraph("本人確認書類", style="List Bullet")
            table = document.add_table(2, 2)
            for cell, text in zip(
                [c for row in table.rows for c in row.cells], ("区分", "料金", "大人", "300円|税込"), strict=True
            ):
                cell.text = text

    found = read(tmp_path / "てびき.docx", word(build))
    assert [row.given["title"] for row in found] == ["住民課のてびき", "転入届", "転出届"]
    assert found[0].given["body"] == "はじめに読んでください。"
    assert found[1].given["body"] == (
        "転入届は14日以内です。\n\n## 持ち物\n\n- 本人確認書類\n\n| 区分 | 料金 |\n| --- | --- |\n| 大人 | 300円｜税込 |"
    )
    assert len({row.given["id"] for row in found}) == 3


def test_a_table_of_questions_in_a_word_document_gives_an_article_a_row(tmp_path: Path) -> None:
    def build(document: Any) -> None:
        table = document.add_table(3, 2)
        texts = ("質問", "回答", "いくらですか", "300円です。", "いつですか", "平日です。")
        for cell, text in zip([c for row in table.rows for c in row.cells], texts, strict=True):
            cell.text = text

    found = read(tmp_path / "a.docx", word(build))
    assert [(row.given["title"], row.given["body"]) for row in found] == [
        ("いくらですか", "300円です。"),
        ("いつですか", "平日です。"),
    ]


def test_a_heading_without_text_is_an_error_and_not_lost(tmp_path: Path) -> None:
    def build(document: Any) -> None:
        document.add_heading("転入届", 1)
        document.add_heading("転出届", 1)
        document.add_paragraph("14日以内です。")

    found = read(tmp_path / "a.docx", word(build))
    assert [(row.given["title"], row.problem.code if row.problem else "") for row in found] == [
        ("転入届", "no_text_below"),
        ("転出届", ""),
    ]


# Web pages

PAGE = """<!doctype html><html><head><title>転入届｜みどり野市</title><meta charset="{charset}"></head><body>
<header><nav><a href="/">ホーム</a></nav></header><div class="breadcrumb">ホーム &gt; 届出</div>
<main><h1>転入届</h1><p>引っ越しから<b>14日以内</b>です。<br>①窓口へ。<script>alert("x")</script></p>
<h2>持ち物</h2><ul><li>本人確認書類<ul><li>運転免許証</li></ul></li><li><a href="form.html">様式</a></li></ul>
<table><tr><th>区分</th><th>料金</th></tr><tr><td>大人</td><td>300円</td></tr></table></main>
<footer>みどり野市役所</footer></body></html>"""
BODY = (
    "引っ越しから14日以内です。\n①窓口へ。\n\n## 持ち物\n\n- 本人確認書類\n  - 運転免許証\n"
    "- [様式](https://www.city.midorino.example/life/form.html)\n\n| 区分 | 料金 |\n| --- | --- |\n| 大人 | 300円 |"
)


@pytest.mark.parametrize(
    ("charset", "encoding"), [("utf-8", "utf-8"), ("Shift_JIS", "cp932"), ("EUC-JP", "euc_jp"), ("x-sjis", "cp932")]
)
def test_a_web_page_is_its_main_content_in_whatever_encoding(charset: str, encoding: str) -> None:
    content = PAGE.format(charset=charset).replace("①", "①" if encoding != "euc_jp" else "1").encode(encoding)
    page = read_page(content, url="https://www.city.midorino.example/life/moving.html")
    assert page.title == "転入届"
    assert page.body == (BODY if encoding != "euc_jp" else BODY.replace("①", "1"))


def test_an_encoding_that_is_declared_wrongly_is_found() -> None:
    assert decode("髙﨑①".encode("cp932"), "utf-8") == ("髙﨑①", 0)


def test_letters_that_cannot_be_read_are_counted() -> None:
    assert decode(b'<meta charset="utf-8">\xff\xff\x81')[1] == 3


# PDF


def test_a_pdf_is_read_in_order_and_divided_at_its_headings(tmp_path: Path) -> None:
    first = [
        (60, 780, 18, "転入届"),
        (60, 740, 10, "引っ越した日から14日以内に、住民課の窓口で転入届を出してください。引っ越す前には"),
        (60, 726, 10, "届け出できません。"),
        (60, 700, 10, "・本人確認書類"),
        (300, 40, 8, "- 1 -"),
    ]
    second = [(60, 780, 18, "転出届"), (60, 740, 10, "引っ越す日の30日前から出せます。"), (300, 40, 8, "- 2 -")]
    third = [(60, 780, 18, "印鑑登録"), (60, 740, 10, "本人がお越しください。"), (300, 40, 8, "- 3 -")]
    found = read(tmp_path / "a.pdf", pdf(first, second, third))
    assert [(row.place, row.given["title"]) for row in found] == [
        ("a.pdf:p.1", "転入届"), ("a.pdf:p.2", "転出届"), ("a.pdf:p.3", "印鑑登録"),
    ]  # fmt: skip
    assert found[0].given["body"] == (
        "引っ越した日から14日以内に、住民課の窓口で転入届を出してください。引っ越す前には届け出できません。\n\n・本人確認書類"
    )
    assert [note.code for note in found[0].notes] == ["repeated_lines"]


def test_two_columns_are_read_one_after_the_other_though_the_file_writes_across(tmp_path: Path) -> None:
    left = ["左の段の一行目はここです。", "左の段の二行目はここです。", "左の段の三行目はここです。"]
    right = ["右の段の一行目はここです。", "右の段の二行目はここです。", "右の段の三行目はここです。"]
    lines = [(x, 700 - 14 * n, 10, side[n]) for n in range(3) for x, side in ((60, left), (330, right))]
    (row,) = read(tmp_path / "a.pdf", pdf(lines))
    assert row.given["body"].replace("\n\n", "").startswith("".join(left))


# Scans


def scans() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_scanned_pdf", ROOT / "scripts" / "make_scanned_pdf.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


HAS_OCR = pytest.mark.skipif(
    ocr.unavailable() is not None, reason="tesseract with Japanese is not installed; make test installs it"
)


@HAS_OCR
def test_two_scanned_pages_are_read_nearly_letter_for_letter(tmp_path: Path) -> None:
    scans().make(tmp_path, 2, seed=3)
    result = measure(tmp_path, 2)
    assert (result.pages, result.read, result.errors) == (2, 2, 0)
    assert result.accuracy > 0.97


@HAS_OCR
def test_a_reading_that_was_interrupted_goes_on_at_the_next_page(tmp_path: Path) -> None:
    scans().make(tmp_path, 2, seed=3)
    options = Options(done=frozenset({"s.pdf:p.1"}))
    events = list(read_source(tmp_path / "scanned.pdf", "s.pdf", options))
    assert [event.place for event in events if isinstance(event, SourceRow)] == ["s.pdf:p.2"]
    assert [event for event in events if isinstance(event, Progress)] == [Progress(1, 2), Progress(2, 2)]


def test_without_tesseract_every_page_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scans().make(tmp_path, 2, seed=3)
    monkeypatch.setattr(ocr.shutil, "which", lambda _: None)
    found = [event for event in read_source(tmp_path / "scanned.pdf", "s.pdf") if isinstance(event, SourceRow)]
    assert [row.problem.code for row in found if row.problem] == ["ocr_missing", "ocr_missing"]


def test_doubtful_words_are_marked_and_neighbours_share_a_mark() -> None:
    words = [("手数料は", 95), ("三", 40), ("百円", 50), ("です。", 96), ("1へ3割", 97)]
    read_words = [ocr._Word(text, float(sure), (1, 1), 1) for text, sure in words]
    found = assembled(read_words)
    assert found.lines == ("手数料は〔要確認：三百円〕です。1〔要確認：へ〕3割",)
    assert found.doubtful == 2
    assert without_marks(found.lines[0]) == "手数料は三百円です。1へ3割"


@pytest.mark.parametrize(
    ("a", "b", "edits"), [("", "あ", 1), ("転入届", "転入届", 0), ("転入届", "転出届", 1), ("あいう", "いう", 1)]
)
def test_letters_are_compared_by_edits(a: str, b: str, edits: int) -> None:
    assert distance(a, b) == edits
    assert bare("１ ア\nｱ") == "1アア"
