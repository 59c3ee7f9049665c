"""R14: after any edits, an incremental build is a full one byte for byte, and no text is encoded twice on the way.

`python -m torture.edits COUNT [packaged]` makes so many random sequences of edits and builds over FAISS and Tantivy, by
a fake encoder or by the packaged one, and prints a tally as JSON. Files are written, cut, renamed, exchanged, removed,
touched, and held while they are half written; builds are broken off after encoding, and rolled back. In the end, a
first build of the same files in another folder must have the same files with the same bytes; the running number, the
time and the seal over both are left out.
"""

import json
import random
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fakes import FakeEncoder, no_progress
from qa.embedding.packaged import PackagedEncoder
from qa.errors import CorpusEmpty, IndexStoreError, MassDeletion
from qa.index.build import BuildRequest
from qa.index.dense import FaissBackend
from qa.index.lists import NUMBERS
from qa.index.parts import parts_of
from qa.index.volumes import DENSE_FOLDER
from qa.ports import Encoder, TextPart
from shelf import Shelf
from torture.places import quick_folder

if TYPE_CHECKING:
    from qa.ports import Vectors

NAMES = ("a.txt", "b.md", "c.md", "deep/d.txt", "deep/e.md", "deep/er/f.md", "g.png")
WORDS = "granite slate marble tide moon heron stork lamp keeper bridge river harbour crab owl it they waits".split()
LONGEST = 12
"""Edits of a sequence, at most."""


class WatchedEncoder(FakeEncoder):
    """Passes on to another encoder, and remembers the parts that were asked for."""

    def __init__(self, encoder: Encoder) -> None:
        super().__init__(encoder.fingerprint)
        self._encoder = encoder
        self.parts: list[TextPart] = []

    def encode_parts(self, parts: Sequence[TextPart]) -> "Vectors":
        """Remember, pass on."""
        self.parts += parts
        return self._encoder.encode_parts(parts)


class BreakingBackend(FaissBackend):
    """Cannot write while `broken`: a build is then broken off after it has encoded.

    Few vectors have codes already, and a few more have lists.
    """

    broken = False

    def __init__(self) -> None:
        super().__init__(exact_up_to=3, flat_up_to=6, depths=(2, 5), largest_share=1)

    def build(self, vectors: "Vectors", folder: Path) -> None:
        """Write, or not."""
        if self.broken:
            raise RuntimeError("the disk is full")
        super().build(vectors, folder)


@dataclass
class Tally:
    """What happened; `wrong` should stay empty."""

    sequences: int = 0
    builds: int = 0
    with_codes: int = 0
    with_lists: int = 0
    broken_off: int = 0
    encoded: int = 0
    files: int = 0
    wrong: list[str] = field(default_factory=list)


