"""What the benchmark prints, and its clients; the benchmark itself is a command, see docs/benchmarks.md."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from evaluation import bench, load
from evaluation.bench import TARGETS, Figure
from settings import ROOT


def cells(figure: Figure) -> list[str]:
    return [cell.strip() for cell in figure.row().strip("|").split("|")]


def test_a_figure_stands_beside_its_target_and_says_whether_it_is_met() -> None:
    assert cells(Figure("latency p95", 59.9, "ms", "so", 0.1)) == ["latency p95", "59.9 ms", "at most 60 ms", "yes", "so", "0.1"]
    assert cells(Figure("latency p95", 60.1, "ms", "so", 0.1))[3] == "**no**"
    assert cells(Figure("Recall@10", 0.7004, "", "so", 0.1))[1:4] == ["0.700", "at least 0.7", "yes"]
    assert cells(Figure("Recall@10", 0.6994, "", "so", 0.1))[3] == "**no**"


def test_a_figure_without_a_target_claims_nothing() -> None:
    assert cells(Figure("import", 2.04, "s", "so", 0.1)) == ["import", "2.0 s", "", "", "so", "0.1"]


def test_what_could_not_be_measured_is_undefined_and_not_0() -> None:
    assert cells(Figure("latency p50", None, "ms", "so", 0.1))[1:4] == ["undefined", "", ""]


def test_failures_are_counted_and_not_averaged() -> None:
    assert cells(Figure("failed requests", 0.0, "requests", "none", 0.1))[1:4] == ["0 requests", "at most 0 requests", "yes"]
    assert cells(Figure("failed requests", 3.0, "requests", "none", 0.1))[1:4] == ["3 requests", "at most 0 requests", "**no**"]


def test_every_target_is_in_the_published_table() -> None:
    page = (ROOT / "docs" / "benchmarks.md").read_text(encoding="utf-8")
    for name in TARGETS:
        assert re.search(rf"^\| {re.escape(name)} \|", page, re.MULTILINE), name


def test_figures_replace_those_between_the_markers_and_nothing_else(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"before\n{bench.BEGIN}\nold\n{bench.END}\nafter\n", encoding="utf-8")
    bench.put_into(page, "new\n")
    assert page.read_text(encoding="utf-8") == f"before\n{bench.BEGIN}\nnew\n{bench.END}\nafter\n"
    page.write_text("no markers", encoding="utf-8")
    with pytest.raises(ValueError, match="has no"):
        bench.put_into(page, "new\n")


class Desk(BaseHTTPRequestHandler):
    """Answers as the API does; every question with 故障 in it fails."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path == "/api/v1/conversations":
            self._reply(201, {"id": "c1"})
        elif self.path != "/api/v1/conversations/c1/messages" or "故障" in body["text"]:
            self._reply(500, {"error": {}})
        else:
            self._reply(200, {"answer": {"outcome": "answer"}})

    def _reply(self, status: int, data: object) -> None:
        payload = json.dumps(data).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(payload)))
        self.end_headers()
        self.wfile.write(payload)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def port() -> Iterator[int]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Desk) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


def test_the_clients_ask_as_often_as_told_and_start_over(port: int) -> None:
    result = load.run(port, ["転入届", "ごみ", "税"], clients=4, count=50)
    assert len(result.ms) == 50
    assert result.outcomes == {"answer": 50}
    assert result.failed == {}
    assert max(result.ms) / 1000 <= result.seconds


def test_a_refused_question_is_counted_and_has_no_time(port: int) -> None:
    result = load.run(port, ["転入届", "故障"], clients=2, count=10)
    assert len(result.ms) == 5
    assert result.failed == {"Refused: 500 instead of 200": 5}


def test_a_server_that_is_not_there_is_a_failure_and_not_an_endless_wait() -> None:
    result = load.run(1, ["転入届"], clients=2, count=3)
    assert result.ms == ()
    assert sum(result.failed.values()) == 3


def test_the_slowest_of_a_hundred_does_not_move_the_median() -> None:
    assert bench._quantile([*range(1, 100), 10_000], 0.5) == 50.5
    assert bench._quantile([], 0.5) is None
