"""Nodes of a cluster that are this process: errands are done here, after a way through plain values."""

import base64
import json
import threading
from dataclasses import dataclass, field

from qa.cluster.errands import Errand, Outcome
from qa.cluster.node import perform
from qa.errors import QAError


@dataclass
class NodesHere:
    """Does errands, and remembers of what kind they were."""

    processors: int = 3
    kinds: list[str] = field(default_factory=list)
    stopped: list[QAError] = field(default_factory=list)
    _one: threading.Lock = field(default_factory=threading.Lock)

    def perform(self, errand: Errand) -> Outcome:
        """Do it here."""
        self.kinds.append(errand.kind)
        *values, data = errand
        plain = [*json.loads(json.dumps(values)), base64.b64decode(base64.b64encode(data))]
        with self._one:  # as in a process of a node
            return Outcome(*perform(*plain))

    def stop(self, why: QAError) -> None:
        """Remember that."""
        self.stopped.append(why)
