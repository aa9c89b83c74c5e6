"""A working day at the demo municipality's desk, for the pictures of docs/images: staff, residents who wait, drafts, translations."""

from __future__ import annotations

import json
import urllib.request
from dataclasses import replace
from datetime import timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

import authentication
from accounts import Role, StaffRow
from bot import channel_state, handoff
from bot.banners import checked, filled, templates
from bot.channel_state import ALL
from bot.tables import HandoffRow
from database import Database, now
from knowledge import store, translations
from knowledge.translations import Words
from knowledge.workflow import save_draft, submit
from settings import DEMO_MUNICIPALITY as CODE

LOGIN, PASSWORD = "kanri", "みどりの 自転車と 桃 77"
PEOPLE = (
    (LOGIN, "山本 正", Role.ADMINISTRATOR, ""), ("hanako", "佐藤 花子", Role.AGENT, "citizens"),
    ("yoko", "高橋 洋子", Role.EDITOR, ""), ("kida", "木田 恵", Role.APPROVER, ""), ("mori", "森 拓也", Role.EVALUATOR, ""),
)  # fmt: skip
QUESTIONS = (
    ("先週引っ越してきました。転入届を出したその日に住民票の写しは取れますか", "citizens"), ("ふとんの捨て方を教えてください", "waste"),
    ("母の代わりに印鑑登録証明書を取りたいです", "citizens"), ("駐輪場の定期券を払い戻したい", None),
)  # fmt: skip
ENGLISH = Words(
    "Residence record and other certificates at convenience stores",
    "With a My Number Card you can get certificates at convenience stores.\n\n(This text is waiting for its approval.)",
)


def staff(database: Database) -> None:
    """Accounts that need no new password."""
    with database.write() as session:
        for login, name, role, department in PEOPLE:
            authentication.create_staff(session, CODE, login, name, role, department, PASSWORD)
        session.execute(update(StaffRow).values(must_change_password=False))


def knowledge(database: Database) -> None:
    """Working copies, some of them in review, and a translation that waits for its approval."""
    with database.write() as session:
        articles = [a for a in store.articles(session, CODE) if a.language == "ja"]
        for number, article in enumerate(articles[3:9]):
            row = save_draft(session, replace(article, body=f"{article.body}\n\n受付時間を延ばしました。"), "yoko")
            if number % 2:
                submit(session, CODE, article.id, "yoko", row.version)
        for article in articles[:2]:
            translations.save(session, article, "yasashii", Words(article.title, article.body), "yoko", 0)
        translations.save(session, articles[0], "en", ENGLISH, "yoko", 0)


def residents(url: str, database: Database) -> None:
    """Questions over the API; three residents ask for a person, one of whom has waited too long and one is talked with."""
    for text, department in QUESTIONS:
        conversation = _post(f"{url}/api/v1/conversations", {})["id"]
        one = f"{url}/api/v1/conversations/{conversation}"
        _post(f"{one}/messages", {"text": text})
        if department:
            _post(f"{one}/handoffs", {"department": department})
    with database.write() as session:
        waiting = handoff.queue(session, CODE)
        waiting[0].promised_by = now() - timedelta(minutes=5)
        hanako = session.scalars(select(StaffRow.id).where(StaffRow.login == "hanako")).one()
        number = next(row.id for row in waiting[1:] if row.department == "citizens")
        handoff.take(session, number, hanako)
        handoff.staff_reply(
            session, number, hanako, "お待たせしました。代わりの方が来るときは、印鑑登録証（カード）をお持ちください。"
        )


def raise_banner(database: Database) -> None:
    """The banner of 警戒レベル4, as an approver would raise it."""
    template = next(one for one in templates() if one.key == "level4")
    at = now()
    with database.write() as session:
        link = "https://www.city.midorino.example/"
        banner = checked(filled(template, "みどり野市"), template.level, link, at + timedelta(hours=6), at)
        channel_state.raise_banner(session, CODE, ALL, banner, "kida", None)


def conversation_shown(session: Session) -> int:
    """The hand-over that is talked about."""
    return session.scalars(select(HandoffRow.id).where(HandoffRow.state == "taken")).one()


def _post(address: str, body: dict[str, Any]) -> dict[str, Any]:
    request = urllib.request.Request(address, json.dumps(body).encode(), {"Content-Type": "application/json"})  # noqa: S310
    with urllib.request.urlopen(request) as answer:  # noqa: S310 - our own server
        loaded: dict[str, Any] = json.load(answer)
        return loaded
