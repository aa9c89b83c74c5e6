"""How many questions a made-up town gets on each topic on each day: weeks, seasons, holidays, growth, and chance.

The shapes are assumptions about a Japanese town hall, not measurements: bell-shaped seasons by topic, closed days, a
slow rise, and noise that lasts for weeks. The forecast knows none of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import jpholiday
import numpy as np
from numpy.typing import NDArray

DAYS = 365
GROWTH = 1.25
"""Questions of a year by those of the year before."""
BY_WEEKDAY = (1.25, 1.1, 1.05, 1.0, 1.02, 0.55, 0.45)
CLOSED = 0.6
"""Questions on a holiday by those on a working day."""
WEIGHTS = {
    "ごみ・リサイクル": 16.0, "証明書": 10.0, "住民登録": 8.0, "税": 8.0, "国民健康保険": 7.0, "子育て": 6.0, "健康・医療": 6.0,
    "マイナンバー": 6.0, "保育": 4.0, "介護・高齢者": 4.0, "上下水道": 3.5, "障がい福祉": 3.0, "防災": 3.0, "年金": 3.0, "戸籍": 2.5,
    "文化・スポーツ・施設": 2.5, "後期高齢者医療": 2.0, "道路・公園": 2.0, "学校・教育": 2.0, "動物": 1.6, "印鑑登録": 1.5,
    "住まい": 1.5, "外国人": 1.5, "市政": 1.2, "生活支援": 1.2, "環境": 1.0, "おくやみ": 1.0, "産業・雇用": 0.8, "選挙": 0.6, "相談": 0.5,
}  # fmt: skip
"""How often each category of the demo town is asked for; one that is not named gets 1."""
SEASONS: dict[str, tuple[tuple[int, float, float], ...]] = {
    "住民登録": ((88, 14.0, 2.2), (272, 10.0, 0.3)), "証明書": ((85, 18.0, 0.9),), "印鑑登録": ((86, 16.0, 0.9),),
    "マイナンバー": ((88, 20.0, 0.9), (50, 12.0, 0.5)), "ごみ・リサイクル": ((90, 12.0, 0.5), (361, 7.0, 1.4), (122, 6.0, 0.4)),
    "税": ((62, 13.0, 1.6), (165, 10.0, 0.9)), "国民健康保険": ((92, 14.0, 1.3), (195, 12.0, 0.6)), "年金": ((92, 15.0, 0.5),),
    "保育": ((325, 14.0, 1.8), (35, 10.0, 0.8)), "学校・教育": ((75, 18.0, 1.4), (280, 12.0, 0.6)), "子育て": ((95, 18.0, 0.5),),
    "健康・医療": ((300, 16.0, 1.1), (170, 15.0, 0.4)), "防災": ((248, 14.0, 2.0), (190, 14.0, 1.0)), "上下水道": ((88, 14.0, 1.0), (25, 10.0, 0.5)),
    "文化・スポーツ・施設": ((210, 16.0, 0.8),), "後期高齢者医療": ((200, 12.0, 1.2),), "介護・高齢者": ((200, 20.0, 0.4),), "動物": ((110, 14.0, 1.5),),
}  # fmt: skip
"""Topic -> (day of the year, its width as a standard deviation in days, height over the rest of the year)."""


@dataclass(frozen=True)
class Demand:
    """`counts[day, topic]`: questions drawn. The last DAYS days have exactly the questions asked for."""

    days: tuple[date, ...]
    topics: tuple[str, ...]
    counts: NDArray[np.int64]


def draw(topics: Sequence[str], questions: int, last: date, years: int, generator: np.random.Generator) -> Demand:
    """Questions of `years` years up to `last`, `questions` of them in the last one."""
    days = tuple(last - timedelta(days=n) for n in range(DAYS * years - 1, -1, -1))
    expected = _season(days, topics) * _calendar(days)[:, None] * _growth(days)[:, None] * _weather(days, topics, generator)
    year = expected[-DAYS:] / expected[-DAYS:].sum()
    scale = questions / expected[-DAYS:].sum()
    early = generator.poisson(expected[:-DAYS] * scale)
    late = generator.multinomial(questions, year.ravel()).reshape(year.shape)
    return Demand(days, tuple(topics), np.concatenate([early, late]).astype(np.int64))


def _season(days: Sequence[date], topics: Sequence[str]) -> NDArray[np.float64]:
    of_year = np.array([day.timetuple().tm_yday for day in days], dtype=float)
    columns = []
    for topic in topics:
        height = np.ones(len(days))
        for centre, width, more in SEASONS.get(topic, ()):
            apart = np.abs(of_year - centre)
            height += more * np.exp(-0.5 * (np.minimum(apart, 365.25 - apart) / width) ** 2)
        columns.append(WEIGHTS.get(topic, 1.0) * height)
    return np.stack(columns, axis=1)


def _calendar(days: Sequence[date]) -> NDArray[np.float64]:
    return np.array([BY_WEEKDAY[day.weekday()] * (CLOSED if _closed(day) and day.weekday() < 5 else 1.0) for day in days])


def _closed(day: date) -> bool:
    return jpholiday.is_holiday(day) or (day.month, day.day) in {(12, 29), (12, 30), (12, 31), (1, 1), (1, 2), (1, 3)}


def _growth(days: Sequence[date]) -> NDArray[np.float64]:
    return np.asarray(GROWTH ** (np.arange(len(days)) / DAYS), dtype=float)


def _weather(days: Sequence[date], topics: Sequence[str], generator: np.random.Generator) -> NDArray[np.float64]:
    """What no calendar explains: drifts of the whole town and of each topic, and a campaign or an incident now and then."""
    shared = _drift(len(days), 1, 0.05, generator)
    own = _drift(len(days), len(topics), 0.10, generator)
    incidents = np.zeros((len(days), len(topics)))
    for _ in range(len(days) // 60):
        at, topic = int(generator.integers(len(days))), int(generator.integers(len(topics)))
        fading = np.exp(-np.arange(min(21, len(days) - at)) / 5.0)
        incidents[at : at + len(fading), topic] += generator.uniform(0.4, 1.2) * fading
    return np.asarray(np.exp(shared + own) * (1 + incidents), dtype=float)


def _drift(days: int, columns: int, size: float, generator: np.random.Generator) -> NDArray[np.float64]:
    """An autoregressive walk with standard deviation `size` whose memory halves in about two weeks."""
    keep = 0.95
    steps = generator.normal(0, size * np.sqrt(1 - keep**2), (days, columns))
    walk = np.empty((days, columns))
    walk[0] = generator.normal(0, size, columns)
    for day in range(1, days):
        walk[day] = keep * walk[day - 1] + steps[day]
    return walk
