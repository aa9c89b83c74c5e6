"""Which outcome of an answer belongs to which topic of a message, and which words of the message are in none."""

from __future__ import annotations

import re
from collections.abc import Sequence

from indexer import text
from indexer.search import phrase_key

_COURTESY = re.compile(
    r"(?:この前は|いつも)?(?:どうも)?ありがとう(?:ござい(?:ました|ます))?|(?:親切に)?(?:教えて)?もらって感謝して(?:い)?ます|感謝して(?:い)?ます|お?願い(?:いた)?します|"
    r"よろしく|宜しく|すみません|すいません|恐れ入ります|お世話に(?:なります|なって(?:い|おり)ます)|こんにち[はわ]|こんばん[はわ]|おはよう(?:ございます)?|"
    r"はじめまして|(?:おかげで)?助かりました|最後に|では続けて|続けて|ついでに|別件(?:ですが|で)?|もう(?:一|ひと)つ|質問です|あと(?!で|から)|また(?=[、,])|"
    r"それはそうと|ところで|さらに|とあわせて|[①-⑳]|^\s*[0-9０-９]+[.．)]",
    re.MULTILINE,
)
"""Words that tell nothing of what is wanted: greetings, thanks, and what joins one question to the next."""


def holds(outcome: str, wanted: str) -> bool:
    """Whether an outcome's text has the resident's words: letter for letter, or each of the content words."""
    if phrase_key(wanted) in phrase_key(outcome):
        return True
    words = set(text.tokens(wanted))
    return bool(words) and words <= set(text.tokens(outcome))


def own_outcomes(wanted: Sequence[str], outcomes: Sequence[str]) -> list[int | None]:
    """For each wanted topic the number of the outcome that is its own, None where it has none.

    An outcome is a topic's own when it has that topic's words and not all the words of another one; no outcome is
    given to two topics (maximum bipartite matching by augmenting paths, Kuhn, 1955).
    """
    fits = [
        [
            number
            for number, outcome in enumerate(outcomes)
            if holds(outcome, topic) and not any(holds(outcome, other) and not holds(topic, other) for other in wanted)
        ]
        for topic in wanted
    ]
    taken: dict[int, int] = {}

    def place(topic: int, seen: set[int]) -> bool:
        for number in fits[topic]:
            if number not in seen:
                seen.add(number)
                if number not in taken or place(taken[number], seen):
                    taken[number] = topic
                    return True
        return False

    for topic in range(len(wanted)):
        place(topic, set())
    of = {topic: number for number, topic in taken.items()}
    return [of.get(topic) for topic in range(len(wanted))]


def dropped_words(message: str, outcomes: Sequence[str]) -> list[str]:
    """The content words of a message, as they stand, that are in no outcome; courtesies are none."""
    kept = phrase_key("".join(outcomes))
    words = [w for w in text.surfaces(_COURTESY.sub(" ", message)) if text.tokens(w)]
    return [w for w in words if phrase_key(w) and phrase_key(w) not in kept]
