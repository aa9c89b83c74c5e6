"""A town of any size: the demo municipality's articles recombined, place by place, under names that exist nowhere.

Every article is one of the demo's for one place: its question forms name the place, its sections are kept, left out or
borrowed from another article of its category. Words are therefore as frequent as in real articles (Zipf), names rare.
"""

from __future__ import annotations

import random
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, islice
from itertools import count as numbers

from indexer.passages import Kind, passages, sections
from knowledge.articles import Article, State
from knowledge.commands import DEMO
from knowledge.municipality_folder import read_folder
from knowledge.snapshot_content import Content

FIRST = [
    "青葉",
    "朝日",
    "旭",
    "泉",
    "稲荷",
    "岩",
    "梅",
    "大",
    "岡",
    "桂",
    "神",
    "北",
    "清",
    "桐",
    "楠",
    "栗",
    "小",
    "駒",
    "桜",
    "笹",
    "塩",
    "白",
    "杉",
    "鈴",
    "高",
    "滝",
    "竹",
    "玉",
    "千",
    "月",
    "鶴",
    "富",
    "中",
    "長",
    "西",
    "萩",
    "花",
    "浜",
    "東",
    "日の出",
    "広",
    "福",
    "藤",
    "星",
    "松",
    "丸",
    "三",
    "南",
    "宮",
    "美",
    "柳",
    "若",
]
LAST = "が丘 台 町 野 原 田 沢 谷 崎 島 池 橋 塚 浦 坂 里 森 山 川 宮 根 木 井 津 本 戸 江 尾 瀬".split()  # noqa: SIM905
FACILITIES = "公民館 図書館 出張所 保育園 児童館 集会所 体育館 福祉センター 診療所 資料館".split()  # noqa: SIM905
MOST_BORROWED = 2


@dataclass(frozen=True)
class _Place:
    district: str
    facility: str

    def renamed(self, text: str) -> str:
        """The text with the demo's own names replaced by those of the place."""
        return re.sub("[東西]出張所", self.facility, text.replace("みどり野市", f"{self.district}地区"))


def demo() -> Content:
    """The demo municipality as its desk has it, all articles published."""
    folder = read_folder(DEMO)
    articles = (replace(row.article, state=State.PUBLISHED) for row in folder.rows if row.article)
    return Content(folder.municipality, folder.departments, tuple(articles), folder.waste)


def town(content: Content, least_passages: int, seed: int = 0) -> Content:
    """`content` with recombined articles behind its own until there are `least_passages`; the same seed, the same town."""
    generator = random.Random(seed)  # noqa: S311 - a town, not a secret
    articles, total = list(content.articles), sum(len(list(passages(a))) for a in content.articles)
    for article in _recombined([a for a in content.articles if a.language == "ja"], generator):
        if total >= least_passages:
            break
        articles.append(article)
        total += len(list(passages(article)))
    return replace(content, articles=tuple(articles))


def articles(content: Content, count: int, seed: int = 0) -> list[Article]:
    """The articles of `content` and recombined ones behind them, `count` in all; the same seed, the same articles."""
    generator = random.Random(seed)  # noqa: S311 - a town, not a secret
    own = list(content.articles)[:count]
    more = _recombined([a for a in content.articles if a.language == "ja"], generator)
    return [*own, *islice(more, count - len(own))]


def origins(content: Content) -> Iterator[tuple[str, Kind]]:
    """For each passage of a town: the demo's article it comes from, and its kind."""
    return ((p.article.partition("--")[0], p.kind) for article in content.articles for p in passages(article))


def _recombined(originals: Sequence[Article], generator: random.Random) -> Iterator[Article]:
    by_category = defaultdict(list)
    for article in originals:
        by_category[article.category].append(article)
    districts = [first + last for first in FIRST for last in LAST]
    generator.shuffle(districts)
    weights = list(accumulate(1 / rank for rank in range(1, len(districts) + 1)))  # a few places have most of the facilities
    for number in numbers():
        original = originals[number % len(originals)]
        (district,) = generator.choices(districts, cum_weights=weights)
        place = _Place(district, district + generator.choice(FACILITIES))
        lender = generator.choice(by_category[original.category])
        yield _for_place(original, lender, place, number, generator)


def _for_place(original: Article, lender: Article, place: _Place, number: int, generator: random.Random) -> Article:
    lead, *own = sections(original.body)
    kept = generator.sample(own, generator.randint(min(1, len(own)), len(own)))
    borrowed = sections(lender.body)[1:] if lender is not original else []
    borrowed = generator.sample(borrowed, min(len(borrowed), generator.randint(0, MOST_BORROWED)))
    parts = [f"{lead.text}\n{place.facility}でも受け付けます。"]
    parts += [f"## {part.heading.rpartition(' > ')[2]}\n\n{part.text}" for part in (*kept, *borrowed)]
    asked = generator.sample(original.alternatives, generator.randint(0, len(original.alternatives)))
    counter = original.procedure.counter and f"{place.renamed(original.procedure.counter)}、{place.facility}"
    return replace(
        original,
        id=f"{original.id}--{number}",
        title=f"{place.facility}の{place.renamed(original.title)}",
        alternatives=tuple(f"{place.district}で{place.renamed(form)}" for form in asked),
        body=place.renamed("\n\n".join(parts)),
        procedure=replace(original.procedure, counter=counter),
    )
