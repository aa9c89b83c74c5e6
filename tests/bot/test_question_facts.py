"""What is counted about questions: with the reply, without its words, and the same by day as by a direct count."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fake_desk import FakeDesk
from sqlalchemy import select, text
from town_fixture import CODE, SATO

from bot import conversations, fact_days, handoff, handoff_request, question_facts, retention
from bot.exchange import Exchange, Utterance
from bot.fact_tables import ArticleWeekRow, FactChangeRow, HandoffFactRow, QuestionDayRow, QuestionFactRow
from database import Database
from knowledge.tables import ArticleRow
from settings import Settings

NIGHT = datetime(2026, 11, 23, 16, 30, tzinfo=UTC)
"""01:30 on Tuesday 24 November in Japan."""
SECRET = "ひみつの質問"


@pytest.fixture
def plain(tmp_path: Path) -> Settings:
    return Settings(instance=tmp_path)


@pytest.fixture
def town(town_database: Database) -> Database:
    with town_database.write() as session:
        session.add(ArticleRow(municipality=CODE, id="juminhyo", title="住民票", body="300円", category="証明書", digest="x"))
        session.add(ArticleRow(municipality=CODE, id="inkan", title="印鑑", body="実印", category="印鑑登録", digest="y"))
    return town_database


def start(database: Database, at: datetime = NIGHT) -> str:
    with database.write() as session:
        return conversations.start(session, CODE).id


def say(
    database: Database, settings: Settings, talk: str, status: str = "answered", article: str = "juminhyo", at: datetime = NIGHT
) -> int:
    """A question and its reply, stored as the exchange stores them; the id of the reply."""
    outcome = {"answered": "answer", "asked_back": "ask_back"}.get(status, "hand_over")
    answer: dict[str, Any] = {
        "question": SECRET, "status": status, "outcome": outcome, "answer": SECRET, "ranking": [article], "probability": 0.9,
        "sources": [{"id": article, "title": "t"}] if outcome == "answer" else [], "topics": [], "ms": {"search": 3.0, "rank": 4.5},
    }  # fmt: skip
    with database.write() as session:
        row = conversations.lock(session, talk)
        asked = conversations.append(session, row, "resident", SECRET, at=at)
        reply = conversations.append(session, row, "desk", SECRET, answer=answer, reply_to=asked.id, at=at)
        question_facts.asked(session, row, reply, settings.zone)
        return reply.id


def facts(database: Database) -> list[QuestionFactRow]:
    with database.read() as session:
        return list(session.scalars(select(QuestionFactRow).order_by(QuestionFactRow.id)))


def handoff_facts(database: Database) -> list[HandoffFactRow]:
    with database.read() as session:
        return list(session.scalars(select(HandoffFactRow)))


def test_a_question_is_counted_with_its_reply(lite: Database, settings: Settings, desk: FakeDesk) -> None:
    talk = start(lite)
    reply = Exchange(settings, lite, desk).receive(talk, Utterance("住民票の写しはいくらですか"), NIGHT)  # type: ignore[arg-type]
    (fact,) = facts(lite)
    assert (fact.message, fact.conversation, fact.municipality) == (reply.message, talk, CODE)
    assert (fact.status, fact.outcome, fact.channel) == (reply.answer["status"], reply.answer["outcome"], "web")
    assert fact.first


def test_day_and_hour_are_local_and_topic_is_the_articles(town: Database, plain: Settings) -> None:
    talk = start(town)
    say(town, plain, talk)
    say(town, plain, talk, "unsure", "inkan")
    one, two = facts(town)
    assert (one.day, one.hour, one.topic, one.article, one.ms) == (date(2026, 11, 24), 1, "証明書", "juminhyo", 7.5)
    assert (two.topic, two.article, two.first, two.settling) == ("印鑑登録", "", False, True)


def test_no_word_is_in_any_fact(town: Database, plain: Settings) -> None:
    talk = start(town)
    say(town, plain, talk)
    handoff_request.request(town, plain, talk, at=NIGHT, message=SECRET)
    with town.read() as session:
        for table in ("question_fact", "handoff_fact", "question_day", "article_week"):
            assert SECRET not in str(session.execute(text(f"SELECT * FROM {table}")).all())


def test_what_the_resident_says_of_it_is_counted(town: Database, plain: Settings) -> None:
    talk = start(town)
    reply = say(town, plain, talk)
    with town.write() as session:
        conversations.judge(session, talk, reply, True, SECRET)
    assert facts(town)[0].resolved is True
    with town.write() as session:
        conversations.judge(session, talk, reply, False, None)
    assert facts(town)[0].resolved is False


@pytest.mark.parametrize(
    ("status", "later", "article", "again"),
    [
        ("answered", timedelta(days=6), "juminhyo", True),
        ("answered", timedelta(days=8), "juminhyo", False),
        ("answered", timedelta(days=1), "inkan", False),
        ("unsure", timedelta(days=1), "juminhyo", False),
    ],
    ids=["within a week", "later than a week", "another topic", "it was not answered"],
)
def test_coming_back_to_a_topic_counts_for_the_answer_before(
    town: Database, plain: Settings, status: str, later: timedelta, article: str, again: bool
) -> None:
    talk = start(town)
    say(town, plain, talk, status)
    say(town, plain, talk, "answered", article, NIGHT + later)
    assert [fact.again for fact in facts(town)] == [again, False]


def test_a_hand_over_counts_for_the_question_before_and_by_its_waiting(town: Database, plain: Settings) -> None:
    talk = start(town)
    say(town, plain, talk)
    number, _ = handoff_request.request(town, plain, talk, at=NIGHT)
    (fact,) = facts(town)
    assert (fact.handed_over, fact.again) == (True, True)
    with town.write() as session:
        session.execute(text("UPDATE handoff SET requested_at = :at"), {"at": question_facts_time(town)})
    with town.write() as session:
        handoff.take(session, number, SATO)
    with town.write() as session:
        handoff.give_back(session, number, SATO)
    with town.write() as session:
        handoff.take(session, number, SATO)
    with town.write() as session:
        handoff.resolve(session, number, SATO)
    with town.write() as session:
        handoff.rate(session, talk, 4, SECRET)
    (counted,) = handoff_facts(town)
    assert counted.waiting == pytest.approx(12, abs=0.2)
    assert counted.closing == pytest.approx(12, abs=0.2)
    assert (counted.state, counted.rating, counted.topic, counted.hour) == ("resolved", 4, "証明書", 1)


def question_facts_time(database: Database) -> Any:
    """Twelve minutes ago, as the database keeps times."""
    at = datetime.now(UTC) - timedelta(minutes=12)
    return at.replace(tzinfo=None).isoformat(" ") if database.engine.dialect.name == "sqlite" else at


def test_a_request_without_any_question_is_a_hand_over_all_the_same(town: Database, plain: Settings) -> None:
    handoff_request.request(town, plain, start(town), at=NIGHT)
    assert [(fact.topic, fact.state) for fact in handoff_facts(town)] == [("", "queued")]
    assert facts(town) == []


@pytest.mark.parametrize(
    ("happens", "abandoned"),
    [("nothing", True), ("writes", False), ("writes too late", True), ("asks for a person", False), ("judges", False)],
)
def test_a_question_is_abandoned_when_nothing_happens_for_half_an_hour(
    town: Database, plain: Settings, happens: str, abandoned: bool
) -> None:
    talk = start(town)
    reply = say(town, plain, talk, "asked_back")
    if happens.startswith("writes"):
        say(town, plain, talk, "answered", "inkan", NIGHT + timedelta(minutes=31 if "late" in happens else 29))
    elif happens == "asks for a person":
        handoff_request.request(town, plain, talk, at=NIGHT + timedelta(minutes=5))
    elif happens == "judges":
        with town.write() as session:
            conversations.judge(session, talk, reply, False, None)
    fact_days.tick(town, NIGHT + timedelta(minutes=29))
    assert facts(town)[0].abandoned is None
    fact_days.tick(town, NIGHT + timedelta(minutes=30))
    assert facts(town)[0].abandoned is abandoned


def test_after_erasing_the_counts_stay_and_nothing_ties_them_together(town: Database, plain: Settings) -> None:
    talk = start(town)
    say(town, plain, talk)
    say(town, plain, talk, "unsure")
    number, _ = handoff_request.request(town, plain, talk, at=NIGHT)
    for act in (handoff.take, handoff.resolve):
        with town.write() as session:
            act(session, number, SATO)
    retention.sweep(town, plain, NIGHT + timedelta(days=91 + 400))
    assert [(fact.conversation, fact.message, fact.settling) for fact in facts(town)] == [(None, None, False)] * 2
    assert [fact.status for fact in facts(town)] == ["answered", "unsure"]
    assert [fact.handoff for fact in handoff_facts(town)] == [None]
    fact_days.tick(town, NIGHT + timedelta(days=500))
    with town.read() as session:
        assert fact_days.differences(session, CODE) == []


def test_the_days_counted_up_equal_a_direct_count(town: Database, plain: Settings) -> None:
    for number in range(12):
        talk = start(town)
        at = NIGHT + timedelta(hours=7 * number)
        reply = say(town, plain, talk, ("answered", "answered", "unsure", "asked_back")[number % 4], at=at)
        if number % 4 == 0:
            with town.write() as session:
                conversations.judge(session, talk, reply, number % 8 == 0, None)
        if number % 3 == 0:
            handoff_request.request(town, plain, talk, at=at)
    fact_days.tick(town, NIGHT + timedelta(days=9))
    with town.read() as session:
        assert session.scalar(select(FactChangeRow.id)) is None
        assert fact_days.differences(session, CODE) == []
        days = session.scalars(select(QuestionDayRow)).all()
        weeks = session.scalars(select(ArticleWeekRow)).all()
        assert (sum(d.questions for d in days), sum(d.answered for d in days), sum(d.conversations for d in days)) == (12, 6, 12)
        assert (sum(d.judged for d in days), sum(d.resolved for d in days), sum(d.handed_over for d in days)) == (3, 2, 4)
        assert {w.week for w in weeks} == {date(2026, 11, 23)}
        assert sum(w.answered for w in weeks) == 6


def test_a_wrong_sum_is_noticed(town: Database, plain: Settings) -> None:
    say(town, plain, start(town))
    fact_days.tick(town, NIGHT)
    with town.write() as session:
        session.execute(text("UPDATE question_day SET questions = 2"))
        assert len(fact_days.differences(session, CODE)) == 1


def test_a_later_word_changes_the_day_it_is_about(town: Database, plain: Settings) -> None:
    talk = start(town)
    reply = say(town, plain, talk)
    fact_days.tick(town, NIGHT)
    with town.write() as session:
        conversations.judge(session, talk, reply, True, None)
    assert fact_days.tick(town, NIGHT) == 1
    assert fact_days.tick(town, NIGHT) == 0
    with town.read() as session:
        assert [day.resolved for day in session.scalars(select(QuestionDayRow))] == [1]


def test_counting_anew_gives_the_same(town: Database, plain: Settings) -> None:
    say(town, plain, start(town))
    say(town, plain, start(town), at=NIGHT + timedelta(days=30))
    with town.write() as session:
        fact_days.count_all(session, CODE)
        assert fact_days.differences(session, CODE) == []
        assert len(session.scalars(select(ArticleWeekRow)).all()) == 2


def test_a_fact_that_cannot_be_counted_costs_nobody_the_reply(
    lite: Database, settings: Settings, desk: FakeDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    with lite.write() as session:
        session.execute(text("DROP TABLE fact_change"))
    talk = start(lite)
    reply = Exchange(settings, lite, desk).receive(talk, Utterance("住民票の写しはいくらですか"), NIGHT)  # type: ignore[arg-type]
    assert reply.message is not None
    with lite.read() as session:
        assert len(conversations.messages(session, talk)) == 2
    assert facts(lite) == []
