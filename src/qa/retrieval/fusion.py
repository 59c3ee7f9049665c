"""From what is known of a passage to one score; pure.

A weighted mean of five plain features, each from 0 to 1. Some of them are relative to what else was found for the
question, so scores can be compared within it only. The weights were found on seven collections of questions on
encyclopedia articles, search queries, scientific articles, claims, abstracts and explanations; left out in turn, every
one of them gives nearly the same weights (`training/README.md`).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from qa.ports import Hit


@dataclass(frozen=True, slots=True, kw_only=True)
class Features:
    """What speaks for a passage, each from 0 to 1.

    `bm25` is its BM25 score as a share of the best one, `similarity` the cosine of its best child vector with the
    question's, `whole` that of the vector of the passage as a whole, `coverage` the share of the question's words
    (weighed by rarity) that the passage and its headings hold, `sentence` the same for its best single sentence under
    those headings. Both shares are multiplied by the largest share that a sentence of any proposal holds: a question
    whose words stand nowhere together leans on what it means.
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


WEIGHTS = Features(bm25=0.10, similarity=0.28, whole=0.26, coverage=0.08, sentence=0.28)
"""They add up to 1. What they give on every collection, and what keeping all above BM25 and vectors alone costs on
encyclopedia articles (the right answer first for .840 instead of .843), is in `training/README.md`."""


def of_the_best(hits: Sequence[Hit]) -> dict[int, float]:
    """For each position found its score as a share of the best one, not below 0; all 0 when none is above 0."""
    best = max((hit.score for hit in hits), default=0.0)
    return {hit.ordinal: max(hit.score / best, 0.0) if best > 0 else 0.0 for hit in hits}
