"""Where names, dates of birth and addresses stand in a detection copy (REQUIREMENTS.md section 2)."""

from __future__ import annotations

import re
from collections.abc import Iterator

Span = tuple[int, int, str]

_YEAR = r"(?:(?:19|20)\d\d|(?:令和|平成|昭和|大正|明治|[RHSTMrhstm]) ?\.?(?:元|\d{1,2}|[一二三四五六七八九十]{1,3}))"
_NUMBER = r"(?:\d{1,2}|[一二三四五六七八九十]{1,3})"
_DATE = rf"(?:{_YEAR} ?[年./-] ?{_NUMBER} ?[月./-] ?{_NUMBER} ?日?|(?:19|20)\d{{6}}(?!\d))"
_BIRTH_WORDS = "生年月日|誕生日|date of birth|birth ?day|DOB|出生日期|생년월일|ngày sinh"
_BIRTH_BEFORE = re.compile(
    rf"(?:{_BIRTH_WORDS})(?:は|が|:|is|\)|,| |\n){{0,4}}(?P<date>{_DATE})",
    re.IGNORECASE,
)
_BIRTH_AFTER = re.compile(rf"(?<!から)(?<!\d)(?P<date>{_DATE})(?:に)? ?(?:生まれ|産まれ|うまれ|生(?![ぁ-んァ-ヶ一-龠]))")

_HAN = r"々〆ヶ㐀-䶿一-鿿豈-﫿𠀀-𯿿"
_KANJI_NAME = rf"[{_HAN}]{{1,5}} ?[{_HAN}ぁ-んァ-ヴー]{{1,8}}?|[{_HAN}]"
_KATAKANA_NAME = r"[ァ-ヴー・]{2,12}(?: [ァ-ヴー・]{1,12}){0,2}"
_HIRAGANA_NAME = r"[ぁ-ん]{2,7}(?: [ぁ-ん]{1,7})?"
_LATIN_NAME = r"[A-Za-z][A-Za-z'-]{1,20}(?:[ ,]{1,2}[A-Za-z][A-Za-z'-]{0,20}){0,3}"
_NAME = f"(?:{_KANJI_NAME}|{_KATAKANA_NAME}|{_HIRAGANA_NAME}|{_LATIN_NAME})"
_END_OF_NAME = (
    r"(?= ?(?:です|でして|で[、。,]|と(?:いい|申|もう|言)|だ[。!]|さん|様|[、。,.!?\n(\[\x00]|$"
    r"|年齢|住所|電話|生年|性別|の(?:母|父|妻|夫)))"
)
_AFTER_KEYWORD = re.compile(
    r"(?:氏名|名前|なまえ|姓名|フリガナ|ふりがな)(?:\([^)\n]{1,8}\))?(?: ?[:=] ?|は[、 ]?| (?=[^ ])|\n)"
    rf"(?P<name>{_NAME}){_END_OF_NAME}"
)
_BEFORE_MOSHIMASU = re.compile(
    rf"(?P<name>[{_HAN}]{{1,5}} ?[ぁ-ん]{{1,5}}|[{_HAN}]{{1,5}}(?: [{_HAN}]{{1,4}})?|{_KATAKANA_NAME}"
    rf"|(?<![ぁ-ん]){_HIRAGANA_NAME}|{_LATIN_NAME}) ?と ?(?=申し(?:ます|まし)|もうします)"
)
_ENGLISH_NAME = re.compile(r"\b[Mm]y (?:full )?name is (?P<name>[A-Z][A-Za-z'-]*(?: [A-Z][A-Za-z'.-]*){0,3})")
_NOT_NAMES = re.compile(
    r"(?:氏名|名前|姓名|住所|電話|生年|年齢|性別|必須|必要|不要|任意|漢字|何|同じ|空欄|省略|匿名|本名|旧姓|旧字|通称|変更|秘密|記入|記載|入力|未定|別|異なる|一緒|どこ|どう|なに|なん"
    r"|だれ|いつ|ふりがな|ひらがな|カタカナ|フリガナ|ローマ字|フルネーム|アルファベット|まだ|ない|なし|無し|ちがい|いりません|大丈夫|結構|右|左|上|下|以下|次|こちら)"
)

