"""What `python -m knowledge` does, one function a command; each returns its exit code."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy.orm import Session
from tqdm import tqdm

import audit_trail
from database import Database
from knowledge import store, synonym_store
from knowledge.articles import Department, Municipality
from knowledge.importers import ArticleBuilder, read_files
from knowledge.importing import ImportRefused, ImportReport, import_rows
from knowledge.municipality_code import verify_code
from knowledge.municipality_folder import MunicipalityFolder, read_description, read_folder
from settings import DEMO_MUNICIPALITY

DEMO = Path(__file__).parent / "samples" / "midorino"
ACTOR = "command line"
Item = TypeVar("Item")


class UsageError(Exception):
    """What was asked cannot be done; the message says what to write instead."""


@dataclass(frozen=True)
class Target:
    """Where an import goes; `new` is the municipality to make first, if it is not there yet."""

    departments: tuple[Department, ...]
    new: Municipality | None = None


def import_files(database: Database, files: list[Path], code: str, create: str | None, strict: bool, publish: bool) -> int:
    """Import files into a municipality. 0: all rows good, 1: some failed (with `strict`: nothing stored).

    Everything is read before the one transaction that stores it. Raises UsageError.
    """
    with database.read() as session:
        target = _target(session, code, create)
    try:
        rows = list(_progress(read_files(files, ArticleBuilder.of(code, target.departments)), "reading"))
    except (ValueError, FileNotFoundError) as error:
        raise UsageError(str(error)) from None
    try:
        with database.write() as session:
            if target.new:
                store.save_municipality(session, target.new)
                store.save_departments(session, code, target.departments)
            report = import_rows(session, code, rows, strict, publish, progress=_storing, actor=ACTOR)
    except ImportRefused as refused:
        report = refused.report
    return _report(report, "nothing was stored (--strict)" if strict else "the other rows were stored")


def load_folder(database: Database, folder: Path, unless_present: bool, strict: bool) -> int:
    """Import and publish a municipality folder; doing so again changes nothing. 0 or 1 as `import_files`.

    Articles that staff have withdrawn stay so until their text in the folder changes. Raises UsageError.
    """
    try:
        read = read_folder(folder)
    except ValueError as error:
        raise UsageError(str(error)) from None
    code = read.municipality.code
    bad = tuple({"place": row.place, "error": row.error} for row in read.synonyms if row.error is not None)
    try:
        with database.write() as session:
            if unless_present and store.municipality(session, code):
                print(f"{code} is there already; nothing to do", file=sys.stderr)
                return _report(ImportReport(code), "")
            _save_description(session, read)
            if read.waste:
                store.save_waste_table(session, code, read.waste)
            synonym_store.load(session, [row.group for row in read.synonyms if row.group], ACTOR)
            report = import_rows(session, code, read.rows, strict, publish=True, republish=False, progress=_storing, actor=ACTOR)
            report = replace(report, failed=report.failed + len(bad), errors=report.errors + bad)
            if strict and bad:
                raise ImportRefused(replace(ImportReport(code), failed=report.failed, errors=report.errors))
    except ImportRefused as refused:
        report = refused.report
    return _report(report, "nothing was stored (--strict)" if strict else "the others were stored")


def list_articles(database: Database, code: str) -> int:
    """Print id, state and title of every article, separated by tabs. Raises UsageError."""
    with database.read() as session:
        existing(session, code)
        for one in store.articles(session, code):
            print(one.id, one.state.value, one.title.replace("\n", " "), sep="\t")
    return 0


def set_published(database: Database, code: str, ids: list[str], published: bool) -> int:
    """Publish or withdraw articles, all or none. 1: an id is unknown. Raises UsageError."""
    change, name = (store.publish, "published") if published else (store.unpublish, "unpublished")
    try:
        with database.write() as session:
            existing(session, code)
            count = change(session, code, ids)
            action = "knowledge.publish" if published else "knowledge.unpublish"
            audit_trail.note(session, code, ACTOR, action, {"articles": ids})
    except store.UnknownArticle as error:
        print(f"{error}; nothing was changed", file=sys.stderr)
        return 1
    _print_json({"municipality": code, name: count})
    return 0


def _target(session: Session, code: str, create: str | None) -> Target:
    if found := store.municipality(session, code):
        if create and create != found.name:
            print(f"{code} is there already as {found.name}; its name was not changed", file=sys.stderr)
        return Target(tuple(store.departments(session, code)))
    if create:
        try:
            verify_code(code)
        except ValueError as error:
            raise UsageError(str(error)) from None
        if not create.strip() or len(create) > 100:
            raise UsageError("--create needs the name of the municipality, at most 100 characters")
        return Target((), Municipality(code, create.strip()))
    if code == DEMO_MUNICIPALITY:
        demo = read_description(DEMO)
        return Target(demo.departments, demo.municipality)
    raise _unknown(session, code)


def existing(session: Session, code: str) -> None:
    """Raises UsageError, naming those there are, when there is no municipality of this code."""
    if store.municipality(session, code) is None:
        raise _unknown(session, code)


def _unknown(session: Session, code: str) -> UsageError:
    known = ", ".join(f"{one.code} {one.name}" for one in store.municipalities(session)) or "none"
    return UsageError(f"there is no municipality {code} (there is: {known}); `import --create NAME` makes it")


def _save_description(session: Session, read: MunicipalityFolder) -> None:
    store.save_municipality(session, read.municipality)
    store.save_departments(session, read.municipality.code, read.departments)


def _progress(items: Iterable[Item], doing: str) -> Iterable[Item]:
    # After a second, and for a person only: a log file is no place for a bar.
    bar: Iterable[Item] = tqdm(items, desc=doing, unit=" rows", delay=1, disable=None, file=sys.stderr)
    return bar


def _storing(items: Iterable[Item]) -> Iterable[Item]:
    return _progress(items, "storing")


def _report(report: ImportReport, outcome: str) -> int:
    for warning in report.warnings:
        print(f"{warning['place']}: warning: {warning['warning']}", file=sys.stderr)
    for error in report.errors:
        print(f"{error['place']}: {error['error']}", file=sys.stderr)
    if report.failed:
        print(f"{report.failed} rows failed; {outcome}", file=sys.stderr)
    _print_json(report.to_json())
    return 1 if report.failed else 0


def _print_json(data: dict[str, Any]) -> None:
    print(json.dumps(data, ensure_ascii=False))
