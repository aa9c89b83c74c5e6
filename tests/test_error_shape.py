"""Every error of the API has one shape, whoever raises it; pages get a page."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from flask import Blueprint, Flask, abort
from flask.testing import FlaskClient

from app import create_app
from bot import retention
from bot.answer import Answer
from bot.channels import http
from bot.errors import CODES
from settings import Settings

TEXTS = yaml.safe_load((Path(__file__).parent.parent / "bot/texts/errors.yml").read_text(encoding="utf-8"))
JAPANESE = re.compile("[ぁ-ん]")


class BrokenDesk:
    """Nothing of it works; it is not even ready."""

    def ready(self) -> dict[str, str]:
        return {}

    def ask(self, question: object) -> Answer:
        raise RuntimeError

    screen = mask = ask


@pytest.fixture
def app(tmp_path: Path, sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> Flask:
    monkeypatch.setattr(retention, "start_thread", lambda *_: None)
    settings = Settings(
        instance=tmp_path, database_url=sqlite_url, rate_limit_conversations="1/minute", embed_origins="https://www.city.example"
    )
    made = create_app(settings, BrokenDesk())  # type: ignore[arg-type]

    @made.get("/api/v1/test/<int:status>")
    def raise_it(status: int) -> str:
        if status == 0:
            raise RuntimeError("ひみつ")
        abort(status)

    return made


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def assert_one_shape(response: Any, status: int, code: str) -> None:
    assert response.status_code == status
    assert response.mimetype == "application/json"
    body = response.get_json()
    assert set(body) == {"error"}
    error = body["error"]
    assert {"code", "message"} <= set(error) <= {"code", "message", "detail", "field"}
    assert error["code"] == code
    assert JAPANESE.search(error["message"])
    assert "ひみつ" not in response.get_data(as_text=True)
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["X-Content-Type-Options"] == "nosniff"


CASES: list[tuple[Callable[[FlaskClient], Any], int, str]] = [
    (lambda c: c.get("/api"), 404, "not_found"),
    (lambda c: c.get("/api/v1/nothing"), 404, "not_found"),
    (lambda c: c.get("/api/v1/conversations/" + "a" * 32), 404, "unknown_conversation"),
    (lambda c: c.put("/api/v1/conversations"), 405, "method_not_allowed"),
    (lambda c: c.post("/healthz"), 405, "method_not_allowed"),
    (lambda c: c.get("/readyz"), 503, "not_ready"),
    (lambda c: c.post("/api/v1/conversations", data="x", content_type="text/plain"), 415, "unsupported_media_type"),
    (lambda c: c.post("/api/v1/conversations", data="{", content_type="application/json"), 400, "invalid_json"),
    (lambda c: c.post("/api/v1/conversations", json={"language": "xx"}), 400, "invalid_request"),
    (lambda c: c.post("/api/v1/conversations"), 404, "unknown_municipality"),
    (lambda c: c.post("/api/v1/conversations", data=b"x" * 70000, content_type="application/json"), 413, "body_too_large"),
    (lambda c: (c.post("/api/v1/conversations"), c.post("/api/v1/conversations"))[1], 429, "too_many_requests"),
    (lambda c: c.get("/api/v1/test/0"), 500, "internal_error"),
    (lambda c: c.get("/api/v1/test/418"), 418, "invalid_request"),
    (lambda c: c.get("/api/v1/test/502"), 502, "internal_error"),
    *[(lambda c, s=status: c.get(f"/api/v1/test/{s}"), status, code) for status, code in CODES.items()],  # type: ignore[misc]
]


@pytest.mark.parametrize(
    ("send", "status", "code"), CASES, ids=[f"{status}-{code}-{i}" for i, (_, status, code) in enumerate(CASES)]
)
def test_every_error_has_the_one_shape(client: FlaskClient, send: Callable[[FlaskClient], Any], status: int, code: str) -> None:
    assert_one_shape(send(client), status, code)


def test_a_wrong_method_names_the_right_ones(client: FlaskClient) -> None:
    assert "POST" in client.put("/api/v1/conversations").headers["Allow"]


def test_too_many_requests_say_when_to_come_back(client: FlaskClient) -> None:
    client.post("/api/v1/conversations")
    assert 0 < int(client.post("/api/v1/conversations").headers["Retry-After"]) <= 60


def test_a_page_that_is_not_there_is_told_in_japanese_with_a_way_on(client: FlaskClient) -> None:
    response = client.get("/<script>")
    assert (response.status_code, response.mimetype) == (404, "text/html")
    text = response.get_data(as_text=True)
    assert "見つかりませんでした" in text
    assert '<a href="/">' in text
    assert "<script>" not in text


def test_every_text_of_an_error_is_used_and_every_code_has_a_text() -> None:
    root = Path(__file__).parent.parent
    source = "".join(path.read_text(encoding="utf-8") for path in (root / "bot").rglob("*.py"))
    used = set(re.findall(r'(?:ApiError|error_response)\(\s*\d+,\s*"([a-z_]+)"', source)) | set(CODES.values())
    used |= {"invalid_email", "invalid_phone", "internal_error", "back_to_start"}
    assert used == set(TEXTS)


def test_security_headers_are_on_every_response(client: FlaskClient) -> None:
    for path in ("/healthz", "/nothing", "/api/v1/nothing"):
        headers = client.get(path).headers
        assert headers["Content-Security-Policy"].startswith("default-src 'self';")
        assert headers["Content-Security-Policy"].endswith("frame-ancestors 'none'")
        assert headers["Referrer-Policy"] == "no-referrer"
        assert headers["X-Request-Id"]


def test_only_the_widgets_pages_may_be_framed_and_only_by_the_sites_that_embed_it(tmp_path: Path) -> None:
    app, pages = Flask("pages"), Blueprint("widget", "widget")
    pages.add_url_rule("/", "home", lambda: "")
    app.register_blueprint(pages)
    http.register(app, Settings(instance=tmp_path, embed_origins="https://www.city.example https://b.example"))
    policy = app.test_client().get("/").headers["Content-Security-Policy"]
    assert policy.endswith("frame-ancestors 'self' https://www.city.example https://b.example")


def test_only_the_sites_that_embed_the_widget_may_call_the_api(client: FlaskClient) -> None:
    path = "/api/v1/conversations"
    allowed = client.options(path, headers={"Origin": "https://www.city.example", "Access-Control-Request-Method": "POST"})
    assert allowed.status_code == 200
    assert allowed.headers["Access-Control-Allow-Origin"] == "https://www.city.example"
    assert "Content-Type" in allowed.headers["Access-Control-Allow-Headers"]
    assert "Origin" in allowed.headers["Vary"]
    for origin, target in (("https://evil.example", path), ("https://www.city.example", "/healthz"), ("null", path)):
        headers = client.options(target, headers={"Origin": origin}).headers
        assert "Access-Control-Allow-Origin" not in headers
        assert "Access-Control-Allow-Credentials" not in headers
