"""A municipality's own synonyms in the database: over the base, each change from the version that was read."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from database import Database
from knowledge import store, synonym_store
from knowledge.articles import Municipality
from knowledge.snapshot_content import Content, read_content
from knowledge.store import Change
from knowledge.synonym_store import StaleSynonyms, UnknownSynonyms
from knowledge.synonym_table import shared_group, shared_groups
from knowledge.synonyms import Origin, SynonymGroup, checked

TOWN, OTHER = "990019", "990027"
OWN = checked(TOWN, "みどりバス", ["ぐるりん号", "町のバス"])
BASE = shared_group("印鑑")


@pytest.fixture(autouse=True)
def towns(database: Database) -> None:
    with database.write() as session:
        for code in (TOWN, OTHER):
            store.save_municipality(session, Municipality(code, "町"))


def save(database: Database, group: SynonymGroup, version: int | None = None, actor: str = "sato") -> Change:
    with database.write() as session:
        return synonym_store.save(session, group, actor, version)


def found(database: Database, official: str, code: str = TOWN) -> SynonymGroup:
    with database.read() as session:
        return synonym_store.find(session, code, official)


def test_a_new_group_is_the_towns_own_with_who_and_when(database: Database) -> None:
    assert save(database, OWN, 0) == "created"
    kept = found(database, OWN.official)
    assert (kept.words, kept.changed_by, kept.version, kept.origin) == (OWN.words, "sato", 1, Origin.OWN)
    assert kept.changed_at is not None
    with pytest.raises(UnknownSynonyms):
        found(database, OWN.official, OTHER)


def test_saving_the_same_again_changes_nothing(database: Database) -> None:
    save(database, OWN, 0)
    assert save(database, OWN, 1, "suzuki") == "unchanged"
    assert (found(database, OWN.official).changed_by, found(database, OWN.official).version) == ("sato", 1)


def test_a_change_from_an_old_version_is_refused(database: Database) -> None:
    save(database, OWN, 0)
    assert save(database, replace(OWN, note="新しい"), 1) == "updated"
    for old in (0, 1):
        with pytest.raises(StaleSynonyms):
            save(database, replace(OWN, note="古い画面から"), old)
    assert found(database, OWN.official).note == "新しい"


def test_a_shared_group_is_switched_off_for_one_town_only_and_on_again(database: Database) -> None:
    assert BASE
    off = replace(BASE, municipality=TOWN, active=False)
    assert save(database, off, 0) == "created"
    with database.read() as session:
        assert "印鑑" not in synonym_store.in_use(session, TOWN)
        assert synonym_store.in_use(session, OTHER)["印鑑"] == BASE.words
    assert save(database, replace(off, active=True), 1) == "updated"
    with database.read() as session:
        assert synonym_store.own_groups(session, TOWN) == []
        assert len(synonym_store.all_groups(session, TOWN)) == len(shared_groups())


def test_deleting_a_changed_group_brings_the_shared_one_back(database: Database) -> None:
    changed = checked(TOWN, "印鑑", ["ぽんこ"])
    save(database, changed, 0)
    assert found(database, "印鑑").origin is Origin.CHANGED
    with database.write() as session, pytest.raises(StaleSynonyms):
        synonym_store.remove(session, replace(changed, version=5))
    with database.write() as session:
        synonym_store.remove(session, replace(changed, version=1))
    assert found(database, "印鑑") == BASE
    with database.write() as session, pytest.raises(UnknownSynonyms):
        synonym_store.remove(session, replace(changed, version=0))


def test_a_folder_loaded_again_leaves_what_staff_have_changed(database: Database) -> None:
    def load(*groups: SynonymGroup) -> None:
        with database.write() as session:
            synonym_store.load(session, groups, "command line")

    load(OWN)
    load(replace(OWN, note="次の版"))
    assert found(database, OWN.official).note == "次の版"
    save(database, replace(OWN, note="職員の考え"), 2)
    load(replace(OWN, note="その次の版"))
    assert found(database, OWN.official).note == "職員の考え"


def test_the_content_of_an_index_carries_the_words_in_use(database: Database) -> None:
    save(database, OWN, 0)
    with database.read() as session:
        content = read_content(session, TOWN, date(2026, 11, 24))
    assert content.synonyms[OWN.official] == OWN.words
    assert len(content.synonyms) == len(shared_groups()) + 1
    again = Content.from_json(content.to_json())
    assert again.synonyms == content.synonyms


def test_the_content_of_an_earlier_version_has_none(database: Database) -> None:
    with database.read() as session:
        data = read_content(session, TOWN, date(2026, 11, 24)).to_json()
    del data["synonyms"]
    assert Content.from_json(data).synonyms == {}
