"""A municipality's own synonyms in the database, over the base that ships with the desk. Nothing here commits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from database import now
from knowledge import store, synonyms
from knowledge.store import Change
from knowledge.synonym_table import shared_group, shared_groups
from knowledge.synonyms import SynonymGroup
from knowledge.tables import SynonymGroupRow


class StaleSynonyms(RuntimeError):
    """Somebody else has changed the group since it was read."""


class UnknownSynonyms(LookupError):
    """The municipality has no such group of its own, and the base has none."""


def own_groups(session: Session, code: str) -> list[SynonymGroup]:
    """The groups the municipality has stored, by official word."""
    rows = select(SynonymGroupRow).where(SynonymGroupRow.municipality == code).order_by(SynonymGroupRow.official)
    return [_group(row) for row in session.scalars(rows)]


def all_groups(session: Session, code: str) -> list[SynonymGroup]:
    """Every group the municipality sees, also those switched off, by official word."""
    return synonyms.laid_over(own_groups(session, code), shared_groups())


def in_use(session: Session, code: str) -> Mapping[str, tuple[str, ...]]:
    """Official word -> residents' words that stand for it, for an index snapshot."""
    return synonyms.in_use(all_groups(session, code))


def find(session: Session, code: str, official: str) -> SynonymGroup:
    """The group of an official word. Raises UnknownSynonyms."""
    found = next((group for group in all_groups(session, code) if group.official == official), None)
    if found is None:
        raise UnknownSynonyms(official)
    return found


def save(session: Session, group: SynonymGroup, actor: str, version: int | None = None) -> Change:
    """Store a checked group and say what became of it; one that says what the base says is not kept as the town's own.

    `version` is the one the change was made from, 0 for a group that was not stored; left out, what is there is
    replaced. Raises StaleSynonyms.
    """
    row = _row(session, group, version)
    base = shared_group(group.official)
    if base and group.says_the_same(base):
        if row is None:
            return "unchanged"
        session.delete(row)
        session.flush()
        return "updated"
    if row and group.says_the_same(_group(row)):
        return "unchanged"
    change: Change = "updated" if row else "created"
    row = row or SynonymGroupRow(municipality=group.municipality, official=group.official)
    row.words, row.note, row.active = list(group.words), group.note, group.active
    row.changed_by, row.changed_at = actor, now()
    session.add(row)
    session.flush()
    return change


def remove(session: Session, group: SynonymGroup) -> None:
    """Delete the town's own group; one of the base that it lay over counts again. Raises StaleSynonyms, UnknownSynonyms."""
    row = _row(session, group, group.version)
    if row is None:
        raise UnknownSynonyms(group.official)
    session.delete(row)
    session.flush()


def load(session: Session, groups: Iterable[SynonymGroup], actor: str) -> None:
    """Store the groups of a municipality folder; what members of staff have changed since stays as they want it."""
    for group in groups:
        row = session.get(SynonymGroupRow, (group.municipality, group.official))
        if row is None or row.changed_by == actor:
            save(session, group, actor)


def _row(session: Session, group: SynonymGroup, version: int | None) -> SynonymGroupRow | None:
    store.municipality(session, group.municipality, lock=True)  # two who make one group at once come one after the other
    row = session.get(SynonymGroupRow, (group.municipality, group.official), populate_existing=True)
    if version is not None and version != (row.version if row else 0):
        raise StaleSynonyms(group.official)
    return row


def _group(row: SynonymGroupRow) -> SynonymGroup:
    return SynonymGroup(
        row.municipality, row.official, tuple(row.words), row.note, row.active, row.changed_by, row.changed_at, row.version
    )
