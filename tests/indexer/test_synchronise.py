"""An index follows its articles: exactly what changed is encoded again, and nothing half done is ever served."""

from __future__ import annotations

import fcntl
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from small_knowledge import ARTICLES, CERTIFICATE, CODE, CONTENT

from indexer import snapshot
from indexer.encoder import EncoderUnavailable, SentenceTransformerEncoder
from indexer.passages import passages
from indexer.snapshot import Snapshot
from indexer.synchronise import IndexBusy, SyncResult, adaptation_due, synchronise
from indexer.training_pairs import training_pairs
from knowledge.articles import Article
from knowledge.snapshot_content import Content

CHANGED = replace(CERTIFICATE, body="住民票の写しは住民課とコンビニで取れます。手数料は1通350円です。")
NEW = replace(CERTIFICATE, id="tax-certificate", title="課税証明書", body="課税証明書は1通300円です。", alternatives=())


def with_articles(*articles: Article) -> Content:
    return replace(CONTENT, articles=articles)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / CODE


@pytest.fixture
def model(tiny_model: Path) -> str:
    return str(tiny_model)


@pytest.fixture
def encoded(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The texts that reach the encoder as passages."""
    seen: list[str] = []
    original = SentenceTransformerEncoder.encode_passages

    def spy(self: SentenceTransformerEncoder, texts: list[str]) -> object:
        seen.extend(texts)
        return original(self, texts)

    monkeypatch.setattr(SentenceTransformerEncoder, "encode_passages", spy)
    monkeypatch.setattr(snapshot, "_check_model", lambda *_: None)  # opening encodes a few passages again
    return seen


def current(home: Path, model: str) -> Snapshot:
    return snapshot.open_snapshot(home / snapshot.current_version(home), model)


def test_the_first_index_creates_every_article(home: Path, model: str, encoded: list[str]) -> None:
    result = synchronise(CONTENT, home, model)
    assert result.created == tuple(a.id for a in ARTICLES)
    assert (result.updated, result.deleted, result.skipped, result.adapted) == ((), (), 0, False)
    assert result.encoded == result.passages == len(encoded) == sum(len(list(passages(a))) for a in ARTICLES)
    assert result.reason == "first index"
    assert snapshot.current_version(home) == result.snapshot


def test_nothing_changed_writes_nothing(home: Path, model: str, encoded: list[str]) -> None:
    first = synchronise(CONTENT, home, model)
    encoded.clear()
    again = synchronise(CONTENT, home, model)
    assert (again.snapshot, again.encoded, again.skipped, again.reason) == (first.snapshot, 0, len(ARTICLES), "nothing changed")
    assert encoded == []
    assert snapshot.versions(home) == [first.snapshot]


def test_created_updated_and_deleted_are_named_and_only_new_text_is_encoded(home: Path, model: str, encoded: list[str]) -> None:
    first = synchronise(CONTENT, home, model)
    before = current(home, model)
    encoded.clear()
    kept = [a for a in ARTICLES if a.id not in ("residence-certificate", "shelter")]
    result = synchronise(with_articles(*kept, CHANGED, NEW), home, model)
    assert (result.created, result.updated, result.deleted) == (("tax-certificate",), ("residence-certificate",), ("shelter",))
    assert result.skipped == len(ARTICLES) - 2
    assert result.snapshot > first.snapshot
    # New: the changed body; title, body and facts of the new article, each part of an article under its title.
    assert encoded[:3] == [f"{CHANGED.title} {CHANGED.body}", NEW.title, f"{NEW.title} {NEW.body}"]
    assert result.encoded == len(encoded) == 4
    after = current(home, model)
    assert [a.id for a in after.content.articles] == [*(a.id for a in kept), "residence-certificate", "tax-certificate"]
    _the_same_text_has_the_same_vector(before, after)
    assert after.store.size == len(after.passages) == len([p for a in after.content.articles for p in passages(a)])


def _the_same_text_has_the_same_vector(before: Snapshot, after: Snapshot) -> None:
    known = {p.digest: i for i, p in enumerate(before.passages)}
    for at, passage in enumerate(after.passages):
        vector = after.store.vectors([at])[0]
        if passage.digest in known:
            assert np.array_equal(vector, before.store.vectors([known[passage.digest]])[0])
        else:
            assert vector == pytest.approx(after.encoder.encode_passages([passage.encoded])[0], abs=1e-5)


def test_a_new_telephone_number_is_served_without_encoding_anything(home: Path, model: str, encoded: list[str]) -> None:
    first = synchronise(CONTENT, home, model)
    encoded.clear()
    departments = tuple(replace(d, phone="099-000-9999") for d in CONTENT.departments)
    result = synchronise(replace(CONTENT, departments=departments), home, model)
    assert result.snapshot != first.snapshot
    assert (result.encoded, encoded, result.skipped) == (0, [], len(ARTICLES))
    assert current(home, model).content.department_of["citizens"].phone == "099-000-9999"


def test_a_full_build_makes_everything_anew(home: Path, model: str) -> None:
    synchronise(CONTENT, home, model)
    result = synchronise(CONTENT, home, model, full=True)
    assert result.encoded == result.passages
    assert result.reason == "asked for a full build"


def test_an_index_of_another_model_or_a_broken_one_is_made_anew(home: Path, model: str, built: tuple[Path, SyncResult]) -> None:
    source, _embedded = built
    shutil.copytree(source, home)
    other = synchronise(CONTENT, home, model)
    assert other.created == tuple(a.id for a in ARTICLES)
    assert "'embedded'" in other.reason
    (home / other.snapshot / "words.jsonl").write_text("")
    repaired = synchronise(CONTENT, home, model)
    assert "words.jsonl is missing or damaged" in repaired.reason
    assert current(home, model).version == repaired.snapshot


def test_an_empty_town_has_an_index_too(home: Path, model: str) -> None:
    result = synchronise(with_articles(), home, model)
    assert (result.created, result.passages) == ((), 0)
    assert current(home, model).store.search(np.ones(8, dtype=np.float32), 5) == []


def test_the_encoder_learns_anew_only_when_more_than_a_twentieth_has_changed(
    built: tuple[Path, SyncResult], tmp_path: Path
) -> None:
    # 22 articles: one changed is 0.045 of them, two are 0.09; the share is 0.05 and counts since the last adaptation.
    home = Path(shutil.copytree(built[0], tmp_path / CODE))
    one = synchronise(with_articles(*(CHANGED if a.id == CHANGED.id else a for a in ARTICLES)), home)
    assert (one.adapted, one.encoded, one.updated) == (False, 1, (CHANGED.id,))
    weights = [(home / v / "encoder" / "model.safetensors").read_bytes() for v in (built[1].snapshot, one.snapshot)]
    assert weights[0] == weights[1]
    two = synchronise(with_articles(*(CHANGED if a.id == CHANGED.id else a for a in ARTICLES), NEW), home)
    assert two.adapted
    assert two.encoded == two.passages
    assert "2 articles changed since" in two.reason
    assert current(home, "embedded").manifest.changed_since == 0


def test_a_quick_build_is_served_at_once_and_lets_the_encoder_learn_in_the_next(
    built: tuple[Path, SyncResult], tmp_path: Path
) -> None:
    home = Path(shutil.copytree(built[0], tmp_path / CODE))
    assert not adaptation_due(home)
    changed = with_articles(*(CHANGED if a.id == CHANGED.id else a for a in ARTICLES), NEW)
    quick = synchronise(changed, home, quick=True)
    assert (quick.adapted, quick.created, quick.updated) == (False, (NEW.id,), (CHANGED.id,))
    assert CHANGED.body in {a.body for a in current(home, "embedded").content.articles}
    assert adaptation_due(home)
    assert synchronise(changed, home, quick=True).reason == "nothing changed"
    later = synchronise(changed, home)
    assert later.adapted
    assert not adaptation_due(home)


def test_two_builders_at_once_are_one_too_many(home: Path, model: str) -> None:
    home.mkdir(parents=True)
    with (home / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(IndexBusy, match=CODE):
            synchronise(CONTENT, home, model)
    assert synchronise(CONTENT, home, model).snapshot  # the lock goes with the process that held it


@pytest.mark.parametrize("crash_in", ["write", "activate"])
def test_a_crash_before_the_end_leaves_the_old_index_served(
    home: Path, model: str, crash_in: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = synchronise(CONTENT, home, model)

    def crash(*args: object, **kwargs: object) -> None:
        folder = args[0]
        if crash_in == "write":
            assert isinstance(folder, Path)
            folder.mkdir(parents=True)
            (folder / "knowledge.json").write_text("half")
        raise OSError("no space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(snapshot, crash_in, crash)
        with pytest.raises(OSError, match="no space"):
            synchronise(with_articles(CHANGED), home, model)
    assert snapshot.current_version(home) == first.snapshot
    assert current(home, model).content == CONTENT
    assert list(home.glob(f"{snapshot.BUILDING}*")) == []
    assert synchronise(with_articles(CHANGED), home, model).deleted


def test_a_model_that_cannot_be_loaded_leaves_the_old_index_served(home: Path, model: str, tmp_path: Path) -> None:
    first = synchronise(CONTENT, home, model)
    with pytest.raises(EncoderUnavailable):
        synchronise(CONTENT, home, str(tmp_path / "nowhere"))
    assert snapshot.current_version(home) == first.snapshot


def test_only_as_many_snapshots_are_kept_as_asked_for(home: Path, model: str) -> None:
    versions = [synchronise(CONTENT, home, model, full=True, keep=2).snapshot for _ in range(3)]
    assert snapshot.versions(home) == [versions[2], versions[1]]


def test_every_question_form_of_an_article_with_a_body_is_a_training_pair() -> None:
    parts = {a.id: tuple(passages(a)) for a in (CERTIFICATE, replace(NEW, body=""))}
    pairs = training_pairs(parts)
    assert {p.article for p in pairs} == {"residence-certificate"}
    assert len({p.question for p in pairs}) == 1 + len(CERTIFICATE.alternatives)
