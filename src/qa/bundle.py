"""A corpus with its published index in one file, for a backup or for a site without a network, and back again.

A bundle is a plain tar file. Its first member, `bundle.json`, has the size and SHA-256 of every other one; nothing of a
bundle is used before all of that is checked. Times of the corpus' files come along, as answers show them.
"""

import contextlib
import hashlib
import io
import json
import os
import shutil
import sqlite3
import tarfile
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO

from qa.errors import BundleError, QAError
from qa.index import corpus as corpora
from qa.index.manifest import FileSum, file_sum
from qa.index.store import CURRENT, GENERATIONS, IndexStore
from qa.journal import FILE as JOURNAL

FORMAT = 1
LIST = "bundle.json"
CORPUS, INDEX = "corpus", "index"
ASIDE = ".restoring"
"""A folder inside of each target, which documents and generations leave when all is checked."""
MAX_LIST_BYTES = 512_000_000
_AGAIN = "Make the bundle anew, or copy it again."


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundled:
    """What a bundle holds: files by name (`left_out` could not be read), and the generation."""

    generation: str
    files: int
    size: int
    left_out: tuple[str, ...] = ()


def pack(corpus: Path, index: Path, target: Path) -> Bundled:
    """Write a bundle to a new file; builds wait meanwhile.

    Raises CorpusMissing, IndexMissing, IndexCorrupt when the generation is damaged, IndexBusy, or BundleError.
    """
    store = IndexStore(index)
    generation = store.current()
    with _told(f"The bundle {target} cannot be written"), store.lock(), tempfile.TemporaryDirectory() as scratch:
        store.verify(generation)
        sources, left_out = _documents(corpus, index)
        folder = store.folder(generation)
        names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
        sources |= {f"{INDEX}/{GENERATIONS}/{generation}/{name}": folder / name for name in names}
        sources[f"{INDEX}/{CURRENT}"] = index / CURRENT
        if (index / JOURNAL).exists():
            sources[f"{INDEX}/{JOURNAL}"] = _journal(index / JOURNAL, Path(scratch))
        sums = {name: file_sum(path) for name, path in sources.items()}
        listed = {"format": FORMAT, "generation": generation,
                  "files": {name: asdict(found) for name, found in sums.items()}}  # fmt: skip
        with target.open("xb") as file:
            try:
                _write(file, json.dumps(listed).encode(), sources, sums)
            except BaseException:
                target.unlink()
                raise
    return Bundled(generation=generation, files=len(sums), size=target.stat().st_size, left_out=left_out)


def restore(source: Path, corpus: Path, index: Path) -> Bundled:
    """Unpack a bundle into two folders that are missing or empty; either all of it is checked and there, or nothing.

    Raises BundleError when it is not whole or a folder is not empty, or an IndexStoreError when its index is damaged.
    """
    targets = {CORPUS: corpus, INDEX: index}
    for folder in targets.values():
        if folder.exists() and any(folder.iterdir()):
            raise BundleError(f"The folder {folder} is not empty.", remedy="Name a new one: --corpus DIR --index DIR.")
    with _told(f"The bundle {source} cannot be unpacked"):
        asides = {name: folder / ASIDE for name, folder in targets.items()}
        try:
            for aside in asides.values():
                aside.mkdir(parents=True)
            with tarfile.open(source, "r:") as archive:
                listed = _listed(archive, source)
                _unpack(archive, listed["files"], asides, source)
            store = IndexStore(asides[INDEX])
            if store.current() != listed["generation"]:
                raise BundleError(f"The bundle {source} holds another index than it says.", remedy=_AGAIN)
            store.verify(listed["generation"])
            for name in (CORPUS, INDEX):  # the name of the generation last: until then there is no index
                for path in sorted(asides[name].iterdir(), key=lambda path: path.name == CURRENT):
                    path.rename(targets[name] / path.name)
        except tarfile.TarError as error:
            raise BundleError(f"The file {source} is no bundle ({error}).", remedy=_AGAIN) from None
        finally:
            for aside in asides.values():
                shutil.rmtree(aside, ignore_errors=True)
    return Bundled(generation=listed["generation"], files=len(listed["files"]), size=source.stat().st_size)


def digest(path: Path) -> str:
    """The SHA-256 of a bundle, to compare at both ends."""
    return file_sum(path).sha256


def _documents(corpus: Path, index: Path) -> tuple[dict[str, Path], tuple[str, ...]]:
    """The regular files of the corpus by their names in a bundle, and the paths of all else."""
    files = corpora.scan(corpus, without=index)
    found = {f"{CORPUS}/{file.path}": Path(file.location) for file in files if file.stamp and not file.problem}
    return found, tuple(file.path for file in files if file.problem or not file.stamp)


