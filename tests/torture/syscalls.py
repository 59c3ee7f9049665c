"""R1: breaks a build off at every system call that changes something on disk, by strace's injection.

`python -m torture.syscalls MOST` prints a tally as JSON. A build runs in a forked child to which strace attaches, once
undisturbed to count its calls, then once for each call and each fault: SIGKILL, or an error for that call (EIO or
ENOSPC), or ENOSPC for it and all that follow, as on a full disk. Each time a reader must find the last generation or
the new one, whole and with every document; the new one if the build said that it had published; and the next build must
make the index good. With MOST over 0 at most so many runs are made, picked at random. strace counts the calls of each
thread and kind apart. With `EMFILE` as a second argument (R5), no descriptor is left at each opening of a file of
corpus or index, once or from then on.
"""

import contextlib
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from fakes import no_progress
from qa.errors import IndexMissing, QAError
from shelf import Shelf
from torture.places import quick_folder

CHANGING = (
    "open", "openat", "creat", "write", "writev", "pwrite64", "pwritev", "truncate", "ftruncate", "fallocate",
    "fsync", "fdatasync", "msync", "rename", "renameat", "renameat2", "mkdir", "mkdirat", "rmdir", "unlink",
    "unlinkat", "link", "linkat", "symlink", "symlinkat", "copy_file_range", "sendfile",
)  # fmt: skip
SHORT = {"EMFILE": "error=EMFILE:when={}", "EMFILE from then on": "error=EMFILE:when={}+"}
OPENING = {"open", "openat", "creat"}
FAULTS = {"SIGKILL": "signal=SIGKILL:when={}", "EIO": "error=EIO:when={}", "ENOSPC": "error=ENOSPC:when={}",
          "disk full": "error=ENOSPC:when={}+"}  # fmt: skip
PUBLISHED, REFUSED, ODD = 0, 3, 4
"""Exit codes of a child: it published, it raised an error of ours, it raised another."""
_CALL = re.compile(r"^(\d+) +(\w+)\((.*)")
NEWS = {"stones.txt": "Marble is soft. Everything is new here."}


class Point(NamedTuple):
    """The n-th call of a kind that one thread makes (from 1)."""

    call: str
    number: int


@dataclass
class Tally:
    """What happened; `wrong` should stay empty."""

    points: int = 0
    runs: int = 0
    ends: Counter[str] = field(default_factory=Counter)
    shadowed: int = 0
    wrong: list[str] = field(default_factory=list)


def strace_problem() -> str | None:
    """Why strace cannot be used here, or None."""
    if shutil.which("strace") is None:
        return "strace is not installed"
    tried = subprocess.run(["strace", "-e", "trace=none", "true"], capture_output=True, text=True, check=False)
    return None if tried.returncode == 0 else f"strace may not trace here: {tried.stderr.strip()[-200:]}"


def traced_build(shelf: Shelf, log: Path, *options: str) -> int:
    """Build in a child under strace; returns its exit code, negative for a signal."""
    builder = shelf.builder()
    child = os.fork()
    if child == 0:
        os.kill(os.getpid(), signal.SIGSTOP)
        try:
            builder.build(shelf.corpus, no_progress)
            os._exit(PUBLISHED)
        except QAError:
            os._exit(REFUSED)
        except BaseException as error:  # noqa: BLE001  # the very thing that is looked for
            with contextlib.suppress(OSError):
                log.with_suffix(".odd").write_text(f"{type(error).__name__}: {error}")
            os._exit(ODD)
    os.waitpid(child, os.WUNTRACED)
    command = ["strace", "-f", "-qq", "-y", "-o", str(log), "-p", str(child), *options]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as tracer:
        while not traced(child) and tracer.poll() is None:
            time.sleep(0.002)
        os.kill(child, signal.SIGCONT)
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def traced(process: int) -> bool:
    """Whether a tracer has attached."""
    return "TracerPid:\t0" not in Path(f"/proc/{process}/status").read_text()


def points_of(log: Path, *, within: Path | None = None) -> tuple[list[Point], int]:
    """Every point of an undisturbed build, and how many another thread's point of the same name hides.

    With `within`, a point is any opening of what lies there, also one that only reads.
    """
    counts: Counter[tuple[str, str]] = Counter()
    seen: defaultdict[Point, int] = defaultdict(int)
    for line in log.read_text(errors="replace").splitlines():
        found = _CALL.match(line)
        if found is None:
            continue
        thread, call, arguments = found.groups()
        counts[thread, call] += 1
        changing = call not in OPENING or re.search(r"O_WRONLY|O_RDWR|O_CREAT", arguments)
        if changing if within is None else call in OPENING and str(within) in arguments:
            seen[Point(call, counts[thread, call])] += 1
    return sorted(seen), sum(seen.values()) - len(seen)


