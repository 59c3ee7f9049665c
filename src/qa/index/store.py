"""Generations on disk: stage, publish, verify, fall back, set aside, prune, lock.

Layout: `CURRENT` holds the name of the published generation; `generations/<id>/` are immutable folders, each with a
manifest; `damaged/<id>/` is one that did not pass its check, for a look; `.lock` is held by a build and freed by the
kernel when its process ends. Publishing is: sync every file and folder, rename the staged folder into place, sync,
replace `CURRENT` by rename, sync. A name that begins with a dot is nobody's: the next build clears it.
"""

import contextlib
import errno
import fcntl
import os
import shutil
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from qa.errors import IndexBusy, IndexCorrupt, IndexMissing, IndexStoreError
from qa.index import manifest as manifests
from qa.index.manifest import FileSum, Manifest, file_sum
from qa.index.volumes import DENSE_FOLDER

CURRENT = "CURRENT"
GENERATIONS = "generations"
DAMAGED = "damaged"
STAGING_PREFIX, REMOVED_PREFIX = ".staging-", ".removed-"
PASSING = (errno.EMFILE, errno.ENFILE, errno.ENOMEM)
"""Errors of reading that say nothing about the file: they pass when the machine has room again."""


class IndexStore:
    """The index folder. Reading never writes to it; writing needs `lock()`."""

    def __init__(self, root: Path, *, vectors_elsewhere: bool = False) -> None:
        """With `vectors_elsewhere` nothing is opened here that only finds vectors, so those files need not be there."""
        self.root = root
        self._vectors_elsewhere = vectors_elsewhere

    def current(self) -> str:
        """Name of the published generation; raises IndexMissing when there is none."""
        try:
            name = (self.root / CURRENT).read_text(encoding="utf-8").strip()
        except (FileNotFoundError, NotADirectoryError):
            raise IndexMissing(
                f"There is no index in {self.root} yet.", remedy="Build it: `qa index --corpus DIR --index DIR`."
            ) from None
        except (OSError, UnicodeDecodeError) as error:
            raise _unreadable(self.root / CURRENT, error) from None
        if not manifests.NAME.fullmatch(name):
            raise IndexCorrupt(f"{self.root / CURRENT} names no generation.", remedy=manifests.REBUILD)
        return name

    def folder(self, generation: str) -> Path:
        """Where a generation lies."""
        return self.root / GENERATIONS / generation

    def manifest(self, generation: str) -> Manifest:
        """The manifest of a generation, checked against its own digest and name."""
        path = self.folder(generation) / manifests.FILE
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise _unreadable(path, error) from None
        manifest = Manifest.from_json(text, path)
        if manifest.id != generation:
            raise IndexCorrupt(f"{path} belongs to generation {manifest.id}.", remedy=manifests.REBUILD)
        return manifest

    def verify(self, generation: str) -> Manifest:
        """Check every file of a generation against its manifest; raises IndexCorrupt naming the first that differs."""
        manifest = self.manifest(generation)
        self.check_files(manifest)
        return manifest

    def check_files(self, manifest: Manifest) -> None:
        """Check every file that is needed of a generation whose manifest has been read; raises as `verify` does."""
        folder = self.folder(manifest.id)
        for name, expected in sorted(self.needed(manifest).items()):
            try:
                found = file_sum(folder / name)
            except OSError as error:
                raise _unreadable(folder / name, error) from None
            if found != expected:
                raise IndexCorrupt(f"Index file {folder / name} is not as it was built.", remedy=manifests.REBUILD)

    def needed(self, manifest: Manifest) -> Mapping[str, FileSum]:
        """The files of a generation that must be here."""
        if not self._vectors_elsewhere:
            return manifest.files
        return {name: total for name, total in manifest.files.items() if DENSE_FOLDER not in name.split("/")}

    @contextmanager
    def lock(self, *, waiting: Callable[[], object] | None = None) -> Iterator[None]:
        """Hold the only right to build.

        When another process has it, raises IndexBusy at once, or calls `waiting`, if that is given, and waits.
        """
        try:
            _make_folder(self.root)
            file = (self.root / ".lock").open("w")
        except OSError as error:
            raise IndexStoreError(
                f"The index folder {self.root} cannot be written ({error.strerror}).",
                remedy="Choose another with --index, or give write permission.",
            ) from None
        with file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                if waiting is None:
                    raise IndexBusy(
                        f"Another process is building the index in {self.root}.", remedy="Wait until it has finished."
                    ) from None
                waiting()
                fcntl.flock(file, fcntl.LOCK_EX)
            self._clear_left()
            yield

    def _clear_left(self) -> None:
        """Remove what a build that was killed had begun: we hold the lock, so it is dead."""
        for left in self._listed():
            if left.name.startswith((STAGING_PREFIX, REMOVED_PREFIX)):
                shutil.rmtree(left, ignore_errors=True)

    @contextmanager
    def staging(self) -> Iterator[Path]:
        """An empty folder beside the generations, removed afterwards unless it was published. Needs the lock."""
        base = self.root / GENERATIONS
        _make_folder(base)
        folder = base / f"{STAGING_PREFIX}{os.getpid()}"
        folder.mkdir()
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def publish(
        self, staged: Path, manifest: Manifest, *, synced: Collection[str] = (), text: str | None = None
    ) -> None:
        """Make a staged folder the current generation, atomically and durably.

        `synced` are files in it that another generation has, too: they were synced when that was published. `text` is
        that of the manifest where it was written elsewhere, so that it stays what it is.
        """
        (staged / manifests.FILE).write_text(text or manifest.to_json(), encoding="utf-8")
        for path in sorted(staged.rglob("*"), reverse=True):
            if path.relative_to(staged).as_posix() not in synced:
                _sync(path)
        _sync(staged)
        target = self.folder(manifest.id)
        staged.rename(target)
        _sync(target.parent)
        self._point_at(manifest.id)

    def roll_back(self, steps: int = 1) -> str:
        """Make the generation `steps` before the current one current again, verified first; needs the lock.

        Returns its name; raises IndexMissing when so many are not kept.
        """
        current = self.current()
        earlier = [name for name in self.generations() if name < current]
        if len(earlier) < steps:
            raise IndexMissing(
                f"Only {len(earlier)} generations before {current} are kept.",
                remedy="See `qa index --list`; to keep more of them, raise QA_KEEP_GENERATIONS.",
            )
        name = earlier[-steps]
        self.verify(name)
        self._point_at(name)
        return name

    def make_current(self, generation: str) -> None:
        """Make a generation that is kept, and has been verified, the current one; needs the lock."""
        self._point_at(generation)

    def _point_at(self, generation: str) -> None:
        """Replace `CURRENT`, atomically and durably."""
        pointer = self.root / f".{CURRENT}.new"
        pointer.write_text(generation + "\n", encoding="utf-8")
        _sync(pointer)
        pointer.replace(self.root / CURRENT)
        _sync(self.root)

    def generations(self) -> list[str]:
        """Names of all complete generations, oldest first."""
        return [path.name for path in self._listed() if not path.name.startswith(".") and path.is_dir()]

    def _listed(self) -> list[Path]:
        """What lies beside and among the generations, in order."""
        base = self.root / GENERATIONS
        try:
            return sorted(base.iterdir())
        except (FileNotFoundError, NotADirectoryError):
            return []
        except OSError as error:
            raise IndexStoreError(
                f"The index folder {base} cannot be read ({error.strerror}).",
                remedy="Give read permission; if it stays so, check the disk.",
            ) from None

    def in_order(self) -> list[str]:
        """All complete generations in the order in which they may serve.

        The published one, then those before it, newest first, then those after it, which somebody rolled back from.
        """
        names = self.generations()[::-1]
        try:
            current = self.current()
        except IndexStoreError:
            return names
        return [
            *(name for name in names if name == current),
            *(name for name in names if name < current),
            *(name for name in names if name > current),
        ]

    def set_aside(self, damaged: Sequence[str]) -> None:
        """Move generations that did not pass their check out of the way; the newest of them is kept. Needs the lock."""
        kept = self.root / DAMAGED
        for name in sorted(damaged):
            shutil.rmtree(kept, ignore_errors=True)
            kept.mkdir()
            self.folder(name).rename(kept / name)

    def prune(self, keep: int) -> list[str]:
        """Remove all but the `keep` newest generations and the current one; returns the names removed.

        Each is renamed first, so that a half removed one never bears the name of a generation.
        """
        current = self.current()
        old = [name for name in self.generations()[:-keep] if name != current]
        for name in old:
            removed = self.folder(REMOVED_PREFIX + name)
            self.folder(name).rename(removed)
            shutil.rmtree(removed)
        return old


def _unreadable(path: Path, error: OSError | UnicodeDecodeError) -> IndexStoreError:
    """Damage, unless the error says that it is the machine that cannot read just now."""
    if isinstance(error, OSError):
        why = error.strerror or str(error)
        if error.errno in PASSING:
            return IndexStoreError(f"{path} cannot be read now ({why}).", remedy="It is tried again in a moment.")
    else:
        why = "it is not UTF-8"
    return IndexCorrupt(f"Index file {path} cannot be read ({why}).", remedy=manifests.REBUILD)


def _make_folder(path: Path) -> None:
    """Make a folder and those above it, so that a power cut does not take them away again."""
    made = [folder for folder in (path, *path.parents) if not folder.exists()]
    path.mkdir(parents=True, exist_ok=True)
    for folder in made:
        with contextlib.suppress(PermissionError):  # it may be entered but not read, and then cannot be synced
            _sync(folder.parent)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
