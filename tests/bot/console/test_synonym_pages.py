"""The page of synonyms: what staff find, try, add, change, switch off and delete, and what is refused."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import pytest
from staff_fixture import CRUEL, Person, actions
from town_fixture import CODE, OTHER_TOWN
from werkzeug.test import TestResponse

from database import Database
from knowledge import synonym_store
from knowledge.synonyms import SynonymGroup

PAGE = "/staff/synonyms"


@pytest.fixture
def editor(log_in: Callable[[str], Person]) -> Person:
    return log_in("editor")


def add(person: Person, official: str = "みどりバス", words: str = "ぐるりん号\r\n町のバス", **more: str) -> TestResponse:
    return person.post(f"{PAGE}/add", official=official, words=words, **more)


def change(person: Person, action: str, official: str, version: int, **more: str) -> TestResponse:
    return person.post(f"{PAGE}/{action}", official=official, version=str(version), **more)


def own(lite: Database, town: str = CODE) -> dict[str, SynonymGroup]:
    with lite.read() as session:
        return {group.official: group for group in synonym_store.own_groups(session, town)}


def test_all_staff_read_and_only_editors_see_how_to_change(log_in: Callable[[str], Person]) -> None:
    page = log_in("agent").get(PAGE).text
    assert "言い換え" in page
    assert "言い換えを追加する" not in page
    assert "編集" not in page
    assert "言い換えを追加する" in log_in("approver").get(PAGE).text


def test_a_word_is_found_among_official_words_residents_words_and_notes(editor: Person) -> None:
    add(editor, note="回覧で要望")
    assert "<h3>印鑑</h3>" in editor.get(f"{PAGE}?q=ﾊﾝｺ").text
    assert "<h3>みどりバス</h3>" in editor.get(f"{PAGE}?q=回覧").text
    assert "当てはまる言い換えはありません" in editor.get(f"{PAGE}?q=宇宙旅行").text


def test_the_list_is_short_at_first_and_whole_on_request(editor: Person) -> None:
    assert editor.get(PAGE).text.count('class="entry') == 50
    assert editor.get(f"{PAGE}?page=2").text.count('class="entry') == 50
    assert editor.get(f"{PAGE}?page=2").text != editor.get(f"{PAGE}?page=3").text
    assert editor.get(f"{PAGE}?page=99999").status_code == 200


def test_a_question_shows_which_words_it_stands_for(editor: Person) -> None:
    page = editor.get(f"{PAGE}?try=猫が道路で死んでいます").text
    assert "<strong>動物の死体</strong>" in page
    assert "次の言葉も合わせて記事を探します：動物、死体" in page
    assert "この質問に当てはまる言い換えはありません" in editor.get(f"{PAGE}?try=こんにちは").text


def test_what_is_added_is_stored_shown_tried_and_noted(editor: Person, lite: Database) -> None:
    answer = add(editor, note="公共交通課より")
    assert answer.status_code == 303
    page = editor.get(answer.location).text
    assert "言い換えを保存しました" in page
    assert "公共交通課より" in page
    assert own(lite)["みどりバス"].words == ("ぐるりん号", "町のバス")
    assert own(lite)["みどりバス"].changed_by == "editor"
    assert ("editor", "synonyms.add") in actions(lite)
    assert "<strong>みどりバス</strong>" in editor.get(f"{PAGE}?try=ぐるりん号の時刻").text


@pytest.mark.parametrize(
    ("official", "words", "said"),
    [
        ("", "はんこ", "行政の言葉を入力"),
        ("みどりバス", " \r\n", "1つ以上"),
        ("みどりバス", "あ", "「あ」は短すぎる"),
        ("みどりバス", "みどりバス", "行政の言葉と同じ"),
        ("みどりバス", "何時まで", "見分けられる言葉が残らない"),
        ("みどりバス", CRUEL, "長すぎます"),
        ("みどりバス", "<b>バス</b>", "言葉に使えない記号"),
    ],
)
def test_a_wrong_entry_is_explained_and_what_was_typed_stays(
    editor: Person, lite: Database, official: str, words: str, said: str
) -> None:
    answer = add(editor, official, words, note="残るメモ")
    assert answer.status_code == 422
    assert said in answer.text
    assert 'value="残るメモ"' in answer.text
    assert "<script>window" not in answer.text
    assert own(lite) == {}


@pytest.mark.parametrize("official", ["印鑑", "みどりバス"])
def test_an_official_word_that_is_there_is_edited_and_not_added_twice(editor: Person, lite: Database, official: str) -> None:
    add(editor)
    answer = add(editor, official, "別の言葉")
    assert answer.status_code == 409
    assert "すでにあります" in answer.text
    assert list(own(lite)) == ["みどりバス"]
    assert "別の言葉" not in own(lite)["みどりバス"].words


def test_a_word_that_stands_for_something_else_too_is_warned_of(editor: Person) -> None:
    page = editor.get(add(editor, words="はんこ\nぐるりん号").location).text
    assert "「はんこ」は「印鑑」の言い換えにも登録されています" in page
    assert "ぐるりん号」は" not in page


def test_a_shared_group_is_changed_for_this_town_and_given_back(editor: Person, lite: Database) -> None:
    assert "すべての市区町村に共通" in editor.get(f"{PAGE}/edit?official=印鑑").text
    assert change(editor, "edit", "印鑑", 0, words="はんこ\nぽんこ").status_code == 303
    assert own(lite)["印鑑"].words == ("はんこ", "ぽんこ")
    assert own(lite, OTHER_TOWN.code) == {}
    page = editor.get(f"{PAGE}?q=印鑑").text
    assert "共通を変更" in page
    assert "共通の内容に戻す" in editor.get(f"{PAGE}/edit?official=印鑑").text
    assert change(editor, "delete", "印鑑", 1).status_code == 303
    assert own(lite) == {}


def test_a_shared_group_is_switched_off_and_on(editor: Person, lite: Database) -> None:
    answer = change(editor, "switch", "印鑑", 0, on="0", q="はんこ")
    assert parse_qs(urlsplit(answer.location).query)["q"] == ["はんこ"]
    page = editor.get(answer.location).text
    assert "使っていません" in page
    assert "<strong>印鑑</strong>" not in editor.get(f"{PAGE}?try=はんこを作りたい").text
    change(editor, "switch", "印鑑", 1, on="1")
    assert own(lite) == {}
    assert [one for one in actions(lite) if one[1].startswith("synonyms")] == [
        ("editor", "synonyms.off"), ("editor", "synonyms.on"),
    ]  # fmt: skip


def test_editing_leaves_a_group_switched_off(editor: Person, lite: Database) -> None:
    change(editor, "switch", "印鑑", 0, on="0")
    change(editor, "edit", "印鑑", 1, words="ぽんこ")
    assert own(lite)["印鑑"].active is False


def test_the_second_of_two_who_change_the_same_is_told_and_loses_nothing(log_in: Callable[[str], Person], lite: Database) -> None:
    first, second = log_in("editor"), log_in("approver")
    add(first)
    change(first, "edit", "みどりバス", 1, words="ぐるりん号\nバス")
    answer = change(second, "edit", "みどりバス", 1, words="巡回バス", note="私のメモ")
    assert answer.status_code == 409
    assert "ほかの職員が先に変更" in answer.text
    assert "今の内容：ぐるりん号、バス" in answer.text
    assert "巡回バス" in answer.text
    assert 'value="私のメモ"' in answer.text
    for action in ("switch", "delete"):
        assert change(second, action, "みどりバス", 1, on="0").status_code == 409
    version = re.search(r'name="version" value="(\d+)"', answer.text)
    assert version
    assert change(second, "edit", "みどりバス", int(version[1]), words="巡回バス").status_code == 303
    assert own(lite)["みどりバス"].words == ("巡回バス",)


def test_a_group_of_the_base_cannot_be_deleted(editor: Person) -> None:
    assert change(editor, "delete", "印鑑", 0).status_code == 409


@pytest.mark.parametrize("action", ["edit", "switch", "delete"])
def test_what_does_not_exist_cannot_be_changed(editor: Person, action: str) -> None:
    assert change(editor, action, "宇宙旅行", 0, words="ロケット", on="0").status_code == 404


def test_another_towns_words_are_neither_seen_nor_changed(
    editor: Person, log_in: Callable[[str], Person], lite: Database
) -> None:
    add(editor)
    stranger = log_in("stranger_administrator")
    assert "<h3>みどりバス" not in stranger.get(f"{PAGE}?q=みどりバス").text
    assert change(stranger, "delete", "みどりバス", 1).status_code == 404
    assert list(own(lite)) == ["みどりバス"]


def test_a_form_without_its_token_changes_nothing(editor: Person, lite: Database) -> None:
    answer = editor.client.post(f"{PAGE}/add", data={"official": "みどりバス", "words": "ぐるりん号"})
    assert answer.status_code == 400
    assert own(lite) == {}


def test_the_page_speaks_english_too(editor: Person) -> None:
    editor.post("/staff/language", language="en")
    page = editor.get(f"{PAGE}?try=はんこ").text
    assert "Synonyms in place" in page
    assert "Articles are also searched for: 印鑑" in page
