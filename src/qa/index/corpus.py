"""The corpus folder as it is: which files there are and what is in them, read without following links.

Hidden files (`.name`) and editors' leftovers (`name~`) are no documents and are passed over in silence; every other
file is either read or named with the reason why it cannot be.
"""

import hashlib
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from qa.errors import CorpusMissing, DocumentError, DocumentTooLarge, UnreadableDocument
from qa.types import Source

MEDIA_TYPES = {
    ".txt": "text/plain",
    ".text": "text/plain",
    ".log": "text/plain",
    ".rst": "text/x-rst",
    ".md": "text/markdown",
    ".markdown": "text/markdown",
    ".html": "text/html",
    ".htm": "text/html",
    ".xhtml": "application/xhtml+xml",
    ".pdf": "application/pdf",
    ".csv": "text/csv",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".epub": "application/epub+zip",
    ".eml": "message/rfc822",
}
"""A table of our own: the system's differs from machine to machine, and the manifest must not."""


@dataclass(frozen=True, slots=True)
class CorpusFile:
    """A file by its path relative to the corpus; `problem` says why it is no document, if it is none."""

    path: str
    location: Path
    problem: DocumentError | None = None


def scan(root: Path) -> list[CorpusFile]:
    """All files under `root`, sorted by path; raises CorpusMissing when the folder is not there."""
    if not root.is_dir():
        raise CorpusMissing(
            f"There is no corpus folder {root}.", remedy="Create it and put documents in it, or name another: --corpus."
        )
    return sorted(_walk(root), key=lambda file: file.path)


def read(file: CorpusFile, *, max_bytes: int) -> tuple[Source, bytes]:
    """The bytes of a regular file and its Source; raises a DocumentError that says why it cannot be used."""
    if file.problem:
        raise file.problem
    try:
        data = _read(file.location, max_bytes)
    except OSError as error:
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
    return Source(path=file.path, media_type=media_type, size=len(data), sha256=hashlib.sha256(data).hexdigest()), data


class _TooLargeError(Exception):
    def __init__(self, size: int) -> None:
        super().__init__(size)
        self.size = size


class _ChangingError(Exception):
    pass


def _walk(root: Path) -> Iterator[CorpusFile]:
    unreadable: list[OSError] = []
    for folder, folders, files in os.walk(root, onerror=unreadable.append):
        links = [name for name in folders if (Path(folder) / name).is_symlink()]
        folders[:] = sorted(name for name in folders if not _is_passed_over(name) and name not in links)
        for name in (*files, *links):
            if not _is_passed_over(name):
                location = Path(folder) / name
                yield _file(location.relative_to(root).as_posix(), location)

    for error in unreadable:
        location = Path(error.filename)
        path = location.relative_to(root).as_posix()
        problem = UnreadableDocument(
            f"The folder {path} cannot be read ({error.strerror}).", remedy="Give read permission and index again."
        )
        yield CorpusFile(path, location, problem)


def _is_passed_over(name: str) -> bool:
    return name.startswith(".") or name.endswith("~")


def _file(path: str, location: Path) -> CorpusFile:
    try:
        path.encode("utf-8")
    except UnicodeEncodeError:
        shown = os.fsencode(path).decode("utf-8", "backslashreplace")
        problem = UnreadableDocument(f"The name of {shown} is not UTF-8.", remedy="Rename it and index again.")
        return CorpusFile(shown, location, problem)
    if location.is_symlink():
        problem = UnreadableDocument(
            f"{path} is a symbolic link, and links are not followed.", remedy="Put the file itself into the corpus."
        )
        return CorpusFile(path, location, problem)
    if not location.is_file():
        return CorpusFile(
            path, location, UnreadableDocument(f"{path} is not a regular file.", remedy="Move it out of the corpus.")
        )
    return CorpusFile(path, location)


def _read(location: Path, max_bytes: int) -> bytes:
    descriptor = os.open(location, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with os.fdopen(descriptor, "rb") as file:
        before = os.fstat(descriptor)
        if not stat.S_ISREG(before.st_mode):
            raise OSError(0, "not a regular file")
        if before.st_size > max_bytes:
            raise _TooLargeError(before.st_size)
        data = file.read(max_bytes + 1)
        after = os.fstat(descriptor)
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns) or len(data) != after.st_size:
        raise _ChangingError
    return data
