"""R1: a build that is broken off at any system call leaves the last generation or the new one, whole."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from torture.places import CHILD
from torture.syscalls import Point, points_of, strace_problem

RUNS = 24
PROBLEM = strace_problem()
LOG = """\
100 openat(AT_FDCWD</x>, "/x/a", O_RDONLY|O_CLOEXEC) = 3</x/a>
100 openat(AT_FDCWD</x>, "/x/b", O_WRONLY|O_CREAT|O_TRUNC, 0666 <unfinished ...>
101 write(4</x/c>, "text", 4) = 4
100 <... openat resumed>) = 5</x/b>
100 write(5</x/b>, "text", 4) = 4
100 write(5</x/b>, "text", 4) = 4
"""


def test_points_are_counted_for_each_thread_and_only_where_something_changes(tmp_path: Path) -> None:
    (tmp_path / "log").write_text(LOG)
    points, shadowed = points_of(tmp_path / "log")
    assert points == [Point("openat", 2), Point("write", 1), Point("write", 2)]
    assert shadowed == 1


@pytest.mark.skipif(PROBLEM is not None, reason=f"{PROBLEM}, so no system call can be broken")
def test_a_build_broken_off_at_any_system_call_loses_and_tears_nothing() -> None:
    environment = {**CHILD, "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "torture.syscalls", str(RUNS)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    tally = json.loads(done.stdout)
    assert tally["wrong"] == []
    assert tally["runs"] == RUNS
    assert tally["points"] > 200, "a first build and one that takes over and prunes"
    assert tally["ends"]["killed"] >= 3
    assert tally["ends"]["refused"] >= 6
