"""What a node of a cluster does: it does errands, one at a time in each process.

A file is parsed in a child process, as everywhere; so whatever a hostile one does, it does not to the node's process.
"""

import platform
from functools import cache
from typing import TYPE_CHECKING, Any

from qa.cluster import errands
from qa.cluster.errands import ENCODE, Errand, Outcome
from qa.errors import BackendUnavailable, DocumentError, QAError
from qa.ports import Encoder, TextPart
from qa.sandbox.pool import Sandbox
from qa.settings import Settings
from qa.types import Span
from qa.wiring import make_builder, make_encoder, make_sandbox

if TYPE_CHECKING:
    from qa.ports import Vectors


def perform(*values: Any) -> tuple[Any, ...]:
    """Do an errand, given as the values of an `Errand`; those of its `Outcome` come back.

    So the node needs no class of the sender's. An error of ours is a value, too.
    """
    return tuple(_outcome(Errand(*values)))


def _outcome(errand: Errand) -> Outcome:
    try:
        bench = _bench(Settings.model_validate(errand.settings).model_dump_json())
        bench.check(errand.identity)
        value, data = bench.encode(errand) if errand.kind == ENCODE else bench.parse(errand)
    except (DocumentError, BackendUnavailable) as error:
        return Outcome(error=errands.error_told(error))
    except QAError as error:  # the node's own trouble, so it is told whose
        named = type(error)(f"On the node {platform.node()} of the cluster: {error.message}", remedy=error.remedy)
        return Outcome(error=errands.error_told(named))
    return Outcome(value, data)


class Bench:
    """What a process needs for errands, made when first needed and kept."""

    def __init__(self, settings: Settings) -> None:
        # One errand takes one processor; what a vector is does not depend on the number of threads.
        self._settings = settings.model_copy(update={"threads": 1, "parser_processes": 1})
        self._encoder: Encoder = make_encoder(self._settings)
        self._sandbox: Sandbox = make_sandbox(self._settings)
        self._identity = errands.identity(settings, make_builder(self._settings, self._encoder).recipe)

    def check(self, sender: errands.Settled) -> None:
        """Raises BackendUnavailable when this machine is not like the sender."""
        differing = errands.differences(self._identity, sender)
        if differing:
            raise BackendUnavailable(
                f"The node {platform.node()} of the cluster has {'; '.join(differing)}.",
                remedy="Install the same on every node, from the lock file of one version of Quoth, and start Ray anew "
                "there; then run `qa index` again, which goes on where it was.",
            )

    def parse(self, errand: Errand) -> tuple[Any, bytes]:
        """What a job gives in the sandbox; not looked at here, as the sender checks it."""
        told = errand.arguments
        return self._sandbox.run(told["job"], told["arguments"], errand.data, name=told["name"])

    def encode(self, errand: Errand) -> tuple[Any, bytes]:
        """The vectors of parts: how many there are and their bytes, as float32 with the low byte first."""
        self._sandbox.close()  # files have all been read when the first text is encoded
        texts = errand.arguments["texts"]
        parts = [TextPart(texts[number], Span(start, end)) for number, start, end in errand.arguments["parts"]]
        vectors: Vectors = self._encoder.encode_parts(parts)
        return list(vectors.shape), vectors.astype("<f4").tobytes()


@cache
def _bench(settings: str) -> Bench:
    return Bench(Settings.model_validate_json(settings))
