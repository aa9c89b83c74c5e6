"""Banner and kill switch: what may be shown, who wins, how soon every process sees it, and the command."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from town_fixture import CODE, fill

from accounts import AuditRow
from bot import channel_state
from bot.banners import LEVELS, Banner, BannerRefused, checked, filled, templates
from bot.channel_commands import main
from bot.channel_state import ALL, Shown, StaleChannel, Switchboard
from bot.screening.emergency_cards import lint_terms
from database import Database, now
from settings import Settings

LINK = "https://www.city.midorino.example/bousai"


def banner(text: str = "台風が近づいています。", level: str = "warning", hours: float = 3) -> Banner:
    at = now()
    return checked({"ja": text}, level, LINK, at + timedelta(hours=hours), at)


def put_up(database: Database, made: Banner, channel: str = ALL, version: int | None = None) -> None:
    with database.write() as session:
        channel_state.raise_banner(session, CODE, channel, made, "approver", version)


def seen(database: Database, channel: str = "web") -> Shown:
    with database.read() as session:
        return channel_state.shown(channel_state.states(session, CODE), channel, now())


# What a banner may say


@pytest.mark.parametrize(
    ("texts", "link", "hours", "reason"),
    [
        ({"en": "Storm"}, "", 1, "no_text"),
        ({"ja": " \u200b\n"}, "", 1, "no_text"),
        ({"ja": "あ" * 301}, "", 1, "too_long"),
        ({"ja": "避難勧告が出ています"}, LINK, 1, "abolished"),
        ({"ja": "大雨です", "yasashii": "避難準備を してください"}, LINK, 1, "abolished"),
        ({"ja": "警戒レベル4です"}, "", 1, "needs_link"),
        ({"ja": "大雨です", "en": "Evacuation instruction"}, "", 1, "needs_link"),
        ({"ja": "大雨です"}, "javascript:alert(1)", 1, "link"),
        ({"ja": "大雨です"}, "//evil.example/x", 1, "link"),
        ({"ja": "大雨です"}, "https://user:secret@x.example/", 1, "link"),
        ({"ja": "大雨です"}, 'https://x.example/"onclick=1', 1, "link"),
        ({"ja": "大雨です"}, "", -1, "past_end"),
        ({"ja": "大雨です"}, "", 25, "far_end_emergency"),
    ],
)
def test_a_banner_that_may_not_be_shown_is_refused(texts: dict[str, str], link: str, hours: float, reason: str) -> None:
    at = now()
    with pytest.raises(BannerRefused) as refused:
        checked(texts, "emergency", link, at + timedelta(hours=hours), at)
    assert refused.value.reason == reason


def test_a_banner_needs_an_end_and_a_known_level() -> None:
    at = now()
    for level, until, reason in (("loud", at + timedelta(hours=1), "level"), ("info", None, "no_end")):
        with pytest.raises(BannerRefused) as refused:
            checked({"ja": "大雨です"}, level, "", until, at)
        assert refused.value.reason == reason


@pytest.mark.parametrize("template", templates(), ids=lambda one: one.key)
def test_every_template_can_be_shown_and_says_no_present_status(template) -> None:  # type: ignore[no-untyped-def]
    words = filled(template, "みどり野市")
    at = now()
    made = checked(words, template.level, LINK, at + timedelta(hours=6), at)
    assert set(made.texts) == {"ja", "yasashii", "en"}
    for text in made.texts.values():
        assert "みどり野市" in text
        assert lint_terms(text) == []
        assert not any(word in text for word in ("発令しました", "発令中", "発表されました", "出ています", "has been issued"))


def test_words_are_shown_in_the_residents_language_or_the_nearest_there_is() -> None:
    at = now()
    made = checked({"ja": "大雨です", "en": "Heavy rain"}, "info", "", at + timedelta(hours=1), at)
    assert made.shown_in("yasashii") == ("ja", "大雨です")
    assert made.shown_in("vi") == ("en", "Heavy rain")
    assert banner().shown_in("en") == ("ja", "台風が近づいています。")


# What residents get


def test_a_banner_of_one_channel_and_one_of_all_are_both_shown_gravest_first(town_database: Database) -> None:
    put_up(town_database, banner("道路の工事です", "info"), "web")
    put_up(town_database, banner("命を守ってください", "emergency"), ALL)
    assert [one.level for one in seen(town_database).banners] == ["emergency", "info"]
    assert [one.level for one in seen(town_database, "line").banners] == ["emergency"]


def test_a_banner_goes_away_by_itself_and_by_one_click(town_database: Database) -> None:
    put_up(town_database, banner())
    with town_database.read() as session:
        states = channel_state.states(session, CODE)
    assert channel_state.shown(states, "web", now() + timedelta(hours=4)).banners == ()
    with town_database.write() as session:
        channel_state.lower_banner(session, CODE, ALL, "approver", 1)
    assert seen(town_database).banners == ()


def test_who_changes_what_somebody_else_has_just_changed_is_told(town_database: Database) -> None:
    put_up(town_database, banner(), version=0)
    with pytest.raises(StaleChannel):
        put_up(town_database, banner("別のお知らせ"), version=0)
    with pytest.raises(StaleChannel), town_database.write() as session:
        channel_state.switch_off(session, CODE, ALL, "", "approver", 0)
    assert [one.texts["ja"] for one in seen(town_database).banners] == ["台風が近づいています。"]


def test_of_two_who_click_at_the_same_moment_one_is_told(town_database: Database) -> None:
    barrier = threading.Barrier(2)
    outcomes: list[str] = []

    def click(text: str) -> None:
        barrier.wait()
        try:
            put_up(town_database, banner(text), version=0)
            outcomes.append("shown")
        except StaleChannel:
            outcomes.append("stale")

    clicks = [threading.Thread(target=click, args=(text,)) for text in ("一つ目", "二つ目")]
    for one in clicks:
        one.start()
    for one in clicks:
        one.join()
    assert sorted(outcomes) == ["shown", "stale"]


def test_every_change_is_in_the_audit_trail_and_a_click_without_effect_is_not(town_database: Database) -> None:
    put_up(town_database, banner())
    for act in (channel_state.switch_on, channel_state.lower_banner, channel_state.lower_banner):
        with town_database.write() as session:
            act(session, CODE, ALL, "approver", None)
    with town_database.write() as session:
        channel_state.switch_off(session, CODE, "web", "点検のため", "approver", None)
    with town_database.read() as session:
        rows = session.execute(select(AuditRow.action, AuditRow.actor).where(AuditRow.actor == "approver").order_by(AuditRow.id))
        assert [tuple(row) for row in rows] == [
            ("banner.on", "approver"), ("banner.off", "approver"), ("channel.off", "approver"),
        ]  # fmt: skip


# Every process


def test_another_process_sees_a_change_within_its_few_seconds(town_database: Database) -> None:
    clock = [0.0]
    other = Switchboard(town_database, seconds=5, clock=lambda: clock[0])
    assert other.shown(CODE, "web", now()) == Shown()
    put_up(town_database, banner())
    clock[0] = 4.9
    assert other.shown(CODE, "web", now()).banners == ()
    clock[0] = 5.0
    assert len(other.shown(CODE, "web", now()).banners) == 1


def test_a_database_that_is_away_leaves_the_switch_as_it_was(lite: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    board = Switchboard(lite, seconds=0)
    with lite.write() as session:
        channel_state.switch_off(session, CODE, "web", "", "approver", None)
    assert board.shown(CODE, "web", now()).switched_off

    def away(*_: object) -> None:
        raise OperationalError("SELECT", {}, Exception("away"))

    monkeypatch.setattr(channel_state, "states", away)
    assert board.shown(CODE, "web", now()).switched_off


def test_a_process_has_one_switchboard_for_a_database(lite: Database) -> None:
    assert Switchboard.of(lite) is Switchboard.of(lite)


# The command


@pytest.fixture
def command(instance: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    database = Database(Settings(instance=instance).resolved_database_url)
    database.upgrade()
    fill(database)
    database.dispose()

    def run(*words: str) -> tuple[int, str, str]:
        code = main(words)
        told = capsys.readouterr()
        return code, told.out, told.err

    return run


def test_the_command_shows_a_banner_and_takes_it_down(command: Callable[..., tuple[int, str, str]]) -> None:
    code, out, _ = command("banner", "停電のため窓口を閉めています。", "--level", "warning", "--hours", "2", "--en", "Closed.")
    said = json.loads(out)["channels"]["all"]["banner"]
    assert (code, said["ja"], said["en"], said["level"]) == (0, "停電のため窓口を閉めています。", "Closed.", "warning")
    assert json.loads(command("clear")[1])["channels"]["all"]["banner"] is None


def test_the_command_is_the_kill_switch_too(command: Callable[..., tuple[int, str, str]]) -> None:
    assert json.loads(command("off", "--channel", "web", "--reason", "点検")[1])["channels"]["web"] | {"changed_at": ""} == {
        "banner": None, "switched_off": True, "reason": "点検", "changed_by": "command line", "changed_at": "",
    }  # fmt: skip
    assert json.loads(command("on", "--channel", "web")[1])["channels"]["web"]["switched_off"] is False


def test_the_command_refuses_what_the_page_refuses(command: Callable[..., tuple[int, str, str]]) -> None:
    code, out, err = command("banner", "避難勧告が出ています", "--link", LINK)
    assert (code, out) == (2, "")
    assert "警戒レベル4 避難指示" in err
    assert command("show", "--municipality", "011002")[0] == 2
    assert command("banner", "大雨です", "--hours", "1e300")[0] == 2


def test_levels_are_those_of_the_contract() -> None:
    import yaml

    contract = yaml.safe_load((Path(channel_state.__file__).parent / "openapi.yml").read_text(encoding="utf-8"))
    assert contract["components"]["schemas"]["Banner"]["properties"]["level"]["enum"] == list(LEVELS)
