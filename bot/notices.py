"""Banner and kill switch as residents get them in their language: for the widget, the home page and the plain page."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from bot.channel_state import Shown
from bot.wording import say


def notices_json(shown: Shown, language: str, at: datetime) -> dict[str, Any]:
    """The shape of `Notices` in bot/openapi.yml; `at` is in the municipality's time zone."""
    banners = []
    for banner in shown.banners:
        spoken, text = banner.shown_in(language)
        until = banner.until.astimezone(at.tzinfo)
        banners.append(
            {
                "level": banner.level,
                "title": say(f"widget.notice_level_{banner.level}", language),
                "language": spoken,
                "text": text,
                "link": banner.link or None,
                "until": until.isoformat(),
                "ends": say("widget.notice_until", language, month=until.month, day=until.day, time=f"{until:%H:%M}"),
            }
        )
    return {
        "banners": banners,
        "switched_off": say("widget.notice_switched_off", language) if shown.switched_off else None,
    }
