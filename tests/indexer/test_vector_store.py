"""Every vector store gives the nearest ids, best first, and never one that is not there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from indexer.vector_store import FaissStore, VectorStore

Build = Callable[[NDArray[np.float32]], VectorStore]
# Angles of 0, 30, 60 and 180 degrees to the first axis: cosines 1, 0.866, 0.5, -1.
VECTORS = np.array([[0.5, 3**0.5 / 2], [1, 0], [-1, 0], [3**0.5 / 2, 0.5]], dtype=np.float32)
QUERY = np.array([1, 0], dtype=np.float32)


class VectorStoreContract:
    """Inherit this and give `build`, `load` to hold a new store to what the desk relies on."""

    @pytest.fixture
    def build(self) -> Build:
        raise NotImplementedError

    @pytest.fixture
    def load(self) -> Callable[[Path], VectorStore]:
        raise NotImplementedError

    def test_the_nearest_come_first_with_their_cosines(self, build: Build) -> None:
        found = build(VECTORS).search(QUERY, 3)
        assert [i for i, _ in found] == [1, 3, 0]
        assert [score for _, score in found] == pytest.approx([1, 3**0.5 / 2, 0.5], abs=1e-6)

    @pytest.mark.parametrize("k", [4, 5, 100])
    def test_asking_for_more_than_there_are_gives_all_and_no_padding(self, build: Build, k: int) -> None:
        found = build(VECTORS).search(QUERY, k)
        assert sorted(i for i, _ in found) == [0, 1, 2, 3]

    @pytest.mark.parametrize("k", [0, -1])
    def test_asking_for_none_gives_none(self, build: Build, k: int) -> None:
        assert build(VECTORS).search(QUERY, k) == []

    def test_an_empty_store_finds_nothing(self, build: Build) -> None:
        store = build(np.zeros((0, 2), dtype=np.float32))
        assert store.size == 0
        assert store.dimension == 2
        assert store.search(QUERY, 5) == []
        assert store.vectors([]).shape == (0, 2)

    def test_stored_vectors_come_back_in_the_order_asked_for(self, build: Build) -> None:
        store = build(VECTORS)
        assert np.array_equal(store.vectors([2, 0, 2]), VECTORS[[2, 0, 2]])
        assert store.vectors([]).shape == (0, 2)

    def test_a_saved_store_answers_as_before(self, build: Build, load: Callable[[Path], VectorStore], tmp_path: Path) -> None:
        store = build(VECTORS)
        store.save(tmp_path / "store")
        loaded = load(tmp_path / "store")
        assert (loaded.size, loaded.dimension) == (4, 2)
        assert loaded.search(QUERY, 4) == store.search(QUERY, 4)

    def test_a_zero_query_finds_ids_that_exist(self, build: Build) -> None:
        assert {i for i, _ in build(VECTORS).search(np.zeros(2, dtype=np.float32), 10)} <= {0, 1, 2, 3}


class TestFaiss(VectorStoreContract):
    @pytest.fixture
    def build(self) -> Build:
        return FaissStore.build

    @pytest.fixture
    def load(self) -> Callable[[Path], VectorStore]:
        return FaissStore.load

    def test_padding_of_the_library_never_leaks_out(self, build: Build, monkeypatch: pytest.MonkeyPatch) -> None:
        store = FaissStore.build(VECTORS)

        class Padded:
            ntotal, d = 4, 2

            def search(self, query: NDArray[np.float32], k: int) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
                return np.array([[0.9, -3e38]], dtype=np.float32), np.array([[1, -1]])

        monkeypatch.setattr(store, "_index", Padded())
        assert store.search(QUERY, 2) == [(1, pytest.approx(0.9))]
