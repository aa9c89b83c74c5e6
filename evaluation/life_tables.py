"""The table of forecasts: what the last one said, until the next one replaces it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from database import Base, UtcDateTime, now


class ForecastRow(Base):
    """The forecast of a municipality. `last_week`: Monday of the last week it has seen; `content`: evaluation.forecast.to_json."""

    __tablename__ = "forecast"

    municipality: Mapped[str] = mapped_column(ForeignKey("municipality.code"), primary_key=True)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    last_week: Mapped[date | None]
    content: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
