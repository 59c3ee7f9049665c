"""R4: damages a copy of an index in one place after another, and looks whether it is noticed before it is used.

Each damage is done to the published generation (or its pointer), as a bad disk or a careless restore would do it. Then
the published generation must be refused, the newest good one must open and say what it said before, and a build must
publish a good one again. `python -m torture.damage COUNT` does this COUNT times and prints the tally as JSON.
"""

import json
import random
import shutil
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from qa.errors import IndexStoreError, QAError
from qa.index.dense import FaissBackend
from qa.index.manifest import FILE as MANIFEST
from qa.index.snapshot import Snapshot, open_other
from qa.index.store import CURRENT
from qa.index.volumes import DENSE_FOLDER
from shelf import Shelf
from torture.places import quick_folder

MENDED_EVERY = 10
"""So many damages share one repairing build."""
OTHER_ENCODER = "other@1"


@dataclass
class Tally:
    """What became of the damages, by their kind."""

    done: Counter[str] = field(default_factory=Counter)
    of_lists: int = 0
    harmless: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    mended: int = 0


class Damaged:
    """A shelf of three generations with real backends: two kept, and an older one and a foreign one beside."""

    def __init__(self, root: Path) -> None:
        lists = FaissBackend(exact_up_to=0, flat_up_to=0, depths=(2,), largest_share=1)  # few vectors have them already
        self.shelf = Shelf(root / "shelf", real=True, faiss=lists, keep=2).write()
        self.shelf.build()
        self.old = shutil.copytree(self.folder, root / "old")
        for edition in (2, 3):
            self.shelf.write({"stones.txt": f"Granite is hard. This is edition {edition}."})
            self.shelf.build()
        foreign = Shelf(root / "foreign", real=True).write()
        foreign.encoder.fingerprint = OTHER_ENCODER
        foreign.build()
        self.foreign = foreign.store.folder(foreign.store.current())
        self.before, self.published = self.shelf.store.generations()
        self.files = sorted(path.relative_to(self.folder) for path in self.folder.rglob("*") if path.is_file())
        self.pristine = shutil.copytree(self.shelf.store.root, root / "pristine", copy_function=shutil.copy2)
        self.said = words_of(self.open_other_than_published())

    @property
    def folder(self) -> Path:
        """That of the published generation."""
        return self.shelf.store.folder(self.shelf.store.current())

    def open_other_than_published(self) -> Snapshot:
        """The generation before, opened as a fallback would."""
        hidden = self.shelf.store.folder(self.published).rename(self.shelf.root / "hidden")
        try:
            return self.fallback()
        finally:
            hidden.rename(self.shelf.store.folder(self.published))

    def fallback(self) -> Snapshot:
        """The newest generation that can be used."""
        shelf = self.shelf
        return open_other(shelf.store, shelf.dense, shelf.lexical, encoder=shelf.encoder.fingerprint)

    def restore(self) -> None:
        """Put the index back as it was, by new files; nothing that is open is written over."""
        shutil.rmtree(self.shelf.store.root)
        shutil.copytree(self.pristine, self.shelf.store.root, copy_function=shutil.copy2)


def truncate(index: Damaged, path: Path, chance: random.Random) -> None:
    """Cut the end off."""
    data = path.read_bytes()
    path.write_bytes(data[: chance.randrange(len(data))])


def flip(index: Damaged, path: Path, chance: random.Random) -> None:
    """Turn one bit over."""
    data = bytearray(path.read_bytes())
    data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    path.write_bytes(data)


def zero_tail(index: Damaged, path: Path, chance: random.Random) -> None:
    """Fill the end with zeros, as a power cut without fsync does."""
    data = path.read_bytes()
    kept = chance.randrange(len(data))
    path.write_bytes(data[:kept].ljust(len(data), b"\0"))


def swap(index: Damaged, path: Path, chance: random.Random) -> None:
    """Exchange two files."""
    other = index.folder / chance.choice([name for name in index.files if name.suffix or name.stem != path.stem])
    one, two = path.read_bytes(), other.read_bytes()
    path.write_bytes(two)
    other.write_bytes(one)


