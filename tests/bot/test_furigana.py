"""Readings for residents of やさしい日本語: over the API, and on the page without JavaScript."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask.testing import FlaskClient

from bot.plain_japanese.furigana import ruby_page


def ask(client: FlaskClient, **form: str) -> Any:
    return client.post("/ask", data={"language": "yasashii", "text": "住民票がほしい", **form})


def test_the_api_reads_texts_in_pieces(client: FlaskClient) -> None:
    answer = client.post("/api/v1/furigana", json={"texts": ["市役所です", "はい"]})
    assert answer.get_json() == {"texts": [[["市役所", "しやくしょ"], ["です", None]], [["はい", None]]]}


@pytest.mark.parametrize("texts", [["あ" * 401], ["あ"] * 21, "市", [1]])
def test_too_much_or_something_else_is_refused(client: FlaskClient, texts: object) -> None:
    assert client.post("/api/v1/furigana", json={"texts": texts}).status_code in (400, 422)


def test_the_page_without_a_script_shows_readings_when_they_are_wanted(client: FlaskClient) -> None:
    assert "<ruby>" not in ask(client).text
    page = ask(client, furigana="1").text
    assert "<ruby>住民票<rp>（</rp><rt>じゅうみんひょう</rt><rp>）</rp></ruby>" in page
    assert 'name="furigana" value="1"' in page
    assert "ふりがなを けす" in re.sub(r"<rp>.*?</rp>|<rt>.*?</rt>|</?ruby>", "", page)
    assert "<ruby>" not in client.post("/ask", data={"language": "ja", "text": "住民票", "furigana": "1"}).text


def test_fields_titles_and_attributes_stay_as_they_are() -> None:
    page = '<title>市役所</title><p title="市役所">市役所</p><textarea>市役所</textarea><option>市役所</option><a>&lt;b&gt;市</a>'
    made = ruby_page(page)
    assert made.count("<ruby>") == 2
    assert made.startswith('<title>市役所</title><p title="市役所"><ruby>')
    assert "<textarea>市役所</textarea><option>市役所</option>" in made
    assert "&lt;b&gt;" in made
