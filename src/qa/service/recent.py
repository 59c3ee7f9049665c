"""The replies to the questions that were asked last, for those who ask the same again.

A conversation is asked again as a whole with each request for its page, and programs repeat questions. A reply depends
on the question and the documents alone, so it is kept as long as the generations that gave it are those that answer.
"""

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from threading import Lock
from typing import Annotated

from fastapi import Depends, Request

from qa.conversation.referents import Exchange
from qa.engine import Event, Replied, Retrieved
from qa.service.holdings import Choice

REMEMBERED = 256
"""Replies that are kept where nothing else is said: some forty conversations of full length, some 10 MB."""
_Generations = tuple[tuple[str | None, str], ...]


@dataclass(frozen=True, slots=True)
class _Asked:
    """All that a reply depends on: by whom it is given, and what is asked how."""

    generations: _Generations
    question: str
    history: tuple[Exchange, ...]
    exact: bool
    top_k: int | None


class Recent:
    """Up to `limit` replies, in memory only, the latest ones. Safe for several threads."""

    def __init__(self, *, limit: int) -> None:
        self._limit = limit
        self._replies: OrderedDict[_Asked, Replied] = OrderedDict()
        self._lock = Lock()

    def stages(
        self, choice: Choice, question: str, history: Sequence[Exchange], *, exact: bool, top_k: int | None = None
    ) -> Iterator[Event]:
        """As the engines'; what is known already comes without `Read`, and only what is not is written down."""
        asked = _Asked(_generations(choice), question, tuple(history), exact, top_k)
        known = self._known(asked)
        if known is not None:
            yield Retrieved(known.reply.passages, known.collection)
            yield known
            return
        for event in choice.hearing(choice.together.stages(question, history=history, exact=exact, top_k=top_k)):
            if isinstance(event, Replied) and _generations(choice) == asked.generations:
                self._keep(asked, event)
            yield event

    def ask(self, choice: Choice, question: str, history: Sequence[Exchange], *, exact: bool) -> Replied:
        """The last of the stages; raises what the engines raise."""
        for event in self.stages(choice, question, history, exact=exact):
            if isinstance(event, Replied):
                return event
        raise AssertionError("stages() ends with Replied")

    def ask_anew(
        self, choice: Choice, question: str, history: Sequence[Exchange], *, exact: bool, top_k: int | None
    ) -> Replied:
        """Likewise for somebody who asks and does not just look again.

        Each time is written down, and a reply that was known took no time.
        """
        asked = _Asked(_generations(choice), question, tuple(history), exact, top_k)
        known = self._known(asked)
        if known is not None:
            choice.heard_again(known)
            return replace(known, timings_ms={})
        replied = choice.together.ask(question, history=history, exact=exact, top_k=top_k)
        choice.heard(replied)
        if _generations(choice) == asked.generations:
            self._keep(asked, replied)
        return replied

    def __len__(self) -> int:
        return len(self._replies)

    def _known(self, asked: _Asked) -> Replied | None:
        with self._lock:
            known = self._replies.get(asked)
            if known is not None:
                self._replies.move_to_end(asked)
        return known

    def _keep(self, asked: _Asked, replied: Replied) -> None:
        """Keep a reply; those of generations that answer no more go, and the oldest."""
        now = dict(asked.generations)
        with self._lock:
            self._replies[asked] = replied
            old = [kept for kept in self._replies if any(now.get(name, of) != of for name, of in kept.generations)]
            for kept in old:
                del self._replies[kept]
            while len(self._replies) > self._limit:
                self._replies.popitem(last=False)


def _generations(choice: Choice) -> _Generations:
    """What answers now in each collection that is meant; raises an IndexStoreError when there is none somewhere."""
    return tuple((name, one.generation) for name, one in choice.generations.items())


def _recent(request: Request) -> Recent:
    recent: Recent = request.app.state.recent
    return recent


RecentDependency = Annotated[Recent, Depends(_recent)]
"""The replies of this service that are in memory."""
