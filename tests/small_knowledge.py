"""A small municipality for tests of indexer and bot: こはる町, twenty-two articles, a sorting table, two districts.

`OverlapEncoder` stands for a model where none is needed: one axis a word, so that every cosine can be worked out by hand.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from bot.decision import DecisionModel, Thresholds
from bot.question import PastTurn, Question
from bot.screening.emergency_cards import load_cards
from bot.turn import Services
from indexer import text
from indexer.lexical import LexicalIndex
from indexer.passages import Passage, passages
from indexer.search import SearchIndex
from indexer.snapshot import FORMAT, Manifest, Snapshot
from indexer.synchronise import document_words
from indexer.vector_store import FaissStore
from knowledge.articles import Article, ConditionalDocument, Department, Municipality, Procedure, State
from knowledge.snapshot_content import Content
from knowledge.waste import Closure, CollectionArea, WasteItem, WasteTable

CODE = "990035"
TODAY = date(2026, 11, 24)  # a Tuesday
NOW = datetime(2026, 11, 24, 10, 0, tzinfo=ZoneInfo("Asia/Tokyo"))
WEEK = dict.fromkeys(range(5), (time(8, 30), time(17, 15)))

TOWN = Municipality(
    CODE, "こはる町", "こはるちょう", "https://www.town.koharu.example/", "general", ("12-29", "01-03"), False, ("小春町",)
)
DEPARTMENTS = (
    Department(CODE, "general", "総合案内", "099-000-3100", "本庁舎1階", WEEK),
    Department(CODE, "citizens", "住民課", "099-000-3110", "本庁舎1階2番窓口", WEEK),
    Department(CODE, "waste", "環境課", "099-000-3120", "本庁舎2階", WEEK),
    Department(CODE, "children", "こども課", "099-000-3130", "本庁舎3階", {**WEEK, 5: (time(9, 0), time(12, 0))}),
)

_MOVING_IN_BODY = """引っ越した日から14日以内に、住民課の窓口で転入届を出してください。引っ越す前には届け出できません。届け出が済むと、その日から住民票の写しを取れます。国民健康保険や児童手当の手続きも同じ日にできます。

## 手続きの方法

1. 前の市区町村で転出届を出し、転出証明書を受け取ります。
2. こはる町へ引っ越します。
3. 引っ越した日から14日以内に住民課へお越しください。届出書は窓口にあります。

## 受付時間

平日の8時30分から17時15分までです。毎月第2土曜日は9時から12時まで受け付けます。

## 郵送

郵送では受け付けていません。必ず窓口へお越しください。

## 代理人が来るとき

