"""`python -m bot.canned_commands load FILE.yml`: add canned replies from a file; what is there already stays."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

import authentication
from bot import canned
from bot.canned import CannedRefused
from database import Database
from knowledge import store
from settings import SettingsError, load_settings

ACTOR = "command line"


def read(path: Path) -> list[Mapping[str, str]]:
    """The entries of a file: title, text and, for one department only, its key. Raises ValueError."""
    entries: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
    if not isinstance(entries, list):
        raise ValueError(f"{path.name}: expected a list of replies")
    for entry in entries:
        fields = set(entry) if isinstance(entry, dict) else set()
        if not {"title", "text"} <= fields <= {"title", "text", "department"}:
            raise ValueError(f"{path.name}: every reply needs a title and a text, and may have a department")
    return entries


def main(argv: Sequence[str] | None = None) -> int:
    """0 done, 2 wrong use; then nothing is changed."""
    try:
        settings = load_settings()
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 2
    top = argparse.ArgumentParser(prog="python -m bot.canned_commands", description="Canned replies from a file.")
    loading = top.add_subparsers(dest="command", required=True).add_parser("load", help="add those that are not there yet")
    loading.add_argument("file", type=Path, metavar="FILE.yml")
    loading.add_argument(
        "--municipality", metavar="CODE", default=settings.municipality, help="団体コード (default: %(default)s)"
    )
    arguments = top.parse_args(argv)
    database = Database(settings.resolved_database_url)
    try:
        entries = read(arguments.file)
        database.upgrade()
        with database.write() as session:
            if store.municipality(session, arguments.municipality) is None:
                raise ValueError(f"there is no municipality {arguments.municipality}")
            added = canned.load(session, arguments.municipality, entries, ACTOR)
            if added:
                authentication.audit(session, arguments.municipality, ACTOR, "canned.loaded", {"added": added})
    except (OSError, ValueError, yaml.YAMLError) as error:
        wrong = f"{error} {' '.join(error.slots)}".strip() if isinstance(error, CannedRefused) else str(error)
        print(f"{wrong}; nothing was changed", file=sys.stderr)
        return 2
    finally:
        database.dispose()
    print(f"{added} canned replies added")
    return 0


if __name__ == "__main__":
    sys.exit(main())
