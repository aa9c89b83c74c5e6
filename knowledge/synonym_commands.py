"""What `python -m knowledge synonyms export|import` does; each function returns its exit code."""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path

from sqlalchemy.orm import Session

import audit_trail
from database import Database
from knowledge import commands, synonym_store, synonyms
from knowledge.synonym_table import read_table, write_table
from knowledge.synonyms import SynonymGroup


def export_file(database: Database, file: Path, code: str, everything: bool) -> int:
    """Write the municipality's own groups as CSV, with `everything` those of the shared base too. Raises UsageError."""
    with database.read() as session:
        commands.existing(session, code)
        groups = (synonym_store.all_groups if everything else synonym_store.own_groups)(session, code)
    try:
        file.write_bytes(write_table(groups))
    except OSError as error:
        raise commands.UsageError(f"{file}: {error.strerror}") from None
    print(json.dumps({"municipality": code, "file": file.name, "exported": len(groups)}, ensure_ascii=False))
    return 0


def import_file(database: Database, file: Path, code: str) -> int:
    """Store every good row; groups that the file does not name stay. 1: some rows are bad. Raises UsageError."""
    try:
        rows = read_table(file, code)
    except OSError as error:
        raise commands.UsageError(f"{file}: {error.strerror}") from None
    failed = [row for row in rows if row.error]
    with database.write() as session:
        commands.existing(session, code)
        changes = Counter(synonym_store.save(session, row.group, commands.ACTOR) for row in rows if row.group)
        counts = {change: changes[change] for change in ("created", "updated", "unchanged")}
        audit_trail.note(session, code, commands.ACTOR, "synonyms.import", counts)
        warnings = _warnings(session, code, [row.group for row in rows if row.group])
    for row in failed:
        print(f"{row.place}: {row.error}", file=sys.stderr)
    for warning in warnings:
        print(f"warning: {warning}", file=sys.stderr)
    print(json.dumps({"municipality": code, **counts, "failed": len(failed), "warnings": len(warnings)}, ensure_ascii=False))
    return 1 if failed else 0


def _warnings(session: Session, code: str, groups: list[SynonymGroup]) -> list[str]:
    everything = synonym_store.all_groups(session, code)
    return [
        f"「{word}」 stands for 「{group.official}」 and for 「{other}」"
        for group in groups
        if group.active
        for word, other in synonyms.conflicts(group, everything)
    ]