委任状と代理人の本人確認書類をお持ちください。委任状の用紙は町のホームページにあります。
"""


def _article(key: str, title: str, body: str, category: str, department: str, *alternatives: str, **more: object) -> Article:
    url = f"https://www.town.koharu.example/{key}.html"
    base = Article(
        CODE, key, title, body, category, department, alternatives=alternatives, source_url=url,
        last_checked=date(2026, 10, 1), state=State.PUBLISHED,
    )  # fmt: skip
    return replace(base, **more)  # type: ignore[arg-type]


MOVING_IN = _article(
    "moving-in", "こはる町に引っ越してきたときの手続き（転入届）", _MOVING_IN_BODY, "住民登録", "citizens",
    "引っ越してきたら何をすればいい", "転入届を出したい",
    procedure=Procedure(
        eligibility="ほかの市区町村から町内に住所を移した方",
        deadline="引っ越した日から14日以内",
        counter="住民課（本庁舎1階2番窓口）",
        required_documents=("本人確認書類", "マイナンバーカード"),
        conditional_documents=(ConditionalDocument("紙の転出証明書を受け取った方", "転出証明書"),),
        fee="無料",
        proxy="できます。委任状が必要です。",
    ),
)  # fmt: skip
CERTIFICATE = _article(
    "residence-certificate", "住民票の写しの請求", "住民票の写しは住民課の窓口で取れます。手数料は1通300円です。", "証明書", "citizens",
    "住民票がほしい", "住民票を取りたい", "住民票の写しはいくらですか",
    procedure=Procedure(required_documents=("本人確認書類",), fee="1通300円", counter="住民課", deadline=""),
)  # fmt: skip
PLANNED = _article(
    "heating-subsidy", "灯油購入費の助成", "灯油の購入費を1世帯あたり5,000円助成します。", "生活支援", "general",
    "灯油の助成を受けたい", valid_from=date(2026, 12, 1),
)  # fmt: skip
OVER = _article(
    "summer-coupon", "夏のプレミアム商品券", "プレミアム商品券は1冊10,000円です。", "産業・雇用", "general",
    "プレミアム商品券を買いたい", valid_until=date(2026, 11, 23),
)  # fmt: skip
ARTICLES = (
    MOVING_IN,
    CERTIFICATE,
    PLANNED,
    OVER,
    _article("moving-out", "町外へ引っ越すときの手続き（転出届）", "引っ越す日の30日前から転出届を出せます。", "住民登録", "citizens", "転出届を出したい"),
    _article("seal", "印鑑登録", "印鑑登録は本人が住民課へお越しください。登録手数料は200円です。", "印鑑登録", "citizens", "実印を登録したい"),
    _article("my-number", "マイナンバーカードの申請", "申請書をスマートフォンで読み取って申請します。", "マイナンバー", "citizens", "マイナンバーカードを作りたい"),
    _article("birth", "出生届", "生まれた日から14日以内に出生届を出してください。", "戸籍", "citizens", "子どもが生まれた"),
    _article("death", "死亡届", "死亡の事実を知った日から7日以内に死亡届を出してください。", "おくやみ", "citizens", "家族が亡くなった"),
    _article("marriage", "婚姻届", "婚姻届は24時間受け付けます。", "戸籍", "citizens", "結婚したので届けを出したい"),
    _article("child-allowance", "児童手当", "0歳から18歳までの子どもを育てている方に児童手当を支給します。", "子育て", "children", "児童手当をもらいたい"),
    _article("nursery", "保育園の入園申し込み", "4月入園の申し込みは11月1日から11月30日までです。", "保育", "children", "子どもを保育園に預けたい"),
    _article("vaccination", "子どもの予防接種", "予診票を持って町内の医療機関で受けてください。", "健康・医療", "children", "予防接種を受けさせたい"),
    _article("health-insurance", "国民健康保険に入る手続き", "会社の健康保険をやめた日から14日以内に届け出てください。", "国民健康保険", "citizens", "国保に入りたい"),
    _article("pension", "国民年金の免除", "収入が少ないときは保険料の免除を申請できます。", "年金", "citizens", "年金が払えない"),
    _article("tax-payment", "町税の納め方", "町税は口座振替、コンビニ、スマートフォンで納められます。", "税", "general", "税金を払いたい"),
    _article("library", "図書館の利用", "図書館は10時から18時まで開いています。月曜日は休みです。", "文化・スポーツ・施設", "general", "図書館は何時まで"),
    _article("dog", "犬の登録と狂犬病予防注射", "犬を飼い始めたら30日以内に登録してください。登録料は3,000円です。", "動物", "waste", "犬を飼い始めた"),
    _article("bulky-waste", "粗大ごみの出し方", "粗大ごみは電話で予約し、処理券を貼って出してください。1点500円です。", "ごみ・リサイクル", "waste", "粗大ごみを捨てたい"),
    _article("waste-bags", "町の指定ごみ袋", "指定ごみ袋は町内のスーパーで買えます。10枚で200円です。", "ごみ・リサイクル", "waste", "ごみ袋はどこで買える"),
    _article("water-start", "水道を使い始めるとき", "使い始める日の3日前までに電話で申し込んでください。", "上下水道", "general", "水道の開栓をしたい"),
    _article("shelter", "避難所の場所", "避難所は小学校3か所と町民体育館です。", "防災", "general", "避難所はどこ"),
)  # fmt: skip

WASTE = WasteTable(
    items=(
        WasteItem("フライパン", "ふらいぱん", "燃やさないごみ", "油を拭き取って出してください。"),
        WasteItem("鍋", "なべ", "燃やさないごみ", "ふたも一緒に出せます。"),
        WasteItem("傘", "かさ", "燃やさないごみ", "束ねて出してください。"),
        WasteItem("ハンガー", "はんがー", "燃やすごみ", "短く切ってください。", material="木"),
        WasteItem("ハンガー", "はんがー", "燃やさないごみ", "そのまま出せます。", material="金属"),
        WasteItem("ハンガー", "はんがー", "プラスチック", "汚れを落としてください。", material="プラスチック"),
        WasteItem("布団", "ふとん", "粗大ごみ", "電話で予約してください。"),
    ),
    areas=(
        CollectionArea("桜台", "北センター", {"燃やすごみ": "月 木", "燃やさないごみ": "水2 水4", "プラスチック": "火"}),
        CollectionArea("中央", "南センター", {"燃やすごみ": "火 金", "燃やさないごみ": "月1 月3", "プラスチック": "水"}),
    ),
    closures=(Closure("北センター", date(2026, 12, 31), date(2027, 1, 3)),),
)
CONTENT = Content(TOWN, DEPARTMENTS, ARTICLES, WASTE, date(2026, 9, 1))

# p = 1 / (1 + exp(-12 (question - 0.5))): 0.6 at a cosine of 0.534, 0.2 at 0.384; the other features weigh nothing.
MODEL = DecisionModel(
    mean=(0.0, 0.0, 0.5, 0.0, 0.0, 0.0, 0.0), scale=(1.0,) * 7, weights=(0.0, 0.0, 12.0, 0.0, 0.0, 0.0, 0.0), bias=0.0,
    thresholds={"ordinary": Thresholds(0.6, 0.2), "high_stakes": Thresholds(0.95, 0.2)}, high_stakes=frozenset({"税"}),
)  # fmt: skip


class OverlapEncoder:
    """Axis of a word: its CRC-32 modulo 2,048. The cosine of two texts is shared / sqrt(words of one x words of the other)."""

    name = "overlap"
    dimension = 2048

    def __init__(self) -> None:
        self.encoded: list[str] = []

    def encode_queries(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return self.encode_passages(texts)

    def encode_passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.encoded += texts
        rows = np.zeros((len(texts), self.dimension), dtype=np.float32)
        for row, words in zip(rows, map(text.tokens, texts), strict=True):
            for word in set(words):
                row[zlib.crc32(word.encode()) % self.dimension] = 1.0
        lengths = np.linalg.norm(rows, axis=1, keepdims=True)
        return np.divide(rows, lengths, out=np.zeros_like(rows), where=lengths > 0)

    def save(self, folder: Path) -> None:
        folder.mkdir()


def snapshot_of(content: Content, version: str = "20261124T000000000000Z") -> Snapshot:
    """A snapshot in memory, with the overlap encoder."""
    parts: dict[str, list[Passage]] = {a.id: list(passages(a)) for a in content.articles}
    flat = tuple(p for a in content.articles for p in parts[a.id])
    words = tuple(document_words(parts[a.id]) for a in content.articles)
    encoder = OverlapEncoder()
    vectors = encoder.encode_passages([f"{p.heading} {p.text}" for p in flat])
    manifest = Manifest(
        FORMAT, content.municipality.code, version, NOW.isoformat(), len(content.articles), len(flat), encoder.name,
        encoder.dimension, len(content.articles), 0, {a.id: a.digest for a in content.articles}, {},
    )  # fmt: skip
    return Snapshot(manifest, content, flat, words, LexicalIndex.build(words), FaissStore.build(vectors), encoder)


def services_of(content: Content = CONTENT, **changes: object) -> Services:
    """What the steps need, over `content`."""
    phones = frozenset(d.phone for d in content.departments if d.phone)
    services = Services(content, SearchIndex(snapshot_of(content)), MODEL, load_cards(), 1000, lambda: NOW, None, phones)
    return replace(services, **changes)  # type: ignore[arg-type]


def question(words: str, *history: PastTurn, **more: object) -> Question:
    return replace(Question(CODE, words, TODAY, history=history), **more)  # type: ignore[arg-type]
