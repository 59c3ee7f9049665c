"""Fuses the hits of two retrievers into one ranking; pure.

Min-max scaling and a weighted mean (a convex combination), which keeps the distances between scores that reciprocal
ranks throw away; Bruch, Gai and Ingber, "An Analysis of Fusion Functions for Hybrid Retrieval" (2023).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from qa.ports import Hit
from qa.types import Contribution


@dataclass(frozen=True, slots=True, kw_only=True)
class Fused:
    """A passage position with its fused score (0..1) and where that came from."""

    ordinal: int
    score: float
    contributions: tuple[Contribution, ...]


def min_max(scores: Sequence[float]) -> list[float]:
    """Scores scaled so that the best is 1 and the worst 0; all 1 when they do not differ."""
    if not scores:
        return []
    low, high = min(scores), max(scores)
    if high == low:
        return [1.0] * len(scores)
    return [(score - low) / (high - low) for score in scores]


def fuse(hits: Mapping[str, Sequence[Hit]], weights: Mapping[str, float], limit: int) -> list[Fused]:
    """The `limit` best of the union of all hits, by the weighted sum of their scaled scores, ties by position.

    A retriever that did not find a passage adds 0 for it. `hits` and `weights` have the same retriever names.
    """
    totals: dict[int, float] = {}
    shares: dict[int, list[Contribution]] = {}
    for retriever in sorted(hits):
        found = hits[retriever]
        for rank, (hit, scaled) in enumerate(zip(found, min_max([hit.score for hit in found]), strict=True), start=1):
            totals[hit.ordinal] = totals.get(hit.ordinal, 0.0) + weights[retriever] * scaled
            share = Contribution(retriever=retriever, rank=rank, score=hit.score)
            shares.setdefault(hit.ordinal, []).append(share)
    best = sorted(totals, key=lambda ordinal: (-totals[ordinal], ordinal))[:limit]
    return [Fused(ordinal=ordinal, score=totals[ordinal], contributions=tuple(shares[ordinal])) for ordinal in best]
