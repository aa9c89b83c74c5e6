"""A finding of the health check in words: one sentence a point, in the reader's language."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import date
from typing import Any

from bot.console.pages import language, t
from bot.markup import date_in_words
from knowledge.health import Found
from knowledge.stated import phone_digits

_NUMBER = re.compile(r"\d[\d-]+\d")


def points(kind: str, detail: Mapping[str, Any]) -> tuple[str, ...]:
    """What was found and why it is worth a look; () for kinds that are no findings."""
    if kind == Found.OVERDUE:
        return (t("staff_health.point_overdue", day=_day(detail["review_on"]), days=detail["days"]),)
    if kind == Found.EXPIRING:
        entry = "point_expiring" if detail["days"] >= 0 else "point_expired"
        return (t(f"staff_health.{entry}", day=_day(detail["valid_until"]), days=abs(detail["days"])),)
    if kind == Found.NEVER_FOUND:
        return (t("staff_health.point_never_found", answers=detail["answers"]),)
    if kind == Found.UNHELPFUL:
        counts = {name: detail[name] for name in ("found", "judged", "not_resolved")}
        return (t("staff_health.point_unhelpful", **counts),)
    if kind == Found.DUPLICATE:
        return (t("staff_health.point_duplicate", other=detail["other_title"], share=round(detail["similarity"] * 100)),)
    if kind == Found.BROKEN_LINK:
        return (t(f"staff_health.point_link_{detail['problem']}", url=detail["url"], status=detail["status"]),)
    return _contradiction(detail) if kind == Found.CONTRADICTION else ()


def _contradiction(detail: Mapping[str, Any]) -> tuple[str, ...]:
    of, subject = detail["of"], detail["subject"]
    if detail.get("way"):
        subject = f"{subject}（{detail['way']}）"
    about = t(f"staff_health.point_{of}", subject=subject)
    here = t("staff_health.point_here", value=_value(of, detail["value"], detail["text"]), text=detail["text"])
    if of == "phone_record":
        return about, here, t("staff_health.point_record", value=detail["other_value"])
    other = _value(of, detail["other_value"], detail["other_text"])
    if detail.get("own_facts"):
        return about, here, t("staff_health.point_facts", value=other, text=detail["other_text"])
    return about, here, t("staff_health.point_other", title=detail["other_title"], value=other, text=detail["other_text"])


def _value(of: str, value: str, text: str) -> str:
    """A compared value as people write it; a telephone number as the text has it."""
    if of == "fee":
        return f"{int(value):,}円"
    if of == "day":
        return "〜".join("{}月{}日".format(*day.split("/")) for day in value.split("-"))
    if of.startswith("phone"):
        written = _NUMBER.findall(unicodedata.normalize("NFKC", text))
        return next((number for number in written if phone_digits(number) == value), value)
    return value


def _day(iso: str) -> str:
    return date_in_words(date.fromisoformat(iso).isoformat(), language())
