"""Server-sent events: new messages and changes of a hand-over, pushed while the connection stays open.

The database is asked once a second in a transaction of its own, so that no stream holds one open. A stream ends after
`stream_seconds`; the browser reconnects by itself and says in Last-Event-ID what it has seen.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

from flask import Response, request
from sqlalchemy.orm import Session

from bot import conversations, handoff, presence
from bot.channels.bodies import MAX_ID
from bot.channels.payloads import updates_json
from bot.errors import ApiError
from database import Database, now
from settings import Settings

CHECK_SECONDS = 1.0
HEARTBEAT_CHECKS = 5
"""A comment every 5 checks: a proxy keeps the connection, and a client that has gone is noticed."""


def start_after(after: int) -> int:
    """Where to go on: Last-Event-ID of a reconnecting browser when it is an id, else `after`."""
    seen = request.headers.get("Last-Event-ID", "")
    if seen.isascii() and seen.isdigit() and len(seen) <= 16 and int(seen) <= MAX_ID:
        return int(seen)
    return after


class Streams:
    """The event streams of this process, at most `streams_per_process` at once."""

    def __init__(self, settings: Settings, database: Database, sleep: Callable[[float], None] = time.sleep) -> None:
        self._settings = settings
        self._database = database
        self._sleep = sleep
        self._free = threading.Semaphore(settings.streams_per_process)

    def open(self, conversation: str, after: int) -> Response:
        """An event stream. Raises UnknownConversation, or ApiError 503 when all streams are taken."""
        with self._database.read() as session:
            conversations.find(session, conversation)
        if not self._free.acquire(blocking=False):
            raise ApiError(503, "streams_full", detail="poll /updates instead")
        response = Response(self._stream(conversation, after), mimetype="text/event-stream")
        response.headers["X-Accel-Buffering"] = "no"
        response.call_on_close(self._free.release)
        return response

    def _stream(self, conversation: str, after: int) -> Iterator[str]:
        yield "retry: 1000\n\n"
        ends = time.monotonic() + self._settings.stream_seconds
        seen: tuple[int, ...] | None = None
        checks = 0
        while True:
            pulse = self._pulse(conversation)
            if pulse is None:
                return  # the conversation has been deleted
            if pulse != seen:
                seen = pulse
                updates = self._updates(conversation, after)
                if updates is None:
                    return
                after = max([after, *(message["id"] for message in updates["messages"])])
                yield f"event: updates\nid: {after}\ndata: {json.dumps(updates, ensure_ascii=False)}\n\n"
            elif checks % HEARTBEAT_CHECKS == 0:
                yield ": still here\n\n"
            checks += 1
            if time.monotonic() + CHECK_SECONDS > ends:
                return
            self._sleep(CHECK_SECONDS)

    def _pulse(self, conversation: str) -> tuple[int, ...] | None:
        """What changes when there is something to tell: cheap enough for every second."""
        with self._database.read() as session:
            if not _exists(session, conversation):
                return None
            latest = handoff.latest_of(session, conversation)
            if latest is None:
                return (conversations.last_message(session, conversation),)
            staff = presence.of(session, conversation, presence.STAFF, now())
            return (conversations.last_message(session, conversation), latest.id, latest.version, staff.typing, staff.read)

    def _updates(self, conversation: str, after: int) -> dict[str, Any] | None:
        with self._database.read() as session:
            try:
                row = conversations.find(session, conversation)
            except conversations.UnknownConversation:
                return None
            return updates_json(session, row, after, now().astimezone(self._settings.zone))


def _exists(session: Session, conversation: str) -> bool:
    try:
        conversations.find(session, conversation)
    except conversations.UnknownConversation:
        return False
    return True
