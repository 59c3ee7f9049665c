"""Where harnesses keep their folders: in memory where there is such a place, since none of them cuts the real power."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

MEMORY = Path("/dev/shm")
TESTS = Path(__file__).resolve().parents[1]
CHILD = {
    **os.environ,
    "PYTHONPATH": f"{TESTS}{os.pathsep}{TESTS.parent / 'src'}",
    "OPENBLAS_NUM_THREADS": "1",
    "QA_REMEMBERED_REPLIES": "0",
}
"""The environment of a program of the tests: no reply comes from memory, as all are to be put to the test."""


@contextmanager
def quick_folder() -> Iterator[Path]:
    """A folder that is removed afterwards, on a file system in memory if there is one."""
    base = MEMORY if os.access(MEMORY, os.W_OK | os.X_OK) else None
    with tempfile.TemporaryDirectory(prefix="quoth-torture-", dir=base) as name:
        yield Path(name)
