"""Health and readiness."""

from __future__ import annotations

from pathlib import Path

from fake_desk import FakeDesk
from flask.testing import FlaskClient
from town_fixture import CODE

from database import Database


def test_a_living_process_says_so_even_without_a_database(client: FlaskClient, lite: Database) -> None:
    Path(lite.engine.url.database or "").write_bytes(b"")
    assert client.get("/healthz").get_json() == {"status": "ok"}


def test_readiness_names_the_index_served(client: FlaskClient) -> None:
    assert client.get("/readyz").get_json() == {"status": "ready", "municipalities": {CODE: "20261123-1"}}


def test_without_the_index_of_the_own_town_it_is_not_ready(client: FlaskClient, desk: FakeDesk) -> None:
    desk.ready = lambda: {"990027": "1"}  # type: ignore[method-assign]
    response = client.get("/readyz")
    assert (response.status_code, response.get_json()["error"]["code"]) == (503, "not_ready")


def test_without_a_schema_it_is_not_ready(client: FlaskClient, lite: Database) -> None:
    with lite.write() as session:
        session.connection().exec_driver_sql("DROP TABLE alembic_version")
    assert client.get("/readyz").status_code == 503