def older(index: Damaged, path: Path, chance: random.Random) -> None:
    """Put a file of an older generation into the new folder."""
    candidates = [file for file in index.old.rglob("*") if file.is_file() and file.suffix == path.suffix]
    path.write_bytes(chance.choice(candidates).read_bytes())


def foreign(index: Damaged, path: Path, chance: random.Random) -> None:
    """Put the whole folder of an index that another encoder made into its place."""
    shutil.rmtree(index.folder)
    shutil.copytree(index.foreign, index.folder)


def remove(index: Damaged, path: Path, chance: random.Random) -> None:
    """Take a file away."""
    path.unlink()


def pointer(index: Damaged, path: Path, chance: random.Random) -> None:
    """Spoil `CURRENT`."""
    current = index.shelf.store.root / CURRENT
    data = current.read_bytes()
    current.write_bytes(chance.choice([b"", data[:-9], data.replace(b"0", b"7"), b"\0" * len(data), b"../" + data]))


KINDS: tuple[Callable[[Damaged, Path, random.Random], None], ...] = (
    truncate, flip, flip, zero_tail, zero_tail, swap, older, foreign, remove, pointer,
)  # fmt: skip
"""Every kind of damage, the likely ones twice."""


def words_of(snapshot: Snapshot) -> list[object]:
    """What a generation says: every passage, and what is found by a word."""
    passages = snapshot.passages(range(len(snapshot.lexical)))
    return [[passage.text for passage in passages], snapshot.lexical.search("granite", 9)]


def same_files(one: Path, other: Path) -> bool:
    """Whether two folders hold the same bytes; the manifests need only say the same."""
    names = [sorted(path.relative_to(root) for path in root.rglob("*") if path.is_file()) for root in (one, other)]
    if names[0] != names[1]:
        return False
    try:
        said = [json.loads((root / MANIFEST).read_bytes()) for root in (one, other)]
    except ValueError:
        return False
    rest = [name for name in names[0] if name.name != MANIFEST]
    return said[0] == said[1] and all((one / name).read_bytes() == (other / name).read_bytes() for name in rest)


def harm(index: Damaged, chance: random.Random, tally: Tally) -> None:
    """Do one damage, and see what becomes of it."""
    kind = chance.choice(KINDS)
    path = index.folder / chance.choice(index.files)
    if not path.stat().st_size:
        path = index.folder / MANIFEST
    kind(index, path, chance)
    name = kind.__name__
    store, pristine = index.shelf.store, index.pristine
    same_pointer = (store.root / CURRENT).read_bytes().strip() == (pristine / CURRENT).read_bytes().strip()
    folder = store.folder(index.published)
    if same_pointer and same_files(folder, pristine / "generations" / index.published):
        tally.harmless[name] += 1
        index.restore()
        return
    tally.done[name] += 1
    tally.of_lists += path.parent == folder / DENSE_FOLDER and name != "pointer"
    where = f"{name} of {path.name}"
    try:
        index.shelf.open()
        tally.wrong.append(f"{where} was not noticed")
    except IndexStoreError:
        pass
    try:
        found = index.fallback()
        whole = name == "pointer"
        if found.generation != (index.published if whole else index.before):
            tally.wrong.append(f"{where}: {found.generation} answers")
        elif not whole and words_of(found) != index.said:
            tally.wrong.append(f"{where}: the generation before says something else")
    except QAError as error:
        tally.wrong.append(f"{where}: nothing answers ({error})")
    if sum(tally.done.values()) % MENDED_EVERY == 0:
        mend(index, where, tally)
    index.restore()


def mend(index: Damaged, where: str, tally: Tally) -> None:
    """A build makes the index good again, and its number goes up."""
    report = index.shelf.build()
    opened = index.shelf.open()
    if not report.published or opened.generation != report.manifest.id or opened.generation <= index.published:
        tally.wrong.append(f"{where}: the next build did not mend it")
    tally.mended += 1


def harm_often(count: int, seed: int) -> Tally:
    """So many damages, one after another, each to a whole index."""
    tally = Tally()
    chance = random.Random(seed)
    with quick_folder() as folder:
        index = Damaged(folder)
        while sum(tally.done.values()) < count:
            harm(index, chance, tally)
    return tally


if __name__ == "__main__":
    result = harm_often(int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1)
    sys.stdout.write(json.dumps(result.__dict__) + "\n")
