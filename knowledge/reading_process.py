"""Files from outside are read in a process of their own, with bounds on memory and time: a hostile one ends that process only.

The process writes one JSON object a line: {"row": …} or {"progress": [done, total]}. `read` starts it and listens.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import resource
import selectors
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from knowledge.importers.remarks import Remark
from knowledge.importers.source import Event, Options, Progress, failed
from settings import ROOT

MEMORY_BYTES = 2 * 1024**3
"""Address space of the reading process, and of each tesseract that it starts."""
CPU_SECONDS = 900
SILENCE_SECONDS = 300
"""A reader that has said nothing for so long is stopped; a page by OCR takes seconds."""


def read(path: Path | str, name: str, options: Options, site: Mapping[str, Any] | None = None) -> Iterator[dict[str, Any]]:
    """The lines the process writes, as dictionaries; when it dies, a last row says so and what to do.

    `site`: `path` is the address of a section of a web site, to be read within these bounds (hosts, pages, depth).
    """
    arguments = ["file" if site is None else "site", str(path), name]
    process = subprocess.Popen(
        [sys.executable, "-m", "knowledge.reading_process", *arguments],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield from _lines(process, name, {"done": sorted(options.done), "cores": options.cores, **(site or {})})
    finally:
        _end(process)


def main(argv: Sequence[str] | None = None) -> int:
    """Read what the arguments name; options come as one JSON object on standard input."""
    parser = argparse.ArgumentParser(prog="python -m knowledge.reading_process", description=__doc__)
    parser.add_argument("kind", choices=("file", "site"))
    parser.add_argument("path", help="the file, or the address of the section")
    parser.add_argument("name", help="what staff call it")
    given = parser.parse_args(argv)
    data = json.loads(sys.stdin.readline() or "{}")
    options = Options(frozenset(data.get("done", ())), int(data.get("cores", 2)))
    _bound()
    events = _site(given.path, data) if given.kind == "site" else _events(Path(given.path), given.name, options)
    for event in events:
        line = {"progress": [event.done, event.total]} if isinstance(event, Progress) else {"row": event.to_json()}
        sys.stdout.write(json.dumps(line) + "\n")
        sys.stdout.flush()
    return 0


def _events(path: Path, name: str, options: Options) -> Iterator[Event]:
    from knowledge.importers.sources import read_source  # the readers' libraries, within the bounds

    try:
        yield from read_source(path, name, options)
    except MemoryError:
        yield failed(f"{name}:1", Remark("reading it needs too much memory", "reader_memory"))
    except RecursionError:
        yield failed(f"{name}:1", Remark("the file is nested too deeply to be read", "reader_died"))


def _site(url: str, data: dict[str, Any]) -> Iterator[Event]:
    from knowledge.importers.site import Section, read_site
    from knowledge.importers.web_fetch import Fetcher

    section = Section(url, int(data.get("pages", 100)), int(data.get("depth", 3)))
    yield from read_site(section, Fetcher(data.get("hosts", ())))


def _bound() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.nice(5)  # residents' questions go first


def _lines(process: subprocess.Popen[bytes], name: str, asked: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    assert process.stdin is not None  # noqa: S101 - asked for above
    assert process.stdout is not None  # noqa: S101
    with contextlib.suppress(BrokenPipeError):
        process.stdin.write(json.dumps(asked).encode() + b"\n")
        process.stdin.close()
    waiting = selectors.DefaultSelector()
    waiting.register(process.stdout, selectors.EVENT_READ)
    buffer = b""
    while True:
        if not waiting.select(SILENCE_SECONDS):
            yield {"row": failed(f"{name}:1", Remark("reading took too long and was stopped", "reader_slow")).to_json()}
            return
        block = os.read(process.stdout.fileno(), 1 << 16)
        if not block:
            break
        *lines, buffer = (buffer + block).split(b"\n")
        yield from map(json.loads, lines)
    if process.wait() != 0:
        yield {"row": failed(f"{name}:1", _death(process.returncode)).to_json()}


def _death(code: int) -> Remark:
    if code == -signal.SIGXCPU:
        return Remark("reading took too long and was stopped", "reader_slow")
    if code == -signal.SIGKILL:
        return Remark("reading it needs too much memory", "reader_memory")
    return Remark("the file could not be read to its end; it seems to be damaged", "reader_died")


def _end(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)  # with every tesseract it started
    process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with contextlib.suppress(BrokenPipeError):
                pipe.close()


if __name__ == "__main__":
    sys.exit(main())
