"""Several collections asked as one: each by its own engine, all of them alike, and the best reply is the reply.

Confidence is a calibrated probability, so replies from different documents can be compared by it. The score of a
passage can, too, but for the tenth of it that BM25 has, which is scaled for each collection by itself.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from qa.conversation.referents import Exchange
from qa.engine import Engine, Event, Health, Replied
from qa.types import Abstention, Answer, RankedPassage


class Found(NamedTuple):
    """A passage and the name of the collection that it stands in."""

    collection: str | None
    passage: RankedPassage


class Together:
    """Asks engines of different collections, one or more. Safe for several threads."""

    def __init__(self, engines: Sequence[Engine]) -> None:
        """The engines in the order in which equals count; at least one."""
        self._engines = tuple(engines)

    @property
    def first(self) -> Engine:
        """The first engine, for what is the same in all: which questions can be asked."""
        return self._engines[0]

    @property
    def generation(self) -> str:
        """The names of all generations that answer now; raises an IndexStoreError when there is none somewhere."""
        return " ".join(engine.snapshot().generation for engine in self._engines)

    def ask(
        self, question: str, *, history: Sequence[Exchange] = (), exact: bool = False, top_k: int | None = None
    ) -> Replied:
        """The best reply; raises what the engines raise: where one cannot be asked, nothing is said for all."""
        for event in self.stages(question, history=history, exact=exact, top_k=top_k):
            if isinstance(event, Replied):
                return event
        raise AssertionError("stages() ends with Replied")

    def stages(
        self, question: str, *, history: Sequence[Exchange] = (), exact: bool = False, top_k: int | None = None
    ) -> Iterator[Event]:
        """Retrieved and Read of each collection, each as soon as it is known, then one Replied."""
        replies: list[Replied] = []
        for engine in self._engines:
            known = _HeldByAny(tuple(other for other in self._engines if other is not engine))
            for event in engine.stages(question, history=history, exact=exact, top_k=top_k, known=known):
                if isinstance(event, Replied):
                    replies.append(event)
                else:
                    yield event
        yield best_of(replies)

    def search(self, question: str, *, limit: int | None = None) -> list[Found]:
        """The nearest passages of all collections, best first, ranked anew."""
        found = [
            Found(engine.collection, ranked)
            for engine in self._engines
            for ranked in engine.search(question, limit=limit)
        ]
        if len(self._engines) == 1:
            return found
        found.sort(key=lambda one: -one.passage.score)  # stable: of equals the earlier collection's is first
        most = max((one.passage.rank for one in found), default=0)
        return [
            Found(name, replace(ranked, rank=rank))
            for rank, (name, ranked) in enumerate(found[: limit or most], start=1)
        ]


def best_of(replies: Sequence[Replied]) -> Replied:
    """The answer of the highest confidence; where none answers, the abstention that came nearest, said for all.

    Its reason is about its own collection, so it says so; only what no collection holds is `missing`. The time of every
    stage is that of all collections.
    """
    if len(replies) == 1:
        return replies[0]
    best = max(replies, key=lambda one: (isinstance(one.reply, Answer), one.reply.confidence))
    reply = best.reply
    if isinstance(reply, Abstention):
        lacks = [set(one.reply.missing) for one in replies if isinstance(one.reply, Abstention)]
        reply = replace(
            reply,
            reason=f"Nearest came the collection “{best.collection}”: {reply.reason}",
            missing=tuple(word for word in reply.missing if all(word in lack for lack in lacks)),
        )
    stages = dict.fromkeys(name for one in replies for name in one.timings_ms)
    timings = {name: round(sum(one.timings_ms.get(name, 0.0) for one in replies), 2) for name in stages}
    return replace(best, reply=reply, timings_ms=timings)


def told_together(states: Sequence[Health]) -> Health:
    """The state of several collections as one: ready when one can be asked, and the first problem of any."""
    if len(states) == 1:
        return states[0]
    return Health(
        ready=any(one.ready for one in states),
        created=max((one.created for one in states if one.created), default=None),
        documents=sum(one.documents for one in states),
        passages=sum(one.passages for one in states),
        skipped=sum(one.skipped for one in states),
        vectors=sum(one.vectors for one in states),
        problem=next((one.problem for one in states if one.problem), None),
    )


@dataclass(frozen=True, slots=True)
class _HeldByAny:
    """The words that documents of some engines hold: what is known in one collection is no slip in another."""

    engines: Sequence[Engine]

    def __contains__(self, word: object) -> bool:
        return any(engine.holds(str(word)) for engine in self.engines)
