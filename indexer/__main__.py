"""`python -m indexer build | list | rollback`: make, show and choose the index of a municipality."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

from database import Database
from indexer import snapshot
from indexer.encoder import EncoderUnavailable
from indexer.snapshot import IndexMismatch, SnapshotCorrupt, SnapshotMissing
from indexer.synchronise import IndexBusy, synchronise
from knowledge.snapshot_content import UnknownMunicipality, read_content
from settings import Settings, SettingsError, load_settings


def build(settings: Settings, code: str, full: bool, quick: bool = False) -> dict[str, object]:
    """Index the municipality and describe what was done; `seconds` is wall time."""
    database = Database(settings.resolved_database_url)
    database.upgrade()
    with database.read() as session:
        content = read_content(session, code, datetime.now(settings.zone).date())
    result = synchronise(
        content, settings.indexes / code, settings.encoder, full=full, quick=quick, keep=settings.snapshots_kept,
        progress=sys.stderr.isatty(),
    )  # fmt: skip
    counts = {key: len(getattr(result, key)) for key in ("created", "updated", "deleted")}
    return {**asdict(result), **counts, "articles": len(content.articles), "seconds": round(result.seconds, 2)}


def listing(home: Path) -> list[dict[str, object]]:
    """Snapshots, newest first; `served` marks the current one."""
    served = snapshot.current_version(home)
    manifests = [snapshot.read_manifest(home / version) for version in snapshot.versions(home)]
    return [
        {"snapshot": m.version, "served": m.version == served, "articles": m.articles, "created_at": m.created_at}
        for m in manifests
    ]


def rollback(home: Path, version: str | None, setting: str) -> dict[str, object]:
    """Serve an older snapshot again: the one named, else the newest before the served one. Raises SnapshotMissing."""
    served = snapshot.current_version(home)
    older = [v for v in snapshot.versions(home) if v < served]
    target = version or (older[0] if older else None)
    if target is None or target not in snapshot.versions(home):
        raise SnapshotMissing(f"no snapshot {target or 'older than ' + served} in {home}")
    snapshot.open_snapshot(home / target, setting)
    snapshot.activate(home, target)
    return {"snapshot": target, "was": served}


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m indexer", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    for name, purpose in (("build", "index what is published"), ("list", "show snapshots"), ("rollback", "serve an older one")):
        command = commands.add_parser(name, help=purpose)
        command.add_argument("--municipality", metavar="CODE", help="団体コード; left out, the demo municipality")
        if name == "build":
            kind = command.add_mutually_exclusive_group()
            kind.add_argument("--full", action="store_true", help="adapt the encoder and encode everything anew")
            kind.add_argument("--quick", action="store_true", help="do not adapt the encoder, however much has changed")
        if name == "rollback":
            command.add_argument("--to", metavar="SNAPSHOT", help="left out, the one before the served one")
    options = parser.parse_args(arguments)
    try:
        settings = load_settings()
        code = options.municipality or settings.municipality
        home = settings.indexes / code
        if options.command == "build":
            print(json.dumps(build(settings, code, options.full, options.quick), ensure_ascii=False))
        elif options.command == "list":
            for line in listing(home):
                print(json.dumps(line, ensure_ascii=False))
        else:
            print(json.dumps(rollback(home, options.to, settings.encoder), ensure_ascii=False))
    except (
        SettingsError, UnknownMunicipality, SnapshotMissing, SnapshotCorrupt, IndexMismatch, IndexBusy, EncoderUnavailable,
    ) as error:  # fmt: skip
        print(f"indexer: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
