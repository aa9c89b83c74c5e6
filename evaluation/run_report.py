"""One self-contained HTML page about a run, and about what changed against another one."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from bot.wording import say
from evaluation import cost, run_plots
from evaluation.metrics import Score
from evaluation.prediction_file import Run
from evaluation.run_compare import Comparison, compare, verdict
from evaluation.run_scores import RunScores, score
from evaluation.worst import worst

TEMPLATES = Path(__file__).parent / "templates"
LANGUAGES = ("ja", "en")
CHANGED_SHOWN = 500


def html(run: Run, against: Run | None = None, language: str = "ja") -> str:
    """The page, with no address of anything outside it. Raises NotComparable when the two runs differ in their questions."""
    scores = score(run)
    comparison = compare(against, run) if against else None

    def t(entry: str, **slots: object) -> str:
        return say(f"staff_evaluation.{entry}", language, **slots)

    environment = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    environment.globals.update(t=t, shown=lambda s: shown(s, language), percent=percent)
    return environment.get_template("run_report.html").render(
        language=language,
        run=run,
        scores=scores,
        comparison=comparison,
        against=against,
        passes=verdict(comparison)[0] if comparison else None,
        reasons=verdict(comparison)[1] if comparison else (),
        worst=worst(run),
        changed=comparison.answers[:CHANGED_SHOWN] if comparison else (),
        plots=_plots(scores, t),
        properties=list(dict.fromkeys(s.property for s in scores.slices)),
        yen=f"{cost.desk_a_thousand(cost.parameters(), 'typical'):,.0f}",
    )


def markdown(scores: RunScores, comparison: Comparison | None = None) -> str:
    """The measures as a table for a terminal or a commit."""
    lines = ["| measure | value [95 % interval] (questions) |", "|---|---|"]
    lines += [f"| {s.name} | {s} |" for s in (*scores.scores, scores.auroc) if s.name != "length"]
    ece = scores.calibration.ece
    lines.append(f"| ECE | {'undefined' if ece is None else f'{ece:.3f}'} (n={scores.calibration.n}) |")
    lines += [f"| latency {s.name} (ms) | {_plain(s, 1)} |" for s in scores.latency]
    lines += [f"| {_plain_name(name)} | {count} |" for name, count in scores.outcomes.items()]
    if comparison:
        lines += ["", "| measure | before | after | worse | better | p | |", "|---|---|---|---|---|---|---|"]
        lines += [
            f"| {c.measure} | {c.before:.4f} | {c.after:.4f} | {c.worse} | {c.better} | {c.chance:.4f} | {'**lost**' if c.lost else ''} |"
            for c in comparison.changes
            if c.before is not None and c.after is not None and c.chance is not None
        ]
    return "\n".join(lines) + "\n"


def shown(one: Score, language: str = "ja") -> str:
    """A score as a reader of a report sees it."""
    if one.value is None:
        return say("staff_evaluation.report_undefined", language, n=one.n)
    return _plain(one, 1 if one.name in ("length", "ms", "p50", "p95") else 3)


def percent(part: int, of: int) -> str:
    return f"{100 * part / of:.1f} %" if of else "—"


def _plain(one: Score, digits: int) -> str:
    if one.value is None or one.low is None or one.high is None:
        return f"undefined (n={one.n})"
    return f"{one.value:.{digits}f}［{one.low:.{digits}f}–{one.high:.{digits}f}］"


def _plain_name(outcome: str) -> str:
    return f"outcome {outcome}"


def _plots(scores: RunScores, t: Any) -> Mapping[str, Markup]:
    return {
        "measures": Markup(run_plots.measures(scores.scores, t)),  # noqa: S704 - drawn here from numbers and our own texts
        "decision": Markup(run_plots.decision(scores.calibration, scores.curve, t)),  # noqa: S704
    }
