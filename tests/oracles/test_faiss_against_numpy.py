"""FAISS finds what comparing every vector finds, in the same order.

The vectors hold small whole numbers, so that every inner product is exact in either library and ties are true ties.
"""

import tempfile
from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from qa.index.dense import FaissBackend


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 300), st.integers(1, 9), st.integers(1, 320))
def test_exact_neighbours_with_ties_by_ordinal(seed: int, size: int, dimension: int, limit: int) -> None:
    random = np.random.default_rng(seed)
    vectors = random.integers(-2, 3, (size, dimension)).astype(np.float32)
    query = random.integers(-2, 3, dimension).astype(np.float32)
    with tempfile.TemporaryDirectory() as folder:
        FaissBackend().build(vectors, Path(folder))
        found = FaissBackend().open([Path(folder)]).search(query, limit).hits()
    scores = vectors @ query
    expected = sorted(range(size), key=lambda ordinal: (-scores[ordinal], ordinal))[:limit]
    assert [(hit.ordinal, hit.score) for hit in found] == [(ordinal, scores[ordinal]) for ordinal in expected]


def test_unit_vectors_score_as_their_cosine_with_11_bits_of_each_number() -> None:
    random = np.random.default_rng(7)
    vectors = random.normal(size=(500, 384))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    kept = vectors.astype(np.float16).astype(float)
    with tempfile.TemporaryDirectory() as folder:
        FaissBackend().build(vectors.astype(np.float32), Path(folder))
        index = FaissBackend().open([Path(folder)])
        for query in vectors[:20]:
            found = index.search(query.astype(np.float32), 25).hits()
            scores = kept @ query
            assert [hit.ordinal for hit in found] == list(np.argsort(-scores, kind="stable")[:25])
            assert np.allclose([hit.score for hit in found], np.sort(scores)[::-1][:25], atol=1e-6)
            cosines = vectors[[hit.ordinal for hit in found]] @ query
            assert np.abs([hit.score for hit in found] - cosines).max() < 2e-4
