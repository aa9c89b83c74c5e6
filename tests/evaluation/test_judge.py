"""The judge: asked only where settings allow it, believed only as levels, and never mixed with people."""

from __future__ import annotations

import json
from typing import Any

import pytest
from chat_server import chat_server
from life_fixture import CODE, OTHER, towns
from sqlalchemy import select

from accounts import AuditRow
from database import Database
from evaluation import __main__ as command
from evaluation import judge, rating_results, ratings
from evaluation.ratings import JUDGE, RatingRefused
from evaluation.rubric import DIMENSIONS, BadScores
from evaluation.sampling import Sample
from evaluation.tables import RatingRow
from settings import Settings, SettingsError, load_settings

GOOD = {"accuracy": 4, "sufficiency": 3, "clarity": 2, "courtesy": 4, "safety": 1}


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")


@pytest.fixture
def town(database: Database) -> Database:
    towns(database)
    return database


def make(database: Database, count: int = 3, kind: str = ratings.RUBRIC) -> int:
    samples = [
        Sample(
            "answer",
            f"住民票は{n}通でいくらですか",
            ({"text": f"{300 * n}円です。", "sources": ["住民票"]},),
            {"system": "ひみつの版"},
        )
        for n in range(1, count + 1)
    ]
    with database.write() as session:
        return ratings.make_batch(session, CODE, "11月", kind, samples, {}, "aoki").id


def allowed(url: str, **more: Any) -> Settings:
    return Settings(**{"judge": url, "judge_model": "m", "judge_allowed": True, "judge_timeout_seconds": 2, **more})


def stored(database: Database) -> list[RatingRow]:
    with database.read() as session:
        return list(session.scalars(select(RatingRow).order_by(RatingRow.item)))


def test_every_answer_is_scored_once_apart_from_people(town: Database) -> None:
    batch = make(town)
    with chat_server("ok", json.dumps(GOOD)) as server:
        assert judge.score(town, allowed(server.url), CODE, batch) == judge.Judged(3, 0, 0, 0)
        assert judge.score(town, allowed(server.url), CODE, batch) == judge.Judged(0, 0, 0, 0)
        assert len(server.asked) == 3
    rows = stored(town)
    assert [(row.part, row.staff, row.scores) for row in rows] == [(JUDGE, None, GOOD)] * 3
    with town.read() as session:
        found = ratings.find_batch(session, CODE, batch)
        assert ratings.progress(session, found, 7).mine == 3  # people still score all of it
        assert rating_results.rated(session, found)[0].ratings == ()
        item = ratings.next_item(session, found, 7)
        assert item is not None
        assert ratings.ratings_of(session, item) == []


def test_its_agreement_is_with_what_people_settled(town: Database) -> None:
    batch = make(town, 2)
    with chat_server("ok", json.dumps(GOOD)) as server:
        judge.score(town, allowed(server.url), CODE, batch)
    with town.write() as session:
        found = ratings.find_batch(session, CODE, batch)
        for staff in (1, 2):
            for place in range(2):
                item = ratings.next_item(session, found, staff)
                assert item is not None, place
                ratings.rate(session, found, item.id, staff, GOOD)
    with town.read() as session:
        answers = rating_results.rated(session, ratings.find_batch(session, CODE, batch))
        by_name = {d.name: d for d in rating_results.dimensions(answers)}
    assert all(len(a.ratings) == 2 and a.judge is not None for a in answers)
    assert by_name["accuracy"].machine.n == 2
    assert by_name["accuracy"].alpha.n == 2


def test_only_the_words_of_the_batch_and_the_rubric_are_sent(town: Database) -> None:
    batch = make(town, 1)
    with chat_server("ok", json.dumps(GOOD)) as server:
        judge.score(town, allowed(server.url, judge_api_key="geheim"), CODE, batch)
    system, user = server.asked[0]["messages"]
    assert json.loads(user["content"]) == {"質問": "住民票は1通でいくらですか", "回答": "300円です。", "出典": ["住民票"]}
    assert all(name in system["content"] for name in DIMENSIONS)
    assert "誤った案内がある" in system["content"]
    assert "ひみつの版" not in json.dumps(server.asked[0], ensure_ascii=False)
    assert server.headers[0]["Authorization"] == "Bearer geheim"


