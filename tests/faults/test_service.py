"""R2, R6, R7, R11: the service is killed, and its files change in every way, under load; a rollback while it runs."""

import json
import subprocess
import sys
import time
from pathlib import Path

from library import Library
from torture.changes import MATRIX, text
from torture.kills import MOMENTS
from torture.places import CHILD
from torture.rebuilds import rebuild
from torture.service import asked, running, until
from torture.soak import MOST_FILES, soak

REBUILDS = 20
GENERATIONS = 20


def test_r2_a_kill_at_any_moment_tears_and_loses_nothing_and_the_next_start_answers_the_same() -> None:
    environment = {**CHILD, "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "torture.kills", str(len(set(MOMENTS)))]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    tally = json.loads(done.stdout)
    assert tally["wrong"] == []
    assert tally["kills"].keys() == set(MOMENTS)
    assert tally["asked"] > 0


def test_r6_r7_every_kind_of_change_is_found_while_no_request_fails_or_goes_back(tmp_path: Path) -> None:
    tally = rebuild(Library.at(tmp_path / "library"), REBUILDS, idle=0.5)
    assert tally["wrong"] == []
    assert tally["rebuilds"] >= REBUILDS
    assert tally["seconds until found, slowest"].keys() == {change.__name__ for kind in MATRIX for change in kind}


def test_a_rollback_is_served_at_once_until_the_next_change(tmp_path: Path) -> None:
    library = Library.at(tmp_path / "library")
    with running(library) as served, asked(served.address) as asking:
        first = library.store.current()
        library.write("octopus.txt", text("octopus"))
        until(lambda: served.found("octopus"))
        with library.store.lock():
            library.store.roll_back()
        until(lambda: served.get("/readyz")["generation"] == first)
        assert served.found("octopus") == []
        time.sleep(1.0)  # two scans
        assert served.get("/readyz")["generation"] == first, "nothing has changed"
        library.write("crab.txt", text("crab"))
        until(lambda: served.found("crab"))
        assert served.found("octopus") == [text("octopus")]
    assert asking.failures == []


def test_r11_hundreds_of_questions_and_a_score_of_generations_leave_no_file_and_no_thread_behind(
    tmp_path: Path,
) -> None:
    with running(Library.at(tmp_path / "library"), reader="sentence") as served:
        tally = soak(served, asks=200, reloads=GENERATIONS, seconds=120)
    assert tally["statuses"] == {200: 200}
    assert tally["reloads"] == GENERATIONS
    growth = tally["growth"]
    assert (growth["files"] <= MOST_FILES, growth["threads"] <= 1) == (True, True), tally["samples"]
