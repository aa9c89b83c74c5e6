"""Files of 5374: previewed against the present waste table, put in by one click, taken back unless it has changed since."""

from __future__ import annotations

import pytest
from import_fixture import CODE, add_town, bring, job, outcomes, rows

from database import Database
from knowledge import import_jobs, import_waste, store
from knowledge.import_jobs import JobRefused
from knowledge.waste import CollectionArea, WasteItem, WasteTable

ITEMS = "label,name,notice,furigana\n燃やすごみ,傘,束ねて出してください。,かさ\n粗大ごみ,布団,予約してください。,ふとん\n"
AREAS = "地名,センター,燃やすごみ\n桜台,北センター,月 木\n"
CENTERS = "名称,休止開始日,休止終了日\n北センター,2026/12/31,2027/1/3\n南センター,,\n"
PRESENT = WasteTable(
    items=(WasteItem("傘", "かさ", "燃やさないごみ", ""), WasteItem("鍋", "なべ", "燃やさないごみ", "")),
    areas=(CollectionArea("中央", "北センター", {"燃やすごみ": "火 金"}),),
)


@pytest.fixture
def town(sqlite_url: str) -> Database:
    database = Database(sqlite_url)
    add_town(database)
    with database.write() as session:
        store.save_waste_table(session, CODE, PRESENT)
    return database


def table(database: Database) -> WasteTable:
    with database.read() as session:
        return store.waste_table(session, CODE) or WasteTable()


def put_in(database: Database, number: int, others: bool = False) -> bool:
    version = job(database, number).version
    with database.write() as session:
        return import_waste.apply(session, CODE, number, "hanako", version, others)


def take_back(database: Database, number: int) -> bool:
    with database.write() as session:
        return import_waste.undo(session, CODE, number, "hanako")


def test_a_preview_says_what_every_row_would_do_and_changes_nothing(town: Database) -> None:
    number = bring(town, ("target.csv", ITEMS), ("area_days.csv", AREAS), ("center.csv", CENTERS))
    assert job(town, number).format == "waste"
    assert outcomes(town, number) == {"created": 3, "changed": 1, "unchanged": 1}
    assert table(town) == PRESENT


def test_rows_are_added_and_changed_and_others_stay(town: Database) -> None:
    number = bring(town, ("target.csv", ITEMS), ("area_days.csv", AREAS), ("center.csv", CENTERS))
    assert put_in(town, number)
    made = table(town)
    assert {(item.name, item.label) for item in made.items} == {
        ("傘", "燃やすごみ"),
        ("鍋", "燃やさないごみ"),
        ("布団", "粗大ごみ"),
    }
    assert [area.district for area in made.areas] == ["中央", "桜台"]
    assert [closure.center for closure in made.closures] == ["北センター"]


def test_what_the_file_does_not_have_goes_only_when_that_is_asked_for(town: Database) -> None:
    number = bring(town, ("target.csv", ITEMS))
    put_in(town, number, others=True)
    assert [item.name for item in table(town).items] == ["傘", "布団"]
    assert [area.district for area in table(town).areas] == ["中央"], "of districts the file says nothing"


def test_a_second_click_changes_nothing_more_and_undo_brings_the_table_back(town: Database) -> None:
    number = bring(town, ("target.csv", ITEMS))
    assert [put_in(town, number), put_in(town, number)] == [True, False]
    assert [take_back(town, number), take_back(town, number)] == [True, False]
    assert table(town) == PRESENT


def test_a_table_that_has_changed_since_is_not_taken_back(town: Database) -> None:
    number = bring(town, ("target.csv", ITEMS))
    put_in(town, number)
    put_in(town, bring(town, ("target.csv", ITEMS.replace("束ねて", "ひもで束ねて"))))
    with pytest.raises(JobRefused) as refused:
        take_back(town, number)
    assert refused.value.reason == "waste_changed"


def test_a_table_that_has_changed_since_the_preview_is_not_written_over(town: Database) -> None:
    number = bring(town, ("target.csv", ITEMS))
    with town.write() as session:
        store.save_waste_table(session, CODE, WasteTable())
    with pytest.raises(JobRefused) as refused:
        put_in(town, number)
    assert refused.value.reason == "changed"


def test_bad_rows_are_errors_with_their_place_and_the_others_go_in(town: Database) -> None:
    content = ITEMS + "燃やすごみ,,,\n燃やすごみ,傘,もう一度,かさ\n"
    number = bring(town, ("target.csv", content), ("area_days.csv", AREAS.replace("月 木", "毎日")))
    wrong = [(row.place, row.problem["code"]) for row in rows(town, number) if row.outcome == "error"]
    assert wrong == [("target.csv:4", "waste_row"), ("target.csv:5", "waste_repeated"), ("area_days.csv:2", "waste_row")]
    put_in(town, number, others=True)
    assert "鍋" in {item.name for item in table(town).items}, "nothing is removed while rows have errors"


def test_a_row_left_out_keeps_what_is_there(town: Database) -> None:
    number = bring(town, ("target.csv", ITEMS))
    with town.write() as session:
        import_jobs.choose(session, CODE, number, shown=[1, 2], chosen=[2])
    put_in(town, number, others=True)
    assert {(item.name, item.label) for item in table(town).items} == {("傘", "燃やさないごみ"), ("布団", "粗大ごみ")}
