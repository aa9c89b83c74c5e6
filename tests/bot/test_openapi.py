"""The API keeps the contract of bot/openapi.yml: every operation, driven by data made from the contract itself."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
import yaml
from fake_desk import FakeDesk
from flask import Flask
from hypothesis import HealthCheck, Phase, settings
from openapi_spec_validator import validate
from schemathesis.config import (
    ChecksConfig,
    GenerationConfig,
    PositiveDataAcceptanceConfig,
    ProjectConfig,
    ProjectsConfig,
    SchemathesisConfig,
)
from schemathesis.core.parameters import ParameterLocation
from schemathesis.generation import GenerationMode
from town_fixture import fill

from app import create_app
from bot import retention
from database import Database
from settings import Settings

CONTRACT = Path(__file__).parents[2] / "bot" / "openapi.yml"
PREFIX = "/api/v1/conversations"
# 422 is a rule JSON Schema cannot state: consent must be true, an e-mail must be one. 503 of the stream means: poll.
ACCEPTED = ["2xx", "404", "409", "422"]
CONFIG = SchemathesisConfig(
    projects=ProjectsConfig(
        default=ProjectConfig(
            generation=GenerationConfig(deterministic=True),
            checks=ChecksConfig(positive_data_acceptance=PositiveDataAcceptanceConfig(expected_statuses=ACCEPTED)),
        )
    )
)


class Latest:
    """The application under test, for a schema that is read before the application exists."""

    flask: Flask

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        return self.flask(environ, start_response)


LATEST = Latest()
CASES = schemathesis.openapi.from_path(CONTRACT, config=CONFIG)
CASES.app = LATEST


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    folder = tmp_path_factory.mktemp("contract")
    limits = {"rate_limit_messages": "1000000/minute", "rate_limit_conversations": "1000000/minute"}
    # The longest question of the contract is accepted; streams end at once.
    chosen = Settings(instance=folder, message_max_length=10000, stream_seconds=1, **limits)  # type: ignore[arg-type]
    database = Database(chosen.resolved_database_url)
    database.upgrade()
    fill(database)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(retention, "start_thread", lambda *_: None)
        patch.setattr("bot.channels.events.CHECK_SECONDS", 2.0)
        LATEST.flask = create_app(chosen, FakeDesk())  # type: ignore[arg-type]
        yield LATEST.flask
    database.dispose()


def test_the_contract_is_a_valid_openapi_document() -> None:
    validate(yaml.safe_load(CONTRACT.read_text(encoding="utf-8")))


def test_every_route_of_the_api_is_in_the_contract_and_the_other_way_round(served: Flask) -> None:
    written = {(method.upper(), path) for path, item in _paths().items() for method in item if method != "parameters"}
    rules = [
        rule for rule in served.url_map.iter_rules() if rule.rule.startswith("/api/") or rule.endpoint.startswith("operations.")
    ]
    methods = {"GET", "POST", "PUT", "PATCH", "DELETE"}
    routed = {(m, _template(rule.rule)) for rule in rules for m in (rule.methods or set()) & methods}
    assert routed == written


@CASES.parametrize()
@settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_every_operation_keeps_the_contract(case: schemathesis.Case, served: Flask) -> None:
    _use_a_real_conversation(case, served)
    case.call_and_validate()


def _use_a_real_conversation(case: schemathesis.Case, served: Flask) -> None:
    """Cases whose path is meant to be right get a conversation that exists: otherwise nearly all would end in 404."""
    if "conversation" not in (case.path_parameters or {}) or case.meta is None:
        return
    path = case.meta.components.get(ParameterLocation.PATH)
    if path is not None and path.mode == GenerationMode.NEGATIVE:
        return
    client = served.test_client()
    conversation = client.post(PREFIX).get_json()["id"]
    case.path_parameters["conversation"] = conversation
    if "message" in case.path_parameters:
        reply: dict[str, Any] = client.post(f"{PREFIX}/{conversation}/messages", json={"text": "住民票は？"}).get_json()
        case.path_parameters["message"] = reply["message"]


def _paths() -> dict[str, Any]:
    paths: dict[str, Any] = yaml.safe_load(CONTRACT.read_text(encoding="utf-8"))["paths"]
    return paths


def _template(rule: str) -> str:
    return rule.replace("<int:", "<").replace("<", "{").replace(">", "}")
