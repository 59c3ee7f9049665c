"""R3: cuts the power off at every moment of a build, and looks whether what is left can be trusted.

`python -m torture.power SUBSETS` prints a tally as JSON. A build is traced once; then the disk of `disk.py` does what
it did, up to each operation, and loses what was not synced: all of it, only the names, only the data, the data turned
to zeros. SUBSETS times more, each piece has a fate of its own, drawn at random. A reader must find the last generation
or the new one, whole (the new one once the build has said so); `CURRENT` must name it; and a build must make it good. A
second argument makes only so many of the cuts in order, drawn at random.
`order_faults` looks at the same operations another way: was everything synced before it was built upon?
"""

import json
import random
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from qa.errors import IndexMissing, QAError
from qa.index.store import CURRENT, GENERATIONS, STAGING_PREFIX
from shelf import Shelf
from torture.disk import DROP, KEEP, PART, ZERO, Disk, Effect, Op, State, read_state, write_state
from torture.oplog import STRACE, operations
from torture.places import quick_folder
from torture.syscalls import PUBLISHED, copy_of, faults_of, prepared, traced_build

MENDED_EVERY = 10
"""So many different states share one build that makes the index good."""
MOST_WRONG = 20
INDEX = "index"
LOSSES: dict[str, Callable[[Effect], str]] = {
    "nothing": lambda _: KEEP,
    "all": lambda _: DROP,
    "data": lambda effect: KEEP if effect.names else DROP,
    "names": lambda effect: DROP if effect.names else KEEP,
    "zeros": lambda effect: KEEP if effect.names else ZERO,
}
"""What may become of all that was not synced at the same moment."""


@dataclass
class Tally:
    """What happened. `states` counts disks that differ; `wrong` should stay empty."""

    operations: int = 0
    cuts: int = 0
    subsets: int = 0
    states: int = 0
    mended: int = 0
    wrong: list[str] = field(default_factory=list)


@dataclass
class Traced:
    """A build that went well: what lay there before, and what it did, in order."""

    base: Shelf
    start: State
    operations: list[Op]


def traced(folder: Path, *, first: bool) -> Traced:
    """Trace a build, and see that the model ends with what is really there."""
    base = prepared(folder / "base", first=first)
    shelf = copy_of(base, folder)
    start = read_state(shelf.root)
    code = traced_build(shelf, folder / "log", *STRACE)
    assert code == PUBLISHED, code
    done = operations(folder / "log", shelf.root)
    assert Disk(start).run(done).now.tree() == read_state(shelf.root).tree(), "the model does not follow the build"
    return Traced(base, start, done)


def cut_everywhere(
    build: Traced, folder: Path, tally: Tally, *, subsets: int, most: int = 0, enough: int = MOST_WRONG
) -> None:
    """Cut the power off after each operation in each way, the last first, and `subsets` times at random.

    When `enough` is wrong, no more is looked for.
    """
    chance = random.Random(1)
    last = len(build.operations)
    disks = [Disk(build.start)]
    for operation in build.operations:
        disks.append(disks[-1].after(operation))
    cuts = [(number, loss, fate) for number in range(last, -1, -1) for loss, fate in LOSSES.items()]
    cuts = sorted(chance.sample(cuts, most), key=lambda cut: -cut[0]) if most else cuts
    tally.operations += last
    tally.cuts += len(cuts)
    tally.subsets += subsets
    cuts += [(chance.randint(0, last), "some", random_fate(chance)) for _ in range(subsets)]
    seen: set[tuple[bool, frozenset[tuple[str, bytes | None]]]] = set()
    for number, loss, fate in cuts:
        state = disks[number].after_power_cut(fate)
        key = (number == last, frozenset(state.tree().items()))
        if key in seen or len(tally.wrong) >= enough:
            continue
        seen.add(key)
        mended = len(seen) % MENDED_EVERY == 0
        tally.mended += mended
        for wrong in faults_after(build, state, folder / "cut", acknowledged=number == last, mended=mended):
            tally.wrong.append(f"after {number} of {last} operations, losing {loss}: {wrong}")
    tally.states += len(seen)


def random_fate(chance: random.Random) -> Callable[[Effect], str]:
    """Each piece by chance; how much is lost is drawn for all of them."""
    lost = chance.choice((0.1, 0.5, 0.9))

    def fate(effect: Effect) -> str:
        if chance.random() >= lost:
            return KEEP
        return DROP if effect.names else chance.choice((DROP, ZERO, PART))

    return fate


def faults_after(build: Traced, state: State, folder: Path, *, acknowledged: bool, mended: bool) -> list[str]:
    """What is wrong with the index that is found when the power is back."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    write_state(state, folder)
    shelf = Shelf(folder, real=True)
    wrong = []
    try:
        shelf.store.verify(shelf.store.current())
    except IndexMissing:
        pass
    except QAError as error:
        wrong.append(f"what is published does not pass its check: {error}")
    return wrong + faults_of(shelf, build.base, PUBLISHED if acknowledged else 1, mended=mended)


def order_faults(build: Traced) -> list[str]:
    """What was built upon before it was durable: files and folders, then the rename, then its folder, then the word.

    The folder of a generation gets its name when all below it is durable; `CURRENT` is replaced when its new content
    and every name on the way to the generation are; and the build says that it is done when `CURRENT` is.
    """
    wrong = []
    disk = Disk(build.start)
    generations, current = f"{INDEX}/{GENERATIONS}", f"{INDEX}/{CURRENT}"
    for op in build.operations:
        if op.call == "rename" and op.path.startswith(f"{generations}/{STAGING_PREFIX}"):
            if disk.unsynced() & disk.below(op.path):
                wrong.append("a generation got its name before all of it was synced")
        elif op.call == "rename" and op.other == current:
            newest = max(name for name in disk.now.folders[disk.node(generations)] if name[0] != ".")
            if disk.node(op.path) in disk.unsynced():
                wrong.append("CURRENT was replaced before its new content was synced")
            if {disk.node(path) for path in (INDEX, generations, f"{generations}/{newest}")} & disk.unnamed():
                wrong.append("CURRENT was replaced before the name of the generation was synced")
        disk.do(op)
    if disk.node(current) in disk.unnamed():
        wrong.append("the build said that it was done before CURRENT was synced")
    return wrong


def main(subsets: int, most: int = 0) -> Tally:
    """Both builds: the first, and one that takes over and prunes."""
    tally = Tally()
    with quick_folder() as folder:
        prepared(folder / "warm", first=False)  # everything is imported now
        for first in (True, False):
            part = folder / ("first" if first else "next")
            part.mkdir()
            build = traced(part, first=first)
            tally.wrong.extend(order_faults(build))
            cut_everywhere(build, part, tally, subsets=subsets // 2, most=most // 2)
    return tally


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(*map(int, sys.argv[1:])).__dict__) + "\n")
