"""The waste table answers only what it holds: names, materials, days and districts, from a resident's sentence."""

import csv
import json
import re
from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from knowledge.collection_calendar import collection_dates, parse_date, parse_days
from knowledge.waste import (
    Closure,
    CollectionArea,
    WasteItem,
    WasteTable,
    asks_about_waste,
    asks_collection_day,
    describe_days,
    find_district,
    find_label,
    find_labels,
    look_up,
    look_up_each,
    next_collection,
    read_areas,
    read_closures,
    read_items,
    read_table,
)

SAMPLE = Path(__file__).parents[2] / "knowledge" / "samples" / "midorino" / "waste"
LABELS = {
    "燃やすごみ",
    "燃やさないごみ",
    "プラスチック",
    "古紙・布",
    "びん・缶",
    "ペットボトル",
    "有害ごみ",
    "粗大ごみ",
    "市で収集しないもの",
}


@pytest.fixture(scope="module")
def table() -> WasteTable:
    return read_table(SAMPLE)


def names(table: WasteTable, text: str, words: list[str] | None = None) -> set[str]:
    return {item.name for item in look_up(table, text, words).items}


# Finding an item


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("フライパンって何ゴミ?", "フライパン"),
        ("ふらいぱん", "フライパン"),
        ("ﾌﾗｲﾊﾟﾝ　捨て方", "フライパン"),
        ("焦げ付き防止鍋はどう捨てますか", "フライパン"),
        ("ペットボトルのふたは?", "ペットボトルのふた"),
        ("ペットボトル3本出したい", "ペットボトル"),
        ("こわれた傘すてたい", "傘"),
        ("まくらはなにごみ", "枕"),
        ("お皿が割れた", "皿"),
        ("ノートパソコン捨てたい", "パソコン"),
        ("燃えるゴミの日に布団出せる？", "布団"),
        ("モバイルバッテリー膨らんだ", "モバイルバッテリー"),
        ("大型テレビを処分したい", "テレビ"),
    ],
)
def test_an_item_is_found_by_kanji_kana_width_and_everyday_words(table: WasteTable, text: str, name: str) -> None:
    assert names(table, text) == {name}


@pytest.mark.parametrize(
    "text",
    [
        "かさねて申請する場合",
        "いすみ市に引っ越す",
        "はい、捨てたいです",
        "考えてほしい",
        "走って帰った",
        "土曜日に出せますか",
        "時間がかかる",
        "さらに詳しく",
        "日本の制度",
        "転入届の出し方",
        "くさい",
    ],
)
def test_letters_inside_another_word_are_no_item(table: WasteTable, text: str) -> None:
    assert look_up(table, text).kind == "none"


@pytest.mark.parametrize(
    ("text", "offered"),
    [
        ("傘カバー", "傘"),
        ("水筒のパッキン", "水筒"),
        ("おもちゃ箱", "おもちゃ"),
        ("フライバンの捨て方", "フライパン"),
        ("粗大ごみのシールはどこで買える", "シール"),
    ],
)
def test_part_of_a_compound_or_a_misspelling_is_offered_but_not_answered(table: WasteTable, text: str, offered: str) -> None:
    match = look_up(table, text)
    assert match.kind == "nearest"
    assert match.items == ()
    assert offered in match.nearest
    assert len(match.nearest) <= 5


def test_words_of_a_tokeniser_open_short_kana_names_inside_a_run_of_hiragana(table: WasteTable) -> None:
    assert look_up(table, "こわれたかさはどうする").kind == "none"
    assert names(table, "こわれたかさはどうする", ["こわれ", "た", "かさ", "は", "どう", "する"]) == {"傘"}
    assert look_up(table, "かさねてすてる", ["かさね", "て", "すてる"]).kind == "none"


def test_a_thing_that_something_runs_on_or_holds_is_not_the_thing_asked_about(table: WasteTable) -> None:
    match = look_up(table, "電池で動くおもちゃ")
    assert (match.kind, match.items[0].label) == ("one", "燃やさないごみ")
    assert names(table, "ペットボトルに入った油") == {"食用油"}


def test_a_word_of_several_items_offers_them_all(table: WasteTable) -> None:
    match = look_up(table, "電池の捨て方")
    assert match.kind == "nearest"
    assert set(match.nearest) == {"乾電池", "充電池", "リチウムイオン電池"}


def test_several_items_in_one_sentence_each_get_their_match(table: WasteTable) -> None:
    matches = look_up_each(table, "傘とフライパン捨てたい")
    assert [(match.kind, match.items[0].name) for match in matches] == [("ask_material", "傘"), ("one", "フライパン")]
    assert look_up(table, "傘とフライパン捨てたい").nearest == ("傘", "フライパン")


# Material


