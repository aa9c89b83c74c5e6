"""The forecast of questions by topic for the next four weeks, with intervals and what it was worth on weeks it had not seen.

Intervals come from the errors of forecasts made from points in the past (rolling origin): their size grows with the
horizon and with the scatter of small counts, their quantiles are the errors' own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.fact_days import monday
from bot.fact_tables import QuestionDayRow
from evaluation import forecast_model

Array = NDArray[np.float64]

HORIZON = 4
LEAST_WEEKS = 8
"""Weeks of history below which nothing is forecast."""
ORIGINS = 66
"""Points in the past from which forecasts are made: a year, and what the first intervals are made of."""
TRAINING = {True: 65, False: 12}
"""Weeks before the first of these points, with and without a whole year."""
WARM = 14
"""Points in the past whose errors are known before an interval is believed."""
LEAST_VARIANCE = 1e-4
YEAR = 52
LEAST_A_WEEK = 1.0
"""Topics with fewer questions a week are left to the total."""
SHOWN_WEEKS = 26
ALL = "*"
LEVELS = {"80": (0.1, 0.9), "95": (0.025, 0.975)}


@dataclass(frozen=True)
class History:
    """Whole weeks without gaps, and every topic's questions in them; ALL is all together."""

    weeks: tuple[date, ...]
    counts: Mapping[str, Array]


@dataclass(frozen=True)
class Errors:
    """What forecasts from the past said and what came: one row a forecast, in the order of their origins.

    `baseline` is the same week of the year before ("seasonal") or the last week ("last"); `grown` is the former scaled by
    how the last eight weeks compare with the same eight of the year before.
    """

    baseline: str
    topics: list[str] = field(default_factory=list)
    origins: list[int] = field(default_factory=list)
    steps: list[int] = field(default_factory=list)
    said: list[float] = field(default_factory=list)
    came: list[float] = field(default_factory=list)
    naive: list[float] = field(default_factory=list)
    grown: list[float] = field(default_factory=list)


@dataclass(frozen=True)
class Spread:
    """How far forecasts lie off: extra variance of the logarithm by topic and step, quantiles of what is left."""

    variance: Mapping[tuple[str, int], float]
    quantiles: Mapping[float, float]

    def bounds(self, topic: str, step: int, mean: float, level: str) -> tuple[float, float]:
        size = _size(mean, self.variance.get((topic, step), 0.01))
        low, high = (self.quantiles[q] for q in LEVELS[level])
        return max(0.0, (mean + 0.5) * float(np.exp(low * size)) - 0.5), (mean + 0.5) * float(np.exp(high * size)) - 0.5


