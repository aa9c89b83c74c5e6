"""What a resident gets while automatic answers are switched off: an emergency card if there is need, and a person."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from bot.answer import Answer, Contact, Status, TopicAnswer
from bot.endings import told
from bot.screening import emergencies
from bot.screening.emergency_cards import Card, load_cards
from bot.screening.text import clean
from bot.steps.screen import card_shown, with_card
from bot.wording import say


def reply(text: str, masked: str, kinds: tuple[str, ...], language: str, contact: Contact) -> Answer:
    """The reply to a message without index, model or pipeline, so that it is also given when one of them is at fault.

    `text` is what was written, `masked` what is stored of it.
    """
    words = told(say("endings.switched_off", language), contact, language)
    topic = TopicAnswer(masked, Status.SWITCHED_OFF, words, contact=contact)
    answer = Answer(
        question=masked,
        status=Status.SWITCHED_OFF,
        answer=words,
        language=language,
        topics=(topic,),
        contact=contact,
        masked=kinds,
        handoff_offered=True,
    )
    found = emergencies.detect(clean(text))
    if found is None:
        return answer
    card = card_shown(_cards()[found.card_key], language)
    if found.certain:
        return with_card(answer, card)
    # It may be an ordinary question after all: the card must not be the end of the way.
    return replace(answer, answer="\n".join([*card.lines, "", words]), emergency=card)


@cache
def _cards() -> dict[str, Card]:
    return dict(load_cards())
