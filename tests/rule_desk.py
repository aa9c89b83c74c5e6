"""A desk that answers by rule, so that journeys of the widget need no model and see every kind of ending."""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass, replace
from typing import NoReturn

from bot.answer import Answer, Choice, Contact, EmergencyCard, Fact, Section, Source, Status, TopicAnswer
from bot.question import Question
from knowledge.snapshot_content import UnknownMunicipality
from settings import DEMO_MUNICIPALITY

CITY = "https://www.city.midorino.example"
CITIZENS = Contact("市民課", "citizens", "099-000-1110", "本庁舎1階 1番窓口", "平日 8時30分から17時15分まで", True)
WASTE = Contact("ごみ減量課", "waste", "099-000-1190", "クリーンセンター管理棟1階", "平日 8時30分から17時15分まで", False)

CERTIFICATE = TopicAnswer(
    text="住民票の写しの手数料",
    status=Status.ANSWERED,
    answer="住民票の写しは、市民課と東・西出張所の窓口、コンビニエンスストアで取れます。手数料は窓口が1通300円です。",
    sections=(
        Section(
            "", "住民票の写しは、市民課と東・西出張所の窓口、コンビニエンスストアで取れます。手数料は窓口が**1通300円**です。"
        ),
        Section(
            "取り方の比べ方",
            "| 取り方 | 手数料 | 時間 |\n|---|---|---|\n"
            "| 窓口 | 300円 | 平日 8:30〜17:15 |\n| コンビニ | 200円 | 毎日 6:30〜23:00 |",
        ),
        Section(
            "郵送で取る場合",
            "1. 請求書を書きます。\n2. 定額小為替を用意します。\n   - 郵便局で買えます。\n3. 市民課へ送ります。",
            folded=True,
        ),
        Section("", "住民票の写しは、住所や世帯を証明する書類です。", folded=True),
    ),
    facts=(
        Fact("必要なもの", ("本人確認書類（マイナンバーカード、運転免許証など）", "委任状（代理の方）")),
        Fact("手数料", ("窓口 1通300円、コンビニ 1通200円",), asked=True),
        Fact("オンライン", (f"{CITY}/online/certificate",)),
    ),
    sources=(
        Source("residence-certificate", "住民票の写しを取る", f"{CITY}/life/residence-certificate.html", "市民課", "2026-10-15"),
    ),
    contact=CITIZENS,
)
BULKY = TopicAnswer(
    text="ふとんの捨て方",
    status=Status.ANSWERED,
    answer="ふとんは粗大ごみです。電話かインターネットで申し込んでください。",
    sections=(Section("", "ふとんは粗大ごみです。電話かインターネットで申し込んでください。"),),
    facts=(Fact("手数料", ("1枚 300円（処理券）",)),),
    sources=(Source("bulky-waste", "粗大ごみの出し方", f"{CITY}/waste/bulky.html", "ごみ減量課", "2026-09-30"),),
    contact=WASTE,
)
HOSTILE = TopicAnswer(
    text="罠",
    status=Status.ANSWERED,
    answer="<img src=x onerror=alert(1)>",
    sections=(
        Section(
            "<script>alert(1)</script>",
            '<img src=x onerror="window.pwned=1">\n\n[押して](javascript:window.pwned=1) [ここ](data:text/html,x)\n\n'
            "| <b>a</b> |\n|---|\n| <i>b</i> |",
        ),
    ),
    facts=(Fact("<u>項目</u>", ("[値](javascript:window.pwned=1)",)),),
    sources=(Source("trap", "<b>出典</b>", "javascript:window.pwned=1", "<i>課</i>", "2026-10-01"),),
)
LIFE = EmergencyCard(
    "suicide",
    "ja",
    (
        "今すぐ119に電話してください。",
        "この窓口から通報はできません。職員もこの画面を見ていません。",
        "話を聞いてくれる人がいます。ひとりで抱えないでください。",
    ),
    (
        {"number": "119", "name": "消防・救急", "hours": "24時間"},
        {"number": "0120-279-338", "name": "よりそいホットライン", "hours": "24時間"},
    ),
)
VIOLENCE = EmergencyCard(
    "dv",
    "ja",
    ("身の危険を感じたら、今すぐ110に電話してください。", "この窓口から通報はできません。住所は書かないでください。"),
    ({"number": "110", "name": "警察", "hours": "24時間"}, {"number": "#8008", "name": "DV相談ナビ"}),
    quick_exit=True,
    keep_history=False,
)
CHOICES = (
    Choice("印鑑登録をする", "印鑑登録をする", "residence-certificate"),
    Choice("印鑑登録証明書を取る", "印鑑登録証明書を取る", "residence-certificate"),
    Choice("印鑑登録をやめる", "印鑑登録をやめる", "residence-certificate"),
)


@dataclass(frozen=True)
class Masked:
    text: str
    kinds: tuple[str, ...]


class RuleDesk:
    """Words decide: 住民票, ふとん, 印鑑, 宇宙, 死にたい, 殴られ, 罠, こんにちは, 例外; 遅い waits for `release`."""

    def __init__(self) -> None:
        self.asked: list[Question] = []
        self.release = threading.Event()

    def warm_up(self) -> None:
        pass

    def services(self, code: str) -> NoReturn:
        raise UnknownMunicipality(f"no index for {code}: this desk answers by rule")

    def ready(self) -> dict[str, str]:
        return {DEMO_MUNICIPALITY: "rules"}

    def mask(self, municipality: str, text: str) -> Masked:
        masked = re.sub(r"(?<!\d)\d{12}(?!\d)", "［個人番号］", text)
        return Masked(masked, ("個人番号",) if masked != text else ())

    def screen(self, question: Question) -> Answer | None:
        for word, card in (("死にたい", LIFE), ("殴られ", VIOLENCE)):
            if word in question.text:
                masked = self.mask(question.municipality, question.text).text
                return Answer(question=masked, status=Status.EMERGENCY, answer="\n".join(card.lines), emergency=card)
        return None

    def ask(self, question: Question) -> Answer:
        self.asked.append(question)
        if "遅い" in question.text:
            self.release.wait(timeout=30)
        if "例外" in question.text:
            raise RuntimeError("the desk breaks on purpose")
        masked = self.mask(question.municipality, question.text)
        answer = self.screen(question) or self._by_word(question)
        return replace(answer, question=masked.text, masked=masked.kinds, language=question.language)

    def _by_word(self, question: Question) -> Answer:
        text = question.text
        if question.choice or ("住民票" in text and "ふとん" not in text):
            return _answered(CERTIFICATE)
        if "住民票" in text:
            return _answered(CERTIFICATE, BULKY)
        if "ふとん" in text:
            return _answered(BULKY)
        if "罠" in text:
            return _answered(HOSTILE)
        if "印鑑" in text:
            return Answer(text, Status.ASKED_BACK, "どの手続きについてお知りになりたいですか。", choices=CHOICES)
        if "こんにちは" in text:
            return Answer(text, Status.SMALL_TALK, "こんにちは。市の手続きについて、お気軽にご質問ください。")
        sorry = "申し訳ございません。確かなお答えが見つかりませんでした。市民課へお問い合わせいただくか、職員にご相談ください。"
        return Answer(text, Status.UNSURE, sorry, contact=CITIZENS, handoff_offered=True)


def _answered(*topics: TopicAnswer) -> Answer:
    return Answer(
        question="",
        status=Status.ANSWERED,
        answer="\n".join(topic.answer for topic in topics),
        topics=topics,
        sources=tuple(source for topic in topics for source in topic.sources),
        contact=topics[0].contact,
    )
