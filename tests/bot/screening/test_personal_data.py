"""Masking of personal data: every row of REQUIREMENTS.md section 2, and what is never masked."""

from __future__ import annotations

import time

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from bot.screening.check_digits import my_number_check_digit
from bot.screening.personal_data import KINDS, Masked, mask

PUBLISHED = ("04-0123-4567",)


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("マイナンバーは123456789018です", "マイナンバーは［個人番号］です"),
        ("１２３４ー５６７８ー９０１８を再発行したい", "［個人番号］を再発行したい"),
        ("1234−5678−9018", "［個人番号］"),
        ("1 2 3 4 5 6 7 8 9 0 1 8", "［個人番号］"),
        ("私の番号一二三四五六七八九〇一八", "私の番号［個人番号］"),
        ("免許証309012345620の更新", "免許証［運転免許証番号］の更新"),
        ("番号は111122223334です", "番号は［12桁の番号］です"),
        ("基礎年金番号1234-567890です", "基礎年金番号［基礎年金番号］です"),
        ("年金の番号 1234567890 です", "年金の番号 ［基礎年金番号］ です"),
        ("雇用保険 1234-567890-1", "雇用保険 ［雇用保険の番号］"),
        ("保険証の番号 01130012", "保険証の番号 ［保険者番号］"),
        ("在留カードはAB12345678CDです", "在留カードは［在留カード番号］です"),
        ("ゆうちょ 11940-12345671 へ", "ゆうちょ ［ゆうちょの記号番号］ へ"),
        ("普通 1234567 に振込", "普通 ［口座番号］ に振込"),
        ("携帯は０９０－１２３４－５６７８、自宅は03(1234)5678", "携帯は［電話番号］、自宅は［電話番号］"),
        ("+81 90-1234-5678", "［電話番号］"),
        ("〇九〇ー一二三四ー五六七八", "［電話番号］"),
        ("カード4111 1111 1111 1111", "カード［カード番号］"),
        ("ﾊﾟｽﾎﾟｰﾄTK1234567", "ﾊﾟｽﾎﾟｰﾄ［旅券番号］"),
        ("メールはtaro.yamada＠example.co.jpまで", "メールは［メールアドレス］まで"),
        ("氏名：山田　太郎", "氏名：［氏名］"),
        ("名前は佐藤花子です。転入届は?", "名前は［氏名］。転入届は?"),
        ("みどり野市に住む田中と申しますがごみの日は", "みどり野市に住む［氏名］と申しますがごみの日は"),
        ("生年月日は昭和60年4月1日です", "生年月日は［生年月日］です"),
        ("S60.4.1生まれ", "［生年月日］生まれ"),
        ("緑町1丁目2番3号のごみの日", "緑町1丁目［住所の番地以降］のごみの日"),
        ("緑町二丁目三番地のごみ", "緑町二丁目［住所の番地以降］のごみ"),
        ("みどり野市緑町1-2-3 グリーンハイツ201号室", "みどり野市緑町［住所の番地以降］"),
        ("緑町12番地4の収集日", "緑町［住所の番地以降］の収集日"),
    ],
)
def test_personal_data_is_masked_and_the_question_stays(text: str, masked: str) -> None:
    result = mask(text)
    assert result.text == masked
    assert result.kinds
    assert set(result.kinds) <= set(KINDS)


@pytest.mark.parametrize(
    "text",
    [
        "法人番号7000012050002",
        "T7000012050002の登録",
        "手数料は12,000円ですか",
        "手数料は300円、予算は123456789012円",
        "2026年4月1日から",
        "2026-04-01 10:30から2026-05-01まで",
        "R7.4.1と令和7年4月1日",
        "第22条の2第3項",
        "〒123-4567のごみ",
        "郵便番号 123-4567 みどり野市緑町1丁目",
        "0120-279-338に電話した",
        "04-0123-4567は市役所ですか",
        "電話は０４（０１２３）４５６７",
        "119番と110番、188、#8008",
        "1番窓口、2番目",
        "緑町1丁目の燃えるごみは",
        "3-4歳の子",
        "平成20年4月2日から平成21年4月1日生まれの方",
        "受付番号12345678",
        "氏名は必須ですか",
        "氏名はどこに書きますか",
        "名前はどうやって変えますか",
        "普通ごみは週2回",
    ],
)
def test_what_section_2_never_masks_stays(text: str) -> None:
    assert mask(text, published_phones=PUBLISHED) == Masked(text, ())


