"""kill -9 of an index build at any moment leaves an index that is whole; residents notice nothing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest
from small_town import CODE, NEW, OLD, QUESTION, change, copied, installation, settings, window_of

from evaluation.installation import Installation
from indexer import __main__ as indexer
from indexer import snapshot
from indexer.synchronise import IndexBusy
from settings import ROOT

pytestmark = pytest.mark.process
MOMENTS = 8
WRITING = (0.0, 0.005, 0.01, 0.02, 0.04)
"""Seconds after the first file of a new snapshot, when a build is killed as well."""

KILLED = -signal.SIGKILL


class Builder:
    """Starts full builds of a town one after the other."""

    def __init__(self, town: Installation) -> None:
        paths = os.pathsep.join([str(ROOT), str(Path(__file__).parent)])
        environment = {**town.environment, "PYTHONPATH": paths, "OMP_NUM_THREADS": "1"}
        self._driver = subprocess.Popen(
            [sys.executable, "-m", "forked_builder"],
            env=environment,
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._line() == "ready"

    def start(self) -> int:
        """Process id of a build that has just begun."""
        assert self._driver.stdin is not None
        print("build", file=self._driver.stdin, flush=True)
        return int(self._line())

    def ended(self) -> int:
        """Exit code of the build, negative for a signal."""
        return int(self._line())

    def stop(self) -> None:
        self._driver.kill()
        self._driver.wait()

    def _line(self) -> str:
        assert self._driver.stdout is not None
        return self._driver.stdout.readline().strip()


@pytest.fixture(scope="module")
def town(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """One town for these tests, which leave it whole."""
    return installation(copied(template, tmp_path_factory.mktemp("killed") / "instance"))


@pytest.fixture(scope="module")
def builder(town: Installation) -> Iterator[Builder]:
    running = Builder(town)
    yield running
    running.stop()


def killed(builder: Builder, moment: Callable[[], None]) -> int:
    """Start a build, wait for the moment, kill it; its exit code."""
    process = builder.start()
    moment()
    with suppress(ProcessLookupError):  # it may be done: then its snapshot must be whole
        os.kill(process, signal.SIGKILL)
    return builder.ended()


def when_writing(home: Path, after: float) -> None:
    """Return `after` seconds after a build has begun to write its snapshot."""
    deadline = time.monotonic() + 60
    while not any(home.glob(f"{snapshot.BUILDING}*")):
        assert time.monotonic() < deadline
    time.sleep(after)


def test_a_killed_build_leaves_the_served_snapshot_whole_and_the_next_build_works(town: Installation, builder: Builder) -> None:
    home = town.indexes
    with town.server() as server:
        assert window_of(server.ask(QUESTION)) == NEW
        started = time.monotonic()
        builder.start()
        assert builder.ended() == 0
        whole = time.monotonic() - started
        change(town, OLD)
        first = snapshot.current_version(home)
        codes = []
        moments: list[Callable[[], None]] = [partial(time.sleep, whole * n / MOMENTS) for n in range(MOMENTS)]
        moments += [partial(when_writing, home, after) for after in WRITING]
        for moment in moments:
            codes.append(killed(builder, moment))
            served = snapshot.open_snapshot(home / snapshot.current_version(home))  # raises when anything is not whole
            # Served is what stood before, or a build that was done when it was killed: never a part of one.
            assert (served.version == first) == (NEW in str(served.content.to_json()))
            answer = server.ask(QUESTION)
            assert answer["outcome"] == "answer"
            assert window_of(answer) in ({NEW} if served.version == first else {NEW, OLD})
        assert codes.count(KILLED) >= len(codes) // 2, "the builds ended before they could be killed"
        built = indexer.build(settings(town.folder), CODE, full=True)
        assert snapshot.open_snapshot(home / snapshot.current_version(home)).version == built["snapshot"]
        assert not list(home.glob(f"{snapshot.BUILDING}*"))
        assert sorted(p.name for p in home.iterdir() if p.is_dir()) == sorted(snapshot.versions(home))
        deadline = time.monotonic() + 30
        while window_of(server.ask(QUESTION)) != OLD:
            assert time.monotonic() < deadline, "the server did not take up the new snapshot"


def test_two_builds_at_once_do_not_disturb_each_other(town: Installation, builder: Builder) -> None:
    process = builder.start()
    when_writing(town.indexes, 0)
    os.kill(process, signal.SIGSTOP)  # it holds the lock for as long as the second one runs
    with pytest.raises(IndexBusy, match="another process is building"):
        indexer.build(settings(town.folder), CODE, full=True)
    os.kill(process, signal.SIGCONT)
    assert builder.ended() == 0
    snapshot.open_snapshot(town.indexes / snapshot.current_version(town.indexes))
