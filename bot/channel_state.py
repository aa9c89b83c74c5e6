"""Emergency banner and kill switch of each channel, as stored and as residents get them on every server process.

`python -m bot.channel_state` shows and changes them when the staff pages cannot be reached.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from weakref import WeakKeyDictionary, ref

import structlog
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

import authentication
from bot.banners import LEVELS, Banner, from_json
from bot.logs import describe
from bot.tables import ChannelStateRow
from database import Database, now

ALL = "all"
CHANNELS = ("all", "web", "line")
"""`line` can be set already; it takes effect once that channel is connected."""
LONGEST_REASON = 300
KEPT_SECONDS = 5.0
"""How long a process may go on with what it read: with the widget's own look every 30 s, a click is seen within a minute."""

log = structlog.get_logger()
_making = threading.Lock()


class StaleChannel(RuntimeError):
    """Somebody else has changed the channel since this version was read."""


@dataclass(frozen=True)
class ChannelState:
    """One channel as stored; `version` 0 stands for one that nobody has touched yet."""

    channel: str
    banner: Banner | None = None
    switched_off: bool = False
    off_reason: str = ""
    changed_by: str = ""
    changed_at: datetime | None = None
    version: int = 0


@dataclass(frozen=True)
class Shown:
    """What residents of one channel get at a moment: banners, gravest first, and whether no automatic answers are given."""

    banners: tuple[Banner, ...] = ()
    switched_off: bool = False


def states(session: Session, municipality: str) -> dict[str, ChannelState]:
    """Every channel of a municipality, also those that were never touched."""
    rows = session.scalars(select(ChannelStateRow).where(ChannelStateRow.municipality == municipality))
    found = {row.channel: _state(row) for row in rows}
    return {channel: found.get(channel, ChannelState(channel)) for channel in CHANNELS}


def shown(found: dict[str, ChannelState], channel: str, at: datetime) -> Shown:
    """What residents of `channel` get: what is set for it and what is set for all; a banner ends at its `until`."""
    here = [found[name] for name in (ALL, channel) if name in found]
    banners = {(tuple(sorted(b.texts.items())), b.level, b.link): b for s in here if (b := s.banner) and b.until > at}
    gravest = sorted(banners.values(), key=lambda banner: -LEVELS.index(banner.level))
    return Shown(tuple(gravest), any(state.switched_off for state in here))


def raise_banner(session: Session, municipality: str, channel: str, banner: Banner, by: str, version: int | None) -> None:
    """Show a checked banner from now on. `version` None overwrites whatever there is. Raises StaleChannel."""
    row = _row(session, municipality, channel, version)
    row.banner, row.banner_until = banner.to_json(), banner.until
    detail = {"channel": channel, "level": banner.level, "texts": dict(banner.texts), "link": banner.link}
    _save(session, row, by, "banner.on", {**detail, "until": banner.until.isoformat()})


def lower_banner(session: Session, municipality: str, channel: str, by: str, version: int | None) -> None:
    """Take the banner away. Raises StaleChannel."""
    row = _row(session, municipality, channel, version)
    if row.banner:
        row.banner, row.banner_until = {}, None
        _save(session, row, by, "banner.off", {"channel": channel})


def switch_off(session: Session, municipality: str, channel: str, reason: str, by: str, version: int | None) -> None:
    """Give no automatic answers on the channel from now on; `reason` is for staff. Raises StaleChannel."""
    row = _row(session, municipality, channel, version)
    if not row.switched_off:
        row.switched_off, row.off_reason = True, reason.strip()[:LONGEST_REASON]
        _save(session, row, by, "channel.off", {"channel": channel, "reason": row.off_reason})


def switch_on(session: Session, municipality: str, channel: str, by: str, version: int | None) -> None:
    """Answer again. Raises StaleChannel."""
    row = _row(session, municipality, channel, version)
    if row.switched_off:
        row.switched_off, row.off_reason = False, ""
        _save(session, row, by, "channel.on", {"channel": channel})


def _row(session: Session, municipality: str, channel: str, version: int | None) -> ChannelStateRow:
    if channel not in CHANNELS:
        raise ValueError(f"no channel {channel!r}")
    row = session.get(ChannelStateRow, (municipality, channel), with_for_update=True, populate_existing=True)
    if version is not None and version != (row.version if row else 0):
        raise StaleChannel(channel)
    return row or ChannelStateRow(municipality=municipality, channel=channel, banner={}, switched_off=False)


def _save(session: Session, row: ChannelStateRow, by: str, action: str, detail: dict[str, object]) -> None:
    row.changed_by, row.changed_at = by, now()
    try:
        with session.begin_nested():
            session.add(row)
    except (IntegrityError, StaleDataError) as error:  # another process was faster
        raise StaleChannel(row.channel) from error
    authentication.audit(session, row.municipality, by, action, detail)


def _state(row: ChannelStateRow) -> ChannelState:
    return ChannelState(
        channel=row.channel,
        banner=from_json(row.banner, row.banner_until),
        switched_off=row.switched_off,
        off_reason=row.off_reason,
        changed_by=row.changed_by,
        changed_at=row.changed_at,
        version=row.version,
    )


class Switchboard:
    """What every request of a process asks: read at most every `seconds`, and what was known last while the database is away."""

    def __init__(self, database: Database, seconds: float = KEPT_SECONDS, clock: Callable[[], float] = time.monotonic) -> None:
        self._database = ref(database)  # the table of switchboards must not keep it alive
        self._seconds = seconds
        self._clock = clock
        self._lock = threading.Lock()
        self._known: dict[str, tuple[float, dict[str, ChannelState]]] = {}

    @classmethod
    def of(cls, database: Database) -> Switchboard:
        """The one that everything in this process with the same database shares."""
        with _making:
            return _switchboards.setdefault(database, cls(database))

    def shown(self, municipality: str, channel: str, at: datetime) -> Shown:
        """What residents of the channel get now; at most `seconds` old."""
        with self._lock:
            known = self._known.get(municipality)
            if known is None or self._clock() - known[0] >= self._seconds:
                known = self._read(municipality, known)
                self._known[municipality] = known
        return shown(known[1], channel, at)

    def forget(self) -> None:
        """Read anew at the next request; for the process in which something was just changed."""
        with self._lock:
            self._known.clear()

    def _read(
        self, municipality: str, known: tuple[float, dict[str, ChannelState]] | None
    ) -> tuple[float, dict[str, ChannelState]]:
        database = self._database()
        if database is None:
            return self._clock(), known[1] if known else {}
        try:
            with database.read() as session:
                return self._clock(), states(session, municipality)
        except SQLAlchemyError as error:
            log.error("channel state not read", **describe(error))
            return self._clock(), known[1] if known else {}


_switchboards: WeakKeyDictionary[Database, Switchboard] = WeakKeyDictionary()

if __name__ == "__main__":
    from bot.channel_commands import main

    raise SystemExit(main())
