"""A throw-away installation: its own instance folder, the desk's own commands, and the server as it is really run."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from settings import ROOT

START_SECONDS = 120
SERVER = ("gunicorn", "-c", "gunicorn.conf.py", "app:create_app()")
NO_LIMIT = "1000000/minute"


class CommandFailed(RuntimeError):
    """A command of the desk ended with an error; the message has its last words."""


@dataclass(frozen=True)
class Finished:
    """A command that has ended; `seconds` is the wall time of the whole process."""

    output: str
    errors: str
    code: int
    seconds: float

    def json(self) -> dict[str, Any]:
        """The JSON object that the command printed last."""
        data: dict[str, Any] = json.loads(self.output.strip().splitlines()[-1])
        return data


class Installation:
    """Commands run with `settings` (MADOGUCHI_<NAME>) in `folder` and nothing else of the caller's Madoguchi settings."""

    def __init__(self, folder: Path, municipality: str, **settings: str) -> None:
        self.folder, self.municipality = folder, municipality
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("MADOGUCHI_")}
        # Measurements and tests decide themselves when an index is made.
        ours = {"instance": str(folder), "municipality": municipality, "keep_index": "false", **settings}
        self.environment = {**inherited, **{f"MADOGUCHI_{name.upper()}": value for name, value in ours.items()}}

    @property
    def indexes(self) -> Path:
        """Folder of the municipality's snapshots."""
        return self.folder / "indexes" / self.municipality

    def start(self, *arguments: str, **settings: str) -> subprocess.Popen[str]:
        """Start `python -m …` in a process group of its own."""
        environment = {**self.environment, **{f"MADOGUCHI_{name.upper()}": value for name, value in settings.items()}}
        return subprocess.Popen(
            [sys.executable, "-m", *arguments], cwd=ROOT, env=environment, text=True, encoding="utf-8",
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
        )  # fmt: skip

    def run(self, *arguments: str, **settings: str) -> Finished:
        """Run `python -m …` to its end. Raises CommandFailed when it does not end with 0."""
        done = self.attempt(*arguments, **settings)
        if done.code:
            raise CommandFailed(f"python -m {' '.join(arguments)} ended with {done.code}: {done.errors[-2000:]}")
        return done

    def attempt(self, *arguments: str, **settings: str) -> Finished:
        """Run `python -m …` to its end, whatever the end."""
        started = time.perf_counter()
        process = self.start(*arguments, **settings)
        output, errors = process.communicate()
        return Finished(output, errors, process.returncode, time.perf_counter() - started)

    @contextmanager
    def server(self, **settings: str) -> Iterator[Server]:
        """The server, ready; killed at the end. Raises CommandFailed when it does not become ready."""
        server = Server(self, settings)
        server.start()
        try:
            yield server
        finally:
            server.kill()


class Server:
    """gunicorn around the whole desk on a free port; its log is in the instance folder."""

    def __init__(self, installation: Installation, settings: dict[str, str]) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        free = {"rate_limit_messages": NO_LIMIT, "rate_limit_conversations": NO_LIMIT, "log_level": "WARNING"}
        named = {**free, **settings, "port": str(self.port)}
        self._environment = {**installation.environment, **{f"MADOGUCHI_{k.upper()}": v for k, v in named.items()}}
        self.log = installation.folder / "server.log"
        self._process: subprocess.Popen[bytes] | None = None
        self.ready_seconds = 0.0

    def start(self) -> None:
        """Start it and wait until /readyz says yes; `ready_seconds` is how long that took."""
        started = time.perf_counter()
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", *SERVER], cwd=ROOT, env=self._environment, stdout=log, stderr=log, start_new_session=True
            )
        while self.get("/readyz")[0] != 200:
            if self._process.poll() is not None or time.perf_counter() - started > START_SECONDS:
                self.kill()
                raise CommandFailed(f"the server did not become ready: {self.log.read_text(encoding='utf-8')[-2000:]}")
            time.sleep(0.05)
        self.ready_seconds = time.perf_counter() - started

    def workers(self) -> list[psutil.Process]:
        """The processes that answer; empty when the server is not running."""
        return psutil.Process(self._process.pid).children() if self._process else []

    def kill(self) -> None:
        """kill -9 of the master and every worker at once: nobody gets to clean up."""
        if self._process is None:
            return
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._process = None

    def get(self, path: str) -> tuple[int, Any]:
        """Status and JSON; status 0 when nobody answers."""
        return self._request("GET", path, None)

    def post(self, path: str, body: dict[str, Any] | None = None) -> tuple[int, Any]:
        """Status and JSON; status 0 when nobody answers."""
        return self._request("POST", path, body or {})

    def ask(self, question: str) -> dict[str, Any]:
        """The answer to a question in a new conversation. Raises CommandFailed when it is refused."""
        status, conversation = self.post("/api/v1/conversations")
        if status == 201:
            status, reply = self.post(f"/api/v1/conversations/{conversation['id']}/messages", {"text": question})
            if status == 200:
                answer: dict[str, Any] = reply["answer"]
                return answer
        raise CommandFailed(f"the server answered {status}; its log: {self.log.read_text(encoding='utf-8')[-2000:]}")

    def _request(self, method: str, path: str, body: dict[str, Any] | None) -> tuple[int, Any]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            payload, headers = (None, {}) if body is None else (json.dumps(body), {"Content-Type": "application/json"})
            connection.request(method, path, payload, headers)
            response = connection.getresponse()
            text = response.read()
            return response.status, json.loads(text) if text else None
        except (OSError, http.client.HTTPException):
            return 0, None
        finally:
            connection.close()
