"""Files made to do harm, or broken: each gets a message that says what is wrong, and reading never takes the desk with it."""

from __future__ import annotations

import io
import struct
import sys
import zipfile
from pathlib import Path

import pypdfium2
import pytest
from docx import Document
from import_fixture import add_town, bring, job, outcomes, read, rows
from openpyxl import Workbook

from database import Database
from knowledge import import_jobs, reading_process
from knowledge.importers import archive
from knowledge.importers.source import Options

SECRET = "madoguchi-secret-of-this-machine"


def zipped(members: dict[str, str | bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in members.items():
            packed.writestr(name, content)
    return file.getvalue()


def altered(content: bytes, member: str, old: str, new: str) -> bytes:
    """An Office file with one of its parts changed."""
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        parts: dict[str, str | bytes] = {name: packed.read(name) for name in packed.namelist()}
    text = bytes(parts[member]).decode() if isinstance(parts[member], bytes) else str(parts[member])
    assert old in text
    parts[member] = text.replace(old, new, 1)
    return zipped(parts)


def word_file(text: str = "14日以内です。") -> bytes:
    document = Document()
    document.add_paragraph(text)
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


def workbook(question: str = "転入届") -> bytes:
    book = Workbook()
    assert book.active is not None
    book.active.append(["質問", "回答"])
    book.active.append([question, "14日以内です。"])
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def codes(path: Path, content: bytes | str) -> list[str]:
    return [row.problem.code if row.problem else "" for row in read(path, content)]


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("a.csv", b"", "file_empty"),
        ("a.csv", b" \n\n", "file_empty"),
        ("a.pdf", b"", "file_empty"),
        ("a.pdf", b"GIF89a not a pdf", "unknown_format"),
        ("a.pdf", b"%PDF-1.7\nnothing behind it", "not_pdf"),
        ("a.docx", b"not a zip at all", "unknown_format"),
        ("a.docx", b"PK\x03\x04 broken", "not_zip"),
        ("a.xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "old_office"),
        ("a.exe", b"MZ\x90\0", "unknown_format"),
        ("a.png", b"\x89PNG\r\n", "unknown_format"),
        ("a.html", b"<!-- -->", "not_html"),
        ("a.html", b"<script>alert(1)</script>", "no_text"),
        ("a.json", b"[" * 100_000, "not_json"),
        ("a.jsonl", b'{"a": 1e999999', "not_json"),
        ("a.csv", "質問,回答\n\"閉じない,".encode(), "not_csv"),
        ("a.csv", "質問,回答\n".encode("utf-16"), "not_text_file"),
        ("a.md", b"---\na: [\n---\n", "other"),
    ],
)  # fmt: skip
def test_a_broken_file_is_one_error_that_says_why(tmp_path: Path, name: str, content: bytes, code: str) -> None:
    assert codes(tmp_path / name, content) == [code]


def test_a_file_is_read_as_what_it_is_whatever_its_name_says(tmp_path: Path) -> None:
    assert [row.given["回答"] for row in read(tmp_path / "a.csv", workbook())] == ["14日以内です。"]
    assert [row.given["body"] for row in read(tmp_path / "a.txt", word_file())] == ["14日以内です。"]


def test_an_archive_that_swells_is_not_unpacked(tmp_path: Path) -> None:
    assert codes(tmp_path / "a.zip", zipped({"a.csv": b"0" * 60_000_000})) == ["bomb"]


def test_an_office_file_that_swells_is_not_opened(tmp_path: Path) -> None:
    with zipfile.ZipFile(io.BytesIO(workbook())) as packed:
        parts: dict[str, str | bytes] = {name: packed.read(name) for name in packed.namelist()}
    parts["xl/worksheets/sheet2.xml"] = b"<c/>" * 20_000_000
    assert codes(tmp_path / "a.xlsx", zipped(parts)) == ["bomb"]


def test_more_files_than_anybody_means_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MOST_MEMBERS", 5)
    assert codes(tmp_path / "a.zip", zipped({f"{n}.csv": "質問,回答\nA,B\n" for n in range(6)})) == ["bomb"]


def test_an_archive_within_an_archive_is_named_and_not_read(tmp_path: Path) -> None:
    inner = zipped({"a.csv": "質問,回答\n転入届,14日\n"})
    assert codes(tmp_path / "a.zip", zipped({"inner.zip": inner, "b.csv": "質問,回答\n転入届,14日\n"})) == ["nested_zip", ""]


def test_names_in_an_archive_lead_nowhere(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "er"
    folder.mkdir(parents=True)
    evil = zipped({"../../escaped.csv": "質問,回答\n転入届,14日\n", "/etc/absolute.csv": "質問,回答\n転出届,14日\n"})
    found = read(folder / "a.zip", evil)
    assert [row.place for row in found] == ["escaped.csv:2", "etc/absolute.csv:2"]
    assert sorted(path.name for path in tmp_path.rglob("*.csv")) == []


@pytest.mark.parametrize("member", ["word/document.xml"])
def test_entities_of_a_word_file_are_not_followed(tmp_path: Path, member: str) -> None:
    (tmp_path / "secret").write_text(SECRET)
    doctype = f'<!DOCTYPE x [<!ENTITY e SYSTEM "file://{tmp_path}/secret">]>'
    content = altered(word_file("目印"), member, "?>", f"?>{doctype}")
    content = altered(content, member, "目印", "前&e;後")
    found = read(tmp_path / "a.docx", content)
    assert SECRET not in str(found)


def test_entities_of_a_workbook_are_not_followed_or_multiplied(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(SECRET)
    laughs = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12))
    doctype = f'<!DOCTYPE x [<!ENTITY a0 "ha"><!ENTITY e SYSTEM "file://{tmp_path}/secret">{laughs}]>'
    content = altered(workbook("MARK"), "xl/worksheets/sheet1.xml", "<worksheet", f"{doctype}<worksheet")
    content = altered(content, "xl/worksheets/sheet1.xml", "MARK", "&e;&a11;")
    found = str(read(tmp_path / "a.xlsx", content))
    assert SECRET not in found
    assert "hahaha" not in found


def test_a_sheet_with_one_cell_far_away_is_refused_by_its_size(tmp_path: Path) -> None:
    book = Workbook()
    assert book.active is not None
    book.active.cell(1_048_576, 16_384, "遠い")
    file = io.BytesIO()
    book.save(file)
    assert codes(tmp_path / "a.xlsx", file.getvalue()) == ["sheet_too_large"]


def test_an_encrypted_pdf_says_that_it_has_a_password(tmp_path: Path) -> None:
    from reportlab.lib.pdfencrypt import StandardEncryption
    from reportlab.pdfgen import canvas

    file = io.BytesIO()
    paper = canvas.Canvas(file, encrypt=StandardEncryption("owner", ownerPassword="x"))
    paper.drawString(50, 50, "secret")
    paper.save()
    assert codes(tmp_path / "a.pdf", file.getvalue()) == ["encrypted"]


def test_a_pdf_that_claims_huge_pages_is_drawn_small_enough(tmp_path: Path) -> None:
    from PIL import Image

    picture = io.BytesIO()
    Image.new("L", (200, 200), 255).save(picture, "PDF", resolution=72)
    content = (
        picture.getvalue().replace(b"0 0 200.0 200.0", b"0 0 14400 14400").replace(b"[ 0 0 200.0 200.0 ]", b"[0 0 14400 14400]")
    )
    path = tmp_path / "a.pdf"
    path.write_bytes(content)
    from knowledge.importers.ocr import MOST_PIXELS, draw

    document = pypdfium2.PdfDocument(path)
    assert len(draw(document[0])) < MOST_PIXELS * 1.1
    document.close()


def test_a_pdf_that_declares_a_gigabyte_is_read_within_bounds(tmp_path: Path) -> None:
    head = b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1000000000>>endobj\n"
    page = b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents 4 0 R>>endobj\n4 0 obj<</Length 1073741824>>stream\nBT ET\nendstream endobj\n"
    content = head + page + b"trailer<</Root 1 0 R/Size 5>>\n%%EOF"
    (tmp_path / "a.pdf").write_bytes(content)
    events = list(reading_process.read(tmp_path / "a.pdf", "a.pdf", Options()))
    assert [event for event in events if "row" in event and not event["row"]["problem"]] == []


def test_nul_and_huge_cells_are_errors_of_their_rows(tmp_path: Path, sqlite_url: str) -> None:
    database = Database(sqlite_url)
    add_town(database)
    content = f"質問,回答\n転入届,14日\0以内\n長い,{'あ' * 150_000}\n転出届,14日以内です。\n"
    number = bring(database, ("a.csv", content))
    assert [row.problem.get("code", "") for row in rows(database, number)] == ["control_character", "too_long", ""]


def test_nul_can_be_stored_on_every_database(database: Database) -> None:
    add_town(database)
    number = bring(database, ("a\0b.csv".replace("\0", ""), "質問,回答\n転入届,14日\0以内\n"))
    assert outcomes(database, number) == {"error": 1}


def test_a_reader_that_needs_too_much_memory_ends_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.csv"
    path.write_text("質問,回答\n転入届,14日\n", encoding="utf-8")
    program = [
        sys.executable,
        "-c",
        "import resource, sys; resource.setrlimit(resource.RLIMIT_AS, (1 << 28, 1 << 28)); bytearray(1 << 30)",
    ]
    monkeypatch.setattr(reading_process.subprocess, "Popen", _popen_of(program))
    (event,) = reading_process.read(path, "a.csv", Options())
    assert event["row"]["problem"]["code"] in ("reader_died", "reader_memory")


def _popen_of(program: list[str]) -> object:
    import subprocess

    real = subprocess.Popen

    def popen(_: list[str], **more: object) -> object:
        return real(program, **more)  # type: ignore[call-overload]

    return popen


def test_a_job_of_a_hostile_file_is_previewed_with_its_error(sqlite_url: str) -> None:
    database = Database(sqlite_url)
    add_town(database)
    number = bring(database, ("a.zip", zipped({"a.csv": b"0" * 60_000_000})))
    assert job(database, number).state == "previewed"
    assert outcomes(database, number) == {"error": 1}
    assert rows(database, number)[0].problem["code"] == "bomb"


def test_more_rows_than_a_job_holds_are_counted_and_said(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_jobs, "MOST_ROWS", 3)
    database = Database(sqlite_url)
    add_town(database)
    number = bring(database, ("a.csv", "質問,回答\n" + "".join(f"質問{n},答え\n" for n in range(9))))
    assert [row.problem.get("code", "") for row in rows(database, number)] == ["", "", "too_many_rows"]


def test_a_wrong_length_in_an_archive_is_damage_and_not_a_crash(tmp_path: Path) -> None:
    content = bytearray(zipped({"a.csv": "質問,回答\n転入届,14日\n" * 50}))
    at = content.index(b"PK\x01\x02")
    content[at + 24 : at + 28] = struct.pack("<I", 5)  # the size after unpacking, as the directory tells it
    assert codes(tmp_path / "a.zip", bytes(content)) == ["not_zip"]
