"""Before anything is stored or logged: hidden characters out, emergencies answered at once, personal data masked."""

from __future__ import annotations

from dataclasses import replace

from bot.answer import Answer, EmergencyCard, Outcome, Status
from bot.endings import contact_of, told
from bot.screening import emergencies
from bot.screening.emergency_cards import Card
from bot.screening.personal_data import Masked, mask
from bot.screening.text import clean
from bot.turn import Services, Turn
from bot.wording import say


def screen(turn: Turn, services: Services) -> Turn:
    """Set `text` and `masked`; end the turn for an emergency, an empty or an over-long message."""
    language = turn.language
    if len(turn.question.text) > services.message_max_length:
        return turn.with_(answer=_rejected(turn, services, "endings.too_long"))
    text = clean(turn.question.text)
    if not any(character.isalnum() for character in text):
        return turn.with_(answer=_rejected(turn, services, "endings.empty"))
    masked = mask_text(text, services)
    turn = turn.with_(text=masked.text, masked=masked.kinds)
    found = emergencies.detect(text)
    if found is None:
        return turn
    card = card_shown(services.cards[found.card_key], language)
    if not found.certain:
        return turn.with_(emergency=card)
    contact = contact_of(services, "", language)
    lines = "\n".join(card.lines)
    return turn.with_(
        answer=Answer(turn.text, Status.EMERGENCY, lines, language, masked=turn.masked, emergency=card, contact=contact)
    )


def with_card(answer: Answer, card: EmergencyCard) -> Answer:
    """The answer below the card; where there was nothing to answer the card is the whole of it."""
    answered = answer.outcome in (Outcome.ANSWER, Outcome.ASK_BACK)
    text = "\n".join([*card.lines, "", answer.answer] if answered else card.lines)
    return replace(answer, status=answer.status if answered else Status.EMERGENCY, answer=text, emergency=card)


def card_shown(card: Card, language: str) -> EmergencyCard:
    """The card as a resident of this language is shown it."""
    shown = card.shown(language)
    lines = tuple(line for _, version in shown for line in version)
    numbers = tuple({"number": n.number, "name": n.name, "hours": n.hours} for n in card.numbers)
    return EmergencyCard(card.kind, shown[0][0], lines, numbers, card.quick_exit, card.keep_history)


def mask_text(text: str, services: Services) -> Masked:
    """The text without personal data; the municipality's own telephone numbers and place names stay."""
    find = services.person_names
    if find is None:
        return mask(text, published_phones=services.published_phones)
    content = services.content
    places = {area.district for area in content.waste.areas} if content.waste else set()
    places |= {content.municipality.name, *content.municipality.aliases}

    def people(said: str) -> list[tuple[int, int]]:
        # 「桜台」 and 「若葉」 are names of people too; here they tell where the waste is to be collected.
        return [(start, end) for start, end in find(said) if said[start:end] not in places]

    return mask(text, published_phones=services.published_phones, person_names=people)


def _rejected(turn: Turn, services: Services, key: str) -> Answer:
    text = say(key, turn.language, limit=services.message_max_length)
    contact = contact_of(services, "", turn.language)
    reply = told(text, contact, turn.language)
    return Answer("", Status.REJECTED_INPUT, reply, turn.language, contact=contact, handoff_offered=True)
