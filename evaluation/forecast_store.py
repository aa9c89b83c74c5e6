"""Forecasts made once a day in a process of their own, so that their libraries and seconds are none of the server's."""

from __future__ import annotations

import subprocess
import sys
import threading
from datetime import datetime, timedelta

import structlog
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bot.logs import describe
from database import Database, now
from evaluation.life_tables import ForecastRow
from knowledge.tables import MunicipalityRow
from settings import ROOT, SHARED_BASE, Settings

log = structlog.get_logger()

EVERY = timedelta(days=1)
FIRST_SECONDS, TICK_SECONDS = 300.0, 1800.0
"""After a start residents' questions have the cores first; then it is only asked whether a day has passed."""
LONGEST_SECONDS = 900


def make(database: Database, settings: Settings, municipality: str, at: datetime) -> int:
    """Make and store the forecast of a municipality; the number of whole weeks it was made from."""
    from evaluation import forecast  # numpy, where nothing else needs it

    with database.read() as session:
        past = forecast.history(session, municipality, at.astimezone(settings.zone).date())
    content = forecast.make(past)
    with database.write() as session:
        row = _row(session, municipality)
        row.made_at, row.content, row.last_week = now(), content, past.weeks[-1] if past.weeks else None
    return len(past.weeks)


def claim(database: Database, municipality: str, at: datetime) -> bool:
    """Whether a forecast is due, and if so mark it begun: of several processes that ask, one gets True."""
    try:
        with database.write() as session:
            known = session.get(ForecastRow, municipality, with_for_update=True)
            if known is not None and known.made_at > at - EVERY:
                return False
            _row(session, municipality).made_at = at
            return True
    except IntegrityError:  # another process has just begun the first one
        return False


def start_thread(database: Database, settings: Settings, stop: threading.Event | None = None) -> threading.Thread:
    """Look now and then whether a forecast is due, until `stop` is set; the thread never keeps the process alive."""
    stopping = stop or threading.Event()

    def run() -> None:
        pause = FIRST_SECONDS
        while not stopping.wait(pause):
            pause = TICK_SECONDS
            try:
                tick(database, settings, now())
            except Exception as error:  # the next look tries again
                log.error("forecast failed", **describe(error))

    thread = threading.Thread(target=run, name="forecast", daemon=True)
    thread.start()
    return thread


def tick(database: Database, settings: Settings, at: datetime) -> list[str]:
    """Have the forecasts that are due made; the municipalities they are of."""
    with database.read() as session:
        towns = session.scalars(select(MunicipalityRow.code).where(MunicipalityRow.code != SHARED_BASE)).all()
    made = []
    for code in towns:
        if claim(database, code, at):
            command = [sys.executable, "-m", "evaluation.forecast_store", code]
            done = subprocess.run(command, cwd=ROOT, capture_output=True, check=False, timeout=LONGEST_SECONDS)
            if done.returncode:
                log.error("forecast failed", municipality=code, code=done.returncode)
            else:
                made.append(code)
    return made


def _row(session: Session, municipality: str) -> ForecastRow:
    row = session.get(ForecastRow, municipality)
    if row is None:
        row = ForecastRow(municipality=municipality, content={})
        session.add(row)
        session.flush()
    return row


def main(arguments: list[str]) -> int:
    from settings import load_settings

    settings = load_settings()
    database = Database(settings.resolved_database_url)
    for code in arguments or [settings.municipality]:
        print(f"{code}: {make(database, settings, code, now())} weeks")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
