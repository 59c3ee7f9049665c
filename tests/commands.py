"""What a command of the command line returned and wrote, and how a failed one looks."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Ran:
    """What a command returned and wrote."""

    code: int
    out: str
    err: str


Qa = Callable[..., Ran]


def failed(ran: Ran, code: int, *words: str) -> None:
    """The command failed with that code; the last line, after any progress, is the error and holds the words."""
    assert ran.code == code
    assert ran.out == ""
    assert "Traceback" not in ran.err
    line = ran.err.splitlines()[-1]
    assert line.startswith("qa: ")
    for word in words:
        assert word in line