def test_several_kinds_in_one_message_are_told_in_order_once() -> None:
    result = mask("氏名：山田太郎、090-1234-5678と080-1234-5678、123456789018")
    assert set(result.kinds) == {"氏名", "電話番号", "個人番号"}
    assert result.text == "氏名：［氏名］、［電話番号］と［電話番号］、［個人番号］"


def test_an_invisible_character_does_not_hide_a_number() -> None:
    assert mask("1234\u200b5678\u200b9018").text == "［個人番号］"


def test_the_second_look_masks_people_and_neither_offices_nor_cities() -> None:
    text = "佐々木さんとみどり野市の福祉課のTomへ"
    spans = [(text.index(word), text.index(word) + len(word)) for word in ("佐々木さん", "みどり野市", "福祉課", "Tom")]
    result = mask(text, person_names=lambda _: spans)
    assert result.text == "［氏名］さんとみどり野市の福祉課のTomへ"
    assert result.kinds == ("氏名",)


def test_the_second_look_sees_only_masked_text() -> None:
    seen: list[str] = []
    mask("090-1234-5678です", person_names=lambda text: seen.append(text) or [])
    assert seen == ["［電話番号］です"]


_SEPARATORS = st.sampled_from(["", "", "", "-", " ", "ー", "－", "−", "‐", "・", ".", " - ", "\u3000"])
_WIDTHS = st.sampled_from([None, "０１２３４５６７８９", "०१२३४५६७८९"])


@given(
    st.integers(0, 10**11 - 1),
    st.lists(_SEPARATORS, min_size=11, max_size=11),
    _WIDTHS,
    st.sampled_from(["", "です", "の件"]),
)
@settings(max_examples=400)
def test_no_valid_my_number_survives_in_any_formatting(number: int, gaps: list[str], digits: str | None, tail: str) -> None:
    eleven = f"{number:011d}"
    twelve = eleven + str(my_number_check_digit(eleven))
    shown = twelve.translate(str.maketrans("0123456789", digits)) if digits else twelve
    written = "".join(digit + gap for digit, gap in zip(shown, [*gaps, ""], strict=True))
    result = mask(f"番号は{written}{tail}")
    assert sum(character.isdigit() for character in result.text.replace("12桁", "")) == 0


_PIECES = st.one_of(
    st.sampled_from(
        [
            "氏名：",
            "山田太郎",
            "と申します",
            "緑町",
            "1丁目",
            "2番3号",
            "123456789018",
            "090-1234-5678",
            "-",
            "ー",
            " ",
            "年金",
            "口座",
            "1234567",
            "2026-04-01",
            "12,000円",
            "〒123-4567",
            "a@b.jp",
            "生年月日",
            "S60.4.1",
            "［氏名］",
            "番地",
            "記号",
            "パスポート",
            "TK",
        ]
    ),
    st.text(alphabet="0123456789-ー 番の号年月日町", max_size=6),
)


@given(st.lists(_PIECES, max_size=10))
@settings(max_examples=400)
def test_masking_twice_changes_nothing_more(pieces: list[str]) -> None:
    once = mask("".join(pieces)).text
    assert mask(once) == Masked(once, ())


@given(st.text(max_size=60))
def test_text_without_digits_or_keywords_is_unchanged(text: str) -> None:
    assume(not any(character.isnumeric() for character in text))
    assume(not any(word in text for word in ("@", "＠", "名", "な", "フ", "ふ", "申", "も", "name", "番", "生")))
    assert mask(text) == Masked(text, ())


@pytest.mark.parametrize(
    "unit", ["1", "1 ", "1-", "12-3 ", "氏名 ", "a", "@", "番地", "０", "一", "(", "090-", "東京都緑町1-2-3 "]
)
def test_a_long_message_of_one_pattern_is_masked_in_linear_time(unit: str) -> None:
    started = time.perf_counter()
    mask(unit * (20_000 // len(unit)))
    assert time.perf_counter() - started < 5
