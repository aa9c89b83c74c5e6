"""Residents of another language get the approved words; source, facts and department stay the article's."""

from __future__ import annotations

from dataclasses import replace

import pytest
from small_knowledge import CERTIFICATE, CONTENT, MOVING_IN, question, services_of

from bot.answer import Status, TopicAnswer
from bot.facets import recognise
from bot.steps.check import check
from bot.steps.compose import compose, from_article
from bot.turn import Ranked, Services, Topic, Turn
from indexer.passages import sections
from indexer.search import Candidate
from knowledge.articles import Article
from knowledge.translations import Words


def english(article: Article) -> Words:
    """As many parts as the article has, each with a heading of its own but the first."""
    parts = sections(article.body)
    texts = [f"## Part {n}\nWords of part {n}: {n} 14." if n else "Report within 14 days." for n in range(len(parts))]
    return Words("Moving in", "\n\n".join(texts))


def services_with(words: Words, article: Article = MOVING_IN, language: str = "en") -> Services:
    services = services_of()
    return replace(services, content=replace(CONTENT, translations={article.id: {language: words}}))


def answered(services: Services, words: str, language: str = "en", article: Article = MOVING_IN) -> TopicAnswer:
    return from_article(Topic(words, recognise(words), probability=0.9), article, services, language)


def test_the_approved_words_stand_in_place_of_the_article() -> None:
    answer = answered(services_with(english(MOVING_IN)), "転入届を出したい")
    assert answer.language == "en"
    assert (answer.sections[0].heading, answer.sections[0].body) == ("Moving in", "Report within 14 days.")
    assert "【Moving in】\nReport within 14 days." in answer.answer
    assert "住民課の窓口で転入届を出してください" not in answer.answer
    assert "Japanese only" not in answer.answer
    assert answer.sources[0].title == MOVING_IN.title
    assert answer.contact
    assert "手数料：無料" in answer.answer


def test_the_part_asked_for_is_the_one_shown_in_the_translation_too() -> None:
    services = services_with(english(MOVING_IN))
    plain = answered(services, "転入届は郵送でできますか", "ja")
    asked = [s.heading for s in plain.sections if not s.folded]
    index = [p.heading for p in sections(MOVING_IN.body)].index(asked[0])
    shown = [s for s in answered(services, "転入届は郵送でできますか").sections if not s.folded]
    assert [s.heading for s in shown] == [f"Part {index}"]


def test_a_translation_cut_otherwise_is_shown_whole() -> None:
    answer = answered(services_with(Words("Moving in", "One part only, 14 days.")), "転入届は郵送でできますか")
    assert [(s.heading, s.folded) for s in answer.sections] == [("Moving in", False)]


def test_other_languages_get_the_japanese_words_and_are_told() -> None:
    services = services_with(english(MOVING_IN))
    answer = answered(services, "転入届を出したい", "vi")
    assert (answer.language, "引っ越した日から" in answer.answer) == ("ja", True)
    assert "この回答は日本語で" in answer.answer


def checked(services: Services, words: str = "転入届を出したい") -> TopicAnswer:
    ranked = (Ranked(Candidate(MOVING_IN, 0, 0, 0, 1), 9.0),)
    topic = Topic(words, recognise(words), ranked=ranked, probability=0.9, status=Status.ANSWERED)
    turn = check(compose(Turn(replace(question(words), language="en"), topics=(topic,)), services), services)
    assert turn.answer
    return turn.answer.topics[0]


def test_a_number_that_its_article_has_passes_whatever_its_unit_is_called() -> None:
    words = english(MOVING_IN)
    parts = len(sections(MOVING_IN.body))
    body = words.body
    for number in range(1, parts):
        body = body.replace(f"part {number}: {number} 14.", "a part, 14 days.").replace(f"Part {number}", f"Part {'x' * number}")
    assert checked(services_with(Words("Moving in", body))).status == Status.ANSWERED


def test_a_number_that_its_article_lacks_never_leaves() -> None:
    assert checked(services_with(Words("Moving in", "Report within 77 days."))).status == Status.UNSURE


def test_choices_are_named_in_the_residents_language() -> None:
    services = services_with(Words("Residence record", "x"), CERTIFICATE)
    ranked = tuple(Ranked(Candidate(a, 0, 0, 0, 1), 1.0) for a in (CERTIFICATE, MOVING_IN))
    topic = Topic("住民票", (), ranked=ranked, status=Status.ASKED_BACK)
    answer = compose(Turn(replace(question("住民票"), language="en"), topics=(topic,)), services).topics[0].answer
    assert answer
    assert [(c.label, c.article) for c in answer.choices[:2]] == [
        ("Residence record", CERTIFICATE.id), (MOVING_IN.title, MOVING_IN.id),
    ]  # fmt: skip


@pytest.mark.parametrize("language", ["ja", "en"])
def test_a_generator_is_not_asked_where_a_person_has_translated(language: str) -> None:
    from bot.steps.generate import generate

    class Never:
        def generate(self, messages: object) -> str:
            raise AssertionError("asked")

    services = replace(services_with(Words("Moving in", "14 days."), language=language), generator=Never())  # type: ignore[arg-type]
    topic = Topic("転入届", ranked=(Ranked(Candidate(MOVING_IN, 0, 0, 0, 1), 9.0),), status=Status.ANSWERED)
    turn = compose(Turn(replace(question("転入届"), language="en"), topics=(topic,)), services)
    assert generate(turn, services).topics[0].rewritten is None
