"""Synonyms as a CSV table: what staff's spreadsheets write is read, and a row that cannot be read says which it is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from knowledge.synonym_table import read_table, shared_group, write_table
from knowledge.synonyms import SynonymGroup, checked

TOWN = "990019"
Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def written(text: str, encoding: str = "utf-8") -> Path:
        path = tmp_path / "words.csv"
        path.write_bytes(text.encode(encoding))
        return path

    return written


def groups(path: Path) -> list[SynonymGroup]:
    rows = read_table(path, TOWN)
    assert [row.error for row in rows if row.error] == []
    return [row.group for row in rows if row.group]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932"])
def test_a_table_is_read_in_the_encodings_of_offices(write: Write, encoding: str) -> None:
    (made,) = groups(write("行政の言葉,住民の言葉,備考,使う\n印鑑,はんこ、判子,①窓口で,はい\n", encoding))
    assert made == checked(TOWN, "印鑑", ["はんこ", "判子"], "1窓口で")


def test_columns_stand_in_any_order_below_a_title_and_may_be_left_out(write: Write) -> None:
    (made,) = groups(write("言い換え一覧（市民課）\n\n住民の言葉（必須）,行政の言葉\nはんこ;判子,印鑑\n,\n"))
    assert (made.official, made.words, made.active) == ("印鑑", ("はんこ", "判子"), True)


@pytest.mark.parametrize("between", ["、", ",", "，", "；", "|", "\n"])
def test_words_of_a_cell_are_separated_as_people_separate_them(write: Write, between: str) -> None:
    (made,) = groups(write(f'行政の言葉,住民の言葉\n印鑑,"はんこ{between}判子"\n'))
    assert made.words == ("はんこ", "判子")


def test_bad_rows_say_where_they_are_and_the_good_ones_are_kept(write: Write) -> None:
    path = write("行政の言葉,住民の言葉,使う\n印鑑,はんこ,はい\n,死んだ,\n死亡,あ,\n火災,火事,たぶん\n印鑑,判子,\n税,税金,\n")
    rows = read_table(path, TOWN)
    assert [row.group.official for row in rows if row.group] == ["印鑑", "税"]
    assert [(row.place, row.error) for row in rows if row.error] == [
        ("words.csv:3", "the official word is empty"),
        ("words.csv:4", "「あ」 is a single character that is no kanji: it would be found in every question"),
        ("words.csv:5", "「たぶん」 is neither はい nor いいえ"),
        ("words.csv:6", "「印鑑」 was already given at words.csv:2"),
    ]


def test_a_shared_group_is_switched_off_without_repeating_its_words(write: Write) -> None:
    (made,) = groups(write("行政の言葉,住民の言葉,使う\n印鑑,,いいえ\n"))
    base = shared_group("印鑑")
    assert base
    assert (made.words, made.active) == (base.words, False)


@pytest.mark.parametrize(
    ("text", "place", "error"),
    [
        ("", "words.csv:1", "no columns"),
        ("問い,答え\na,b\n", "words.csv:1", "no columns 行政の言葉 and 住民の言葉"),
        ('行政の言葉,住民の言葉\n印鑑,"はんこ\n税,税金\n', "words.csv:2", "not valid CSV"),
    ],
)
def test_a_file_that_is_no_table_of_synonyms_is_one_error(write: Write, text: str, place: str, error: str) -> None:
    rows = read_table(write(text), TOWN)
    assert [row.place for row in rows] == [place]
    assert str(rows[0].error).startswith(error)


def test_a_file_in_no_known_encoding_is_one_error(tmp_path: Path) -> None:
    path = tmp_path / "words.csv"
    path.write_bytes(b"\xff\xfe\x00\x80\xa0")
    assert [row.place for row in read_table(path, TOWN)] == ["words.csv:1"]


def test_what_is_written_opens_in_a_spreadsheet_and_is_read_back_the_same(tmp_path: Path) -> None:
    made = [
        checked(TOWN, "印鑑", ["はんこ", "判子"], "窓口, 1階"),
        checked(TOWN, "動物の死体", ["猫が死んだ"], "=HYPERLINK(1)", active=False),
    ]
    content = write_table(made)
    assert content.startswith(b"\xef\xbb\xbf")
    assert b",'=HYPERLINK" in content
    path = tmp_path / "out.csv"
    path.write_bytes(content)
    assert groups(path) == made
