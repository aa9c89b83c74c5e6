"""What residents are answered from follows what staff publish: asking for a new index, and how far it has come.

A request is a file below the instance folder, so any process may leave one and a killed process loses none; the
keeper (index_keeper.py) of this installation makes the index anew within seconds and says in another file how it went.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from database import now
from indexer import snapshot
from indexer.snapshot import IndexMismatch, SnapshotCorrupt, SnapshotMissing
from settings import Settings


class Phase(StrEnum):
    """Where the index of a municipality stands. UNKNOWN: nothing was asked for yet."""

    UNKNOWN = "unknown"
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True)
class IndexStatus:
    """`at`: since when. `seen`: the request this was about (ns since 1970). `stamp`: of the content last indexed.

    `learning`: residents have the new text already, and the encoder learns anew from it. `reason`: why it failed.
    """

    phase: Phase = Phase.UNKNOWN
    at: datetime | None = None
    reason: str = ""
    learning: bool = False
    seen: int = 0
    stamp: str = ""

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "at": self.at.isoformat() if self.at else None}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> IndexStatus:
        at = datetime.fromisoformat(data["at"]) if data["at"] else None
        return cls(**{**data, "phase": Phase(data["phase"]), "at": at})


class Reindexer:
    """Light to make: it only reads and writes the files. Safe to use from many threads and processes."""

    def __init__(self, settings: Settings) -> None:
        self._indexes = settings.indexes
        self.folder = settings.instance / "reindex"

    def request(self, municipality: str) -> None:
        """Ask for a new index of what is published now; call it after the commit. Requests meanwhile are one."""
        self.folder.mkdir(parents=True, exist_ok=True)
        wanted, moment = self._wanted(municipality), time.time_ns()
        wanted.touch()
        os.utime(wanted, ns=(moment, moment))  # the system's own mark may be that of a request some milliseconds ago

    def requested(self, municipality: str) -> int:
        """When an index was asked for last, in ns since 1970; 0 for never."""
        try:
            return self._wanted(municipality).stat().st_mtime_ns
        except FileNotFoundError:
            return 0

    def municipalities(self) -> list[str]:
        """Those that have an index, or have been asked for one."""
        asked = {path.stem for path in self.folder.glob("*.wanted")}
        indexed = {home.name for home in self._indexes.glob("*") if (home / snapshot.CURRENT).is_file()}
        return sorted(asked | indexed)

    def status(self, municipality: str) -> IndexStatus:
        """How far the newest request has come."""
        told, wanted = self.told(municipality), self.requested(municipality)
        if wanted <= told.seen or (told.phase == Phase.RUNNING and not told.learning):
            return told
        return replace(told, phase=Phase.QUEUED, at=datetime.fromtimestamp(wanted / 1e9, UTC), learning=False, reason="")

    def told(self, municipality: str) -> IndexStatus:
        """What the keeper said last."""
        try:
            return IndexStatus.from_json(json.loads(self._file(municipality).read_text(encoding="utf-8")))
        except (OSError, ValueError, KeyError, TypeError):  # none yet, or of another version
            return IndexStatus()

    def tell(self, municipality: str, status: IndexStatus) -> None:
        """Keep what the keeper says; whole or not at all."""
        self.folder.mkdir(parents=True, exist_ok=True)
        temporary = self.folder / f".{municipality}-{os.getpid()}"
        temporary.write_text(json.dumps(replace(status, at=status.at or now()).to_json()), encoding="utf-8")
        os.replace(temporary, self._file(municipality))

    def indexed(self, municipality: str) -> tuple[Mapping[str, str], datetime | None]:
        """Article id -> digest of what residents are answered from now, and since when; nothing without an index."""
        home = self._indexes / municipality
        try:
            manifest = snapshot.read_manifest(home / snapshot.current_version(home))
        except (SnapshotMissing, SnapshotCorrupt, IndexMismatch):
            return {}, None
        return manifest.digests, datetime.fromisoformat(manifest.created_at)

    def _wanted(self, municipality: str) -> Path:
        return self.folder / f"{municipality}.wanted"

    def _file(self, municipality: str) -> Path:
        return self.folder / f"{municipality}.json"
