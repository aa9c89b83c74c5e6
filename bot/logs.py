"""Structured logs: one JSON line an event on standard error; never a resident's words, never a conversation's id."""

from __future__ import annotations

import logging
import sys
from collections.abc import MutableMapping
from pathlib import Path
from traceback import extract_tb
from typing import Any

import structlog

from settings import ROOT


def configure(level: str) -> None:
    """Log JSON lines of `level` and above. Standard output stays free for what a command prints."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            without_messages,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        # Looked up at every line: whoever captures standard error for a while may have closed the one of before.
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
    )


def without_messages(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A processor: what `log.exception` was called for is described by `describe`, not by its traceback's text."""
    raised = event.pop("exc_info", None)
    error = raised if isinstance(raised, BaseException) else sys.exc_info()[1] if raised else None
    if error is not None:
        event.update(describe(error))
    return event


def describe(error: BaseException) -> dict[str, Any]:
    """Where an exception and its causes came from: types and stack frames.

    Their messages are left out: those of database drivers and parsers quote the values, so a resident's words.
    """
    described: dict[str, Any] = {
        "error": f"{type(error).__module__}.{type(error).__qualname__}",
        "frames": [f"{_short(frame.filename)}:{frame.lineno} {frame.name}" for frame in extract_tb(error.__traceback__)],
    }
    cause = error.__cause__ or error.__context__
    if cause is not None:
        described["cause"] = describe(cause)
    return described


def _short(filename: str) -> str:
    path = Path(filename)
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else "/".join(path.parts[-3:])
