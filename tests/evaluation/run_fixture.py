"""Small runs made by hand: what a desk might have said, without a desk."""

from __future__ import annotations

from typing import Any

from evaluation.items import Item
from evaluation.prediction_file import Line, Run, RunHeader

HEADER = RunHeader(
    name="試しの評価", municipality="990019", question_set="試し", set_version=1, set_digest="0" * 64, snapshot="20261125T000000Z",
    code_version="abc", configuration={"encoder": "embedded"}, machine="two cores", made_at="2026-11-25T09:00:00+09:00",
)  # fmt: skip
ARTICLES = {
    "a": ("住民票の写し", "住民票の写しは1通300円です。電話 099-000-1110"),
    "b": ("印鑑登録", "印鑑登録の手数料は500円です。14日以内"),
    "c": ("転入届", "引っ越した日から14日以内に届け出ます。"),
}


def prediction(
    outcome: str = "answer",
    ranking: tuple[str, ...] = ("a", "b", "c"),
    cited: tuple[str, ...] = ("a",),
    offered: tuple[str, ...] = (),
    answer: str = "住民票の写しは1通300円です。",
    probability: float | None = 0.9,
    facet: str | None = None,
    ms: float = 10.0,
    status: str | None = None,
) -> dict[str, Any]:
    """A line of bot.ask, as far as runs read it."""
    statuses = {"answer": "answered", "ask_back": "asked_back", "hand_over": "unsure", "notice": "small_talk"}
    sources = [{"id": one, "title": one} for one in cited] if outcome == "answer" else []
    choices = [{"label": one, "text": one, "article": one} for one in offered]
    topic = {
        "text": "", "status": status or statuses[outcome], "answer": answer, "sections": [], "facts": [], "sources": sources,
        "choices": choices, "facet": facet, "worked_out": [],
    }  # fmt: skip
    return {
        "question": "", "outcome": outcome, "status": status or statuses[outcome], "ranking": list(ranking),
        "probability": probability, "answer": answer, "sources": sources, "topics": [topic], "choices": choices, "masked": [],
        "snapshot": "s", "ms": ms, "steps_ms": {},
    }  # fmt: skip


def line(key: str, expected: tuple[str, ...] = ("a",), item: dict[str, Any] | None = None, **said: Any) -> Line:
    about: dict[str, Any] = {"expected": expected, "hand_over": not expected, **(item or {})}
    return Line(Item(key, f"質問 {key}", **about), prediction(**said))


def run_of(*lines: Line) -> Run:
    return Run(HEADER, lines, ARTICLES)
