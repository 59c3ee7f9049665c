"""Hybrid retrieval over one snapshot: nearest child vectors and BM25, fused."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from qa.ports import Encoder, Hit, LexicalIndex
from qa.retrieval.fusion import fuse
from qa.types import Passage, RankedPassage

if TYPE_CHECKING:
    from qa.ports import Vectors

DENSE = "dense"
BM25 = "bm25"


class Searchable(Protocol):
    """What of a snapshot is searched."""

    @property
    def lexical(self) -> LexicalIndex:
        """Its BM25 index."""

    def nearest(self, query: "Vectors", limit: int) -> list[Hit]:
        """Its passages by their best child vector."""

    def passage(self, ordinal: int) -> Passage:
        """The passage at a position."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HybridRetriever:
    """`dense_weight` (0..1) is the share of the vectors; each retriever proposes `depth` passages."""

    encoder: Encoder
    dense_weight: float
    depth: int

    def retrieve(self, question: str, snapshot: Searchable, limit: int) -> list[RankedPassage]:
        """The `limit` best passages for a question, best first, ranks from 1."""
        depth = max(self.depth, limit)
        hits = {
            BM25: snapshot.lexical.search(question, depth),
            DENSE: snapshot.nearest(self.encoder.encode([question])[0], depth),
        }
        weights = {BM25: 1 - self.dense_weight, DENSE: self.dense_weight}
        return [
            RankedPassage(
                passage=snapshot.passage(found.ordinal),
                score=found.score,
                rank=rank,
                contributions=found.contributions,
            )
            for rank, found in enumerate(fuse(hits, weights, limit), start=1)
        ]