def test_rows_that_differ_by_material_are_asked_back(table: WasteTable) -> None:
    match = look_up(table, "ハンガーの捨て方")
    assert match.kind == "ask_material"
    assert [item.material for item in match.items] == ["木製", "金属製", "プラスチック製"]


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("木のハンガー", "燃やすごみ"),
        ("ハンガー 金属製", "燃やさないごみ"),
        ("プラのハンガーは?", "プラスチック"),
        ("ステンレスの水筒", "燃やさないごみ"),
        ("素焼きの植木鉢", "燃やさないごみ"),
        ("木でできたおもちゃ", "燃やすごみ"),
    ],
)
def test_a_material_that_is_already_named_chooses_the_row(table: WasteTable, text: str, label: str) -> None:
    match = look_up(table, text)
    assert match.kind == "one"
    assert match.items[0].label == label


@pytest.mark.parametrize(
    "text",
    [
        "金属じゃないハンガー",
        "まな板はプラスチックの日に出せる?",
        "まな板はプラスチックですか",
        "まな板は木曜日に出せる?",
        "鉄のまな板",
        "プラスチックの鍋",
    ],
)
def test_a_denied_category_or_unknown_material_chooses_nothing(table: WasteTable, text: str) -> None:
    assert look_up(table, text).kind == "ask_material"


def test_rows_of_one_category_need_no_question() -> None:
    rows = (WasteItem("鍋", "なべ", "不燃", "a", (), "金属製"), WasteItem("鍋", "なべ", "不燃", "b", (), "ガラス製"))
    match = look_up(WasteTable(rows), "鍋は何ごみ")
    assert (match.kind, match.items) == ("one", rows)


def test_a_name_with_brackets_is_found_without_them() -> None:
    rows = (WasteItem("椅子（木製）", "いす", "粗大", "a"), WasteItem("椅子（プラスチック製）", "いす", "プラ", "b"))
    match = look_up(WasteTable(rows), "椅子を捨てたい")
    assert (match.kind, match.nearest) == ("nearest", ("椅子（木製）", "椅子（プラスチック製）"))


# Questions


@pytest.mark.parametrize(
    "text",
    [
        "フライパンどう捨てる",
        "これは何ゴミ",
        "分別がわからない",
        "ごみの出し方",
        "テレビの処分",
        "回収してほしい",
    ],
)
def test_questions_about_sorting_are_recognised(text: str) -> None:
    assert asks_about_waste(text)


@pytest.mark.parametrize(
    "text",
    [
        "滞納処分とは",
        "情報収集",
        "捨て猫がいる",
        "不法投棄を見た",
        "人ごみ",
        "転入届の出し方",
        "住民票がほしい",
    ],
)
def test_other_topics_that_share_a_word_with_waste_are_not(text: str) -> None:
    assert not asks_about_waste(text)


def test_a_question_about_the_day_needs_both_a_time_and_waste() -> None:
    for text in ("明日は何ゴミ", "燃えるゴミの日はいつ", "ビン・カンの日は", "次の収集日", "年末のごみ収集"):
        assert asks_collection_day(text), text
    for text in ("これは何ゴミ", "申請書をいつ出す", "子どもの日"):
        assert not asks_collection_day(text), text


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("燃えるゴミの日", "燃やすごみ"),
        ("可燃ごみは何曜日", "燃やすごみ"),
        ("もえるごみ", "燃やすごみ"),
        ("不燃物", "燃やさないごみ"),
        ("燃えないゴミ", "燃やさないごみ"),
        ("もやさないごみ", "燃やさないごみ"),
        ("資源プラの日", "プラスチック"),
        ("段ボールの収集日", "古紙・布"),
        ("ビンカンの日", "びん・缶"),
        ("缶の日", "びん・缶"),
        ("スプレー缶の日", "有害ごみ"),
        ("ペットボトルの日", "ペットボトル"),
        ("粗大ごみの申し込み", "粗大ごみ"),
        ("敏感肌", None),
        ("時間", None),
        ("ペットボトルのふた", None),
    ],
)
def test_residents_words_for_a_category_give_the_tables_word(table: WasteTable, text: str, label: str | None) -> None:
    assert find_label(table, text) == label


def test_every_category_of_a_sentence_is_found_in_its_order(table: WasteTable) -> None:
    assert find_labels(table, "資源プラと燃えるごみはいつ") == ["プラスチック", "燃やすごみ"]


def test_categories_come_in_the_words_of_another_municipality_too() -> None:
    table = WasteTable(areas=(CollectionArea("一番町", "東", {"可燃ごみ": "月", "容器包装プラ": "火"}),))
    assert find_label(table, "燃えるゴミはいつ") == "可燃ごみ"
    assert find_label(table, "プラスチックの日") == "容器包装プラ"


