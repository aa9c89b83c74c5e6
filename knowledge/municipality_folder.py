"""A whole municipality as a folder: municipality.yml, departments.yml, articles/**/*.md, waste/*.csv, synonyms.csv."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import time
from pathlib import Path
from typing import Any, TypeVar

import yaml

from knowledge.articles import Department, Municipality
from knowledge.importers import ArticleBuilder, ImportedRow, read_files
from knowledge.municipality_code import verify_code
from knowledge.synonym_table import SynonymRow
from knowledge.synonym_table import read_table as read_synonyms
from knowledge.waste_table import WasteTable, read_table

Record = TypeVar("Record")
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_MUNICIPALITY_KEYS = {"code", "name", "kana", "url", "reception", "closed_days", "uses_shared_base", "aliases", "neighbours"}
_DEPARTMENT_KEYS = {"key", "name", "phone", "location", "hours"}


class BadFolder(ValueError):
    """The folder is not a municipality's; the message names the file and what is wrong in it."""


@dataclass(frozen=True)
class MunicipalityFolder:
    """What the folder holds; `rows` are its articles, `synonyms` its residents' words, each read or failed."""

    municipality: Municipality
    departments: tuple[Department, ...]
    rows: tuple[ImportedRow, ...] = ()
    waste: WasteTable | None = None
    synonyms: tuple[SynonymRow, ...] = ()


def read_folder(folder: Path) -> MunicipalityFolder:
    """Read everything. Articles, waste table and synonyms may be absent. Raises BadFolder; bad rows have an error."""
    described = read_description(folder)
    code, departments = described.municipality.code, described.departments
    articles = folder / "articles"
    rows = tuple(read_files([articles], ArticleBuilder.of(code, departments))) if articles.is_dir() else ()
    path = folder / "synonyms.csv"
    synonyms = tuple(read_synonyms(path, code)) if path.is_file() else ()
    return MunicipalityFolder(described.municipality, departments, rows, _waste(folder / "waste"), synonyms)


def read_description(folder: Path) -> MunicipalityFolder:
    """The municipality and its departments only. Raises BadFolder."""
    municipality = _read(folder / "municipality.yml", _municipality)
    departments = _read(folder / "departments.yml", lambda data: _departments(municipality.code, data))
    if municipality.reception and municipality.reception not in {one.key for one in departments}:
        raise BadFolder(f"municipality.yml: the reception 「{municipality.reception}」 is not in departments.yml")
    return MunicipalityFolder(municipality, departments)


def parse_hours(given: Mapping[str, str]) -> dict[int, tuple[time, time]]:
    """{"mon-fri": "08:30-17:15"} -> weekday 0 (Monday) to 6 -> (open, close). Raises ValueError naming the entry."""
    hours: dict[int, tuple[time, time]] = {}
    for days, span in given.items():
        found = re.fullmatch(r"(\d{2}:\d{2})-(\d{2}:\d{2})", span)
        if not found:
            raise ValueError(f"hours 「{span}」 are not of the form 08:30-17:15")
        opens, closes = time.fromisoformat(found[1]), time.fromisoformat(found[2])
        if closes <= opens:
            raise ValueError(f"hours 「{span}」 end before they begin")
        for day in _days(days):
            if day in hours:
                raise ValueError(f"hours give {DAYS[day]} twice")
            hours[day] = (opens, closes)
    return dict(sorted(hours.items()))


def _days(text: str) -> range:
    first, _, last = text.partition("-")
    if first not in DAYS or (last or first) not in DAYS or DAYS.index(last or first) < DAYS.index(first):
        raise ValueError(f"「{text}」 is neither a weekday ({', '.join(DAYS)}) nor a range such as mon-fri")
    return range(DAYS.index(first), DAYS.index(last or first) + 1)


def _read(path: Path, build: Callable[[Mapping[str, Any]], Record]) -> Record:
    try:
        # BaseLoader: a code 990019 and hours 08:30 stay text, quoted or not.
        data = yaml.load(path.read_text(encoding="utf-8-sig"), Loader=yaml.BaseLoader)  # noqa: S506
        if not isinstance(data, dict):
            raise ValueError("expected `name: value` entries")
        return build(data)
    except FileNotFoundError:
        raise BadFolder(f"{path.parent}: there is no {path.name}") from None
    except (ValueError, TypeError, KeyError, AttributeError, yaml.YAMLError) as error:
        raise BadFolder(f"{path.name}: {error}") from error


def _municipality(data: Mapping[str, Any]) -> Municipality:
    _only(data, _MUNICIPALITY_KEYS, {"code", "name"})
    verify_code(data["code"])
    for day in data.get("closed_days") or ():
        if not re.fullmatch(r"(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])", day):
            raise ValueError(f"closed day 「{day}」 is not of the form MM-DD")
    return Municipality(
        code=data["code"],
        name=data["name"],
        kana=data.get("kana", ""),
        url=data.get("url", ""),
        reception=(data.get("reception") or {}).get("department", ""),
        closed_days=tuple(data.get("closed_days") or ()),
        uses_shared_base=data.get("uses_shared_base", "false") == "true",
        aliases=tuple(data.get("aliases") or ()),
    )


def _departments(code: str, data: Mapping[str, Any]) -> tuple[Department, ...]:
    usual = (data.get("defaults") or {}).get("hours") or {}
    departments = tuple(_department(code, entry, usual) for entry in data.get("departments") or ())
    keys = [one.key for one in departments]
    if repeated := {key for key in keys if keys.count(key) > 1}:
        raise ValueError(f"the key {', '.join(sorted(repeated))} stands for two departments")
    return departments


def _department(code: str, data: Mapping[str, Any], usual: Mapping[str, str]) -> Department:
    _only(data, _DEPARTMENT_KEYS, {"key", "name"})
    try:
        hours = parse_hours(data.get("hours", usual) or {})
    except ValueError as error:
        raise ValueError(f"{data['key']}: {error}") from None
    return Department(code, data["key"], data["name"], data.get("phone", ""), data.get("location", ""), hours)


def _only(data: Mapping[str, Any], known: set[str], needed: set[str]) -> None:
    if unknown := set(data) - known:
        raise ValueError(f"unknown entry: {', '.join(sorted(unknown))}")
    if missing := {name for name in needed if not data.get(name)}:
        raise ValueError(f"missing entry: {', '.join(sorted(missing))}")


def _waste(folder: Path) -> WasteTable | None:
    if not any(folder.glob("*.csv")):
        return None
    try:
        return read_table(folder)
    except FileNotFoundError as error:
        raise BadFolder(f"{folder}: there is no {Path(error.filename).name}") from None
    except ValueError as error:
        raise BadFolder(str(error)) from error
