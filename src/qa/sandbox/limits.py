"""What a child process may use, and how it binds itself to that before it sees the first byte of a document."""

import os
import resource
import signal
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Memory is address space in bytes; `cpu_seconds` and `wall_seconds` are for one job, `open_files` for the process.

    Files that a job writes may have 0 bytes.
    """

    memory_bytes: int = 1 << 30
    cpu_seconds: float = 60
    wall_seconds: float = 180
    open_files: int = 64


def bind(limits: Limits) -> None:
    """Bind this process, for good, to all limits but those on time."""
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000")  # when memory runs out, this process is the one to go
    for kind, most in (
        (resource.RLIMIT_AS, limits.memory_bytes),
        (resource.RLIMIT_NOFILE, limits.open_files),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        _, hard = resource.getrlimit(kind)
        allowed = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(kind, (allowed, allowed))


def allow_seconds(seconds: float) -> None:
    """Let this process compute for so long from now on; past that the kernel ends it with SIGPROF.

    A resource limit (RLIMIT_CPU) counts from the start of the process, by another clock than the one that tells how
    much of it is used up.
    """
    signal.setitimer(signal.ITIMER_PROF, seconds)


def address_space() -> int:
    """Bytes of address space that this process has now; 0 where the system does not tell."""
    with suppress(OSError):
        return int(Path("/proc/self/statm").read_text().partition(" ")[0]) * os.sysconf("SC_PAGE_SIZE")
    return 0
