"""The desk: answers for every municipality that has an index, and takes up a new snapshot while it runs."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import structlog

from bot import generation, pipeline, ranker, reranker
from bot.answer import Answer, Contact, Status
from bot.decision import load as load_decision
from bot.endings import contact_of, told
from bot.generation import GeneratorUnavailable
from bot.question import Question
from bot.reranker import Reranker, RerankerUnavailable
from bot.screening.emergency_cards import load_cards
from bot.screening.personal_data import Masked, mask
from bot.steps.screen import mask_text, screen
from bot.turn import Services, Turn
from bot.wording import say
from indexer import snapshot
from indexer.encoder import EMBEDDED, EncoderUnavailable
from indexer.search import SearchIndex
from indexer.snapshot import IndexMismatch, SnapshotCorrupt, SnapshotMissing
from indexer.text import ginza, person_names
from knowledge.snapshot_content import UnknownMunicipality
from settings import Settings

log = structlog.get_logger(__name__)
__all__ = ["Desk", "UnknownMunicipality"]


@dataclass(frozen=True)
class _Served:
    services: Services
    version: str


class Desk:
    """Light to make; `warm_up` loads models and indexes. Safe to use from many threads."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._served: dict[str, _Served] = {}
        self._refused: dict[str, str] = {}
        self._lock = threading.Lock()
        self._decision = load_decision()
        self._cards = load_cards()
        self._generator = generation.generator_of(settings)
        self._reranker: Reranker | None = None
        self._watching = False

    def warm_up(self, watch: bool = True) -> None:
        """Load every index there is and, with `watch`, look for new ones every `snapshot_check_seconds`."""
        if self._settings.ner:
            ginza()
        self._load_options()
        self.refresh()
        if watch and not self._watching:
            self._watching = True
            threading.Thread(target=self._watch, name="snapshot-watch", daemon=True).start()

    def _load_options(self) -> None:
        """The models by setting. The desk works without either: what cannot be loaded is reported and left out."""
        try:
            self._reranker = reranker.load(self._settings.reranker)
        except RerankerUnavailable as error:
            log.error("reranker_unavailable", reason=str(error))
        try:
            if self._generator:
                self._generator.warm_up()
        except GeneratorUnavailable as error:
            log.error("generator_unavailable", reason=str(error))
            self._generator = None

    def ready(self) -> dict[str, str]:
        """Municipality -> version of the snapshot served."""
        return {code: served.version for code, served in sorted(self._served.items())}

    def ask(self, question: Question) -> Answer:
        """Answer a question. Never raises on what a resident wrote: an inner failure gives the status `failed`.

        Raises UnknownMunicipality when the desk has no index for it.
        """
        services = self.services(question.municipality)
        try:
            return pipeline.run(question, services)
        except Exception:
            log.exception("pipeline_failed", municipality=question.municipality)
            return self._failed(question, services)

    def screen(self, question: Question) -> Answer | None:
        """The first step alone, for messages that go to a person: an emergency or a rejection, else None."""
        return screen(Turn(question), self.services(question.municipality)).answer

    def mask(self, municipality: str, text: str) -> Masked:
        """The text without personal data, also for a municipality that has no index yet."""
        served = self._served.get(municipality)
        if served:
            return mask_text(text, served.services)
        return mask(text, person_names=person_names if self._settings.ner else None)

    def refresh(self) -> None:
        """Take up snapshots that are new; a broken one is reported once, and what was served before stays."""
        root = self._settings.indexes
        for home in sorted(root.iterdir()) if root.is_dir() else []:
            if home.is_dir():
                self._refresh(home)

    def _refresh(self, home: Path) -> None:
        code = home.name
        try:
            version = snapshot.current_version(home)
        except SnapshotMissing:
            whole = snapshot.versions(home)  # CURRENT is lost or damaged; before the first build is done there is none
            if not whole:
                return
            version = whole[0]
        served = self._served.get(code)
        if (served and served.version == version) or self._refused.get(code) == version:
            return
        loaded = self._load(home, version)
        if loaded is None:
            self._refused[code] = version
            if served is None:
                loaded = next((x for v in snapshot.versions(home) if v != version and (x := self._load(home, v))), None)
        if loaded:
            with self._lock:
                self._served = {**self._served, code: _Served(loaded, loaded.index.snapshot.version)}
            log.info("snapshot_served", municipality=code, snapshot=loaded.index.snapshot.version)

    def _load(self, home: Path, version: str) -> Services | None:
        try:
            index = SearchIndex(snapshot.open_snapshot(home / version, self._settings.encoder))
        except (SnapshotCorrupt, IndexMismatch, EncoderUnavailable) as error:
            log.error("snapshot_refused", municipality=home.name, snapshot=version, reason=str(error))
            return None
        content = index.snapshot.content
        return Services(
            content=content,
            index=index,
            decision=self._decision,
            cards=self._cards,
            message_max_length=self._settings.message_max_length,
            clock=lambda: datetime.now(self._settings.zone),
            person_names=person_names if self._settings.ner else None,
            published_phones=frozenset(d.phone for d in content.departments if d.phone),
            ranker=ranker.load() if self._settings.encoder == EMBEDDED else None,
            reranker=self._reranker,
            generator=self._generator,
        )

    def _watch(self) -> None:
        pause = threading.Event()
        while not pause.wait(self._settings.snapshot_check_seconds):
            try:
                self.refresh()
            except Exception:
                log.exception("snapshot_watch_failed")

    def services(self, code: str) -> Services:
        """What the steps are given for a municipality. Raises UnknownMunicipality when the desk has no index for it."""
        served = self._served.get(code)
        if served is None:
            raise UnknownMunicipality(f"no index for municipality {code}: run `python -m indexer build --municipality {code}`")
        return served.services

    def _failed(self, question: Question, services: Services) -> Answer:
        contact: Contact = contact_of(services, "", question.language)
        text = told(say("endings.failed", question.language), contact, question.language)
        masked = self._masked_or_nothing(question, services)
        return Answer(masked, Status.FAILED, text, question.language, contact=contact, handoff_offered=True)

    def _masked_or_nothing(self, question: Question, services: Services) -> str:
        try:
            return mask_text(question.text, replace(services, person_names=None)).text
        except Exception:
            log.exception("masking_failed", municipality=question.municipality)
            return ""  # what cannot be masked must not be kept
