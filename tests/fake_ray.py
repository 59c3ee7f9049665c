"""Ray as far as it is used here, without a cluster: errands are done in this process, or never come to an end.

Run as a program it is `qa` with such a cluster, whose nodes never come to an end with errands of one kind, the first
argument; the others are those of `qa`.
"""

import sys
import threading
import time
from collections.abc import Callable
from typing import Any

BUSY = "busy"
"""What the program prints when an errand is under way that does not end."""


class RayError(Exception):
    """The base of the others, as there."""


class GetTimeoutError(RayError, TimeoutError):
    """No outcome yet."""


class RayTaskError(RayError):
    """The function raised something, the `cause`."""

    def __init__(self, cause: Exception | None = None) -> None:
        super().__init__("a long report")
        self.cause = cause


class Errors:
    """The module `ray.exceptions`."""

    RayError, GetTimeoutError, RayTaskError = RayError, GetTimeoutError, RayTaskError


class Task:
    """A function that nodes have."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function

    def remote(self, *values: Any) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        """A reference to what comes of it."""
        return self._function, values


class FakeRay:
    """The module `ray`; errands of the kind `endless` do not end. It remembers how it was used."""

    exceptions = Errors

    def __init__(self, endless: str = "", processors: float = 2.0) -> None:
        self._endless, self._processors, self._one = endless, processors, threading.Lock()
        self.connected: dict[str, object] = {}
        self.options: dict[str, object] = {}

    def init(self, **how: object) -> None:
        """Connect."""
        self.connected = how

    def shutdown(self) -> None:
        """Disconnect."""
        self.connected = {}

    def cluster_resources(self) -> dict[str, float]:
        """What all nodes have together; a resource that there is none of is not in it."""
        return {"CPU": self._processors} if self._processors else {}

    def remote(self, **options: object) -> Callable[[Callable[..., Any]], Task]:
        """What makes a task of a function."""
        self.options = options
        return Task

    def get(self, reference: tuple[Callable[..., Any], tuple[Any, ...]], timeout: float) -> Any:
        """What a reference stands for."""
        function, values = reference
        if values[0] == self._endless:
            sys.stdout.write(BUSY + "\n")
            sys.stdout.flush()
            time.sleep(timeout)
            raise GetTimeoutError
        with self._one:
            return function(*values)


if __name__ == "__main__":
    sys.modules["ray"] = FakeRay(endless=sys.argv[1])  # type: ignore[assignment]  # no module, but used as one
    from qa.cli import main

    sys.exit(main(sys.argv[2:]))
