"""The corpus folder as it is: which files there are and what is in them, read without following links.

Hidden files (`.name`) and editors' leftovers (`name~`) are no documents and are passed over in silence; every other
file is either read or named with the reason why it cannot be. A file's stamp tells cheaply whether it may have changed.
"""

import errno
import hashlib
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Self

from qa.errors import CorpusMissing, CorpusUnreadable, DocumentError, DocumentTooLarge, UnreadableDocument
from qa.index.store import PASSING
from qa.types import Source

MEDIA_TYPES = {
    ".txt": "text/plain",
    ".text": "text/plain",
    ".log": "text/plain",
    ".rst": "text/x-rst",
    ".rest": "text/x-rst",
    ".md": "text/markdown",
    ".markdown": "text/markdown",
    ".html": "text/html",
    ".htm": "text/html",
    ".xhtml": "application/xhtml+xml",
    ".pdf": "application/pdf",
    ".csv": "text/csv",
    ".tsv": "text/tab-separated-values",
    ".tab": "text/tab-separated-values",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".epub": "application/epub+zip",
    ".eml": "message/rfc822",
}
"""A table of our own: the system's differs from machine to machine, and the manifest must not."""
_BEGINNING = 60
"""Characters that are shown of a path that has thousands."""


class Stamp(NamedTuple):
    """What the file system says of a file without reading it: bytes, two times in nanoseconds, and the inode.

    The time of the last status change cannot be set by a program, so it also tells an edit that puts the old
    modification time back.
    """

    size: int
    mtime_ns: int
    ctime_ns: int
    inode: int

    @classmethod
    def of(cls, found: os.stat_result) -> Self:
        """From a stat."""
        return cls(found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino)


@dataclass(frozen=True, slots=True)
class CorpusFile:
    """A file by its path relative to the corpus; `problem` says why it is no document, if it is none.

    `stamp` is that of the scan; None for a folder that cannot be read.
    """

    path: str
    location: str
    problem: DocumentError | None = None
    stamp: Stamp | None = None


class Content(NamedTuple):
    """What was read of a file, and its stamp while it was read."""

    source: Source
    data: bytes
    stamp: Stamp


def scan(root: Path, *, without: Path | None = None) -> list[CorpusFile]:
    """All files under `root`, sorted by path; raises CorpusMissing, or CorpusUnreadable when the machine is short.

    Nothing under the folder `without` is listed: an index inside its corpus must not index itself.
    """
    try:
        return sorted(_walk(root, _below(root, without)), key=lambda file: file.path)
    except (FileNotFoundError, NotADirectoryError):
        raise CorpusMissing(
            f"There is no corpus folder {root}.", remedy="Create it and put documents in it, or name another: --corpus."
        ) from None


def read(file: CorpusFile, *, max_bytes: int) -> Content:
    """The bytes of a regular file with its Source; raises a DocumentError that says why it cannot be used.

    Raises CorpusUnreadable when it is the machine that cannot read just now: the file must not be skipped for that.
    """
    if file.problem:
        raise file.problem
    try:
        data, stamp = _read(file.location, max_bytes)
    except OSError as error:
        _refuse_passing(error)
        raise UnreadableDocument(
            f"{file.path} cannot be read ({error.strerror}).", remedy="Give read permission and index again."
        ) from None
    except _TooLargeError as error:
        raise DocumentTooLarge(
            f"{file.path} has {error.size / 1e6:.1f} MB, over the limit of {max_bytes / 1e6:.1f} MB.",
            remedy="Split it, or raise QA_MAX_DOCUMENT_MEGABYTES.",
        ) from None
    except _ChangingError:
        raise UnreadableDocument(
            f"{file.path} changed while it was read.", remedy="Index again when it is complete."
        ) from None
    suffix = Path(file.path).suffix.lower()
    media_type = MEDIA_TYPES.get(suffix, "application/octet-stream")
    digest = hashlib.sha256(data).hexdigest()
    return Content(Source(path=file.path, media_type=media_type, size=len(data), sha256=digest), data, stamp)