@pytest.mark.parametrize(
    "said",
    [
        "", "すばらしい回答です", "4", "[4,4,4,4,4]", json.dumps({**GOOD, "safety": 5}), json.dumps({**GOOD, "safety": 0}),
        json.dumps({**GOOD, "safety": "4"}), json.dumps({**GOOD, "safety": True}), json.dumps({**GOOD, "safety": 3.0}),
        json.dumps({**GOOD, "safety": None}), json.dumps({k: v for k, v in GOOD.items() if k != "safety"}),
        json.dumps({**GOOD, "total": 4}), json.dumps(GOOD) + " 以上です", '{"accuracy": NaN}',
    ],
)  # fmt: skip
def test_what_is_no_set_of_levels_is_refused(said: str) -> None:
    with pytest.raises(BadScores):
        judge.levels(said)


def test_levels_in_a_code_fence_are_read() -> None:
    assert judge.levels(f"```json\n{json.dumps(GOOD)}\n```") == GOOD
    assert judge.levels(f" {json.dumps(GOOD)}\n") == GOOD


def test_refused_scores_are_counted_and_not_stored(town: Database) -> None:
    batch = make(town)
    with chat_server("ok", "どれも4点です。") as server:
        assert judge.score(town, allowed(server.url), CODE, batch) == judge.Judged(0, 3, 0, 0)
    assert stored(town) == []
    with town.read() as session:
        (noted,) = session.scalars(select(AuditRow).where(AuditRow.action == "evaluation.judged")).all()
    assert (noted.detail["scored"], noted.detail["refused"]) == (0, 3)
    assert "住民票" not in json.dumps(noted.detail, ensure_ascii=False)


@pytest.mark.parametrize("behaviour", ["failing", "refusing", "garbage", "slow", "redirecting", "hanging_up", "cut"])
def test_a_server_that_is_down_is_asked_no_further(town: Database, behaviour: str) -> None:
    batch = make(town, 5)
    with chat_server(behaviour, json.dumps(GOOD)) as server:
        result = judge.score(town, allowed(server.url, judge_timeout_seconds=0.5), CODE, batch)
    assert result == judge.Judged(0, 0, 3, 2)
    assert stored(town) == []


@pytest.mark.parametrize(
    "settings",
    [Settings(), Settings(judge="http://127.0.0.1:9/v1"), Settings(judge_allowed=True)],
    ids=["none", "no leave", "no server"],
)
def test_without_both_settings_nothing_is_sent(town: Database, settings: Settings) -> None:
    with pytest.raises(judge.JudgeNotAllowed):
        judge.score(town, settings, CODE, make(town))


def test_a_preference_and_another_towns_batch_are_refused(town: Database) -> None:
    with chat_server("ok", json.dumps(GOOD)) as server:
        with pytest.raises(RatingRefused, match="judge_kind"):
            judge.score(town, allowed(server.url), CODE, make(town, kind=ratings.PREFERENCE))
        with pytest.raises(RatingRefused, match="unknown"):
            judge.score(town, allowed(server.url), OTHER, make(town))
        assert server.asked == []


@pytest.mark.parametrize("url", ["ftp://x/v1", "http://user:pass@x/v1", "http://x/v1?key=1", "/models/judge"])
def test_an_address_that_is_no_server_stops_the_start(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MADOGUCHI_JUDGE", url)
    load_settings.cache_clear()
    with pytest.raises(SettingsError, match="MADOGUCHI_JUDGE"):
        load_settings()
    load_settings.cache_clear()


def test_the_command_says_what_became_of_the_batch(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    database = Database(sqlite_url)
    towns(database)
    batch = make(database, 2)
    monkeypatch.setenv("MADOGUCHI_DATABASE_URL", sqlite_url)
    load_settings.cache_clear()
    assert command.main(["judge", str(batch)]) == 2
    assert "MADOGUCHI_JUDGE" in capsys.readouterr().err
    with chat_server("ok", json.dumps(GOOD)) as server:
        for name, value in (("JUDGE", server.url), ("JUDGE_ALLOWED", "true"), ("JUDGE_MODEL", "m")):
            monkeypatch.setenv(f"MADOGUCHI_{name}", value)
        load_settings.cache_clear()
        assert command.main(["judge", str(batch)]) == 0
    assert "scored 2" in capsys.readouterr().out
    load_settings.cache_clear()
    database.dispose()
