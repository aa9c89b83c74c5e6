"""The cost of a thousand questions: the arithmetic by hand, and the document as the parameters make it."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Any

import pytest

from evaluation import cost
from settings import ROOT

PARAMETERS: dict[str, Any] = json.loads(cost.PARAMETERS.read_text(encoding="utf-8"))
ROUND: dict[str, Any] = {
    "texts": {"question_tokens": 20, "question_embedding_tokens": 30, "article_tokens": 500, "answer_tokens": 100},
    "assumptions": {
        name: {"what": name, "cheap": value, "typical": value, "dear": value}
        for name, value in {
            "questions_a_month": 1000, "server_yen": 120_000, "server_years": 5, "watts": 100, "yen_a_kwh": 30, "yen_a_dollar": 150,
            "articles_a_question": 4, "instruction_tokens": 180, "answers_lengthened": 2, "calls_a_question": 1,
        }.items()
    },
    "prices": {"embedding": {"dollars_a_million": 0.1}},
}  # fmt: skip
MODEL = {"dollars_a_million_in": 1.0, "dollars_a_million_out": 4.0}


def test_the_desk_costs_its_server_and_electricity_whatever_it_is_asked() -> None:
    # 120,000 / 60 months = 2,000 yen; 0.1 kW * 730 h * 30 = 2,190 yen.
    assert cost.desk_a_month(ROUND, "typical") == pytest.approx(4190)
    assert cost.desk_a_thousand(ROUND, "typical") == pytest.approx(4190)
    twice = deepcopy(ROUND)
    twice["assumptions"]["questions_a_month"]["typical"] = 2000
    assert cost.desk_a_thousand(twice, "typical") == pytest.approx(2095)


def test_a_hosted_question_costs_its_tokens() -> None:
    # Read 180 + 4 * 500 + 20 = 2,200, written 2 * 100 = 200: 30 * 0.1 + 2,200 * 1 + 200 * 4 = 3,003 dollars a million questions.
    assert cost.tokens(ROUND, "typical") == (30, 2200, 200)
    assert cost.hosted_a_thousand(ROUND, MODEL, "typical") == pytest.approx(3.003 * 150)


def test_a_follow_up_is_first_made_a_question_of_its_own() -> None:
    half = deepcopy(ROUND)
    half["assumptions"]["calls_a_question"]["typical"] = 1.5
    # Half a call more reads the instructions and the question and writes a question.
    assert cost.tokens(half, "typical") == (45, 2200 + 100, 200 + 10)


def test_cheap_is_never_dearer_than_typical_nor_typical_than_dear() -> None:
    rows = [[cost.desk_a_thousand(PARAMETERS, case) for case in cost.CASES]]
    rows += [[cost.hosted_a_thousand(PARAMETERS, m, case) for case in cost.CASES] for m in PARAMETERS["prices"]["models"]]
    for row in rows:
        assert row == sorted(row)


def test_the_document_is_what_the_parameters_make() -> None:
    page = (ROOT / "docs" / "cost.md").read_text(encoding="utf-8")
    written = page.partition(cost.BEGIN)[2].partition(cost.END)[0].strip("\n")
    assert written == cost.markdown(PARAMETERS).strip("\n"), "run python -m evaluation.cost --into docs/cost.md"


def test_the_lengths_are_still_those_of_our_texts() -> None:
    for name, now in cost.measure_characters().items():
        assert PARAMETERS["texts"][name] == pytest.approx(now, rel=0.1), (
            "run python -m evaluation.cost --measure --into docs/cost.md"
        )


def test_prices_say_that_they_must_be_checked() -> None:
    assert "check before use" in PARAMETERS["prices"]["checked"]
