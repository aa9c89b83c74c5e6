"""Keeps every index as new as what is published: one thread of one process of this installation does the work.

It makes an index anew on request, in a process of its own, so that answering residents is not held up. By itself it
publishes what was to be published by now, withdraws what has run out, and notices any change nobody asked an index
for: the mark of the content (knowledge/content_stamp.py) is no longer the one last indexed. The encoder learns anew in
a second run once enough has changed; a request stops that run, because a new text is worth more than a better order.
"""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import IO

import structlog

from bot.logs import describe
from bot.reindex import IndexStatus, Phase, Reindexer
from database import Database, now
from indexer.synchronise import adaptation_due
from knowledge import due, store
from knowledge.content_stamp import content_stamp
from settings import ROOT, Settings

log = structlog.get_logger()

TICK_SECONDS = 0.3
CALENDAR_SECONDS = 5.0
"""How often is looked for what is to be published or withdrawn by now."""
CHECK_SECONDS = 20.0
"""How often is looked for changes nobody asked an index for."""
FIRST_RETRY, LAST_RETRY = timedelta(seconds=3), timedelta(minutes=1)
"""After a failure it waits this long, twice as long after each further one, up to the longest."""
QUIET = timedelta(seconds=15)
"""The encoder learns anew after this long without a publication."""
LEARNING_RETRY = timedelta(minutes=10)
SLOWER = 10
"""Nice value of a build in which the encoder learns."""
LONGEST_SECONDS = 900
STOPPED = "stopped"
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