_N = r"(?:\d{1,5}|[一二三四五六七八九十百〇]{1,5})"
_JOIN = r"(?: ?- ?|[のノ之](?=[\d一二三四五六七八九十]))"
_BUILDING = (
    r"(?:(?:[ ,、]|-)?[ァ-ヶー一-鿿A-Za-z・'][ァ-ヶー一-鿿A-Za-z・'0-9]{0,19}?"
    r"(?:ハイツ|荘|マンション|アパート|コーポ|ビル|レジデンス|ハウス|コート|ハイム|メゾン|団地|寮|タワー|パレス|ヴィラ|住宅|棟)[ァ-ヶーA-Za-z]{0,8}"
    r"(?:[ -]?[A-Za-z]?\d{1,4}(?:号室|号棟|号|階)?(?:-?\d{1,4}(?:号室|号)?)?)?|[ -]?[A-Za-z]?\d{1,4}号室)?"
)
_TOWN_BEFORE = r"(?<=[ぁ-んァ-ヶー一-鿿])"
_NO_TOWN = r"(?<![第問表図例式月日年条時])"
_STRONG_TOWN = r"(?<=[町村字丁条線区市郡台丘原田沢島野山川])"
_NOT_ADDRESS = (
    r"(?! ?(?:階|歳|才|か月|ヶ月|月|日|年|回|時|分|人|名|%|パーセント|枚|本|個|kg|番線|番窓口"
    r"|組|割|点|円|万|等|級|類|号様式|冊|世帯|度))"
)
_ADDRESSES = tuple(
    re.compile(pattern)
    for pattern in (
        rf"(?<!\d){_N} ?番地(?:{_JOIN}?{_N})?(?: ?号)?{_BUILDING}",
        rf"(?<!\d)(?!1(?:10|18|19)番){_N} ?番(?:地)? ?の? ?{_N} ?号{_BUILDING}",
        rf"(?<=丁目) ?{_N}(?:番(?!目|線|窓口)|{_JOIN}{_N}(?:{_JOIN}{_N})?)(?:{_N}号?)?{_BUILDING}",
        rf"{_TOWN_BEFORE}{_NO_TOWN} ?{_N}{_JOIN}{_N}{_JOIN}{_N}(?:-\d{{1,4}})?(?!\d|-\d){_NOT_ADDRESS}{_BUILDING}",
        rf"{_STRONG_TOWN}{_N}{_JOIN}{_N}(?!\d|-\d){_NOT_ADDRESS}{_BUILDING}",
        rf"(?<=住所)(?:は|:)? ?{_N}{_JOIN}{_N}(?:{_JOIN}{_N})?(?!\d|-\d){_NOT_ADDRESS}{_BUILDING}",
        r"(?<![\d-])\d{1,4}-\d{1,4}(?:-\d{1,4}){0,2}(?=,? ?[A-Z][A-Za-z]{1,20}-?(?: ?(?:cho|machi|chome|ku|shi)\b))",
    )
)


def birth_dates(copy: str) -> Iterator[Span]:
    """Full dates after 生年月日 or before 生まれ, not those that name a cohort (…以降に生まれた方)."""
    for match in _BIRTH_BEFORE.finditer(copy):
        yield *match.span("date"), "生年月日"
    for match in _BIRTH_AFTER.finditer(copy):
        yield *match.span("date"), "生年月日"


def names(copy: str) -> Iterator[Span]:
    """Names after 氏名, 名前は or "my name is", and before と申します; 「氏名は必須ですか」 names nobody."""
    for pattern in (_AFTER_KEYWORD, _BEFORE_MOSHIMASU, _ENGLISH_NAME):
        for match in pattern.finditer(copy):
            if not _NOT_NAMES.match(match["name"]):
                yield *match.span("name"), "氏名"


def addresses(copy: str) -> Iterator[Span]:
    """From 番地 on, with the building; the 町字 and 丁目 before it stay, because waste days depend on them."""
    for pattern in _ADDRESSES:
        for match in pattern.finditer(copy):
            if match.start() < match.end():
                yield *match.span(), "住所の番地以降"
