"""Words that name no subject are told by how many titles have them, in a town of any size without counting all."""

from __future__ import annotations

from dataclasses import replace

import pytest
from small_knowledge import ARTICLES, CONTENT, MOVING_IN

from bot import candidates
from bot.candidates import Candidates
from knowledge.articles import Article
from knowledge.snapshot_content import Content


def of(*articles: Article) -> Candidates:
    return Candidates(lambda _: (), replace(CONTENT, articles=articles))


def oil(count: int) -> tuple[Article, ...]:
    return tuple(replace(MOVING_IN, id=f"oil-{n}", title=f"灯油の配達{n}", alternatives=()) for n in range(count))


def test_a_word_in_the_titles_of_many_articles_names_no_subject() -> None:
    few, many = oil(2), oil(30)
    assert "灯油" in of(*ARTICLES, *few).named("灯油の配達", "oil-0")
    assert "灯油" not in of(*ARTICLES, *many).named("灯油の配達", "oil-0")


def test_of_a_great_town_a_part_of_the_titles_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(candidates, "MOST_COUNTED", 20)
    read: list[str] = []
    titles = candidates._titles
    monkeypatch.setattr(candidates, "_titles", lambda article: read.append(article.id) or titles(article))
    town = of(*oil(40), *ARTICLES[:3])
    assert "灯油" not in town.named("灯油の配達", "oil-0")
    assert 10 <= len(set(read)) <= 21  # every third of 43, and the article asked about


def test_a_new_snapshot_is_counted_anew_though_its_articles_are_as_many() -> None:
    assert "灯油" not in of(*oil(30)).named("灯油の配達", "oil-0")
    renamed = tuple(replace(a, title="屋根の修理" if n else a.title) for n, a in enumerate(oil(30)))
    assert "灯油" in of(*renamed).named("灯油の配達", "oil-0")


def test_the_department_for_waste_is_the_one_of_most_waste_articles() -> None:
    assert CONTENT.waste_department == "waste"
    assert Content(CONTENT.municipality, (), ()).waste_department == ""
