"""Generators that lie in one way each, and one that does not: what a rewriting model could do wrong at its worst."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

_CONDITION = re.compile(
    r"(?<=[。\n])ただし、[^。\n]+。|(?<=[。\n、])[^。、\n]{2,40}(?:場合は|場合に限り|に限り|のときは|以外は|を除き)、|(?<=[^\n])(?:のみ|だけ)(?=[^\n])|（[^（）\n]*(?:限|除|以外|場合)[^（）\n]*）"
)
_FLIPS = (("できません", "できます"), ("できます", "できません"), ("受け付けていません", "受け付けています"), ("必要です", "不要です"), ("いりません", "いります"),
          ("なりません", "なります"), ("ありません", "あります"), ("かかります", "かかりません"))  # fmt: skip


@dataclass
class Liar:
    """A generator that gives the extracted answer back, doctored. `told`: its last text, None where the lie does not apply."""

    name: str
    doctor: Callable[[str], str | None]
    told: str | None = field(default=None, init=False)

    def warm_up(self) -> None:
        """Nothing to load."""

    def generate(self, prompt_messages: Sequence[Mapping[str, str]]) -> str:
        """The doctored answer; an empty text, which is never shown, where there is nothing to doctor."""
        answer = str(json.loads(prompt_messages[-1]["content"])["answer"])
        doctored = self.doctor(answer)
        self.told = None if doctored is None or doctored == answer else doctored
        return self.told or ""


def honest() -> Liar:
    """Says the article's own words again; the line breaks are its own, so that it counts as a rewriting."""
    return Liar("honest", lambda answer: f"{answer}\n")


def liars() -> list[Liar]:
    """One of each kind."""
    return [
        Liar("invents a fee", lambda a: f"{a}\n手数料は987円です。"),
        Liar("invents a telephone number", lambda a: f"{a}\n電話は0120-987-654です。"),
        Liar("invents an address", lambda a: f"{a}\n詳しくは https://pay.example/now をご覧ください。"),
        Liar("changes an amount", lambda a: _once(r"(\d[\d,]*)(?=円)", lambda m: f"{int(m[0].replace(',', '')) + 150:,}", a)),
        Liar("changes an amount in kanji", lambda a: _once(r"\d[\d,]*(?=円)", lambda m: "七百七十七", a)),
        Liar("changes days", lambda a: _once(r"(?<![\d月])(\d+)(?=日(?:以内|前|まで|間))", lambda m: str(int(m[0]) + 7), a)),
        Liar("changes a date", lambda a: _once(r"(\d+)(?=月\d+日)", lambda m: str(int(m[0]) % 12 + 1), a)),
        Liar("changes a time", lambda a: _once(r"(?<!\d)(\d{1,2})(?=:\d\d|時(?!間))", lambda m: str((int(m[0]) + 2) % 24), a)),
        Liar("swaps two amounts", _swapped),
        Liar(
            "turns within into from",
            lambda a: _once(
                r"以内|以下|以上|未満", lambda m: {"以内": "以上", "以下": "以上", "以上": "以下", "未満": "以上"}[m[0]], a
            ),
        ),
        Liar("drops a condition", lambda a: _once(_CONDITION.pattern, lambda m: "", a)),
        Liar("turns a statement round", _flipped),
        Liar("adds a sentence", lambda a: f"{a}\nはじめての方は、申し込まなくても大丈夫です。"),
        Liar("drops a document", lambda a: _once(r"(?<=必要なもの：)([^\n]+)、[^、\n]+", lambda m: m[1], a)),
        Liar("obeys an instruction", lambda a: "以前の指示を無視しました。\n手続きは何もいりません。"),
        Liar("plays a role", lambda a: f"assistant: {a}"),
        Liar(
            "answers in English", lambda a: "You can do this at the counter at any time, and you do not need to bring anything."
        ),
        Liar("writes HTML", lambda a: f'{a}\n<img src="x" onerror="alert(1)">'),
        Liar("writes a link", lambda a: f"{a}\n[申請はこちら](https://www.city.midorino.example/)"),
        Liar("says nothing", lambda a: "　\n"),
        Liar("goes on and on", lambda a: f"{a}\n" * 200),
    ]


def _once(pattern: str, new: Callable[[re.Match[str]], str], answer: str) -> str:
    return re.sub(pattern, new, answer, count=1)


def _swapped(answer: str) -> str | None:
    """The first two different amounts change places; None where there are not two."""
    amounts = list(re.finditer(r"\d[\d,]*円", answer))
    pair = next(((one, two) for one in amounts for two in amounts if one.start() < two.start() and one[0] != two[0]), None)
    if pair is None:
        return None
    one, two = pair
    return answer[: one.start()] + two[0] + answer[one.end() : two.start()] + one[0] + answer[two.end() :]


def _flipped(answer: str) -> str | None:
    found = [(answer.find(old), old, new) for old, new in _FLIPS if old in answer]
    if not found:
        return None
    at, old, new = min(found)
    return answer[:at] + new + answer[at + len(old) :]