@pytest.mark.parametrize(
    ("text", "district"),
    [
        ("東町の燃えるゴミ", "東町"),
        ("みどり野市中央2丁目です", "中央"),
        ("緑ヶ丘です", "緑が丘"),
        ("桜台地区は何曜日", "桜台"),
        ("北町二丁目", "北町"),
        ("中央図書館はどこ", None),
        ("若葉マーク", None),
        ("川原さん", None),
        ("東町から西町に", None),
    ],
)
def test_a_district_is_found_only_as_a_place_and_only_when_it_is_the_only_one(
    table: WasteTable, text: str, district: str | None
) -> None:
    assert find_district(table, text) == district


# Days


def test_collection_comes_on_the_nth_weekdays_from_today_on(table: WasteTable) -> None:
    # 中央, 燃やさないごみ: 水2 水4. In October 2026 Wednesdays are 7, 14, 21, 28.
    expected = [date(2026, 10, 14), date(2026, 10, 28)]
    assert next_collection(table, "中央", "燃やさないごみ", date(2026, 10, 1)) == expected
    assert next_collection(table, "中央", "燃やさないごみ", date(2026, 10, 14)) == expected
    assert next_collection(table, "中央", "燃やさないごみ", date(2026, 10, 15), 1) == [date(2026, 10, 28)]


def test_no_collection_falls_into_the_year_end_closure(table: WasteTable) -> None:
    # 中央, 燃やすごみ: 月 木. Thursday 2026-12-31 is closed; Monday 2027-01-04 is open.
    assert next_collection(table, "中央", "燃やすごみ", date(2026, 12, 29)) == [date(2027, 1, 4), date(2027, 1, 7)]


def test_another_centres_closure_does_not_count() -> None:
    table = WasteTable(
        areas=(CollectionArea("町", "東", {"可燃": "木"}),), closures=(Closure("西", date(2026, 12, 31), date(2027, 1, 3)),)
    )
    assert next_collection(table, "町", "可燃", date(2026, 12, 31), 1) == [date(2026, 12, 31)]


def test_a_label_without_days_has_no_date_and_an_unknown_district_is_an_error(table: WasteTable) -> None:
    assert next_collection(table, "中央", "粗大ごみ", date(2026, 10, 1)) == []
    with pytest.raises(LookupError, match="遠い町"):
        next_collection(table, "遠い町", "燃やすごみ", date(2026, 10, 1))


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ("水2 水4", "第2・第4水曜日"),
        ("火1 火3", "第1・第3火曜日"),
        ("月 木", "毎週月曜日・木曜日"),
        ("木", "毎週木曜日"),
        ("", ""),
        ("20261230", "2026年12月30日"),
        ("水2:4 5", "第2水曜日（4月・5月）"),
        ("月 *1", "毎週月曜日"),
    ],
)
def test_days_are_said_in_words(cell: str, words: str) -> None:
    assert describe_days(cell) == words


def test_every_second_week_months_and_single_dates_are_followed() -> None:
    start = date(2026, 4, 1)  # a Wednesday
    assert collection_dates("隔水20260401", (), start, 3) == [start, date(2026, 4, 15), date(2026, 4, 29)]
    assert collection_dates("水1:6", (), start, 1) == [date(2026, 6, 3)]
    assert collection_dates("水1 20260404", (), date(2026, 4, 2), 1) == [date(2026, 4, 4)]


@pytest.mark.parametrize("cell", ["水6", "げつ", "水2、水4", "20261345", "水:13"])
def test_a_cell_that_is_no_collection_day_is_refused(cell: str) -> None:
    with pytest.raises(ValueError):
        parse_days(cell)


def test_dates_are_read_with_hyphens_slashes_or_neither() -> None:
    assert {parse_date(text) for text in ("2027-01-03", "2027/1/3", "20270103")} == {date(2027, 1, 3)}


# Files


PLAIN = "label,name,notice,furigana\n燃やすごみ,①生ごみ,水を切る,なまごみ\n\n"


