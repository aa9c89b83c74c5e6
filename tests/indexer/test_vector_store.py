"""Every vector store gives the nearest ids, best first, and never one that is not there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from indexer import vector_store
from indexer.vector_store import FaissStore, VectorStore

Build = Callable[[NDArray[np.float32]], VectorStore]
# Angles of 0, 30, 60 and 180 degrees to the first axis: cosines 1, 0.866, 0.5, -1.
VECTORS = np.array([[0.5, 3**0.5 / 2], [1, 0], [-1, 0], [3**0.5 / 2, 0.5]], dtype=np.float32)
QUERY = np.array([1, 0], dtype=np.float32)


def unit_vectors(count: int, dimension: int) -> NDArray[np.float32]:
    drawn = np.random.default_rng(7).normal(size=(count, dimension)).astype(np.float32)
    return drawn / np.linalg.norm(drawn, axis=1, keepdims=True)


class VectorStoreContract:
    """Inherit this and give `build`, `load` to hold a new store to what the desk relies on."""

    tolerance = 0.0  # of a component that comes back

    @pytest.fixture
    def build(self) -> Build:
        raise NotImplementedError

    @pytest.fixture
    def load(self) -> Callable[[Path], VectorStore]:
        raise NotImplementedError

    def test_the_nearest_come_first_with_their_cosines(self, build: Build) -> None:
        found = build(VECTORS).search(QUERY, 3)
        assert [i for i, _ in found] == [1, 3, 0]
        assert [score for _, score in found] == pytest.approx([1, 3**0.5 / 2, 0.5], abs=1e-6 + self.tolerance)

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
        assert np.allclose(store.vectors([2, 0, 2]), VECTORS[[2, 0, 2]], rtol=0, atol=self.tolerance)
        assert np.array_equal(store.vectors(np.array([2, 0, 2])), store.vectors([2, 0, 2]))
        assert store.vectors([]).shape == (0, 2)

    def test_a_saved_store_answers_as_before(self, build: Build, load: Callable[[Path], VectorStore], tmp_path: Path) -> None:
        store = build(VECTORS)
        store.save(tmp_path / "store")
        loaded = load(tmp_path / "store")
        assert (loaded.size, loaded.dimension) == (4, 2)
        assert loaded.search(QUERY, 4) == store.search(QUERY, 4)

    @pytest.mark.parametrize("dimension", [1, 16, 300, 650])
    def test_vectors_may_have_any_dimension(
        self, build: Build, load: Callable[[Path], VectorStore], tmp_path: Path, dimension: int
    ) -> None:
        vectors = unit_vectors(60, dimension)
        build(vectors).save(tmp_path / "store")
        store = load(tmp_path / "store")
        assert store.dimension == dimension
        assert np.allclose(store.vectors(range(60)), vectors, rtol=0, atol=self.tolerance)
        ((_, score),) = store.search(vectors[7], 1)
        assert score == pytest.approx(1, abs=1e-5 + self.tolerance)

    def test_the_same_vectors_give_the_same_store(self, build: Build) -> None:
        vectors = unit_vectors(500, 24)
        one, two = build(vectors), build(vectors)
        assert all(one.search(query, 20) == two.search(query, 20) for query in vectors[:50])

    def test_many_vectors_come_back_as_few_do(self, build: Build, monkeypatch: pytest.MonkeyPatch) -> None:
        store = build(unit_vectors(500, 24))
        few = np.concatenate([store.vectors([at]) for at in range(500)])
        monkeypatch.setattr(vector_store, "READ_AT_ONCE", 7)
        assert np.array_equal(store.vectors(range(500)), few)

    def test_a_store_of_the_stored_vectors_stores_the_same(self, build: Build) -> None:
        once = build(unit_vectors(200, 24)).vectors(range(200))
        assert np.array_equal(build(once).vectors(range(200)), once)

    def test_a_zero_query_finds_ids_that_exist(self, build: Build) -> None:
        assert {i for i, _ in build(VECTORS).search(np.zeros(2, dtype=np.float32), 10)} <= {0, 1, 2, 3}


class TestExact(VectorStoreContract):
    @pytest.fixture
    def build(self) -> Build:
        return FaissStore.exact

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


class TestApproximate(VectorStoreContract):
    tolerance = 5e-4  # half precision: 11 bits of a number below 1

    @pytest.fixture
    def build(self) -> Build:
        return FaissStore.approximate

    @pytest.fixture
    def load(self) -> Callable[[Path], VectorStore]:
        return FaissStore.load

    def test_nearly_all_of_the_nearest_are_found(self) -> None:
        # 40 texts in 100 wordings each; 4,000 vectors lie in 126 lists, of which 64 are compared.
        middles = unit_vectors(40, 32)
        noise = np.random.default_rng(1).normal(size=(100, 40, 32)).astype(np.float32)
        vectors = (middles + 0.08 * noise).reshape(-1, 32)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        exact, approximate = FaissStore.exact(vectors), FaissStore.approximate(vectors)
        for query in middles:
            near = {i for i, _ in exact.search(query, 50)}
            assert len(near & {i for i, _ in approximate.search(query, 50)}) >= 49


def test_a_store_is_exact_up_to_the_documented_size_and_approximate_above(monkeypatch: pytest.MonkeyPatch) -> None:
    vectors = unit_vectors(101, 24)
    monkeypatch.setattr(vector_store, "EXACT_UP_TO", 100)
    assert np.array_equal(FaissStore.build(vectors[:100]).vectors([5]), vectors[[5]])
    above = FaissStore.build(vectors).vectors([5])
    assert np.array_equal(above, vectors[[5]].astype(np.float16).astype(np.float32))
