"""The sandbox: a few child processes that are started when needed, asked in turn, and replaced when they are used up.

Whatever a child does, the parent gets a checked reply or a DocumentError for the one file that it was about.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from queue import SimpleQueue
from typing import Any, NoReturn

from qa import errors
from qa.errors import DocumentError, DocumentTooLarge, ParserDied, ParserTimeout, UnreadableDocument
from qa.sandbox.limits import Limits
from qa.sandbox.process import COMMAND, Died, Failed, OutOfMemory, OutOfTime, SandboxProcess

JOBS_EACH = 500
"""Jobs after which a child is replaced, so that nothing that it leaks can add up."""
MOST_WORDS = 2000
"""Longest message that is taken over from a child."""


class Sandbox:
    """Runs named functions (see `qa.sandbox.child`) on bytes, for any number of threads; `processes` at a time.

    Children live until `close`, after which the next job starts new ones.
    """

    def __init__(
        self, limits: Limits, *, processes: int = 1, jobs_each: int = JOBS_EACH, command: Sequence[str] = COMMAND
    ) -> None:
        self.limits = limits
        self.processes = processes
        self._jobs_each = jobs_each
        self._command = command
        self._places: SimpleQueue[SandboxProcess | None] = SimpleQueue()
        for _ in range(processes):
            self._places.put(None)

    def run(self, job: str, arguments: Mapping[str, Any], data: bytes, *, name: str) -> tuple[Any, bytes]:
        """What `job` (`module:function`) gives for plain arguments and bytes: a JSON value and bytes.

        Both come from a process that may have been taken over by a hostile file, so check them. `name` is the file's,
        for messages. Raises the DocumentError that the job raised, ParserTimeout, DocumentTooLarge, ParserDied or
        UnreadableDocument; SandboxUnavailable when no child can be started.
        """
        try:
            reply, given = self._asked(job, arguments, data)
        except OutOfTime:
            raise self._too_slow(name) from None
        except OutOfMemory:
            raise self._too_hungry(name) from None
        except Died as death:
            raise self._crashed(name, str(death)) from None
        except Failed as failure:
            raise _failed(name, str(failure)) from None
        if "error" in reply:
            _raise_told(reply["error"], name)
        if "value" not in reply:
            raise _failed(name, "no value")
        return reply["value"], given

    def close(self) -> None:
        """End all children, waiting for the jobs that are running."""
        for _ in range(self.processes):
            process = self._places.get()
            if process is not None:
                process.end()
        for _ in range(self.processes):
            self._places.put(None)

    def _asked(self, job: str, arguments: Mapping[str, Any], data: bytes) -> tuple[Mapping[str, Any], bytes]:
        """Ask a child. What a used one fails on, or has not the memory for, is tried in a fresh one.

        So the outcome never depends on the files that the child had read before.
        """
        with self._child() as child:
            used = child.done > 0
            try:
                return child.run(job, arguments, data)
            except (OutOfMemory, Died, Failed):
                if not used:
                    raise
        with self._child(fresh=True) as child:
            return child.run(job, arguments, data)

    @contextmanager
    def _child(self, *, fresh: bool = False) -> Iterator[SandboxProcess]:
        """A child of one's own for a while; it goes back to its place, or is ended when it is used up."""
        process = self._places.get()
        try:
            if process is not None and (fresh or not process.usable):
                process.end()
                process = None
            if process is None:
                process = SandboxProcess(self.limits, self._jobs_each, self._command)
            yield process
        finally:
            if process is not None and not process.usable:
                process.end()
                process = None
            self._places.put(process)

    def _too_slow(self, name: str) -> ParserTimeout:
        return ParserTimeout(
            f"Reading {name} took longer than {self.limits.cpu_seconds:g} seconds of computing, or "
            f"{self.limits.wall_seconds:g} in all.",
            remedy="Split it or save it anew; if you trust it, raise QA_PARSER_CPU_SECONDS and QA_PARSER_SECONDS.",
        )

    def _too_hungry(self, name: str) -> DocumentTooLarge:
        return DocumentTooLarge(
            f"Reading {name} takes more than {self.limits.memory_bytes / 1e6:,.0f} MB of memory.",
            remedy="Split it or save it anew; if you trust it, raise QA_PARSER_MEMORY_MEGABYTES.",
        )

    def _crashed(self, name: str, how: str) -> ParserDied:
        return ParserDied(
            f"{name} made the process that read it end ({how}).",
            remedy="Save it anew with the program that it comes from; do not trust it if you do not know its origin.",
        )


def _failed(name: str, why: str) -> UnreadableDocument:
    return UnreadableDocument(
        f"{name} cannot be read (its parser failed: {_printable(why)}).",
        remedy="Save it anew with the program that it comes from, and please report this if it stays so.",
    )


def _raise_told(told: object, name: str) -> NoReturn:
    """Raise the DocumentError that a child tells of, as far as that is believable."""
    if isinstance(told, dict):
        kind = getattr(errors, str(told.get("name")), None)
        if isinstance(kind, type) and issubclass(kind, DocumentError):
            raise kind(_printable(str(told.get("message"))), remedy=_printable(str(told.get("remedy"))))
    raise _failed(name, "no error that can be understood")


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() else " " for c in text[:MOST_WORDS])