def prepared(folder: Path, *, first: bool) -> Shelf:
    """A corpus: without an index, or with two generations and something new, so that a build also prunes."""
    shelf = Shelf(folder, real=True).write()
    if not first:
        shelf.build()
        shelf.write({"stones.txt": "Slate."})
        shelf.build()
    shelf.write(NEWS)
    return shelf


def sweep(folder: Path, *, first: bool, most: int, tally: Tally, short: bool = False) -> None:
    """All points of one build with all faults, on copies; when `short`, those at which descriptors may be short."""
    base = prepared(folder / "base", first=first)
    log = folder / "log"
    code = traced_build(copy_of(base, folder), log, "-e", f"trace={','.join(CHANGING)}")
    points, shadowed = points_of(log, within=folder if short else None)
    faults = SHORT if short else FAULTS
    if code != PUBLISHED or not points:
        tally.wrong.append(f"the undisturbed build ended with {code} and {len(points)} points")
    tally.points += len(points)
    tally.shadowed += shadowed
    runs = [(point, fault) for point in points for fault in faults]
    for point, fault in random.Random(1).sample(runs, most) if most else runs:
        shelf = copy_of(base, folder)
        options = ("-e", f"trace={point.call}", "-e", f"inject={point.call}:{faults[fault].format(point.number)}")
        code = traced_build(shelf, log, *options)
        tally.runs += 1
        tally.ends[end_of(code)] += 1
        for wrong in faults_of(shelf, base, code):
            tally.wrong.append(f"{'first ' if first else ''}{point.call} {point.number}, {fault} ({code}): {wrong}")
        if code == ODD:
            odd = log.with_suffix(".odd")
            why = odd.read_text() if odd.exists() else "no word"
            tally.wrong.append(f"{point.call} {point.number}, {fault}: {why}")


def end_of(code: int) -> str:
    """How a child ended."""
    return {PUBLISHED: "published", REFUSED: "refused", ODD: "odd"}.get(code, "killed")


def copy_of(base: Shelf, folder: Path) -> Shelf:
    """A fresh copy, times of files included, at the one place for all."""
    target = folder / "copy"
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(base.root, target, copy_function=shutil.copy2)
    return Shelf(target, real=True)


def faults_of(shelf: Shelf, base: Shelf, code: int, *, mended: bool = True) -> list[str]:
    """What is wrong with an index after a build that was broken off and, if asked, after the build that mends it."""
    wrong = []
    had = base.store.generations()
    try:
        opened = shelf.open()
        new = opened.generation not in had
        if code == PUBLISHED and not new:
            wrong.append("it said that it had published")
        if not new and opened.generation != base.store.current():
            wrong.append("an older generation is published")
        if bool(opened.lexical.search("marble", 5)) is not new:
            wrong.append("a generation does not hold what it should")
        if left_out := [record.reason for record in opened.documents() if record.reason]:
            wrong.append(f"a document was left out: {left_out[0]}")
    except IndexMissing:
        if had or code == PUBLISHED:
            wrong.append("the index is gone")
    except QAError as error:
        wrong.append(str(error))
    return wrong + faults_once_mended(shelf) if mended else wrong


def faults_once_mended(shelf: Shelf) -> list[str]:
    """What is wrong with an index after another build."""
    wrong = []
    try:
        shelf.build()
        if not shelf.open().lexical.search("marble", 5):
            wrong.append("the next build does not equal the corpus")
    except QAError as error:
        wrong.append(f"the next build: {error}")
    if list(shelf.store.root.glob("generations/.*")):
        wrong.append("the next build left what the broken one had begun")
    return wrong


def main(most: int, *faults: str) -> Tally:
    """Both builds: the first, and one that takes over and prunes."""
    tally = Tally()
    with quick_folder() as folder:
        prepared(folder / "warm", first=False)  # everything is imported now, so that no import is broken
        for first in (True, False):
            part = folder / ("first" if first else "next")
            part.mkdir()
            sweep(part, first=first, most=most // 2, tally=tally, short="EMFILE" in faults)
    return tally


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(int(sys.argv[1]), *sys.argv[2:]).__dict__) + "\n")
