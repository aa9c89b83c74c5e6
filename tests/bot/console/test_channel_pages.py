"""The page of banner and kill switch: preview, one click, conflicts, hostile text, the note on every page."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from staff_fixture import CRUEL, Person, actions
from town_fixture import CODE

from bot import channel_state
from bot.banners import checked
from database import Database, now

PAGE = "/staff/channels"


@pytest.fixture
def approver(log_in: Callable[[str], Person]) -> Person:
    return log_in("approver")


def form(**changes: str) -> dict[str, str]:
    end = now() + timedelta(hours=12)
    typed = {
        "channel": "all", "level": "warning", "text_ja": "台風が近づいています。", "text_yasashii": "", "text_en": "",
        "link": "https://www.city.midorino.example/", "until_day": f"{end:%Y-%m-%d}", "until_time": f"{end:%H:%M}",
        "version_all": "0", "version_web": "0", "version_line": "0", "do": "preview",
    }  # fmt: skip
    return {**typed, **changes}


def post(person: Person, path: str, **sent: str):  # type: ignore[no-untyped-def]
    return person.post(f"{PAGE}/{path}", PAGE, **sent)


def notices(application: Flask, language: str = "ja") -> dict[str, object]:
    answer: dict[str, object] = application.test_client().get(f"/api/v1/notices?language={language}").get_json()
    return answer


def test_nothing_is_shown_before_the_preview_is_confirmed(approver: Person, application: Flask, lite: Database) -> None:
    seen = post(approver, "banner", **form())
    assert seen.status_code == 200
    assert "台風が近づいています。" in seen.text
    assert "この内容で住民に表示する" in seen.text
    assert notices(application) == {"banners": [], "switched_off": None}
    again = post(approver, "banner", **form(do="edit"))
    assert ">\n台風が近づいています。</textarea>" in again.text
    assert ("approver", "banner.on") not in actions(lite)


def test_a_banner_is_shown_by_one_click_and_taken_down_by_one(approver: Person, application: Flask, lite: Database) -> None:
    assert post(approver, "banner", **form(do="show")).status_code == 303
    (banner,) = notices(application, "en")["banners"]  # type: ignore[misc]
    assert (banner["text"], banner["language"], banner["level"], banner["title"]) == (
        "台風が近づいています。", "ja", "warning", "Warning",
    )  # fmt: skip
    assert post(approver, "clear", channel="all", version="1").status_code == 303
    assert notices(application)["banners"] == []
    assert [action for who, action in actions(lite) if who == "approver" and "banner" in action] == ["banner.on", "banner.off"]


def test_a_refused_banner_keeps_what_was_typed(approver: Person) -> None:
    answer = post(approver, "banner", **form(text_ja="避難勧告が出ています", text_en="Please leave"))
    assert answer.status_code == 422
    assert "警戒レベル4 避難指示 を使ってください" in answer.text
    assert "避難勧告が出ています" in answer.text
    assert "Please leave" in answer.text


@pytest.mark.parametrize("day", ["", "2026-99-99", "9999-12-31", "x"])
def test_an_end_that_is_no_date_is_asked_for_again(approver: Person, day: str) -> None:
    assert post(approver, "banner", **form(until_day=day)).status_code == 422


def test_who_comes_second_sees_what_holds_and_keeps_what_was_typed(approver: Person, lite: Database) -> None:
    at = now()
    made = checked({"ja": "先のお知らせ"}, "info", "", at + timedelta(hours=1), at)
    with lite.write() as session:
        channel_state.raise_banner(session, CODE, "all", made, "administrator", None)
    answer = post(approver, "banner", **form(do="show"))
    assert answer.status_code == 409
    assert "先のお知らせ" in answer.text
    assert "台風が近づいています。" in answer.text
    assert "ほかの職員が先に変更していました" in answer.text


def test_the_kill_switch_asks_before_it_acts(approver: Person, application: Flask) -> None:
    assert post(approver, "off", channel="web", version="0").status_code == 422
    assert notices(application)["switched_off"] is None
    assert post(approver, "off", channel="web", version="0", sure="yes", reason="点検").status_code == 303
    assert "休止" in str(notices(application)["switched_off"])
    assert post(approver, "on", channel="web", version="0").status_code == 409
    assert post(approver, "on", channel="web", version="1").status_code == 303
    assert notices(application)["switched_off"] is None


def test_every_staff_page_says_so_while_a_channel_is_off(approver: Person, log_in: Callable[[str], Person]) -> None:
    agent = log_in("agent")
    assert "data-switched-off" not in agent.get("/staff/").text
    post(approver, "off", channel="all", version="0", sure="yes")
    for person, path in ((agent, "/staff/"), (agent, "/staff/synonyms"), (approver, PAGE), (log_in("viewer"), "/staff/password")):
        assert "AIの自動回答を止めています（すべての窓口）" in person.get(path).text
    assert f'href="{PAGE}"' not in agent.get("/staff/").text
    assert "data-switched-off" not in log_in("stranger").get("/staff/").text


def test_another_municipalitys_residents_get_nothing_of_it(approver: Person, application: Flask) -> None:
    post(approver, "banner", **form(do="show"))
    client = application.test_client()
    assert client.get("/api/v1/notices?municipality=990027").get_json()["banners"] == []
    assert client.get("/api/v1/notices?municipality=990019").get_json()["banners"]


def test_hostile_text_is_shown_as_text(approver: Person, application: Flask) -> None:
    cruel = form(do="show", text_ja=CRUEL, text_yasashii=CRUEL, text_en=CRUEL)
    assert "<script>window" not in post(approver, "banner", **{**cruel, "do": "preview"}).text
    post(approver, "banner", **cruel)
    post(approver, "off", channel="all", version="1", sure="yes", reason=CRUEL)
    resident = application.test_client()
    for page in (approver.get(PAGE), resident.get("/"), resident.get("/ask"), resident.get("/ask?language=en")):
        assert "&lt;script&gt;window.pwned" in page.text
        assert "<script>window" not in page.text
        assert "<img src=x" not in page.text


def test_a_link_that_is_no_page_never_reaches_a_resident(approver: Person, application: Flask) -> None:
    assert post(approver, "banner", **form(do="show", link="javascript:alert(1)")).status_code == 422
    assert notices(application)["banners"] == []


@pytest.mark.parametrize("key", ["level3", "level4", "level5", "closed", "outage"])
def test_a_template_fills_the_form_with_the_towns_name(approver: Person, key: str) -> None:
    page = approver.get(f"{PAGE}?template={key}").text
    written = re.findall(r"<textarea[^>]*>\n(.*?)</textarea>", page, re.DOTALL)
    assert len(written) == 3
    assert all("みどり野市" in text for text in written)


def test_the_pages_without_a_script_show_the_banner(approver: Person, application: Flask) -> None:
    post(approver, "banner", **form(do="show", text_yasashii="台風が 来ます。", text_en="A typhoon is coming."))
    resident = application.test_client()
    assert "台風が近づいています。" in resident.get("/").text
    assert "台風が 来ます。" in resident.get("/ask?language=yasashii").text
    assert '<section class="notice level-warning" lang="en">' in resident.get("/ask?language=en").text
