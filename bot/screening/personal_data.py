"""Masking of personal data before a message is written, logged, searched, sent to a model or handed over."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass

from bot.screening import check_digits
from bot.screening.contact_details import emails, emergency_phones, national_digits, phones, public_phones
from bot.screening.detection_copy import blank, detection_copy
from bot.screening.identity import addresses, birth_dates, names
from bot.screening.numbers_of_people import keyword_numbers, national_numbers

PersonNames = Callable[[str], Sequence[tuple[int, int]]]
Span = tuple[int, int, str]

KINDS = (
    "個人番号", "運転免許証番号", "12桁の番号", "基礎年金番号", "雇用保険の番号", "保険者番号", "在留カード番号",
    "ゆうちょの記号番号", "口座番号", "電話番号", "カード番号", "旅券番号", "メールアドレス", "氏名", "生年月日",
    "住所の番地以降",
)  # fmt: skip

# Two or three passes are usual; the limit only keeps a text made to need one pass a word from taking all day.
_MOST_PASSES = 20
_PLACEHOLDER = re.compile(f"［(?:{'|'.join(KINDS)})］|\\[(?:{'|'.join(KINDS)})\\]")
_KEYWORDS = re.compile(r"氏名|名前|なまえ|姓名|フリガナ|ふりがな|申し|もうし|[Mm]y (?:full )?name|番地|番|丁目|生")
_DATES = re.compile(
    r"(?<![\d-])(?:19|20)\d\d([-/.])(?:0?[1-9]|1[0-2])\1(?:0?[1-9]|[12]\d|3[01])(?!\d|[-/.]\d)"
    r"|(?<!\d)\d{1,4} ?年(?: ?\d{1,2} ?月(?: ?\d{1,2} ?日)?)?|(?<!\d)\d{1,2} ?月 ?\d{1,2} ?日"
    r"|(?<![A-Za-z])[RHSTMrhstm]\d{1,2}[-./]\d{1,2}[-./]\d{1,2}(?!\d|[-./]\d)"
    r"|(?:令和|平成|昭和|大正)(?:\d{1,2}|元)[-./]\d{1,2}[-./]\d{1,2}(?!\d|[-./]\d)"
)
_MONEY = re.compile(r"(?<![\d,])\d{1,3}(?:,\d{3})+(?![\d,])|(?<!\d)\d{1,15} ?[万億千]?円")
_ARTICLE = re.compile(r"(?<!\d)\d{1,4} ?[条項](?:の\d{1,3})?|第 ?\d{1,4} ?号|様式第?\d{1,4}(?:-\d{1,3})?号?")
_POSTCODE = re.compile(r"〒 ?\d{3} ?-? ?\d{4}(?!\d)|(?<![\d町村字目-])(?<!電話)(?<!番号)(?<!\d )\d{3}-\d{4}(?!\d|-\d)")
_THIRTEEN = re.compile(r"(?<!\d)\d{13}(?!\d)|(?<!\d)\d-\d{4}-\d{4}-\d{4}(?!\d)")
_JAPANESE = re.compile(r"[ぁ-んァ-ヶ一-鿿々]")
_HONORIFIC = re.compile(r"(?:さん|様|さま|氏|くん|君|ちゃん|先生)\Z")
_HONORIFIC_AFTER = re.compile(r"さん|さま|様")
_NOT_PEOPLE = re.compile(
    r"(?:[都道府県市区町村]|課|係|部|局|室|庁|省|署|所|館|院|園|校|署|会|社|党|団|センター|役場|窓口|大学|銀行|支店|組合|協会|神社|寺)\Z"
)


@dataclass(frozen=True)
class Masked:
    """`text` with placeholders such as ［個人番号］, and the kinds found, in Japanese, to tell the resident."""

    text: str
    kinds: tuple[str, ...]


def mask(text: str, *, published_phones: Collection[str] = (), person_names: PersonNames | None = None) -> Masked:
    """Replace everything in the table of REQUIREMENTS.md section 2 by placeholders; the rest stays as it was.

    `published_phones` are the municipality's own numbers in any notation; they, emergency numbers, 法人番号, fees,
    dates, article numbers, postcodes and 町字 are never masked. `person_names` (a second look, such as spaCy NER)
    gets the text already masked by rules and returns spans of people's names in it. Without it masking is
    idempotent: the rules run until nothing is found.
    """
    public = emergency_phones() | {national_digits(detection_copy(phone).text) for phone in published_phones}
    kinds: dict[str, None] = {}
    text = _mask_until_stable(text, public, kinds)
    if person_names is not None:
        spans = [span for found in person_names(text) if (span := _person(text, *found))]
        if spans:
            text = _mask_until_stable(_replace(text, spans, kinds), public, kinds)
    return Masked(text=text, kinds=tuple(kinds))


def _mask_until_stable(text: str, public: Collection[str], kinds: dict[str, None]) -> str:
    """Apply the rules again to their own result, because a placeholder can bring a keyword nearer to a number."""
    for _ in range(_MOST_PASSES):
        spans = _find(text, public)
        if not spans:
            break
        text = _replace(text, spans, kinds)
    return text


def _find(text: str, public: Collection[str]) -> list[Span]:
    """Spans of the original text, by rules. Placeholders are blanked first, so they are never found again."""
    origin = detection_copy(text)
    copy = origin.text
    if not (_KEYWORDS.search(copy) or "@" in copy or re.search(r"\d", copy)):
        return []
    copy = blank(copy, (match.span() for match in _PLACEHOLDER.finditer(copy)))
    found: list[Span] = list(emails(copy))
    copy = blank(copy, _plain(found))
    dates = [match.span() for match in _DATES.finditer(copy)]
    for spans in (birth_dates(copy), national_numbers(blank(copy, _corporate(copy)), dates)):
        fresh = list(spans)
        found += fresh
    copy = blank(copy, [*_plain(found), *public_phones(copy, public)])
    found += keyword_numbers(blank(copy, _protected(copy)))
    copy = blank(copy, _plain(found))
    found += phones(blank(copy, _protected(copy, postcodes=False)), public)
    copy = blank(copy, _plain(found))
    found += addresses(blank(copy, _protected(copy)))
    found += names(blank(copy, _plain(found)))
    return [(*origin.original(start, end), label) for start, end, label in found]


def _protected(copy: str, *, postcodes: bool = True) -> list[tuple[int, int]]:
    """Dates, fees, article numbers, 法人番号 and postcodes, which keep their digits."""
    patterns = (_DATES, _MONEY, _ARTICLE, *((_POSTCODE,) if postcodes else ()))
    spans = [match.span() for pattern in patterns for match in pattern.finditer(copy)]
    return spans + _corporate(copy)


def _corporate(copy: str) -> list[tuple[int, int]]:
    return [
        match.span() for match in _THIRTEEN.finditer(copy) if check_digits.is_corporate_number(match.group().replace("-", ""))
    ]


def _plain(spans: Iterable[Span]) -> list[tuple[int, int]]:
    return [(start, end) for start, end, _ in spans]


def _replace(text: str, spans: Iterable[Span], kinds: dict[str, None]) -> str:
    parts: list[str] = []
    position = 0
    for start, end, label in sorted(spans, key=lambda span: (span[0], -span[1])):
        if start < position:
            position = max(position, end)
            continue
        parts += [text[position:start], f"［{label}］"]
        kinds[label] = None
        position = end
    return "".join([*parts, text[position:]])


def _person(text: str, start: int, end: int) -> Span | None:
    """A span of the model without its honorific, or None for places, offices, placeholders and single letters."""
    name = text[start:end]
    called = _HONORIFIC.search(name)
    if called:
        end, name = start + called.start(), name[: called.start()]
    alone = len(name.strip()) < 2 and not called and not _HONORIFIC_AFTER.match(text, end)
    if alone or not _JAPANESE.search(name) or _NOT_PEOPLE.search(name) or re.search(r"[［］\n]", name):
        return None
    if any(start < match.end() and match.start() < end for match in _PLACEHOLDER.finditer(text)):
        return None
    return start, end, "氏名"
