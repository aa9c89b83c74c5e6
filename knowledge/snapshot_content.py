"""Everything a desk needs of a municipality's approved knowledge, as one record an index snapshot can carry."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date, time
from functools import cached_property
from typing import Any

from sqlalchemy.orm import Session

from knowledge import store, synonym_store, translations
from knowledge.articles import Article, Audience, Department, Municipality, State, from_json, to_json
from knowledge.tables import WasteTableRow
from knowledge.translations import Words
from knowledge.waste_table import WasteTable


class UnknownMunicipality(LookupError):
    """No municipality of this code has been created."""


@dataclass(frozen=True)
class Content:
    """Approved knowledge of one municipality: articles residents may be answered from, counters, sorting table.

    `synonyms`: official word -> residents' words that stand for it. `translations`: article -> language -> its approved
    words, only where they were made from the article as it is here.
    """

    municipality: Municipality
    departments: tuple[Department, ...]
    articles: tuple[Article, ...]
    waste: WasteTable | None = None
    waste_checked: date | None = None
    synonyms: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    translations: Mapping[str, Mapping[str, Words]] = field(default_factory=dict)

    @cached_property
    def department_of(self) -> Mapping[str, Department]:
        """Departments by key."""
        return {d.key: d for d in self.departments}

    @cached_property
    def article_of(self) -> Mapping[str, Article]:
        """Articles by id."""
        return {a.id: a for a in self.articles}

    @cached_property
    def waste_department(self) -> str:
        """Key of the department that answers for most articles on waste; "" leads to the reception."""
        keys = Counter(a.department for a in self.articles if a.category.startswith("ごみ") and a.department)
        return keys.most_common(1)[0][0] if keys else ""

    def words_of(self, article: Article, language: str) -> Words | None:
        """The approved translation of an article; None where residents read its own words."""
        return None if language == article.language else self.translations.get(article.id, {}).get(language)

    @property
    def reception(self) -> Department | None:
        """The counter for everything no other department is named for."""
        return self.department_of.get(self.municipality.reception)

    def to_json(self) -> dict[str, Any]:
        return {
            "municipality": asdict(self.municipality),
            "departments": [_department_to_json(d) for d in self.departments],
            "articles": [to_json(a) for a in self.articles],
            "waste": self.waste.to_json() if self.waste else None,
            "waste_checked": self.waste_checked.isoformat() if self.waste_checked else None,
            "synonyms": {official: list(words) for official, words in self.synonyms.items()},
            "translations": {
                article: {language: asdict(words) for language, words in made.items()}
                for article, made in self.translations.items()
            },
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Content:
        town = {**data["municipality"]}
        town["closed_days"], town["aliases"] = tuple(town["closed_days"]), tuple(town["aliases"])
        return cls(
            Municipality(**town),
            tuple(_department_from_json(d) for d in data["departments"]),
            tuple(from_json(a) for a in data["articles"]),
            WasteTable.from_json(data["waste"]) if data["waste"] else None,
            date.fromisoformat(data["waste_checked"]) if data["waste_checked"] else None,
            # A snapshot of an earlier version has none; the next synchronisation brings them in.
            {official: tuple(words) for official, words in data.get("synonyms", {}).items()},
            {
                article: {language: Words(**words) for language, words in made.items()}
                for article, made in data.get("translations", {}).items()
            },
        )


def read_content(session: Session, code: str, today: date) -> Content:
    """The content to index: published public articles in force today or later. Raises UnknownMunicipality.

    Articles that start later are indexed already and filtered by date when a question is asked, so that they are
    answered from on their first day without a new index.
    """
    municipality = store.municipality(session, code)
    if municipality is None:
        raise UnknownMunicipality(f"no municipality {code}: create it with `python -m knowledge import … --create NAME`")
    articles = {a.id: a for a in store.published(session, code, today)}
    for article in store.articles(session, code):
        starts_later = article.valid_from is not None and article.valid_from > today
        if starts_later and article.state == State.PUBLISHED and article.audience == Audience.PUBLIC:
            articles.setdefault(article.id, article)
    waste_row = session.get(WasteTableRow, code)
    return Content(
        municipality,
        tuple(store.departments(session, code)),
        tuple(articles[key] for key in sorted(articles)),
        store.waste_table(session, code),
        waste_row.updated_at.date() if waste_row else None,
        synonym_store.in_use(session, code),
        translations.in_force(session, code, articles.values()),
    )


def _department_to_json(department: Department) -> dict[str, Any]:
    data = asdict(department)
    data["hours"] = {str(day): [o.isoformat("minutes"), c.isoformat("minutes")] for day, (o, c) in department.hours.items()}
    return data


def _department_from_json(data: Mapping[str, Any]) -> Department:
    hours = {int(day): (time.fromisoformat(o), time.fromisoformat(c)) for day, (o, c) in data["hours"].items()}
    return Department(**{**data, "hours": hours})
