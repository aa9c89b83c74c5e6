"""A municipality as a folder, and its code."""

from __future__ import annotations

from datetime import time
from pathlib import Path

import pytest

from knowledge.municipality_code import check_digit, verify_code
from knowledge.municipality_folder import BadFolder, parse_hours, read_folder

USUAL = (time(8, 30), time(17, 15))


def make(folder: Path, municipality: str = "", departments: str = "") -> Path:
    (folder / "municipality.yml").write_text(municipality or "code: 990019\nname: みどり野市\n", encoding="utf-8")
    (folder / "departments.yml").write_text(departments or "departments:\n  - { key: a, name: 課 }\n", encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    ("given", "days"),
    [
        ({"mon-fri": "08:30-17:15"}, [0, 1, 2, 3, 4]),
        ({"sat": "08:30-17:15"}, [5]),
        ({"mon-sun": "08:30-17:15"}, list(range(7))),
        ({"tue-wed": "08:30-17:15", "sat-sun": "08:30-17:15"}, [1, 2, 5, 6]),
        ({}, []),
    ],
)
def test_hours_are_read_by_weekday(given: dict[str, str], days: list[int]) -> None:
    assert parse_hours(given) == dict.fromkeys(days, USUAL)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"mon-fir": "08:30-17:15"}, "「mon-fir」 is neither a weekday"),
        ({"fri-mon": "08:30-17:15"}, "「fri-mon」 is neither"),
        ({"": "08:30-17:15"}, "「」 is neither"),
        ({"mon": "8:30-17:15"}, "not of the form"),
        ({"mon": "17:15-08:30"}, "end before"),
        ({"mon": "08:30-25:00"}, "hour must be in"),
        ({"mon-fri": "08:30-17:15", "thu": "08:30-19:00"}, "hours give thu twice"),
    ],
)
def test_hours_that_make_no_sense_are_refused(given: dict[str, str], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        parse_hours(given)


def test_departments_have_the_usual_hours_unless_they_give_their_own(tmp_path: Path) -> None:
    yml = """
defaults: { hours: { mon-fri: "08:30-17:15" } }
departments:
  - { key: a, name: 総合案内, phone: 099-000-1100, location: 1階 }
  - { key: b, name: 市民課, hours: { thu: 08:30-19:00 } }
  - { key: c, name: 休止中, hours: {} }
"""
    read = read_folder(make(tmp_path, departments=yml))
    assert [one.key for one in read.departments] == ["a", "b", "c"]
    assert read.departments[0].hours == dict.fromkeys(range(5), USUAL)
    assert read.departments[0].phone == "099-000-1100"
    assert read.departments[1].hours == {3: (time(8, 30), time(19, 0))}
    assert read.departments[2].hours == {}
    assert (read.rows, read.waste) == ((), None)


def test_the_municipality_is_read_with_its_reception_and_closed_days(tmp_path: Path) -> None:
    yml = """
code: 990019
name: 市
reception: {name: 課, department: a}
closed_days: ['12-29']
uses_shared_base: true
aliases: [緑野]
"""
    town = read_folder(make(tmp_path, yml)).municipality
    assert (town.code, town.reception, town.closed_days, town.uses_shared_base) == ("990019", "a", ("12-29",), True)
    assert town.aliases == ("緑野",)


@pytest.mark.parametrize(
    ("municipality", "departments", "said"),
    [
        ("code: 990018\nname: 市", "", "municipality.yml: .*wrong check digit: 99001 is followed by 9"),
        ("name: 市", "", "municipality.yml: missing entry: code"),
        ("code: 990019\nname: 市\nnam: 市", "", "municipality.yml: unknown entry: nam"),
        ("code: 990019\nname: 市\nclosed_days: [12/29]", "", "municipality.yml: closed day 「12/29」"),
        ("code: 990019\nname: 市\nreception: {department: b}", "", "reception 「b」 is not in departments.yml"),
        ("- 990019", "", "municipality.yml: expected"),
        ("code: [", "", "municipality.yml: "),
        ("", "departments: [{key: a}]", "departments.yml: missing entry: name"),
        ("", "departments: [{key: a, name: 課, tel: 1}]", "departments.yml: unknown entry: tel"),
        ("", "departments: [{key: a, name: 課}, {key: a, name: 室}]", "departments.yml: the key a stands for two"),
        ("", "departments: [{key: a, name: 課, hours: {mon: 9-17}}]", "departments.yml: a: hours 「9-17」"),
    ],
)
def test_a_bad_folder_is_refused_with_file_and_entry(tmp_path: Path, municipality: str, departments: str, said: str) -> None:
    with pytest.raises(BadFolder, match=said):
        read_folder(make(tmp_path, municipality, departments))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadFolder, match=r"there is no municipality\.yml"):
        read_folder(tmp_path)
    (make(tmp_path) / "waste").mkdir()
    (tmp_path / "waste" / "items.csv").write_text("label,name,notice,furigana\n", encoding="utf-8")
    with pytest.raises(BadFolder, match=r"there is no area_days\.csv"):
        read_folder(tmp_path)


@pytest.mark.parametrize("code", ["131016", "011002", "271004", "401307", "990019", "000000"])
def test_real_codes_and_the_shared_base_pass(code: str) -> None:
    verify_code(code)


def test_the_check_digit_is_that_of_the_published_example() -> None:
    # 1x6 + 3x5 + 1x4 + 0x3 + 1x2 = 27; 27 mod 11 = 5; 11 - 5 = 6
    assert check_digit("13101") == "6"


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("131017", "13101 is followed by 6"),
        ("13101", "with it, it is 131016"),
        ("1310160", "six digits"),
        ("１３１０１６", "six digits"),
        ("", "six digits"),
        ("abc", "six digits"),
    ],
)
def test_other_codes_are_refused_with_the_right_digit(code: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        verify_code(code)
