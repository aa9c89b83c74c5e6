"""What the index would answer a text from, before it is settled what the resident's questions are."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from functools import lru_cache

from bot.subject_words import subject_nouns, subject_words
from indexer import text
from indexer.text import normalise
from knowledge.articles import Article
from knowledge.snapshot_content import Content

KEPT = 20
"""Articles kept of each look-up."""
NEAR = 3
"""A question with the article before it among its first so many goes on about the same."""
GENERIC_SHARE = 0.06
"""A word in the titles of more than this share of the articles names no subject (子ども, 保険, 変更)."""
MOST_COUNTED = 2_000
"""Articles whose titles are counted for that: a share of 0.06 is then off by 0.005 (its standard deviation)."""
_MARKED = re.compile(r"^([^、。？?はをがって]{2,16})(?:は|って|を)[^。？?]{3}")
"""「保険料は年金から引かれますか」: a whole sentence about something it names first, unlike 「犬は？」."""
_OWN = re.compile(r"^[^、。？?はをが]{2,12}の[^、。？?はをが]{2,5}(?:は|って|を|が)")


class Candidates:
    """Look-ups of one message, each made once.

    `rank` gives the articles for a text, best first; `sure` how likely the first of them answers it, in [0, 1].
    """

    def __init__(
        self, rank: Callable[[str], tuple[str, ...]], content: Content, sure: Callable[[str], float] = lambda _: 1.0
    ) -> None:
        self._rank, self._content, self._sure = rank, content, sure
        self._found: dict[str, tuple[str, ...]] = {}

    def first(self, said: str) -> tuple[str, ...]:
        """Ids of the best articles for a text, best first; at most KEPT."""
        if said not in self._found:
            self._found[said] = self._rank(said)[:KEPT]
        return self._found[said]

    def sure(self, said: str) -> float:
        """How likely the best article answers a text, in [0, 1]."""
        self.first(said)
        return self._sure(said)

    def known(self, articles: Sequence[str]) -> tuple[str, ...]:
        """Those of the ids that are articles; the sorting table is none."""
        return tuple(a for a in articles if a in self._content.article_of)

    def category(self, article: str) -> str:
        """The article's category; "" for an unknown one."""
        found = self._content.article_of.get(article)
        return found.category if found else ""

    def marked(self, said: str) -> bool:
        """Whether a text names first what it is about: 「保険料は年金から引かれますか」."""
        return bool(_MARKED.match(said))

    def is_about(self, article: str, word: str) -> bool:
        """Whether title or other question forms of the article have the word."""
        found = self._content.article_of.get(article)
        return found is not None and _has(_titles(found), word)

    def mentions(self, article: str, word: str) -> bool:
        """Whether the article has the word anywhere."""
        found = self._content.article_of.get(article)
        return found is not None and (_has(_titles(found), word) or word in _whole(found) or _has(_body(found), word))

    def names(self, said: str, article: str) -> list[str]:
        """The words of a text that the titles of an article have, without those that name no subject."""
        return [w for w in subject_words(said) if self.is_about(article, w)]

    def named(self, said: str, article: str) -> list[str]:
        """The nouns by which a text names the subject of an article, those left out that many articles have."""
        generic = _generic(_Same(self._content.articles))
        nouns = dict.fromkeys(w for noun in subject_nouns(said) for w in text.tokens(noun))
        return [w for w in nouns if w not in generic and self.is_about(article, w)]

    def turns(self, said: str, before: str) -> bool:
        """Whether a text turns to something else than the question before it.

        It names what another article is about, the article of the question before does not speak of it, and both
        together still find the other article.
        """
        subject, now = self.first(before)[:1], self.first(said)
        nouns = " ".join(subject_nouns(said))
        if subject and nouns and subject[0] in now[:NEAR] and _OWN.match(said):
            now = self.first(nouns)  # 「一時保育の値段は」 is near to any article with a price
        if not subject or not now or subject[0] in now[:NEAR]:
            return False
        named = self.named(said, now[0])
        marked = _MARKED.match(said)
        if marked and (own := [w for w in named if w in text.tokens(marked[1])]):
            if all(self.is_about(subject[0], w) for w in own):
                return False
        elif not named or all(self.mentions(subject[0], w) for w in named):
            return False
        return now[0] in self.first(f"{before} {said}")[:NEAR]

    def bridge(self, one: str, other: str, whole: str) -> bool:
        """Whether the article for the whole sentence is about all that either part names: 「印鑑登録証と実印をなくした」."""
        named = {w for said in (one, other) for w in self.names(said, self.first(said)[0])}
        shared = set(self.first(one)[:2]) & set(self.first(other)[:2])
        return any(all(self.is_about(a, w) for w in named) for a in shared & set(self.first(whole)[:1]))


def _has(words: frozenset[str], word: str) -> bool:
    return word in words or (len(word) > 1 and any(w.startswith(word) for w in words))


@lru_cache(maxsize=4096)
def _titles(article: Article) -> frozenset[str]:
    return frozenset(text.tokens(" ".join((article.title, *article.alternatives))))


@lru_cache(maxsize=4096)
def _body(article: Article) -> frozenset[str]:
    return frozenset(text.tokens(article.body))


@lru_cache(maxsize=4096)
def _whole(article: Article) -> str:
    return normalise(article.body)


class _Same:
    """Articles as the key of a cache by identity: to compare them by content would cost every question time for each."""

    def __init__(self, articles: tuple[Article, ...]) -> None:
        self.articles = articles

    def __hash__(self) -> int:
        return id(self.articles)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.articles is self.articles


@lru_cache(maxsize=8)
def _generic(town: _Same) -> frozenset[str]:
    # Of a town of many thousand articles a part, taken evenly, tells the shares well enough and within a question's time.
    articles = town.articles[:: -(-len(town.articles) // MOST_COUNTED) or 1]
    counted = Counter(word for article in articles for word in _titles(article))
    return frozenset(word for word, times in counted.items() if times > max(3, GENERIC_SHARE * len(articles)))