def _journal(path: Path, scratch: Path) -> Path:
    """A copy of the journal as it is between two writes."""
    copy = scratch / JOURNAL
    address = f"{path.absolute().as_uri()}?mode=ro"
    with (
        contextlib.closing(sqlite3.connect(address, uri=True)) as database,
        contextlib.closing(sqlite3.connect(copy)) as written,
    ):
        database.backup(written)
    return copy


def _write(file: BinaryIO, listed: bytes, sources: dict[str, Path], sums: dict[str, FileSum]) -> None:
    with tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as archive:
        first = tarfile.TarInfo(LIST)
        first.size = len(listed)
        archive.addfile(first, io.BytesIO(listed))
        for name, path in sources.items():
            with path.open("rb") as content:
                reading = _Reading(content)
                member = tarfile.TarInfo(name)
                member.size = sums[name].bytes
                member.mtime = os.fstat(content.fileno()).st_mtime
                try:
                    archive.addfile(member, reading)
                except OSError:
                    if os.fstat(content.fileno()).st_size >= member.size:
                        raise
            if reading.sha256.hexdigest() != sums[name].sha256:
                raise BundleError(f"{path} changed while it was packed.", remedy="Pack again when it is at rest.")
    file.flush()
    os.fsync(file.fileno())


class _Reading:
    """A file that is read and hashed at once."""

    def __init__(self, content: BinaryIO) -> None:
        self._content = content
        self.sha256 = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        """The next bytes."""
        data = self._content.read(size)
        self.sha256.update(data)
        return data


def _listed(archive: tarfile.TarFile, source: Path) -> dict[str, Any]:
    member = archive.next()
    content = archive.extractfile(member) if member and member.name == LIST and member.isreg() else None
    if member is None or content is None or member.size > MAX_LIST_BYTES:
        raise BundleError(f"The file {source} is no bundle: it does not begin with {LIST}.", remedy=_AGAIN)
    try:
        listed: dict[str, Any] = json.loads(content.read())
        if listed["format"] != FORMAT:
            raise BundleError(
                f"The bundle {source} is of another version.", remedy="Unpack it with that version of Quoth."
            )
        files = {str(name): FileSum(**found) for name, found in listed["files"].items()}
        return {"generation": str(listed["generation"]), "files": files}
    except (ValueError, KeyError, TypeError, AttributeError):
        raise BundleError(f"The list of files in the bundle {source} is damaged.", remedy=_AGAIN) from None


def _unpack(archive: tarfile.TarFile, files: dict[str, FileSum], asides: dict[str, Path], source: Path) -> None:
    left = dict(files)
    for member in archive:
        if member.name == LIST:
            continue
        expected, place = left.pop(member.name, None), _place(member.name, asides)
        content = archive.extractfile(member) if member.isreg() and expected and place else None
        if content is None or place is None:
            raise BundleError(f"The bundle {source} holds {member.name!r}, which it does not list.", remedy=_AGAIN)
        place.parent.mkdir(parents=True, exist_ok=True)
        found = _copied(content, place)
        if found != expected:
            raise BundleError(f"{member.name!r} in the bundle {source} is not as it was packed.", remedy=_AGAIN)
        os.utime(place, (member.mtime, member.mtime))
    if left:
        raise BundleError(f"The bundle {source} lacks {min(left)!r}.", remedy=_AGAIN)


def _place(name: str, asides: dict[str, Path]) -> Path | None:
    """Where a member goes; None for a name that leads anywhere else."""
    kind, _, path = name.partition("/")
    plain = path and PurePosixPath(path).as_posix() == path and ".." not in path.split("/") and "\0" not in path
    return asides[kind] / path if plain and kind in asides and not path.startswith("/") else None


def _copied(content: Any, place: Path) -> FileSum:
    size, sha256 = 0, hashlib.sha256()
    with place.open("xb") as written:
        while part := content.read(1 << 20):
            size += len(part)
            sha256.update(part)
            written.write(part)
        written.flush()
        os.fsync(written.fileno())
    return FileSum(size, sha256.hexdigest())


@contextlib.contextmanager
def _told(what: str) -> Iterator[None]:
    try:
        yield
    except QAError:
        raise
    except FileExistsError as error:
        raise BundleError(f"There is a file {error.filename} already.", remedy="Choose another name.") from None
    except (OSError, sqlite3.Error) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise BundleError(
            f"{what} ({why}).", remedy="Check the name, the permissions and the room on the disk."
        ) from None
