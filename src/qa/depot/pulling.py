"""Pulls the generation that a depot serves: fetches what is not here yet, checks every byte, then makes it current.

What was fetched lies in `pulled.part` until the generation is published, so a pull that is broken off goes on where it
was. A depot that removes a generation while it is being pulled names a newer one by then, which is pulled instead.
"""

import contextlib
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from qa.depot.place import AGAIN, Depot
from qa.depot.reading import parsed
from qa.errors import DepotDamaged, DepotError, IndexCorrupt, IndexIncompatible, IndexStoreError
from qa.index.manifest import FileSum, Manifest, file_sum
from qa.index.store import IndexStore
from qa.ports import Progress

STAGE = "fetching"
PARTS = "pulled.part"
ATTEMPTS = 3
"""So often a generation may be gone from the depot before it is here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulled:
    """What a pull did. `switched` says whether another generation is current now; `files` of `size` bytes were fetched.

    The other files were `present` here already.
    """

    generation: str
    switched: bool
    files: int = 0
    size: int = 0
    present: int = 0
    damaged: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Puller:
    """Pulls into `store`, and keeps the `keep` newest generations there.

    `encoder` names the fingerprint of the encoder that questions are asked with: what another one made is refused
    before it is current. `waiting` is called when another process writes to the index, which is then waited for.
    """

    store: IndexStore
    keep: int
    encoder: Callable[[], str | None] = lambda: None
    waiting: Callable[[], object] = lambda: None

    def pull(self, depot: Depot, progress: Progress, *, check: bool = False) -> Pulled:
        """Make current what the depot serves; with `check` verify it even if it is current already.

        Raises DepotError, IndexIncompatible when it does not fit this service, or IndexStoreError.
        """
        name = depot.current()
        if not check and self._is_current(name):
            return Pulled(generation=name, switched=False)
        with self.store.lock(waiting=self.waiting), _told(self.store.root):
            for _ in range(ATTEMPTS):
                pulled = self._pull(depot, name, progress)
                if pulled is not None:
                    return pulled
                gone, name = name, depot.current()
                if name == gone:
                    break
        raise DepotDamaged(f"{depot.shown} lacks files of the generation {gone} that it serves.", remedy=AGAIN)

    def _is_current(self, name: str) -> bool:
        try:
            return self.store.current() == name and self.store.folder(name).is_dir()
        except IndexStoreError:
            return False

    def _pull(self, depot: Depot, name: str, progress: Progress) -> Pulled | None:
        """None when the depot no longer has all of it."""
        damaged = False
        if name in self.store.generations():
            try:
                self._check_encoder(self.store.verify(name))
            except IndexCorrupt:
                damaged = True
            else:
                switched = not self._is_current(name)
                self.store.make_current(name)
                return Pulled(generation=name, switched=switched)
        text = depot.manifest(name)
        if text is None:
            return None
        manifest = parsed(depot, name, text)
        self._check_encoder(manifest)
        needed = self.store.needed(manifest)
        with self.store.staging() as staged:
            fetching = _Fetching(depot=depot, parts=self.store.root / PARTS, here=self._here(), staged=staged)
            for done, (file, total) in enumerate(sorted(needed.items())):
                progress(STAGE, done, len(needed))
                if not fetching.bring(file, total):
                    return None
            progress(STAGE, len(needed), len(needed))
            if damaged:
                self.store.set_aside([name])
            self.store.publish(staged, manifest, text=text, synced=fetching.linked)
        shutil.rmtree(self.store.root / PARTS, ignore_errors=True)
        self.store.prune(self.keep)
        return Pulled(
            generation=name,
            switched=True,
            files=fetching.files,
            size=fetching.size,
            present=len(needed) - fetching.files,
            damaged=(name,) if damaged else (),
        )

    def _check_encoder(self, manifest: Manifest) -> None:
        ours = self.encoder()
        if ours not in (None, manifest.recipe.encoder):
            raise IndexIncompatible(
                f"The generation {manifest.id} was built with the encoder {manifest.recipe.encoder}, this service runs "
                f"{ours}.",
                remedy="Set the same encoder here as where the generations are built.",
            )

    def _here(self) -> dict[str, Path]:
        """Where files of the generations that are kept lie, by their SHA-256."""
        found = {}
        for name in self.store.generations():
            with contextlib.suppress(IndexStoreError):  # one that is damaged has nothing to give
                manifest = self.store.manifest(name)
                folder = self.store.folder(name)
                found.update({total.sha256: folder / file for file, total in manifest.files.items()})
        return found


@dataclass(kw_only=True)
class _Fetching:
    """Brings the files of one generation into the folder where it is `staged`, from `here` or from the depot."""

    depot: Depot
    parts: Path
    here: dict[str, Path]
    staged: Path
    linked: set[str] = field(default_factory=set)
    files: int = 0
    size: int = 0

    def bring(self, name: str, total: FileSum) -> bool:
        """Put a file into its place; False when the depot has it no more. Raises DepotDamaged when it has another."""
        place = self.staged / name
        place.parent.mkdir(parents=True, exist_ok=True)
        known = self.here.get(total.sha256)
        if known is not None and _is(known, total):
            if _share(known, place):
                self.linked.add(name)
            return True
        part = self.parts / total.sha256
        if not _is(part, total) and not self._fetched(part, total):
            return False
        _share(part, place)
        return True

    def _fetched(self, part: Path, total: FileSum) -> bool:
        self.parts.mkdir(exist_ok=True)
        found = self.depot.fetch(total.sha256, part, total.bytes)
        if found is None:
            return False
        if found != total:
            part.unlink()
            raise DepotDamaged(f"The file {total.sha256} in {self.depot.shown} is not what it should be.", remedy=AGAIN)
        self.files += 1
        self.size += total.bytes
        return True


def _share(source: Path, place: Path) -> bool:
    """Make a file appear in another place; whether both are one now."""
    try:
        os.link(source, place)
    except OSError:  # no links here, or too many of this file
        shutil.copyfile(source, place)
        return False
    return True


def _is(path: Path, total: FileSum) -> bool:
    try:
        return path.stat().st_size == total.bytes and file_sum(path) == total
    except OSError:
        return False


@contextlib.contextmanager
def _told(root: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise DepotError(
            f"The generation cannot be written into {root} ({error.strerror or error}).",
            remedy="Check the permissions and the room on the disk.",
        ) from None
