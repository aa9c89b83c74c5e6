"""Staff who try a question see the answer, what was considered and the rule that decided; a copy as if it were published."""

from __future__ import annotations

from dataclasses import replace

import pytest
from small_knowledge import CERTIFICATE, CODE, CONTENT, MOVING_IN, services_of

from bot.answer import Status
from bot.trial import WHYS, Overlays, try_question
from bot.turn import Services
from bot.wording import say
from knowledge.articles import State
from knowledge.snapshot_content import UnknownMunicipality

NEW = replace(
    CERTIFICATE, id="grave", title="墓地の募集", body="墓地の募集は6月です。", alternatives=("お墓を買いたい",), state=State.DRAFT
)


class SmallDesk:
    def __init__(self) -> None:
        self.served = services_of()

    def services(self, code: str) -> Services:
        if code != CODE:
            raise UnknownMunicipality(code)
        return self.served


@pytest.fixture(scope="module")
def desk() -> SmallDesk:
    return SmallDesk()


def tried(desk: SmallDesk, text: str, **more: object):  # type: ignore[no-untyped-def]
    return try_question(desk, more.pop("overlays", Overlays()), CODE, text, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("住民票がほしい", "same_question"), ("引っ越してきたので転入届を出したいです", "sure"), ("宇宙旅行", "unfamiliar"),
        ("職員と話したい", "intent"), ("こんにちは", "intent"), ("フライパンは何ごみ", "sorting_table"),
    ],
)  # fmt: skip
def test_the_rule_that_decided_is_named(desk: SmallDesk, text: str, why: str) -> None:
    (topic,) = tried(desk, text).topics
    assert topic.why == why


def test_every_rule_has_its_text_and_every_status_too() -> None:
    for key in (*(f"why_{why}" for why in WHYS), *(f"status_{status.value}" for status in Status)):
        for language in ("ja", "en"):
            assert say(f"staff_trial.{key}", language, probability=1, answer=2, ask=3)


def test_candidates_come_with_their_scores_and_the_limits_they_were_held_against(desk: SmallDesk) -> None:
    shown = tried(desk, "住民票の写しの手数料はいくら")
    (topic,) = shown.topics
    assert topic.candidates[0].article.id == "residence-certificate"
    assert [c.score for c in topic.candidates] == sorted((c.score for c in topic.candidates), reverse=True)
    assert topic.facets == ("手数料",)
    assert topic.limits is not None
    assert (topic.probability or 0) >= topic.limits.answer
    assert shown.answer.status == Status.ANSWERED
    assert "retrieve" in shown.answer.ms
    assert shown.overlay_seconds == 0


def test_an_article_out_of_its_time_is_named_as_left_out(desk: SmallDesk) -> None:
    (topic,) = tried(desk, "プレミアム商品券を買いたい").topics
    assert ("summer-coupon", "not in force") in topic.rejected
    assert say("staff_trial.rejected_not_in_force")


def test_a_working_copy_is_answered_from_as_if_it_were_published_and_the_served_index_is_not_touched(desk: SmallDesk) -> None:
    before = desk.served.index.snapshot
    assert tried(desk, "お墓を買いたい").answer.status != Status.ANSWERED
    shown = tried(desk, "お墓を買いたい", copy=NEW)
    assert shown.answer.sources[0].id == "grave"
    assert shown.topics[0].candidates[0].tried
    assert desk.served.index.snapshot is before
    assert "grave" not in desk.served.content.article_of
    changed = replace(CERTIFICATE, body="住民票の写しは1通450円です。", procedure=replace(CERTIFICATE.procedure, fee="1通450円"))
    assert "450円" in tried(desk, "住民票の手数料", copy=changed).answer.answer
    assert "300円" in tried(desk, "住民票の手数料").answer.answer


def test_the_index_of_a_copy_is_made_once_and_few_are_kept(desk: SmallDesk) -> None:
    overlays = Overlays()
    assert overlays.services(desk.served, NEW) is overlays.services(desk.served, NEW)
    made = overlays.services(desk.served, NEW)
    for number in range(4):
        overlays.services(desk.served, replace(NEW, title=f"墓地{number}"))
    assert overlays.services(desk.served, NEW) is not made


def test_a_follow_up_knows_the_questions_before_it(desk: SmallDesk) -> None:
    shown = tried(desk, "いくらですか", earlier=["住民票を取りたい"])
    assert [s.id for s in shown.answer.sources] == ["residence-certificate"]


def test_personal_data_is_masked_and_an_emergency_gets_its_card(desk: SmallDesk) -> None:
    assert "123456789018" not in tried(desk, "マイナンバー123456789018の住民票").answer.question
    assert tried(desk, "死にたい").answer.status == Status.EMERGENCY
    assert tried(desk, "死にたい").topics == ()


def test_without_an_index_there_is_nothing_to_try(desk: SmallDesk) -> None:
    with pytest.raises(UnknownMunicipality):
        try_question(desk, Overlays(), "990019", "住民票")  # type: ignore[arg-type]


def test_the_content_served_stays_the_one_it_was(desk: SmallDesk) -> None:
    tried(desk, "転入届", copy=replace(MOVING_IN, body="別の内容"))
    assert desk.served.content is CONTENT
