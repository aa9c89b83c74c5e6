"""The parts of an answer a resident may ask for: how they ask, and which facts and headings hold them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from indexer.text import normalise


@dataclass(frozen=True)
class Facet:
    """`asks` matches the question, `headings` the titles of sections that answer it, `fields` those of Procedure."""

    key: str
    label: str
    asks: re.Pattern[str]
    headings: re.Pattern[str]
    fields: tuple[str, ...]


def _facet(key: str, label: str, asks: str, headings: str, *fields: str) -> Facet:
    return Facet(key, label, re.compile(asks), re.compile(headings), fields)


FACETS = (
    _facet("documents", "持ち物", r"持ち物|持っていく|持って行く|必要な?(?:もの|物|書類)|要るもの|いるもの|何が(?:必要|要|いる)|何を持"
           r"|書類(?:は|が|って)|用意|(?:印鑑|ハンコ|はんこ|身分証(?:明書)?|写真|通帳)(?:は|も|が|って)?(?:必要|要り|要る|いる|いり)",
           r"必要なもの|持ち物|必要書類|必要な書類", "required_documents", "conditional_documents"),
    # 「手当はいくら」 and 「いくらもらえる」 ask for what a resident receives, not for the fee.
    _facet("fee", "手数料", r"^(?!.*(?:手当|給付|助成|補助|支給|年金|祝い?金|見舞金|還付)[^、。?]{0,8}(?:いくら|幾ら|何円|金額))"
           r".*(?:(?:いくら|幾ら|何円)(?!.{0,6}(?:もら|支給|受け取|戻|出ます|出る))|(?<!水道)料金|手数料|費用|値段"
           r"|お金(?:は|って|が)?(?:かか|いる|必要)|(?:有料|無料)(?:で(?:す|しょ|もら|き|も)|か|$|[?。])|ただで(?:すか|受け|でき|もら|取れ)|金額)",
           r"費用|手数料|料金|利用料|金額|値段", "fee"),
    _facet("deadline", "期限", r"いつまで|何日(?:まで|以内)|期限|(?:締め?|しめ)(?:切|き)|〆切|までに|過ぎ(?:た|て)|間に合",
           r"期限|期間|締切|いつまで", "deadline"),
    _facet("proxy", "代理人", r"代理|(?:代|か)わり(?:に|で|の人)|代わって|委任状"
           r"|(?:家族|夫|妻|親|父|母|息子|娘|子(?:ども|供)?)(?:が|でも)(?:行|いっ|取|とり|申請|受け取|代わり|できま|いい)|本人(?:じゃ|で)な|本人以外|頼んで",
           r"代理|委任", "proxy"),
    _facet("online", "オンライン", r"オンライン|ネット(?:で|から)|スマホ(?:で|から)|電子申請|インターネット|マイナポータル"
           r"|ウェブ|webで|(?<!実)家から(?:でも)?(?:申|手続|でき)",
           r"オンライン|電子申請|ネット|スマ", "online_url"),
    _facet("counter", "窓口・場所", r"どこ(?:で|に|へ|です|か|の窓口|が)|何処|窓口は|場所|どの(?:課|窓口)|何階|何番窓口|行けば",
           r"場所|窓口|受付|申し込み先|問い合わせ", "counter"),
    _facet("eligibility", "対象", r"対象|誰が|だれが|もらえ(?:る|ます)(?:人|か)|資格|条件|受けられる人|何歳|所得制限",
           r"対象|資格|条件|要件", "eligibility"),
    _facet("mail", "郵送", r"郵送|郵便", r"郵送|郵便"),
    _facet("hours", "受付時間", r"何時|土日|土曜|日曜|休日|祝日|夜間|夜(?:でも|に)|受付時間|開いて(?:る|い)|やって(?:る|い)ます",
           r"時間|受付|夜間|休日|土日"),
    _facet("method", "方法", r"方法|やり方|手順|流れ|仕方|どうやって", r"方法|手順|流れ|申し込み|申請|手続き"),
)  # fmt: skip


def recognise(question: str) -> tuple[Facet, ...]:
    """The facets the question asks for; empty when it asks for the whole."""
    text = normalise(question)
    return tuple(facet for facet in FACETS if facet.asks.search(text))
