"""The two stages of a build that are worth spreading, behind the ports that they have anyway: a sandbox and an encoder.

The files stay with the machine that builds, which sends their bytes and takes back what was made of them; so nodes need
no disk that they share. All else (chunking, writing, publishing) is done there, as in any build.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from qa.cluster import errands
from qa.cluster.errands import ENCODE, PARSE, Errand, Outcome
from qa.errors import DocumentError, ParserDied, QAError, SandboxUnavailable
from qa.index.build import IndexBuilder
from qa.ports import Encoder, TextPart
from qa.settings import Settings
from qa.wiring import make_builder

if TYPE_CHECKING:
    from qa.ports import Vectors

AHEAD = 2
"""Errands sent for each processor, so that none waits for the next one."""
MOST_AT_ONCE = 256
"""Errands under way at most; each has a thread here that waits for it."""
MOST_BYTES = 2_000_000_000
"""Bytes of files under way at most, were each as large as a file may be."""
DOUBTFUL = frozenset({ParserDied.__name__, SandboxUnavailable.__name__})
"""Errors that the end of the node itself may be behind, whose processes do not all end at once: told by one alone, they
are not believed."""
PAUSE_SECONDS = 1.0
"""In which a node that ends is gone, so that another one is asked."""


class Nodes(Protocol):
    """Machines that do errands."""

    @property
    def processors(self) -> int:
        """How many there are now, one for each errand at a time."""

    def perform(self, errand: Errand) -> Outcome:
        """Have an errand done on any node, on another one if that is lost; for any number of threads.

        Raises BackendUnavailable when nobody can do it.
        """

    def stop(self, why: QAError) -> None:
        """No outcome is wanted any more: whoever waits for one gives up and raises `why`."""


@dataclass(frozen=True)
class Sender:
    """Sends errands and raises the errors that come back."""

    nodes: Nodes
    settings: errands.Settled
    identity: errands.Settled

    @property
    def at_once(self) -> int:
        """How many errands should be under way."""
        return min(MOST_AT_ONCE, AHEAD * max(1, self.nodes.processors))

    def send(self, kind: str, arguments: errands.Settled, data: bytes) -> tuple[Any, bytes]:
        """What comes of an errand: a plain value and bytes.

        An error that ends the build is told to all who wait, since else it would wait for them.
        """
        try:
            outcome = self._performed(Errand(kind, self.settings, self.identity, arguments, data))
            if outcome.error is not None:
                raise errands.error_of(outcome.error)
        except DocumentError:
            raise
        except QAError as error:
            self.nodes.stop(error)
            raise
        return outcome.value, outcome.data

    def _performed(self, errand: Errand) -> Outcome:
        outcome = self.nodes.perform(errand)
        if outcome.error is not None and outcome.error["name"] in DOUBTFUL:
            time.sleep(PAUSE_SECONDS)
            outcome = self.nodes.perform(errand)
        return outcome


class SpreadSandbox:
    """A JobRunner whose jobs run in the sandboxes of the nodes."""

    def __init__(self, sender: Sender, most_file_bytes: int) -> None:
        self._sender = sender
        self._most = max(1, MOST_BYTES // max(1, most_file_bytes))

    @cached_property
    def processes(self) -> int:
        """As many as keep the nodes busy, as far as memory here allows."""
        return min(self._most, self._sender.at_once)

    def run(self, job: str, arguments: Mapping[str, Any], data: bytes, *, name: str) -> tuple[Any, bytes]:
        """What the job gives there; raises what the sandbox there raises, or BackendUnavailable."""
        return self._sender.send(PARSE, {"job": job, "arguments": dict(arguments), "name": name}, data)

    def close(self) -> None:
        """Nothing is held here."""


class SpreadEncoder:
    """An Encoder that has parts encoded by the nodes; questions and counts are this machine's own matter."""

    def __init__(self, encoder: Encoder, sender: Sender) -> None:
        self._encoder = encoder
        self._sender = sender

    @property
    def fingerprint(self) -> str:
        """That of the encoder here, which those of the nodes must have as well."""
        return self._encoder.fingerprint

    def encode(self, texts: Sequence[str]) -> "Vectors":
        """Encoded here."""
        return self._encoder.encode(texts)

    def encode_parts(self, parts: Sequence[TextPart]) -> "Vectors":
        """Encoded on a node, all in one errand, in which each text is once."""
        numbers = {text: number for number, text in enumerate(dict.fromkeys(part.text for part in parts))}
        places = [(numbers[part.text], part.span.start, part.span.end) for part in parts]
        shape, data = self._sender.send(ENCODE, {"texts": list(numbers), "parts": places}, b"")
        return np.frombuffer(data, "<f4").reshape(shape).astype(np.float32, copy=False)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Counted here."""
        return self._encoder.count_tokens(texts)


def make_spread_builder(settings: Settings, encoder: Encoder, nodes: Nodes) -> IndexBuilder:
    """The builder of the settings' index folder, whose files are read and texts encoded on the nodes."""
    recipe = make_builder(settings, encoder).recipe
    sender = Sender(nodes, errands.sent_settings(settings), errands.identity(settings, recipe))
    sandbox = SpreadSandbox(sender, int(settings.max_document_megabytes * 1e6))
    builder = make_builder(settings, SpreadEncoder(encoder, sender), sandbox=sandbox)
    return replace(builder, encoders=sender.at_once)
