"""Quoth: answers from a folder of documents, in the documents' own words, with citations that anyone can verify.

    import qa

    engine = qa.open("papers", "papers-index")
    reply = engine.ask("What does a berth cost a day?").reply
    if isinstance(reply, qa.Answer):
        print(reply.text, *(citation.quote for citation in reply.citations))

The names in `__all__` are the API: within a major version of Quoth they keep their meaning. Those that need the
libraries of the engine are imported when they are first used, so `import qa` is quick.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from qa.errors import QAError
from qa.types import Abstention, Answer, Citation, Passage, RankedPassage, Reply, Span

if TYPE_CHECKING:
    from qa.conversation.referents import Exchange
    from qa.engine import Engine, Replied
    from qa.opening import open  # noqa: A004  # it is qa.open

__version__ = "0.1.0"

__all__ = [
    "Abstention",
    "Answer",
    "Citation",
    "Engine",
    "Exchange",
    "Passage",
    "QAError",
    "RankedPassage",
    "Replied",
    "Reply",
    "Span",
    "__version__",
    "open",
]

LATE = {
    "Engine": "qa.engine",
    "Exchange": "qa.conversation.referents",
    "Replied": "qa.engine",
    "open": "qa.opening",
}
"""The names that are imported when they are first used, with their modules."""


def __getattr__(name: str) -> Any:
    if name not in LATE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(LATE[name]), name)


def __dir__() -> list[str]:
    return [*globals(), *LATE]
