"""The cards, their numbers to the byte, and the words they may not use."""

from __future__ import annotations

import re

import pytest

from bot.screening.emergencies import detect, lint_terms, load_cards, load_numbers
from bot.screening.emergency_cards import CARDS, LANGUAGES
from bot.screening.plain_japanese import EMERGENCY_LIMIT, morae

KINDS = ("life", "crime", "sea", "suicide", "dv", "child_abuse", "child_sos", "disaster")
NUMBERS = {
    "fire_ambulance": "119",
    "police": "110",
    "coast_guard": "118",
    "yorisoi": "0120-279-338",
    "inochi_sos": "0120-061-338",
    "inochi_free": "0120-783-556",
    "inochi_navi": "0570-783-556",
    "kokoro": "0570-064-556",
    "childline": "0120-99-7777",
    "dv_navi": "#8008",
    "dv_plus": "0120-279-889",
    "child_abuse": "189",
    "police_consultation": "#9110",
    "consumer": "188",
    "ambulance_advice": "#7119",
}


def test_every_number_is_that_of_the_requirements_to_the_byte() -> None:
    assert {key: number.number.encode() for key, number in load_numbers().items()} == {
        key: number.encode() for key, number in NUMBERS.items()
    }
    assert all(number.name and number.hours and number.source for number in load_numbers().values())


def test_no_number_is_written_in_the_cards_themselves() -> None:
    assert not re.search(r"\d{3}|#\d", CARDS.read_text(encoding="utf-8"))


@pytest.mark.parametrize("kind", KINDS)
def test_every_card_is_whole_in_every_language(kind: str) -> None:
    card = load_cards()[kind]
    assert set(card.lines) == set(LANGUAGES) == set(card.approved)
    assert all(card.lines[language] and all(card.lines[language]) for language in LANGUAGES)
    assert card.numbers


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_first_line_says_which_number_to_call_now(kind: str, language: str) -> None:
    assert re.search(r"11[089]", load_cards()[kind].lines[language][0])


@pytest.mark.parametrize("kind", KINDS)
def test_the_card_says_that_the_chat_cannot_report_and_nobody_watches(kind: str) -> None:
    japanese = load_cards()[kind].lines["ja"]
    assert "このチャットは通報できません。" in japanese
    assert "だれもこの画面を見ていません。" in japanese


@pytest.mark.parametrize("kind", KINDS)
def test_japanese_sentences_keep_to_24_morae(kind: str) -> None:
    card = load_cards()[kind]
    assert len(card.kana) == len(card.lines["ja"])
    assert all(morae(reading) <= EMERGENCY_LIMIT for reading in card.kana)


def test_violence_at_home_gets_a_quick_exit_no_history_and_no_question() -> None:
    card = load_cards()["dv"]
    assert card.quick_exit
    assert not card.keep_history
    for lines in card.lines.values():
        assert not any(re.search(r"住所|じゅうしょ|address|地址|주소|[?？]", line) for line in lines)


def test_an_unapproved_translation_is_shown_with_the_japanese_card() -> None:
    card = load_cards()["life"]
    assert [language for language, _ in card.shown("vi")] == ["vi", "ja"]
    assert [language for language, _ in card.shown("ja")] == ["ja"]
    assert [language for language, _ in card.shown("fr")] == ["ja"]


def test_the_disaster_card_explains_levels_and_states_no_present_status() -> None:
    text = "\n".join(load_cards()["disaster"].lines["ja"])
    for words in ("レベル3は高齢者等避難", "レベル4は避難指示", "レベル5は緊急安全確保", "今の避難情報は分かりません"):
        assert words in text
    assert not re.search(r"発令(?:中|され)|出ています|開設", text)


@pytest.mark.parametrize(
    "term", ["避難勧告", "避難 勧告", "避難準備情報", "避難準備・高齢者等避難開始", "避難指示（緊急）", "災害発生情報"]
)
def test_abolished_terms_are_rejected(term: str) -> None:
    assert lint_terms(f"市は{term}を発令しました。")


def test_terms_in_force_pass() -> None:
    assert lint_terms("警戒レベル3 高齢者等避難、4 避難指示、5 緊急安全確保") == []


def test_every_kind_that_is_detected_has_a_card() -> None:
    found = detect("家が燃えている")
    assert found
    assert found.card_key in load_cards()


@pytest.mark.parametrize(("reading", "count"), [("きゃ", 1), ("がっこう", 4), ("コーヒー", 4), ("でんわ。", 3), ("", 0)])
def test_morae_are_counted_on_kana(reading: str, count: int) -> None:
    assert morae(reading) == count


def test_a_reading_with_kanji_has_no_morae() -> None:
    with pytest.raises(ValueError, match="火"):
        morae("火じ")
