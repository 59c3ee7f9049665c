"""A depot: a place at a URL that holds generations, and the few things that are done there; the only import of fsspec.

```
CURRENT                     the name of the generation that followers are to serve; written last
generations/<id>.json       the manifest of each generation that the depot holds
files/<2 digits>/<sha256>   every file of them, by the SHA-256 of its bytes
```

Nothing is rewritten but `CURRENT`. What is read is believed only after its sum is compared; so a half written file, a
torn one and one that somebody swapped are all noticed, whatever the protocol promises.
"""

import contextlib
import hashlib
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from uuid import uuid4

from qa.errors import DepotDamaged, DepotEmpty, DepotError, ModelUnavailable, QAError
from qa.index.manifest import NAME, FileSum

CURRENT, GENERATIONS, FILES = "CURRENT", "generations", "files"
AGAIN = "Push the generation again with `qa push --again`, which sends every file anew."
WRITES_WHOLE = frozenset({"abfs", "abfss", "az", "gcs", "gs", "memory", "oss", "s3", "s3a"})
"""Protocols that show a file once all of it has come. Elsewhere it is written beside its place and then renamed."""
MAX_POINTER_BYTES, MAX_MANIFEST_BYTES = 200, 512_000_000
PART_BYTES = 1 << 20
_PART = ".part-"
_SHA256 = re.compile(r"[0-9a-f]{64}")
_USER = re.compile(r"(?<=://)[^/]*@")