class Story:
    """One corpus, edited and built at random."""

    def __init__(self, folder: Path, encoder: Encoder, seed: int, tally: Tally) -> None:
        self.chance = random.Random(seed)
        self.encoder = WatchedEncoder(encoder)
        self.faiss = BreakingBackend()
        self.shelf = self.shelf_in(folder / "grown")
        self.shelf.write({"always.txt": "It is always here."})
        self.tally = tally
        self.known: set[TextPart] = set()
        """What the last generation, or a build that was broken off, has vectors of."""

    def shelf_in(self, folder: Path) -> Shelf:
        """A shelf of small volumes."""
        return Shelf(folder, encoder=self.encoder, real=True, faiss=self.faiss, volume_passages=3, keep=3)

    def text(self) -> str:
        """A few sentences under a heading or none, with phrases that come back in other texts."""
        sentences = [
            " ".join(self.chance.choices(WORDS, k=5)).capitalize() + "." for _ in range(self.chance.randint(1, 6))
        ]
        return "\n\n".join(self.chance.choice(("", "", "# Part\n\n", "- ")) + sentence for sentence in sentences) + "\n"

    def edit(self) -> None:
        """One edit, or a build."""
        path = self.shelf.corpus / self.chance.choice(NAMES)
        edits: list[Callable[[Path], None]] = [self.write, self.write, self.cut, self.rename, self.exchange, self.touch]
        self.chance.choice([*edits, self.remove, self.hold, self.break_off, self.roll_back, self.build])(path)

    def write(self, path: Path) -> None:
        """A new text, or one more at the end."""
        path.parent.mkdir(parents=True, exist_ok=True)
        before = path.read_text() if path.exists() and self.chance.random() < 0.5 else ""
        path.write_text(before + self.text())

    def cut(self, path: Path) -> None:
        """Without its last paragraph."""
        if path.exists():
            path.write_text(path.read_text().rstrip().rpartition("\n\n")[0])

    def rename(self, path: Path) -> None:
        """Another name, which may be taken."""
        if path.exists():
            target = self.shelf.corpus / self.chance.choice(NAMES)
            target.parent.mkdir(parents=True, exist_ok=True)
            path.replace(target)

    def exchange(self, path: Path) -> None:
        """Two files change places."""
        other = self.shelf.corpus / "always.txt"
        if path.exists():
            path.rename(path.with_name("aside"))
            other.rename(path)
            path.with_name("aside").rename(other)

    def touch(self, path: Path) -> None:
        """Another time."""
        if path.exists():
            path.touch()

    def remove(self, path: Path) -> None:
        """Gone."""
        path.unlink(missing_ok=True)

    def hold(self, path: Path) -> None:
        """A build while a file is half written."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("Half")
        self.build(path, held=True)
        path.write_text(self.text())

    def break_off(self, path: Path) -> None:
        """A build that cannot write."""
        self.faiss.broken = True
        self.build(path)
        self.faiss.broken = False

    def roll_back(self, _: Path) -> None:
        """The generation before, if there is one."""
        if len(self.shelf.store.generations()) > 1 and self.shelf.store.current() > self.shelf.store.generations()[0]:
            with self.shelf.store.lock():
                self.shelf.store.roll_back()
            self.known = self.stored()

    def build(self, path: Path, *, held: bool = False) -> None:
        """Build, and see that nothing was encoded that was known."""
        files = [one.relative_to(self.shelf.corpus).as_posix() for one in self.shelf.corpus.rglob("*") if one != path]
        request = BuildRequest(settled=dict.fromkeys(files) if held else None, allow_mass_delete=True)
        self.encoder.parts.clear()
        self.tally.builds += 1
        broken = False
        try:
            self.shelf.builder().build(self.shelf.corpus, no_progress, request)
        except (CorpusEmpty, MassDeletion):
            return
        except IndexStoreError:
            broken = True
            self.tally.broken_off += 1
        encoded = set(self.encoder.parts)
        self.tally.encoded += len(encoded)
        if len(encoded - self.known) < len(self.encoder.parts):
            self.tally.wrong.append(f"{self.tally.sequences}: {len(self.encoder.parts)} texts were not all unknown")
        self.known = self.known | encoded if broken else self.stored()

    def stored(self) -> set[TextPart]:
        """What the published generation has vectors of."""
        opened = self.shelf.open()
        chunks = [opened.passage(ordinal).chunk for ordinal in range(opened.manifest.passages)]
        return {part for chunk in chunks for _, part in parts_of(opened.document(chunk.document_id), chunk)}

    def compare(self, folder: Path) -> None:
        """The same files, built at once."""
        fresh = self.shelf_in(folder / "fresh")
        fresh.root.mkdir()
        self.shelf.corpus.rename(fresh.corpus)
        fresh.build()
        one, other = (self.bytes_of(shelf) for shelf in (self.shelf, fresh))
        self.tally.files += len(one)
        self.tally.with_codes += self.shelf.open().vector_search.rescored is not None
        self.tally.with_lists += f"{DENSE_FOLDER}/{NUMBERS}" in one
        if one != other:
            differing = sorted(name for name in one.keys() | other.keys() if one.get(name) != other.get(name))
            self.tally.wrong.append(f"{self.tally.sequences}: {', '.join(differing)}")

    @staticmethod
    def bytes_of(shelf: Shelf) -> dict[str, Any]:
        """All files of the published generation; of the manifest what does not depend on when it was built."""
        files: dict[str, Any] = dict(shelf.generation_files())
        manifest = json.loads(files["manifest.json"])
        return {**files, "manifest.json": {k: v for k, v in manifest.items() if k not in {"number", "created", "seal"}}}


def edit_often(count: int, encoder: Encoder, *, seed: int = 14) -> Tally:
    """So many sequences."""
    tally = Tally()
    for number in range(count):
        with quick_folder() as folder:
            one = Story(folder, encoder, seed * count + number, tally)
            for _ in range(one.chance.randint(2, LONGEST)):
                one.edit()
            one.shelf.write({"last.txt": "It is there at the end."})
            one.build(one.shelf.corpus)
            one.compare(folder)
        tally.sequences += 1
    return tally


if __name__ == "__main__":
    used = PackagedEncoder() if sys.argv[2:] == ["packaged"] else FakeEncoder()
    sys.stdout.write(json.dumps(edit_often(int(sys.argv[1]), used).__dict__) + "\n")