class IndexKeeper:
    """The work itself, without a thread: `look` does what is due."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self._database = database
        self._settings = settings
        self._reindexer = Reindexer(settings)
        self._calendar, self._check = _Every(CALENDAR_SECONDS), _Every(CHECK_SECONDS)
        self._failures: dict[str, int] = {}
        self._again_at: dict[str, datetime] = {}
        self._learn_after: dict[str, datetime] = {}

    def look(self) -> None:
        """Everything that is due now; returns when it is done."""
        if self._calendar.is_due():
            self._follow_calendar()
        check = self._check.is_due()
        for code in self._reindexer.municipalities():
            if self._asked_for(code) or (check and self._changed_unasked(code)):
                self._renew(code)
            elif self._may_learn(code):
                self._learn(code)

    def _follow_calendar(self) -> None:
        at, today = now(), self._today()
        with self._database.read() as session:
            if not due.anything_due(session, at, today):
                return
        with self._database.write() as session:
            changed = due.publish_due(session, at, today) + due.expire_due(session, today)
        for code in {code for code, _ in changed}:
            self._reindexer.request(code)

    def _asked_for(self, code: str) -> bool:
        told = self._reindexer.told(code)
        if self._reindexer.requested(code) > told.seen:
            return True
        # A build that failed, or one under way when its keeper was killed: this keeper has none under way here.
        unfinished = told.phase in (Phase.FAILED, Phase.RUNNING)
        return unfinished and now() >= self._again_at.get(code, _LONG_AGO)

    def _changed_unasked(self, code: str) -> bool:
        with self._database.read() as session:
            if store.municipality(session, code) is None:
                return False
        told, stamp = self._reindexer.told(code), self._stamp(code)
        if not told.stamp:  # the first keeper here: what was built by command, or rolled back to, is as it is meant to be
            self._reindexer.tell(code, replace(told, stamp=stamp))
            return False
        return stamp != told.stamp

    def _renew(self, code: str) -> None:
        """Take what is published into the index; the encoder stays as it learnt."""
        seen, stamp = self._reindexer.requested(code), self._stamp(code)
        told = IndexStatus(Phase.RUNNING, now(), seen=seen, stamp=self._reindexer.told(code).stamp)
        self._reindexer.tell(code, told)
        reason = build(self._settings, code, "--quick")
        if reason:
            self._failures[code] = self._failures.get(code, 0) + 1
            self._again_at[code] = now() + min(FIRST_RETRY * 2 ** (self._failures[code] - 1), LAST_RETRY)
            self._reindexer.tell(code, replace(told, phase=Phase.FAILED, at=now(), reason=reason))
            log.error("index not renewed", municipality=code, reason=reason)
            return
        self._failures.pop(code, None)
        self._learn_after[code] = now() + QUIET
        self._reindexer.tell(code, replace(told, phase=Phase.DONE, at=now(), stamp=stamp))

    def _may_learn(self, code: str) -> bool:
        after = self._learn_after.setdefault(code, now() + QUIET)
        if now() < after:
            return False
        if adaptation_due(self._settings.indexes / code, self._settings.encoder):
            return True
        self._learn_after[code] = now() + LEARNING_RETRY
        return False

    def _learn(self, code: str) -> None:
        """Let the encoder learn from what is published now; what residents are answered from is that already."""
        before, wanted = self._reindexer.told(code), self._reindexer.requested(code)
        self._reindexer.tell(code, replace(before, phase=Phase.RUNNING, at=now(), learning=True))
        outcome = build(self._settings, code, stop=lambda: self._reindexer.requested(code) > wanted)
        self._learn_after[code] = now() + (QUIET if outcome == STOPPED else LEARNING_RETRY)
        self._reindexer.tell(code, before)
        if outcome and outcome != STOPPED:
            log.error("encoder not adapted", municipality=code, reason=outcome)

    def _stamp(self, code: str) -> str:
        with self._database.read() as session:
            return content_stamp(session, code, self._today())

    def _today(self) -> date:
        return now().astimezone(self._settings.zone).date()


class _Every:
    """Says once in so many seconds that it is time; at once the first time."""

    def __init__(self, seconds: float) -> None:
        self._seconds, self._at = seconds, 0.0

    def is_due(self) -> bool:
        if time.monotonic() < self._at:
            return False
        self._at = time.monotonic() + self._seconds
        return True


def build(settings: Settings, code: str, *options: str, stop: Callable[[], bool] | None = None) -> str:
    """Build the index in another process; why that failed, else nothing.

    A build that may be stopped gives way to residents' questions, and gives STOPPED once `stop` says so: a snapshot is
    served whole or not at all, so its process is simply killed.
    """
    command = [sys.executable, "-m", "indexer", "build", "--municipality", code, *options]
    given = {f"MADOGUCHI_{name.upper()}": str(value) for name, value in settings.model_dump().items()}
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as said:
        child = subprocess.Popen(command, cwd=ROOT, env={**os.environ, **given}, stdout=subprocess.DEVNULL, stderr=said)
        try:
            if stop is not None:
                with suppress(OSError):
                    os.setpriority(os.PRIO_PROCESS, child.pid, SLOWER)
                while child.poll() is None:
                    if stop():
                        return STOPPED
                    time.sleep(TICK_SECONDS)
            child.wait(LONGEST_SECONDS)
        except subprocess.TimeoutExpired:
            return f"not done after {LONGEST_SECONDS} seconds"
        finally:
            if child.poll() is None:
                child.kill()
                child.wait()
        said.seek(0)
        lines = said.read().strip().splitlines()
    if child.returncode == 0:
        return ""
    return lines[-1][:300] if lines else f"ended with {child.returncode}"


def start_thread(database: Database, settings: Settings) -> None:
    """Keep the indexes new for as long as the process lives; of all processes of the installation one does."""
    settings.instance.mkdir(parents=True, exist_ok=True)
    threading.Thread(target=_run, args=(database, settings), name="index-keeper", daemon=True).start()


def _run(database: Database, settings: Settings) -> None:
    place = (settings.instance / "index-keeper.lock").open("a")
    keeper = IndexKeeper(database, settings)
    while not _taken(place):
        time.sleep(1)
    while True:
        try:
            keeper.look()
        except Exception as error:
            log.error("index keeper", **describe(error))
            time.sleep(CALENDAR_SECONDS)
        time.sleep(TICK_SECONDS)


def _taken(place: IO[str]) -> bool:
    try:
        fcntl.flock(place, fcntl.LOCK_EX | fcntl.LOCK_NB)  # released by the system when the process ends
    except OSError:
        return False
    return True
