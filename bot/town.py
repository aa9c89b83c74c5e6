"""The municipality of a conversation with its counters, read in one go."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from knowledge import store
from knowledge.articles import Department, Municipality
from settings import SHARED_BASE


class UnknownTown(LookupError):
    """No municipality with this code uses the desk."""


@dataclass(frozen=True)
class Town:
    """A municipality and its departments; there is always one a resident can be sent to."""

    municipality: Municipality
    departments: tuple[Department, ...]

    def find(self, name: str) -> Department | None:
        """The department with this key or this name."""
        return next((d for d in self.departments if name and name in (d.key, d.name)), None)

    def counter(self, key: str) -> Department:
        """The department `key`, else the reception, else the first one, else the municipality itself."""
        for candidate in (key, self.municipality.reception):
            department = self.find(candidate)
            if department is not None:
                return department
        if self.departments:
            return self.departments[0]
        return Department(self.municipality.code, "", self.municipality.name)


def load_town(session: Session, code: str) -> Town:
    """Raises UnknownTown; the shared base of national procedures is no town."""
    municipality = None if code == SHARED_BASE else store.municipality(session, code)
    if municipality is None:
        raise UnknownTown(code)
    return Town(municipality, tuple(store.departments(session, code)))