@pytest.mark.parametrize(
    "content",
    [
        PLAIN.encode(),
        PLAIN.encode("utf-8-sig"),
        PLAIN.replace("\n", "\r\n").encode("cp932"),
    ],
)
def test_the_four_columns_of_5374_are_read_in_utf8_with_bom_and_cp932(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "target.csv"
    path.write_bytes(content)
    assert read_items(path) == [WasteItem("①生ごみ", "なまごみ", "燃やすごみ", "水を切る")]


@pytest.mark.parametrize(
    ("reader", "text", "message"),
    [
        (read_items, "label,name,notice,furigana\n可燃,,a,b\n", "row 2: name is empty"),
        (read_items, "label,name,notice,furigana\n可燃,傘,a,b\n不燃,傘,a,b\n", "row 3: .*already in row 2"),
        (read_items, "label,name\n可燃,傘\n", "row 1: no column notice, furigana"),
        (read_items, "label,name,notice,furigana\n可燃,傘,a,b,c,d,e\n", "row 2: 7 cells"),
        (read_areas, "地名,センター,可燃\n東,西,水9\n", "row 2: .*水9"),
        (read_closures, "名称,休止開始日,休止終了日\n東,2027-01-03,2026-12-31\n", "row 2: .*before it starts"),
        (read_closures, "名称,休止開始日,休止終了日\n東,大みそか,2026-12-31\n", "row 2: .*大みそか"),
    ],
)
def test_a_fault_names_file_and_row(tmp_path: Path, reader, text: str, message: str) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "fault.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=rf"fault\.csv: {message}"):
        reader(path)


def test_bytes_of_no_known_encoding_name_their_row(tmp_path: Path) -> None:
    path = tmp_path / "bytes.csv"
    path.write_bytes(b"label,name,notice,furigana\n\x81\x20\x81,a,b,c\n")
    with pytest.raises(ValueError, match=r"bytes\.csv: row 2: neither UTF-8 nor cp932"):
        read_items(path)


def test_a_centre_without_a_closure_may_stand_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "center.csv"
    path.write_text("名称,休止開始日,休止終了日\n東,,\n西,2026/12/31,2027/1/3\n", encoding="utf-8")
    assert read_closures(path) == [Closure("西", date(2026, 12, 31), date(2027, 1, 3))]


def test_a_table_survives_json(table: WasteTable) -> None:
    assert WasteTable.from_json(json.loads(json.dumps(table.to_json(), ensure_ascii=False))) == table


# The sample municipality's own data


def test_the_sample_holds_three_hundred_items_under_known_labels(table: WasteTable) -> None:
    assert len(table.rows) >= 300
    assert {item.label for item in table.items} == LABELS


def test_no_row_of_the_sample_is_repeated_or_unexplained(table: WasteTable) -> None:
    counts = Counter((item.name, item.material) for item in table.items)
    repeated = [row for row, count in counts.items() if count > 1]
    assert repeated == []
    assert [item.name for item in table.items if not item.notice.endswith("。")] == []
    assert [item.name for item in table.items if not re.fullmatch(r"[ぁ-ゖァ-ヺー]+", item.furigana)] == []


def test_several_rows_of_one_name_always_tell_their_material(table: WasteTable) -> None:
    several = {name: rows for name, rows in table.rows.items() if len(rows) > 1}
    assert [name for name, rows in several.items() if not all(row.material for row in rows)] == []
    assert [item.name for item in table.items if item.material and item.name not in several] == []
    assert len([name for name, rows in several.items() if len({row.label for row in rows}) > 1]) >= 15


def test_every_name_and_synonym_of_the_sample_leads_back_to_its_item(table: WasteTable) -> None:
    for name, rows in table.rows.items():
        assert names(table, f"{name}の捨て方") == {name}
        for word in rows[0].synonyms:
            match = look_up(table, f"{word}は何ごみですか")
            assert name in {item.name for item in match.items} | set(match.nearest), word


def test_what_catches_fire_is_hazardous_and_says_so(table: WasteTable) -> None:
    for name in ("リチウムイオン電池", "モバイルバッテリー", "電子たばこ"):
        (row,) = table.rows[name]
        assert row.label == "有害ごみ"
        assert "発火" in row.notice
    (spray,) = table.rows["スプレー缶"]
    assert "使い切り" in spray.notice
    assert "穴を開けず" in spray.notice


def test_recycled_appliances_and_computers_are_not_collected(table: WasteTable) -> None:
    for word in ("エアコン", "テレビ", "冷蔵庫", "冷凍庫", "洗濯機", "衣類乾燥機", "パソコン"):
        assert look_up(table, word).items[0].label == "市で収集しないもの", word


def test_areas_name_known_labels_and_a_centre_with_a_year_end_closure(table: WasteTable) -> None:
    assert [area.district for area in table.areas] == [
        "中央",
        "東町",
        "西町",
        "南町",
        "北町",
        "緑が丘",
        "桜台",
        "川原",
        "山手",
        "若葉",
    ]
    assert {area.center for area in table.areas} == {closure.center for closure in table.closures}
    for area in table.areas:
        assert set(area.days) == LABELS - {"粗大ごみ", "市で収集しないもの"}
        assert all(next_collection(table, area.district, label, date(2026, 10, 1)) for label in area.days)


def test_the_sample_file_is_plain_utf8_with_the_documented_header() -> None:
    with (SAMPLE / "items.csv").open(encoding="utf-8", newline="") as file:
        assert next(csv.reader(file)) == ["label", "name", "notice", "furigana", "synonyms", "material"]
