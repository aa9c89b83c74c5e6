"""A desk that answers by rule, for tests of what lies around the pipeline."""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass
from typing import NoReturn

from bot.answer import Answer, Contact, EmergencyCard, Source, Status
from bot.question import Question
from knowledge.snapshot_content import UnknownMunicipality
from settings import DEMO_MUNICIPALITY

CARD = EmergencyCard("suicide", "ja", ("今すぐ119に電話してください。",), ({"name": "消防", "number": "119"},))
QUIET_CARD = EmergencyCard("violence", "ja", ("DV相談ナビ #8008",), quick_exit=True, keep_history=False)


@dataclass(frozen=True)
class FakeMasked:
    text: str
    kinds: tuple[str, ...]


class FakeDesk:
    """`asked` keeps what reached it; a text with 例外 makes it break, 死にたい and 殴られ are emergencies."""

    def __init__(self) -> None:
        self.asked: list[Question] = []
        self.mask_broken = False
        self.gate: threading.Barrier | None = None

    def warm_up(self) -> None:
        pass

    def services(self, code: str) -> NoReturn:
        raise UnknownMunicipality(f"no index for {code}: this desk answers by rule")

    def ready(self) -> dict[str, str]:
        return {DEMO_MUNICIPALITY: "20261123-1"}

    def ask(self, question: Question) -> Answer:
        self.asked.append(question)
        if self.gate is not None:
            self.gate.wait(timeout=10)
        if "例外" in question.text:
            raise RuntimeError(f"broke on {question.text}")
        urgent = self.screen(question)
        if urgent is not None:
            return urgent
        masked = self.mask(question.municipality, question.text)
        url = "https://www.city.midorino.example/r.html"
        source = Source("residence-certificate", "住民票の写しの請求", url, "市民課", "2026-10-01")
        return Answer(
            question=masked.text,
            status=Status.ANSWERED,
            answer="住民票の写しは1通300円です。",
            language=question.language,
            sources=(source,),
            contact=Contact("市民課", key="citizens", phone="099-000-1110"),
            masked=masked.kinds,
            ms={"screen": 0.1},
        )

    def screen(self, question: Question) -> Answer | None:
        if "例外" in question.text:
            raise RuntimeError("screen broke")
        for word, card in (("死にたい", CARD), ("殴られ", QUIET_CARD)):
            if word in question.text:
                text = self.mask(question.municipality, question.text).text
                return Answer(question=text, status=Status.EMERGENCY, answer="\n".join(card.lines), emergency=card)
        return None

    def mask(self, municipality: str, text: str) -> FakeMasked:
        if self.mask_broken:
            raise RuntimeError("mask broke")
        masked = re.sub(r"(?<!\d)\d{12}(?!\d)", "［個人番号］", text)
        return FakeMasked(masked, ("my_number",) if masked != text else ())
