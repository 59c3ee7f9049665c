"""Hybrid retrieval over one snapshot: nearest child vectors and BM25 propose, and every proposal is weighed alike."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

from qa.ports import Encoder, Hit, LexicalIndex, Nearness
from qa.retrieval.crowding import uncrowded
from qa.retrieval.fusion import Features, of_the_best
from qa.text.coverage import coverages
from qa.text.terms import QuestionTerms
from qa.types import Candidate, Contribution, Passage, RankedPassage

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

    def nearness(self, query: "Vectors", ordinals: Sequence[int]) -> list[Nearness]:
        """How near each passage is by its child vectors."""

    def wordings(self, ordinals: Sequence[int]) -> list[bytes]:
        """The index terms of the passages at some positions, see `qa.text.coverage`."""

    def passage(self, ordinal: int) -> Passage:
        """The passage at a position."""


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """A passage that a retriever found, with all that speaks for it.

    Some hundred are weighed for a question and few are handed on, so a passage is made when it is looked at.
    """

    ordinal: int
    snapshot: Searchable
    features: Features
    contributions: tuple[Contribution, ...]

    @cached_property
    def passage(self) -> Passage:
        """The passage itself."""
        return self.snapshot.passage(self.ordinal)

    def ranked(self, rank: int) -> RankedPassage:
        """The passage as it is handed on."""
        return RankedPassage(
            passage=self.passage, score=self.features.score, rank=rank, contributions=self.contributions
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class HybridRetriever:
    """Each retriever proposes `depth` passages."""

    encoder: Encoder
    depth: int

    def retrieve(self, question: str, snapshot: Searchable, limit: int) -> list[RankedPassage]:
        """The `limit` best passages for a question, best first, ties by position, ranks from 1; repeats step back.

        Where the usual proposals are too few and there are other passages, more follow behind them: which passages are
        best does not depend on how many are asked for.
        """
        proposals = self.propose(question, snapshot, self.depth)
        if len(proposals) < min(limit, len(snapshot.lexical)):
            usual = {proposal.ordinal for proposal in proposals}
            more = self.propose(question, snapshot, limit)
            proposals += [proposal for proposal in more if proposal.ordinal not in usual]
        chosen = uncrowded(proposals, limit)
        return [proposal.ranked(rank) for rank, proposal in enumerate(chosen, start=1)]

    def propose(self, question: str, snapshot: Searchable, depth: int) -> list[Proposal]:
        """All that the retrievers find, `depth` passages each, best first, ties by position."""
        query = self.encoder.encode([question])[0]
        hits = {BM25: snapshot.lexical.search(question, depth), DENSE: snapshot.nearest(query, depth)}
        shares = _contributions(hits)
        words = of_the_best(hits[BM25])
        ordinals, found = list(shares), []
        covered = coverages(QuestionTerms.of(question, snapshot.lexical).weights, snapshot.wordings(ordinals))
        together = max((sentence for _, sentence in covered), default=0.0)
        nearness = snapshot.nearness(query, ordinals)
        for ordinal, near, (coverage, sentence) in zip(ordinals, nearness, covered, strict=True):
            features = Features(
                bm25=words.get(ordinal, 0.0),
                similarity=min(max(near.best, 0.0), 1.0),
                whole=min(max(near.whole, 0.0), 1.0),
                coverage=coverage * together,
                sentence=sentence * together,
            )
            share = tuple(shares[ordinal])
            found.append(Proposal(ordinal=ordinal, snapshot=snapshot, features=features, contributions=share))
        return sorted(found, key=lambda proposal: (-proposal.features.score, proposal.ordinal))


def in_reading_order(passages: Sequence[RankedPassage], candidates: Sequence[Candidate]) -> list[RankedPassage]:
    """The passages by their best candidate, ranked anew: the reader has the last word on which is nearest.

    Those without a candidate follow as they were.
    """
    order = {name: place for place, name in enumerate(dict.fromkeys(found.passage.chunk.id for found in candidates))}
    by_candidate = sorted(passages, key=lambda ranked: order.get(ranked.passage.chunk.id, len(order)))
    return [replace(ranked, rank=rank) for rank, ranked in enumerate(by_candidate, start=1)]


def _contributions(hits: dict[str, list[Hit]]) -> dict[int, list[Contribution]]:
    """For each position what each retriever said of it."""
    shares: dict[int, list[Contribution]] = {}
    for retriever in sorted(hits):
        for rank, hit in enumerate(hits[retriever], start=1):
            share = Contribution(retriever=retriever, rank=rank, score=hit.score)
            shares.setdefault(hit.ordinal, []).append(share)
    return shares
