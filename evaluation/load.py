"""Residents asking over HTTP, in a process of their own: `python -m evaluation.load PORT QUESTIONS.jsonl --clients 8`.

Every question is asked as by a new resident: a new connection, a new conversation, one message. Prints one JSON object.
"""

from __future__ import annotations

import argparse
import http.client
import itertools
import json
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

TIMEOUT = 60
QUESTIONS_EACH = 4
"""Questions a resident asks in one conversation before the next one comes."""
HEADERS = {"Content-Type": "application/json"}


@dataclass(frozen=True)
class LoadResult:
    """`seconds`: wall time of all clients; `ms`: of each message, from sending it to the last byte of its answer.

    `failed`: what went wrong, by kind; a failed question has no time in `ms`. `outcomes`: of the answers.
    """

    seconds: float
    ms: tuple[float, ...]
    outcomes: dict[str, int]
    failed: dict[str, int]


class Refused(RuntimeError):
    """The server answered with another status than it should."""


def run(port: int, questions: Sequence[str], clients: int, count: int) -> LoadResult:
    """Ask `count` questions, starting over when they run out, by `clients` residents at a time."""
    waiting = itertools.islice(itertools.cycle(questions), count)
    lock, times, outcomes, failed = threading.Lock(), list[float](), Counter[str](), Counter[str]()

    def resident() -> None:
        client = _Resident(port)
        while (question := _next(waiting, lock)) is not None:
            try:
                ms, outcome = client.ask(question)
            except (OSError, http.client.HTTPException, Refused) as error:
                client.leave()
                with lock:
                    failed[f"{type(error).__name__}: {error}"] += 1
            else:
                with lock:
                    times.append(ms)
                    outcomes[outcome] += 1
        client.leave()

    threads = [threading.Thread(target=resident) for _ in range(clients)]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return LoadResult(time.perf_counter() - started, tuple(times), dict(outcomes), dict(failed))


def _next(waiting: Iterator[str], lock: threading.Lock) -> str | None:
    with lock:
        return next(waiting, None)


class _Resident:
    """Somebody with a browser: one connection, and a new conversation after every QUESTIONS_EACH questions."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT)
        self._conversation, self._left = "", 0

    def ask(self, question: str) -> tuple[float, str]:
        """Milliseconds until the answer was read, and its outcome."""
        if not self._left:
            self._conversation = str(_post(self._connection, "/api/v1/conversations", {}, 201)["id"])
            self._left = QUESTIONS_EACH
        self._left -= 1
        started = time.perf_counter()
        reply = _post(self._connection, f"/api/v1/conversations/{self._conversation}/messages", {"text": question}, 200)
        return (time.perf_counter() - started) * 1000, str(reply["answer"]["outcome"])

    def leave(self) -> None:
        self._connection.close()
        self._left = 0


def _post(connection: http.client.HTTPConnection, path: str, body: dict[str, str], expected: int) -> dict[str, dict[str, str]]:
    connection.request("POST", path, json.dumps(body), HEADERS)
    response = connection.getresponse()
    text = response.read()
    if response.status != expected:
        raise Refused(f"{response.status} instead of {expected}")
    data: dict[str, dict[str, str]] = json.loads(text)
    return data


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m evaluation.load", description=__doc__)
    parser.add_argument("port", type=int, help="port of a server on this machine")
    parser.add_argument("questions", type=Path, help='lines {"text": …}')
    parser.add_argument("--clients", type=int, default=1, help="residents at a time (default: %(default)s)")
    parser.add_argument("--count", type=int, default=200, help="questions in all (default: %(default)s)")
    options = parser.parse_args(arguments)
    lines = options.questions.read_text(encoding="utf-8").split("\n")
    questions = [str(json.loads(line)["text"]) for line in lines if line.strip()]
    print(json.dumps(asdict(run(options.port, questions, options.clients, options.count)), ensure_ascii=False))
    return 0


if __name__ == "__main__":
    sys.exit(main())
