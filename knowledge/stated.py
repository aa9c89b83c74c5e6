"""What articles state of things that have a name: fees, periods and days, telephone numbers.

A claim is only read where the text names its subject plainly (a certificate, a notification, a counter); what is said
otherwise is left out, so that two claims which differ are worth a person's look.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from knowledge.articles import Article, Department

_KANJI = "一-龯々〆ヶァ-ヴーA-Za-z"
_DOCUMENT = (
    r"(?:証明書|証明|写し|除票|謄本|抄本|附票|登録証|受給者証|許可証|許可書|免状|手帳|通知書|処理券|名寄帳|評価証明書|閲覧|パスポート|"
    r"使用料|入園料|登録料|登録手数料|交付手数料|給食費|火葬料|入場料|利用料)"
)
_NOTICE = r"(?:届|届出|申告|申請|登録|申し込み|申込み|申込|請求|開示請求|変更手続き)"
_PERIOD_OF_DAYS = r"(?:申し込み|申込み|申込|募集|受付|締め?切り?|納期限|投票日|支給日|試験日|申請期間|申込期間|募集期間)"

_FEE_NAME = re.compile(rf"([{_KANJI}0-9][{_KANJI}0-9ぁ-んの]{{0,24}}?{_DOCUMENT})(?![明書類])")
_NOTICE_NAME = re.compile(rf"([{_KANJI}]{{2,16}}(?:の)?{_NOTICE})")
_DAY_NAME = re.compile(rf"([{_KANJI}0-9][{_KANJI}の]{{1,18}}{_PERIOD_OF_DAYS})")
_AMOUNT = re.compile(r"(?<![\d,.])(\d{1,3}(?:,\d{3})+|\d+)(万)?円")
_SPAN = re.compile(r"(\d+)(日|か月|ヶ月|カ月|年|週間)(以内|前まで|前から)")
_DAY = re.compile(r"(?<!\d)(\d{1,2})月(\d{1,2})日(まで|から)?")
_PHONE = re.compile(r"(?<![\d-])(0\d{1,4}-\d{1,4}-\d{3,4}|0\d{9,10})(?![\d-])")
_BEFORE_PHONE = re.compile(
    rf"([{_KANJI}][{_KANJI}0-9ぁ-んの・「」]{{1,24}}?)[」』]?[\s（(]*(?:直通|代表)?(?:電話|TEL|tel)?[:：\s]*$"
)
_COUNTER_END = re.compile(r"(?:課|係|室|所|センター|館|窓口|本部|局|署|園|病院|ダイヤル|事務所|支所)$")
_AFTER_NOTICE = re.compile(r"届を?(?:出し|し)て(?:から)?、?\d|届(?:の(?:後|日)(?:から)?|から)、?\d")
_SENTENCE = re.compile(r"[。\n]|(?<=[)）])、")
_SINGLE_STEP = re.compile(
    r"郵便代|往復|切手|定額小為替|上限|まで補助|助成|補助|支給|給付|もらえ|受け取れ|減額|免除|所得|月収|年収|世帯|罰金|過料|反則金"
)
_WAYS = (("コンビニ", "コンビニ"), ("オンライン", "オンライン"), ("スマートフォン", "オンライン"), ("郵送", "郵送"))
_LIST_MARK = re.compile(r"^\s*(?:[-*・]|\d+[.．)）])\s*")
_TITLE_TAIL = re.compile(r"(?:の(?:取り方|請求|申請|手続き?|出し方|受け方|もらい方|取得|交付|届け出))$|[（(].*[）)]$")
_BEFORE_NAME = re.compile(r"^.*(?:(?<!障)[はがをへや]|と(?=[一-龯ァ-ヴ]))")
"""What stands before a name in its sentence: 「持ち物は」住民票の写し, but not 障「が」い者手帳."""
_TELLING = re.compile(r"^(?:この|その|次の|上の|各種|ほかの|必要な|紙の|前の|新しい|古い|現在の)")


@dataclass(frozen=True)
class Claim:
    """An article's word on something. `kind`: fee, period, day or phone; `way`: コンビニ, 郵送, オンライン or "".

    `subject` is the name it is compared by, `value` what is compared, `text` the sentence it stands in.
    """

    kind: str
    subject: str
    value: str
    text: str
    way: str = ""
    fact: bool = False


def claims(article: Article, departments: Sequence[Department] = ()) -> list[Claim]:
    """Every claim of an article, each once; those of its structured facts are marked `fact`.

    `departments` are counters whose names are recognised before a telephone number.
    """
    found: dict[tuple[str, str, str, str, bool], Claim] = {}
    for claim in (*_of_facts(article), *_of_body(article, departments)):
        found.setdefault((claim.kind, claim.subject, claim.value, claim.way, claim.fact), claim)
    return list(found.values())


def sentences(body: str) -> Iterator[str]:
    """The sentences, list entries and table rows of a Markdown body, without marks."""
    for line in body.splitlines():
        plain = _LIST_MARK.sub("", line.strip().lstrip("#").strip())
        if re.fullmatch(r"[|\s:-]*", plain):
            continue
        if plain.startswith("|"):
            yield plain
            continue
        yield from (part.strip() for part in _SENTENCE.split(plain) if part and part.strip())


def subject_of(name: str) -> str:
    """A name in the form in which it is compared: NFKC, without quotation marks and words that only point."""
    plain = re.sub(r"[「」『』\s]", "", unicodedata.normalize("NFKC", name))
    return _TELLING.sub("", _BEFORE_NAME.sub("", plain)).lstrip("の")


def phone_digits(number: str) -> str:
    return re.sub(r"\D", "", unicodedata.normalize("NFKC", number))


def _of_facts(article: Article) -> Iterator[Claim]:
    procedure = article.procedure
    titled = _titled(article)
    for part in re.split(r"[、。（）()]", unicodedata.normalize("NFKC", procedure.fee)):
        amounts = {_amount(m) for m in _AMOUNT.finditer(part)}
        if len(amounts) == 1 and not _SINGLE_STEP.search(part):
            named = [subject_of(n) for n in _FEE_NAME.findall(part)]
            for name in named or titled:
                if _is_document(name):
                    yield Claim("fee", name, amounts.pop() if len(named or titled) == 1 else next(iter(amounts)), procedure.fee,
                                _way(part) or _way(article.title), True)  # fmt: skip
    deadline = unicodedata.normalize("NFKC", procedure.deadline)
    spans = {_span(m) for m in _SPAN.finditer(deadline)}
    if len(spans) == 1:
        for name in _notices(article.title):
            yield Claim("period", name, next(iter(spans)), procedure.deadline, fact=True)


def _of_body(article: Article, departments: Sequence[Department]) -> Iterator[Claim]:
    for written in sentences(article.body):
        sentence = unicodedata.normalize("NFKC", written)
        way = _way(sentence) or _way(article.title)
        for claim in (*_fees(sentence, way), *_periods(sentence), *_days(sentence), *_phones(sentence, departments)):
            yield replace(claim, text=written)


def _fees(sentence: str, way: str) -> Iterator[Claim]:
    if sentence.startswith("|"):
        cells = [cell.strip() for cell in sentence.strip("|").split("|")]
        amounts = [m for cell in cells[1:] for m in _AMOUNT.finditer(cell)]
        name = subject_of(re.sub(r"[（(].*[）)]", "", cells[0]))
        if len(amounts) == 1 and _is_document(name) and not _SINGLE_STEP.search(sentence):
            yield Claim("fee", name, _amount(amounts[0]), sentence, way)
        return
    for match in re.finditer(
        rf"{_FEE_NAME.pattern}[」』]?(?:の手数料)?(?:は、?|[（(])(?:1(?:通|枚|件|冊|部))?(?:につき)?", sentence
    ):
        amount = _AMOUNT.match(sentence, match.end())
        before = _SINGLE_STEP.search(sentence[match.end() :].split("、")[0])
        name = subject_of(match[1])
        if amount and not before and _is_document(name):
            yield Claim("fee", name, _amount(amount), sentence, way)


def _periods(sentence: str) -> Iterator[Claim]:
    if _AFTER_NOTICE.search(sentence):
        return  # 「転入届を出してから90日以内」 is about something else
    names = {subject_of(n) for n in _NOTICE_NAME.findall(sentence)}
    spans = {_span(m) for m in _SPAN.finditer(sentence)}
    if len(names) == 1 and len(spans) == 1 and (name := names.pop()) and len(name) > 2 and name.endswith("届"):
        yield Claim("period", name, spans.pop(), sentence)


def _days(sentence: str) -> Iterator[Claim]:
    match = re.match(rf"{_DAY_NAME.pattern}(?:期間|日)?は、?", sentence)
    days = [f"{m[1]}/{m[2]}" for m in _DAY.finditer(sentence)]
    if match and 0 < len(days) < 3:
        yield Claim("day", subject_of(match[1]), "-".join(days), sentence)


def _phones(sentence: str, departments: Sequence[Department]) -> Iterator[Claim]:
    for match in _PHONE.finditer(sentence):
        before = _BEFORE_PHONE.search(sentence[: match.start()])
        if before is None:
            continue
        counter = max((d.name for d in departments if before[1].endswith(d.name)), key=len, default="")
        name = counter or subject_of(re.split(r"[はへを、]", before[1])[-1])
        if counter or (len(name) > 4 and _COUNTER_END.search(name)):
            yield Claim("phone", name, phone_digits(match[1]), sentence)


def _titled(article: Article) -> list[str]:
    title = unicodedata.normalize("NFKC", article.title)
    plain = subject_of(_TITLE_TAIL.sub("", _TITLE_TAIL.sub("", title)))
    return [plain] if _is_document(plain) else [n for n in map(subject_of, _FEE_NAME.findall(title)) if _is_document(n)][:1]


def _notices(title: str) -> list[str]:
    return list(dict.fromkeys(n for n in map(subject_of, _NOTICE_NAME.findall(title)) if n.endswith("届")))


def _is_document(name: str) -> bool:
    return len(name) > 3 and bool(re.search(rf"{_DOCUMENT}$", name))


def _way(text: str) -> str:
    return next((way for word, way in _WAYS if word in text), "")


def _amount(match: re.Match[str]) -> str:
    return str(int(match[1].replace(",", "")) * (10_000 if match[2] else 1))


def _span(match: re.Match[str]) -> str:
    unit = "か月" if match[2] in ("ヶ月", "カ月") else match[2]
    return f"{match[1]}{unit}{match[3]}"
