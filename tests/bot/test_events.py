"""The event stream: what it sends, when it ends, how many there may be."""

from __future__ import annotations

import json
import threading
import time

from fake_desk import FakeDesk
from flask.testing import FlaskClient
from sqlalchemy import select
from town_fixture import SATO

from app import create_app
from bot import handoff
from bot.tables import HandoffRow
from database import Database
from settings import Settings


def frames(body: str) -> list[dict[str, str]]:
    blocks = [block for block in body.split("\n\n") if block.startswith("event:")]
    return [dict(line.split(": ", 1) for line in block.splitlines()) for block in blocks]  # type: ignore[misc]


def ask(client: FlaskClient, conversation: str) -> int:
    number: int = client.post(f"{conversation}/messages", json={"text": "住民票は？"}).get_json()["message"]
    return number


def test_it_begins_with_what_was_missed_and_ends_by_itself(client: FlaskClient, conversation: str) -> None:
    last = ask(client, conversation)
    response = client.get(f"{conversation}/events")
    assert response.mimetype == "text/event-stream"
    assert response.headers["Cache-Control"] == "no-store"
    (frame,) = frames(response.get_data(as_text=True))
    assert (frame["event"], frame["id"]) == ("updates", str(last))
    assert [m["role"] for m in json.loads(frame["data"])["messages"]] == ["resident", "desk"]


def test_a_browser_that_reconnects_gets_only_what_it_has_not_seen(client: FlaskClient, conversation: str) -> None:
    last = ask(client, conversation)
    response = client.get(f"{conversation}/events?after=0", headers={"Last-Event-ID": str(last)})
    (frame,) = frames(response.get_data(as_text=True))
    assert json.loads(frame["data"])["messages"] == []
    assert frame["id"] == str(last)


def test_a_reply_of_staff_arrives_while_the_stream_is_open(settings: Settings, lite: Database, quiet_clock: None) -> None:
    app = create_app(settings.model_copy(update={"stream_seconds": 4}), FakeDesk())  # type: ignore[arg-type]
    client = app.test_client()
    conversation = f"/api/v1/conversations/{client.post('/api/v1/conversations').get_json()['id']}"
    client.post(f"{conversation}/handoffs")

    def reply() -> None:
        time.sleep(1.5)
        with lite.write() as session:  # would time out if the stream held a transaction open
            number = session.scalars(select(HandoffRow.id)).one()
            handoff.take(session, number, SATO)
            handoff.staff_reply(session, number, SATO, "こんにちは。")

    clerk = threading.Thread(target=reply)
    clerk.start()
    sent = frames(client.get(f"{conversation}/events").get_data(as_text=True))
    clerk.join()
    assert [json.loads(frame["data"])["handoff"]["state"] for frame in sent] == ["queued", "taken"]
    assert json.loads(sent[1]["data"])["messages"][-1]["text"] == "こんにちは。"


def test_it_ends_when_the_conversation_is_deleted(settings: Settings, lite: Database, quiet_clock: None) -> None:
    app = create_app(settings.model_copy(update={"stream_seconds": 30}), FakeDesk())  # type: ignore[arg-type]
    client = app.test_client()
    conversation = f"/api/v1/conversations/{client.post('/api/v1/conversations').get_json()['id']}"
    stream = client.get(f"{conversation}/events", buffered=False)
    parts = iter(stream.response)
    next(parts)
    assert app.test_client().delete(conversation).status_code == 204
    began = time.monotonic()
    list(parts)
    assert time.monotonic() - began < 5


def test_beyond_the_limit_clients_are_sent_to_polling_until_a_stream_closes(
    settings: Settings, lite: Database, quiet_clock: None
) -> None:
    app = create_app(settings.model_copy(update={"streams_per_process": 1}), FakeDesk())  # type: ignore[arg-type]
    client = app.test_client()
    conversation = f"/api/v1/conversations/{client.post('/api/v1/conversations').get_json()['id']}"
    held = client.get(f"{conversation}/events", buffered=False)
    refused = app.test_client().get(f"{conversation}/events")
    assert refused.status_code == 503
    assert refused.get_json()["error"]["code"] == "streams_full"
    held.close()
    again = app.test_client().get(f"{conversation}/events", buffered=False)
    assert again.status_code == 200
    again.close()
