"""Every figure from life on a case worked out by hand, on both databases."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest
from life_fixture import CODE, OTHER, TODAY, counted, handed, question, towns
from scipy import stats

from database import Database
from evaluation import analytics, shares
from evaluation.analytics import Counts, Figure, Span

WEEK = date(2026, 11, 16)
OLD = date(2026, 11, 9)


@pytest.fixture
def town(database: Database) -> Database:
    towns(database)
    return database


def figures(database: Database, asked: Span | None = None, minutes: float = 5.0) -> dict[str, Figure]:
    with database.read() as session:
        asked = asked or analytics.span("4", TODAY)
        found = analytics.figures(analytics.days(session, CODE, asked), TODAY, minutes)
        return {f.name: f for f in (*found, *analytics.handoff_figures(session, CODE, asked))}


def test_the_last_four_weeks_end_on_sunday() -> None:
    assert analytics.span("4", TODAY) == Span(date(2026, 10, 26), date(2026, 11, 22))
    assert analytics.span("52", TODAY).first == date(2025, 11, 24)
    assert analytics.span("now", TODAY) == Span(date(2026, 11, 23), TODAY)
    assert analytics.span("nonsense", TODAY) == analytics.span("4", TODAY)


def test_without_a_question_every_share_is_undefined_and_none_is_zero(town: Database) -> None:
    found = figures(town)
    assert {name for name, f in found.items() if f.value is not None} == {"questions", "conversations"}
    assert all(f.n == 0 for f in found.values())


def test_counts_answers_resolution_and_hand_overs(town: Database) -> None:
    with town.write() as session:
        question(session, WEEK, count=3, resolved=True)
        question(session, WEEK, resolved=False, first=False)
        question(session, WEEK, count=4)
        question(session, WEEK, "unsure", handed_over=True, resolved=False)  # a judgement, but of no answer
        question(session, WEEK, "small_talk")
        question(session, WEEK, municipality=OTHER, count=9)
        counted(session)
    found = figures(town)
    assert (found["questions"].value, found["conversations"].value) == (10, 9)
    assert (found["answer_rate"].value, found["answer_rate"].n) == (0.8, 10)
    assert (found["resolution"].value, found["resolution"].n) == (0.75, 4)  # 3 of the 4 answers judged
    assert (found["resolution_all"].value, found["resolution_all"].n) == (0.375, 8)  # 3 of all 8
    assert (found["handover"].value, found["handover"].n) == (0.1, 10)


def test_abandonment_is_taken_over_what_is_known(town: Database) -> None:
    with town.write() as session:
        question(session, WEEK, "asked_back", abandoned=True)
        question(session, WEEK, "unsure", abandoned=False, count=3)
        question(session, WEEK, "asked_back", settling=True)  # not known yet
        question(session, WEEK)
        counted(session)
    found = figures(town)["abandonment"]
    assert (found.value, found.n) == (0.25, 4)


def test_coming_back_is_counted_of_answers_older_than_a_week(town: Database) -> None:
    with town.write() as session:
        question(session, TODAY - timedelta(days=8), again=True)
        question(session, TODAY - timedelta(days=8), count=4)
        question(session, TODAY - timedelta(days=7), again=True)  # its week is not over
        counted(session)
    found = figures(town)["recontact"]
    assert (found.value, found.n) == (0.2, 5)


def test_minutes_saved_scale_with_the_assumption(town: Database) -> None:
    with town.write() as session:
        question(session, OLD, count=2, resolved=True)
        question(session, OLD, count=2, resolved=False, again=True)
        question(session, OLD, count=16)
        counted(session)
    # 20 answers, 2 came back, half of those judged helped: 18 x 0.5 x 5
    assert figures(town)["saved"].value == pytest.approx(45)
    assert figures(town, minutes=8.0)["saved"].value == pytest.approx(72)
    assert figures(town)["saved"].n == 4


def test_waiting_is_by_nearest_rank_and_those_not_taken_are_left_out(town: Database) -> None:
    with town.write() as session:
        for minutes in (30, 10, 20, 40, 50, 60, 70, 80, 90, 600):
            handed(session, WEEK, minutes)
        handed(session, WEEK, None, state="expired")
        handed(session, WEEK, 9999, municipality=OTHER)
    found = figures(town)
    assert (found["waiting_median"].value, found["waiting_p90"].value, found["waiting_p90"].n) == (50, 90, 10)


def test_content_are_those_who_said_four_or_five(town: Database) -> None:
    with town.write() as session:
        for rating in (5, 4, 3, 1, None):
            handed(session, WEEK, 5, rating)
    found = figures(town)
    assert (found["satisfaction"].value, found["satisfaction"].n, found["rating"].value) == (0.5, 4, 3.25)


def test_channel_and_topic_narrow_every_figure(town: Database) -> None:
    with town.write() as session:
        question(session, WEEK, count=2)
        question(session, WEEK, channel="line")
        question(session, WEEK, topic="", count=3)
        handed(session, WEEK, 5, channel="line")
        handed(session, WEEK, 7)
        counted(session)
    four = analytics.span("4", TODAY)
    line = figures(town, Span(four.first, four.last, channel="line"))
    assert (line["questions"].value, line["waiting_median"].value) == (1, 5)
    assert figures(town, Span(four.first, four.last, topic="証明書"))["questions"].value == 3
    assert figures(town, Span(four.first, four.last, topic=analytics.NO_TOPIC))["questions"].value == 3


def test_weeks_without_a_question_are_there_with_zeros(town: Database) -> None:
    with town.write() as session:
        question(session, WEEK)
        question(session, WEEK + timedelta(days=6))
        counted(session)
    asked = analytics.span("4", TODAY)
    with town.read() as session:
        weeks = analytics.by_week(analytics.days(session, CODE, asked), asked)
    assert [c.questions for c in weeks.values()] == [0, 0, 0, 2]
    assert list(weeks)[3] == WEEK


def test_articles_are_ordered_by_answers(town: Database) -> None:
    with town.write() as session:
        question(session, WEEK, article="a2", resolved=True)
        question(session, WEEK, count=2, resolved=False)
        question(session, WEEK, resolved=True, again=True)
        counted(session)
    with town.read() as session:
        found, count = analytics.reach(session, CODE, analytics.span("4", TODAY), 0, 1)
    assert count == 2
    assert (found[0].article, found[0].answered, found[0].again) == ("a1", 3, 1)
    assert found[0].share.value == pytest.approx(1 / 3)


def test_topics_and_choices(town: Database) -> None:
    with town.write() as session:
        question(session, WEEK, count=2, topic="税")
        question(session, WEEK, channel="line")
        question(session, WEEK, topic="")
        counted(session)
    with town.read() as session:
        asked = analytics.span("4", TODAY)
        assert list(analytics.topics(session, CODE, asked)) == ["税", "", "証明書"]
        assert analytics.choices(session, CODE, asked) == (["line", "web"], ["税", "証明書"])


def test_a_topic_that_grows_is_told_from_the_town_that_grows(town: Database) -> None:
    with town.write() as session:
        for weeks_ago in range(1, 9):
            day = date(2026, 11, 23) - timedelta(weeks=weeks_ago)
            grown = 2 if weeks_ago <= 4 else 1
            question(session, day, topic="税", count=20 * grown)
            question(session, day, topic="証明書", count=20 * grown)
            question(session, day, topic="ごみ・リサイクル", count=60 if weeks_ago <= 4 else 10)
            question(session, day, topic="選挙", count=1)
        counted(session)
    with town.read() as session:
        found = {c.topic: c for c in analytics.changes(session, CODE, TODAY)}
    waste = found["ごみ・リサイクル"]
    assert (waste.before, waste.now) == (40, 240)
    assert waste.ratio is not None
    assert waste.ratio > 1
    assert waste.adjusted is not None
    assert waste.adjusted < 0.05
    assert found["税"].ratio is not None
    assert found["税"].ratio < 1  # twice as many, of three times as many
    assert (found["選挙"].p, found["選挙"].ratio) == (None, None)


def test_a_change_worked_out_by_hand() -> None:
    found = shares.change("税", [100] * 4, [150] * 4, [1000] * 4, [1000] * 4)
    assert found.ratio == pytest.approx(600.5 / 400.5)
    # every week is as expected, so the scatter is 1: t = ln(600.5 / 400.5) / sqrt(1 / 600.5 + 1 / 400.5) = 6.278
    assert found.p == pytest.approx(2 * stats.t.sf(6.2783, 6), rel=1e-3)


def test_scatter_between_weeks_makes_a_change_less_sure() -> None:
    even = shares.change("税", [100] * 4, [130] * 4, [1000] * 4, [1000] * 4)
    rough = shares.change("税", [40, 160, 60, 140], [50, 210, 70, 190], [1000] * 4, [1000] * 4)
    assert even.p is not None
    assert rough.p is not None
    assert even.p < 0.05 < rough.p


@pytest.mark.parametrize("t", [0.0, 0.5, -1.9, 2.4469, 7.5])
def test_students_t_is_scipys(t: float) -> None:
    assert shares.two_sided(t) == pytest.approx(2 * stats.t.sf(abs(t), 6), abs=1e-12)


def test_adjusted_chances_are_scipys() -> None:
    chances = [0.001, 0.04, 0.03, 0.5, 0.9]
    changes = [shares.Change(str(n), 1, 1, 1.0, p) for n, p in enumerate(chances)]
    found = [c.adjusted for c in shares.adjusted([*changes, shares.Change("few", 1, 1, None, None)])]
    assert found[:-1] == pytest.approx(list(stats.false_discovery_control(chances)))
    assert found[-1] is None


def test_wilson_of_nothing_right_and_of_all_right_stays_between_0_and_1() -> None:
    assert shares.wilson(0.0, 10)[0] == 0.0
    assert shares.wilson(1.0, 10)[1] == pytest.approx(1.0)


def test_counts_add_up() -> None:
    assert Counts(questions=1, again=2) + Counts(questions=3) == Counts(questions=4, again=2)


def test_weeks_that_only_scatter_are_seldom_called_a_change() -> None:
    """500 topics without any change, whose weeks scatter twice as much as independent questions would."""
    generator = np.random.default_rng(5)
    drawn = generator.negative_binomial(100, 0.5, (500, 8))  # mean 100, variance 200
    everything = [10_000] * 4
    found = [shares.change("", row[:4].tolist(), row[4:].tolist(), everything, everything).p for row in drawn]
    assert 0.02 <= sum(p is not None and p <= 0.05 for p in found) / 500 <= 0.07
