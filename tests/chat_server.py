"""A real HTTP server that speaks the OpenAI chat API, well or badly, on a port of its own."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class ChatServer(ThreadingHTTPServer):
    """`behaviour` decides what each request gets; `asked` keeps the requests' bodies, `headers` their headers."""

    daemon_threads = True

    def __init__(self, behaviour: str, content: str = "はい。") -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.behaviour, self.content = behaviour, content
        self.asked: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.paths: list[str] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1"


class _Handler(BaseHTTPRequestHandler):
    server: ChatServer

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.asked.append(json.loads(body))
        self.server.headers.append(dict(self.headers))
        self.server.paths.append(self.path)
        getattr(self, f"_{self.server.behaviour}")()

    do_GET = do_POST

    def _ok(self, finish: str = "stop") -> None:
        choice = {"index": 0, "message": {"role": "assistant", "content": self.server.content}, "finish_reason": finish}
        self._send(200, json.dumps({"object": "chat.completion", "choices": [choice]}).encode())

    def _cut(self) -> None:
        self._ok("length")

    def _second_time_lucky(self) -> None:
        if len(self.server.asked) == 1:
            self._send(503, b"{}")
        else:
            self._ok()

    def _failing(self) -> None:
        self._send(500, b'{"error": "broken"}')

    def _refusing(self) -> None:
        self._send(401, b'{"error": "wrong key"}')

    def _garbage(self) -> None:
        self._send(200, b"\x00\xff not json")

    def _other_json(self) -> None:
        self._send(200, b'{"choices": []}')

    def _no_text(self) -> None:
        self._send(200, b'{"choices": [{"message": {"content": null}}]}')

    def _endless(self) -> None:
        self._send(200, b" " * 2_000_000)

    def _slow(self) -> None:
        time.sleep(3)

    def _dripping(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "1000")
        self.end_headers()
        for _ in range(40):
            self.wfile.write(b" ")
            self.wfile.flush()
            time.sleep(0.1)

    def _hanging_up(self) -> None:
        self.connection.close()

    def _redirecting(self) -> None:
        self.send_response(307)
        self.send_header("Location", "http://127.0.0.1:9/v1/chat/completions")
        self.end_headers()

    def _send(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def handle_one_request(self) -> None:
        try:
            super().handle_one_request()
        except (OSError, ValueError):  # the client went away, or the test closed the connection on purpose
            self.close_connection = True

    def log_message(self, format: str, *arguments: object) -> None:
        pass


@contextmanager
def chat_server(behaviour: str, content: str = "はい。") -> Iterator[ChatServer]:
    server = ChatServer(behaviour, content)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