class Depot:
    """Safe for one thread. A connection that broke is not mended: make another one."""

    def __init__(self, url: str) -> None:
        """Raises DepotError for a URL that cannot be used, or ModelUnavailable when the library for it is missing."""
        try:
            from fsspec.core import url_to_fs
        except ImportError:
            raise ModelUnavailable(
                "Depots need the package fsspec, which is not installed.", remedy=_install("quoth[remote]")
            ) from None
        self.shown = shown(url)
        """The URL without password, for messages."""
        self._secret = _USER.search(url)
        if not url.strip() or "::" in url:
            raise DepotError(
                f"{self.shown!r} is no address of a depot.",
                remedy="Name a folder, or a URL such as sftp://host/folder or s3://bucket/folder (no chain with ::).",
            )
        with self._told("cannot be used"):
            self._fs, root = url_to_fs(url, skip_instance_cache=True)
        self._root = root.rstrip("/")
        protocols = {self._fs.protocol} if isinstance(self._fs.protocol, str) else set(self._fs.protocol)
        self._whole = bool(protocols & WRITES_WHOLE)

    def current(self) -> str:
        """The name of the generation to serve; raises DepotEmpty when nothing was pushed, DepotDamaged for no name."""
        data = self._read(CURRENT, MAX_POINTER_BYTES)
        if data is None:
            raise DepotEmpty(
                f"Nothing has been pushed to {self.shown} yet.", remedy=f"Push there: `qa push {self.shown}`."
            )
        name = data.decode("ascii", errors="replace").strip()
        if not NAME.fullmatch(name):
            raise DepotDamaged(f"{CURRENT} in {self.shown} names no generation.", remedy=AGAIN)
        return name

    def manifest(self, generation: str) -> str | None:
        """The text of a generation's manifest, unchecked; None when it is not there."""
        data = self._read(_manifest_name(generation), MAX_MANIFEST_BYTES)
        try:
            return None if data is None else data.decode("utf-8")
        except UnicodeDecodeError:
            raise DepotDamaged(f"The manifest of {generation} in {self.shown} is damaged.", remedy=AGAIN) from None

    def generations(self) -> list[str]:
        """The names of the generations whose manifests are there, oldest first."""
        names = (name.removesuffix(".json") for name in map(_last, self._sizes(GENERATIONS)))
        return sorted(name for name in names if NAME.fullmatch(name))

    def contents(self) -> dict[str, int]:
        """The size of each file that is there, by its SHA-256."""
        found = {_last(path): size for path, size in self._sizes(FILES).items()}
        return {name: size for name, size in found.items() if _SHA256.fullmatch(name)}

    def send(self, source: Path, sha256: str) -> None:
        """Put a file there, whole or not at all."""
        self._put(_file_name(sha256), lambda path: self._fs.put_file(str(source), path))

    def write_manifest(self, generation: str, text: str) -> None:
        """Put a manifest there."""
        self._write(_manifest_name(generation), text)

    def point_at(self, generation: str) -> None:
        """Have followers serve a generation from now on."""
        self._write(CURRENT, generation + "\n")

    def fetch(self, sha256: str, target: Path, most: int) -> FileSum | None:
        """Copy a file from there, `most` bytes and one at the most; None when it is not there. The sum is what came."""
        digest, size = hashlib.sha256(), 0
        with self._told("cannot be read from"), contextlib.suppress(FileNotFoundError):
            with self._fs.open(self._path(_file_name(sha256)), "rb") as source, target.open("wb") as written:
                while size <= most and (part := source.read(min(PART_BYTES, most + 1 - size))):
                    digest.update(part)
                    size += len(part)
                    written.write(part)
            return FileSum(size, digest.hexdigest())
        return None

    def clear(self, *, kept: Iterable[str], files: Iterable[str]) -> int:
        """Remove the generations that are not `kept`, and all but these `files`; returns how many files went.

        The manifests go first, so that none is left that names a file that is gone.
        """
        kept, files = set(kept), set(files)
        for generation in self.generations():
            if generation not in kept:
                self._remove(f"{self._root}/{_manifest_name(generation)}")
        gone = [path for path in self._sizes(FILES) if _last(path) not in files]
        for path in gone:
            self._remove(path)
        return sum(_PART not in path for path in gone)

    def _remove(self, path: str) -> None:
        with self._told("cannot be written to"), contextlib.suppress(FileNotFoundError):
            self._fs.rm_file(path)

    def _read(self, name: str, most: int) -> bytes | None:
        with self._told("cannot be read from"), contextlib.suppress(FileNotFoundError):
            self._fs.invalidate_cache()
            data: bytes = self._fs.cat_file(self._path(name), start=0, end=most + 1)
            if len(data) > most:
                raise DepotDamaged(f"{name} in {self.shown} is longer than such a file is.", remedy=AGAIN)
            return data
        return None

    def _write(self, name: str, text: str) -> None:
        self._put(name, lambda path: self._fs.pipe_file(path, text.encode("utf-8")))

    def _put(self, name: str, put: Callable[[str], object]) -> None:
        path = self._path(name)
        with self._told("cannot be written to"):
            if self._whole:
                put(path)
                return
            self._fs.makedirs(path.rpartition("/")[0], exist_ok=True)
            beside = f"{path}{_PART}{uuid4().hex}"
            put(beside)
            self._fs.mv(beside, path)

    def _sizes(self, folder: str) -> dict[str, int]:
        """The size of every file below a folder, by its path."""
        with self._told("cannot be listed"), contextlib.suppress(FileNotFoundError):
            self._fs.invalidate_cache()
            found = self._fs.find(self._path(folder), detail=True)
            return {path: int(entry["size"] or 0) for path, entry in found.items()}
        return {}

    def _path(self, name: str) -> str:
        return f"{self._root}/{name}"

    @contextlib.contextmanager
    def _told(self, what: str) -> Iterator[None]:
        """Each protocol has errors of its own: they are told here, and nowhere else."""
        try:
            yield
        except QAError:
            raise
        except ImportError as error:
            remedy = _install(error.name or "THE PACKAGE THAT IT NAMES")
            raise ModelUnavailable(f"The depot {self.shown} needs a package more ({error}).", remedy=remedy) from None
        except Exception as error:  # noqa: BLE001  # paramiko, botocore and the rest have no base in common
            why = (getattr(error, "strerror", None) or str(error) or type(error).__name__).splitlines()[0]
            if self._secret:
                why = why.replace(self._secret.group(), "")
            raise DepotError(
                f"The depot {self.shown} {what} ({why}).",
                remedy="Check the address, the credentials, the network, and the room on the disks.",
            ) from None


def of_collection(url: str, collection: str | None) -> str:
    """The depot of a collection: a folder of its name in that of all; one without a name has the whole."""
    return f"{url.rstrip('/')}/{collection}" if collection else url


def shown(url: str) -> str:
    """A URL as messages may have it: without user, password and parameters."""
    return _USER.sub("", url).partition("?")[0] if "://" in url else url


def _manifest_name(generation: str) -> str:
    return f"{GENERATIONS}/{generation}.json"


def _file_name(sha256: str) -> str:
    return f"{FILES}/{sha256[:2]}/{sha256}"


def _last(path: str) -> str:
    return path.rpartition("/")[2]


def _install(package: str) -> str:
    return f"Install it beside Quoth: `.venv/bin/python -m pip install '{package}'`."
