"""From what is known of a passage to one score; pure.

A weighted mean of five plain features, each from 0 to 1 and, but for BM25, comparable between questions. The weights
were learned by a listwise softmax loss over questions on encyclopedia articles, search queries, scientific articles,
claims and abstracts (`training/fit_retrieval.py`); left out in turn, every one of those collections gives nearly the
same weights.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from qa.ports import Hit


@dataclass(frozen=True, slots=True, kw_only=True)
class Features:
    """What speaks for a passage, each from 0 to 1.

    `bm25` is its BM25 score scaled between the worst and the best one found, `similarity` the cosine of its best child
    vector with the question's, `whole` that of the vector of the passage as a whole, `coverage` the share of the
    question's words (weighed by rarity) that the passage and its headings hold, `sentence` the same for its best single
    sentence under those headings.
    """

    bm25: float
    similarity: float
    whole: float
    coverage: float
    sentence: float

    @property
    def score(self) -> float:
        """The weighted mean, from 0 to 1."""
        return (
            self.bm25 * WEIGHTS.bm25
            + self.similarity * WEIGHTS.similarity
            + self.whole * WEIGHTS.whole
            + self.coverage * WEIGHTS.coverage
            + self.sentence * WEIGHTS.sentence
        )


WEIGHTS = Features(bm25=0.09, similarity=0.30, whole=0.27, coverage=0.11, sentence=0.23)
"""They add up to 1."""


def min_max(hits: Sequence[Hit]) -> dict[int, float]:
    """For each position found its score, scaled from 1 (the best) to 0 (the worst); all 1 when they do not differ."""
    if not hits:
        return {}
    low, high = min(hit.score for hit in hits), max(hit.score for hit in hits)
    if high == low:
        return {hit.ordinal: 1.0 for hit in hits}
    return {hit.ordinal: (hit.score - low) / (high - low) for hit in hits}