def history(session: Session, municipality: str, today: date) -> History:
    """From the first whole week with a question to the last whole week."""
    first = session.scalar(select(func.min(QuestionDayRow.day)).where(QuestionDayRow.municipality == municipality))
    end = monday(today)
    if first is None:
        return History((), {})
    start = monday(first) if first == monday(first) else monday(first) + timedelta(weeks=1)
    weeks = tuple(start + timedelta(weeks=n) for n in range(max(0, (end - start).days // 7)))
    query = select(QuestionDayRow.topic, QuestionDayRow.day, func.sum(QuestionDayRow.questions)).where(
        QuestionDayRow.municipality == municipality, QuestionDayRow.day >= start, QuestionDayRow.day < end
    )
    counts: dict[str, Array] = {ALL: np.zeros(len(weeks))}
    for topic, day, questions in session.execute(query.group_by(QuestionDayRow.topic, QuestionDayRow.day)):
        place = (day - start).days // 7
        for name in (ALL, topic):
            counts.setdefault(name, np.zeros(len(weeks)))[place] += int(questions)
    recent = slice(-SHOWN_WEEKS, None)
    kept = {t: c for t, c in counts.items() if t == ALL or (t and c[recent].mean() >= LEAST_A_WEEK)}
    return History(weeks, dict(sorted(kept.items(), key=lambda item: -item[1][recent].sum())))


def backtest(past: History, origins: int = ORIGINS) -> Errors:
    """Forecast from up to so many points in the past with what was known then, and keep what came."""
    whole = len(past.weeks) >= TRAINING[True] + HORIZON
    errors = Errors("seasonal" if whole else "last")
    last = len(past.weeks) - HORIZON
    for origin in range(max(TRAINING[whole], last - origins + 1), last + 1):
        for topic, counts in past.counts.items():
            fitted = forecast_model.fit(past.weeks[:origin], counts[:origin])
            said = fitted.expected(past.weeks[origin : origin + HORIZON])
            for step in range(HORIZON):
                _keep(errors, topic, origin, step, float(said[step]), counts)
    return errors


def spread(errors: Errors, before: int | None = None) -> Spread | None:
    """What the errors known before a week say of the next ones; None when they are too few."""
    known = [i for i, o in enumerate(errors.origins) if before is None or o + errors.steps[i] < before]
    if len({errors.origins[i] for i in known}) < WARM:
        return None
    off = {i: float(np.log((errors.came[i] + 0.5) / (errors.said[i] + 0.5))) for i in known}
    groups: dict[tuple[str, int], list[int]] = {}
    for i in known:
        groups.setdefault((errors.topics[i], errors.steps[i]), []).append(i)
    variance: dict[tuple[str, int], float] = {}
    scaled = []
    for key, rows in groups.items():
        extra = {i: off[i] ** 2 - 1 / (errors.said[i] + 0.5) for i in rows}
        total = sum(extra.values())
        variance[key] = max(LEAST_VARIANCE, total / len(rows))
        # Each error is measured by the others alone: measured by itself too, large ones would look smaller than they are.
        others = {i: max(LEAST_VARIANCE, (total - value) / max(1, len(rows) - 1)) for i, value in extra.items()}
        scaled += [off[i] / _size(errors.said[i], others[i]) for i in rows]
    wanted = sorted({q for pair in LEVELS.values() for q in pair})
    return Spread(variance, dict(zip(wanted, np.quantile(scaled, wanted).tolist(), strict=True)))


def coverage(errors: Errors) -> dict[str, Any]:
    """How often what came lay within intervals made only of what was known before; undefined without any."""
    inside = dict.fromkeys(LEVELS, 0)
    n = 0
    spreads = {origin: spread(errors, origin) for origin in sorted(set(errors.origins))}
    for i, origin in enumerate(errors.origins):
        known = spreads[origin]
        if known is None:
            continue
        n += 1
        for level in LEVELS:
            low, high = known.bounds(errors.topics[i], errors.steps[i], errors.said[i], level)
            inside[level] += low <= errors.came[i] <= high
    return {**{f"cover{level}": hits / n if n else None for level, hits in inside.items()}, "covered_n": n}


def measures(errors: Errors, past: History, topic: str | None = None) -> dict[str, Any]:
    """WAPE and MASE of the forecasts and of the baselines; None where they are undefined."""
    rows = [i for i, t in enumerate(errors.topics) if topic is None or t == topic]
    came = np.array([errors.came[i] for i in rows])
    found: dict[str, Any] = {"n": len(rows)}
    for prefix, values in (("", errors.said), ("naive_", errors.naive), ("grown_", errors.grown)):
        off = np.abs(np.array([values[i] for i in rows]) - came)
        found[f"{prefix}wape"] = float(off.sum() / came.sum()) if len(rows) and came.sum() else None
        scale = _scale(errors, past, topic) if topic is not None and rows else None
        found[f"{prefix}mase"] = float(off.mean() / scale) if scale else None
    return found


def make(past: History) -> dict[str, Any]:
    """Everything the page shows, as JSON values; empty while there are too few weeks."""
    if len(past.weeks) < LEAST_WEEKS:
        return {}
    errors = backtest(past)
    known = spread(errors)
    following = [past.weeks[-1] + timedelta(weeks=n) for n in range(1, HORIZON + 1)]
    topics = []
    for topic, counts in past.counts.items():
        said = forecast_model.fit(past.weeks, counts).expected(following)
        weeks = [_week(known, topic, step, week, float(said[step])) for step, week in enumerate(following)]
        shown = measures(errors, past, topic)
        topics.append(
            {
                "topic": topic, "weeks": [w.isoformat() for w in past.weeks[-SHOWN_WEEKS:]],
                "history": counts[-SHOWN_WEEKS:].astype(int).tolist(), "forecast": weeks,
                **{name: shown[name] for name in ("wape", "naive_wape", "mase", "naive_mase")},
            }
        )  # fmt: skip
    return {"history_weeks": len(past.weeks), "topics": topics, "backtest": summary(errors, past)}


def summary(errors: Errors, past: History) -> dict[str, Any] | None:
    """The whole backtest in a few figures; None where there was none."""
    if not errors.origins:
        return None
    found = measures(errors, past)
    return {
        "baseline": errors.baseline, "origins": len(set(errors.origins)), **coverage(errors),
        **{name: found[name] for name in ("n", "wape", "naive_wape", "grown_wape")},
    }  # fmt: skip


def _keep(errors: Errors, topic: str, origin: int, step: int, said: float, counts: Array) -> None:
    at = origin + step
    seasonal = errors.baseline == "seasonal"
    naive = float(counts[at - YEAR] if seasonal else counts[origin - 1])
    before = float(counts[origin - 8 - YEAR : origin - YEAR].sum()) if seasonal and origin >= YEAR + 8 else 0.0
    errors.topics.append(topic)
    errors.origins.append(origin)
    errors.steps.append(step)
    errors.said.append(said)
    errors.came.append(float(counts[at]))
    errors.naive.append(naive)
    errors.grown.append(naive * float(counts[origin - 8 : origin].sum()) / before if before else naive)


def _size(mean: float, variance: float) -> float:
    """Standard deviation of the logarithm of a count with this mean: its own scatter, and what the forecast misses."""
    return float(np.sqrt(variance + 1 / (mean + 0.5)))


def _scale(errors: Errors, past: History, topic: str) -> float | None:
    """Mean error of the baseline within the weeks before the first origin (Hyndman and Koehler, 2006)."""
    before = past.counts[topic][: min(errors.origins)]
    lag = YEAR if errors.baseline == "seasonal" else 1
    off = np.abs(before[lag:] - before[:-lag])
    return float(off.mean()) or None if len(off) else None


def _week(known: Spread | None, topic: str, step: int, week: date, mean: float) -> dict[str, Any]:
    row: dict[str, Any] = {"week": week.isoformat(), "mean": round(mean, 2)}
    for level in LEVELS:
        bounds = known.bounds(topic, step, mean, level) if known is not None else _by_scatter(mean, level)
        row[f"low{level}"], row[f"high{level}"] = (round(bound, 2) for bound in bounds)
    return row


def _by_scatter(mean: float, level: str) -> tuple[float, float]:
    """Wide intervals for a town with hardly any past: a forecast may be off by a third besides the scatter of counts."""
    size = _size(mean, 0.09) * {"80": 1.2816, "95": 1.96}[level]
    return max(0.0, (mean + 0.5) * float(np.exp(-size)) - 0.5), (mean + 0.5) * float(np.exp(size)) - 0.5