class _TooLargeError(Exception):
    def __init__(self, size: int) -> None:
        super().__init__(size)
        self.size = size


class _ChangingError(Exception):
    pass


def _below(root: Path, folder: Path | None) -> str | None:
    """The path of a folder as `_walk` lists it, or None when it does not lie below the root."""
    if folder is None or not folder.resolve().is_relative_to(root.resolve()):
        return None
    return folder.resolve().relative_to(root.resolve()).as_posix()


def _walk(root: Path, without: str | None) -> Iterator[CorpusFile]:
    pending = [""]  # folders still to list, as paths that end in a slash
    while pending:
        folder = pending.pop()
        try:
            with os.scandir(root / folder) as entries:
                for entry in entries:
                    if _is_passed_over(entry.name):
                        continue
                    path = folder + entry.name
                    if entry.is_dir(follow_symlinks=False):
                        if path != without:
                            pending.append(path + "/")
                    elif (file := _entry(path, entry)) is not None:
                        yield file
        except (FileNotFoundError, NotADirectoryError):
            if not folder:
                raise  # any other has gone since the folder above was listed
        except OSError as error:
            _refuse_passing(error)
            yield _closed_folder(folder.removesuffix("/") or ".", str(root / folder), error)


def _refuse_passing(error: OSError) -> None:
    """A shortage of the machine must not take documents out of the index."""
    if error.errno in PASSING:
        raise CorpusUnreadable(
            f"The corpus cannot be read now ({error.strerror}).",
            remedy="It is tried again; if it stays so, give the process more open files or memory.",
        ) from error


def _closed_folder(path: str, location: str, error: OSError) -> CorpusFile:
    shown = _shown(path)
    why, remedy = f"The folder {shown} cannot be read ({error.strerror}).", "Give read permission and index again."
    if error.errno == errno.ENAMETOOLONG:
        why = f"The folder {shown[:_BEGINNING]}… lies so deep that this system does not open it by its path."
        remedy = "Move what is in it up and index again."
    return CorpusFile(shown, location, UnreadableDocument(why, remedy=remedy))


def _is_passed_over(name: str) -> bool:
    return name.startswith(".") or name.endswith("~")


def _entry(path: str, entry: "os.DirEntry[str]") -> CorpusFile | None:
    """The file, or None when it has gone since its folder was listed."""
    try:
        found = entry.stat(follow_symlinks=False)
    except FileNotFoundError:
        return None
    shown = _shown(path)
    return CorpusFile(shown, entry.path, _problem(path, shown, found.st_mode), Stamp.of(found))


def _problem(path: str, shown: str, mode: int) -> DocumentError | None:
    if shown != path:
        return UnreadableDocument(f"The name of {shown} is not UTF-8.", remedy="Rename it and index again.")
    if stat.S_ISLNK(mode):
        return UnreadableDocument(
            f"{path} is a symbolic link, and links are not followed.", remedy="Put the file itself into the corpus."
        )
    if not stat.S_ISREG(mode):
        return UnreadableDocument(f"{path} is not a regular file.", remedy="Move it out of the corpus.")
    return None


def _shown(path: str) -> str:
    """The path, or what can be shown of one that is no UTF-8."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def _read(location: str, max_bytes: int) -> tuple[bytes, Stamp]:
    descriptor = os.open(location, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with os.fdopen(descriptor, "rb") as file:
        before = os.fstat(descriptor)
        if not stat.S_ISREG(before.st_mode):
            raise OSError(0, "not a regular file")
        if before.st_size > max_bytes:
            raise _TooLargeError(before.st_size)
        data = file.read(max_bytes + 1)
        after = os.fstat(descriptor)
    if Stamp.of(before) != Stamp.of(after) or len(data) != after.st_size:
        raise _ChangingError
    return data, Stamp.of(before)
