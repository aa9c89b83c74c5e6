"""`python -m evaluation.cost`: yen for a thousand questions, this desk beside a hosted embedding and language model.

Everything it counts with stands in cost.json: prices, assumptions with a cheap and a dear case, and the length of our own
texts. docs/cost.md has its tables between markers.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import mean
from typing import Any

from evaluation.bench import put_into
from evaluation.compared_sets import of_demo
from evaluation.own_questions import retrieval_questions
from indexer.passages import Kind, passages
from knowledge.commands import DEMO
from knowledge.municipality_folder import read_folder

PARAMETERS = Path(__file__).parent / "cost.json"
BEGIN, END = "<!-- cost -->", "<!-- end of cost -->"
CASES = ("cheap", "typical", "dear")
HOURS_A_MONTH = 24 * 365 / 12
Parameters = Mapping[str, Any]


def parameters() -> dict[str, Any]:
    """The prices, assumptions and lengths of cost.json."""
    found: dict[str, Any] = json.loads(PARAMETERS.read_text(encoding="utf-8"))
    return found


def desk_a_month(parameters: Parameters, case: str) -> float:
    """Yen a month of the server: its price over its life, and its electricity."""
    a = _assumed(parameters, case)
    return float(a("server_yen") / (a("server_years") * 12) + a("watts") / 1000 * HOURS_A_MONTH * a("yen_a_kwh"))


def desk_a_thousand(parameters: Parameters, case: str) -> float:
    """Yen for a thousand questions: the month's cost over the month's questions; a question more costs nothing more."""
    return float(desk_a_month(parameters, case) / _assumed(parameters, case)("questions_a_month") * 1000)


def tokens(parameters: Parameters, case: str) -> tuple[float, float, float]:
    """Tokens of one question: embedded, read by the language model, written by it."""
    a, texts = _assumed(parameters, case), parameters["texts"]
    calls = a("calls_a_question")
    prompt = a("instruction_tokens") + a("articles_a_question") * texts["article_tokens"] + texts["question_tokens"]
    written = a("answers_lengthened") * texts["answer_tokens"]
    # A call before the last reads and writes no articles: the conversation becomes a question of its own.
    before = (calls - 1) * (a("instruction_tokens") + texts["question_tokens"])
    return calls * texts["question_embedding_tokens"], prompt + before, written + (calls - 1) * texts["question_tokens"]


def hosted_a_thousand(parameters: Parameters, model: Mapping[str, Any], case: str) -> float:
    """Yen for a thousand questions of the calls alone."""
    embedded, read, written = tokens(parameters, case)
    dollars = (
        embedded * parameters["prices"]["embedding"]["dollars_a_million"]
        + read * model["dollars_a_million_in"]
        + written * model["dollars_a_million_out"]
    ) / 1_000_000
    return float(dollars * 1000 * _assumed(parameters, case)("yen_a_dollar"))


def markdown(parameters: Parameters) -> str:
    """The tables: results, arithmetic of the typical case, assumptions, prices, measured lengths."""
    models = parameters["prices"]["models"]
    rows = [("this desk: server and electricity", [desk_a_thousand(parameters, case) for case in CASES])]
    rows += [(f"{m['name']}: calls alone", [hosted_a_thousand(parameters, m, case) for case in CASES]) for m in models]
    lines = [
        "Yen for a thousand questions:",
        "",
        "| | cheap | typical | dear |",
        "|---|---|---|---|",
        *(f"| {name} | {' | '.join(_yen(value) for value in values)} |" for name, values in rows),
        "",
        *_arithmetic(parameters),
        "",
        "| assumption | cheap | typical | dear |",
        "|---|---|---|---|",
        *(f"| {a['what']} | {' | '.join(f'{a[case]:,}' for case in CASES)} |" for a in parameters["assumptions"].values()),
        "",
        f"| price ({parameters['prices']['checked']}) | US dollars a million tokens |",
        "|---|---|",
        f"| {parameters['prices']['embedding']['name']} | {parameters['prices']['embedding']['dollars_a_million']:g} |",
        *(f"| {m['name']} | {m['dollars_a_million_in']:g} read, {m['dollars_a_million_out']:g} written |" for m in models),
        "",
        "| measured on our own texts | mean |",
        "|---|---|",
        *(f"| {key.replace('_', ' ')} | {value:g} |" for key, value in parameters["texts"].items() if key != "how"),
        "",
        f"Lengths: {parameters['texts']['how']}. Counted on {parameters['on']}.",
    ]
    return "\n".join(lines) + "\n"


def _arithmetic(parameters: Parameters) -> list[str]:
    a, prices = _assumed(parameters, "typical"), parameters["prices"]
    month = desk_a_month(parameters, "typical")
    embedded, read, written = tokens(parameters, "typical")
    found = [
        "The typical case, step by step:",
        "",
        f"- desk, a month: {a('server_yen'):,} / ({a('server_years')} × 12) + {a('watts')} / 1000 × {HOURS_A_MONTH:g} h × "
        f"{a('yen_a_kwh')} = {_yen(month)} yen; a thousand questions: {_yen(month)} / {a('questions_a_month'):,} × 1000 = "
        f"{_yen(desk_a_thousand(parameters, 'typical'))} yen",
        f"- hosted, tokens of a question: {embedded:.0f} embedded, {read:.0f} read, {written:.0f} written",
    ]
    for m in prices["models"]:
        cost = hosted_a_thousand(parameters, m, "typical")
        found.append(
            f"- {m['name']}, a thousand questions: ({embedded:.0f} × {prices['embedding']['dollars_a_million']:g} + {read:.0f} × "
            f"{m['dollars_a_million_in']:g} + {written:.0f} × {m['dollars_a_million_out']:g}) / 1,000,000 × 1000 × "
            f"{a('yen_a_dollar')} = {_yen(cost)} yen; the desk costs less from {month / cost * 1000:,.0f} questions a month on"
        )
    return found


def measure_characters() -> dict[str, float]:
    """Mean characters of a question, an article and a section, which need no tokeniser."""
    return _means("characters", len, len)


def measure() -> dict[str, float]:
    """Mean tokens and characters of our own texts; needs bpe-openai, which carries its vocabularies."""
    from bpe_openai import get_encoding

    model, embedding = get_encoding("o200k_base"), get_encoding("cl100k_base")
    return {**_means("tokens", lambda t: len(model.encode(t)), lambda t: len(embedding.encode(t))), **measure_characters()}


def _means(unit: str, length: Callable[[str], int], embedded: Callable[[str], int]) -> dict[str, float]:
    questions = [q.text for q in retrieval_questions()]
    articles = [row.article for row in read_folder(DEMO).rows if row.article and row.article.language == "ja"]
    found = {
        f"question_{unit}": mean(map(length, questions)),
        f"article_{unit}": mean(length(d.text) for d in of_demo().documents),
        f"answer_{unit}": mean(length(p.text) for a in articles for p in passages(a) if p.kind is Kind.SECTION),
    }
    if unit == "tokens":
        found[f"question_embedding_{unit}"] = mean(map(embedded, questions))
    return {key: round(value, 1) for key, value in found.items()}


def _assumed(parameters: Parameters, case: str) -> Callable[[str], Any]:
    return lambda name: parameters["assumptions"][name][case]


def _yen(value: float) -> str:
    return f"{value:,.0f}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the tables, after measuring our texts anew when told to."""
    parser = argparse.ArgumentParser(prog="python -m evaluation.cost", description=__doc__)
    parser.add_argument("--parameters", type=Path, default=PARAMETERS, metavar="JSON", help="default: %(default)s")
    parser.add_argument("--measure", action="store_true", help="count our own texts again and write that into the parameters")
    parser.add_argument("--into", type=Path, metavar="PAGE.md", help="also put the tables between the markers of this page")
    options = parser.parse_args(arguments)
    parameters = json.loads(options.parameters.read_text(encoding="utf-8"))
    if options.measure:
        parameters["texts"].update(measure())
        options.parameters.write_text(json.dumps(parameters, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    text = markdown(parameters)
    if options.into:
        put_into(options.into, text, BEGIN, END)
    print(text, end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
