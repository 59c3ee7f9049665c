"""Changes to the corpus that a user asks for: a file put in, replaced or taken out, in one step, and never elsewhere.

A name is walked down from the corpus folder one part after another, by handles and without following links, so that no
name and no folder that changes meanwhile leads out of it. A file is written beside its place under a hidden name, which
the scan passes over, synced, and renamed: the corpus has the whole file or none.
"""

import errno
import os
import stat
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from qa.errors import ChangeNotWritten, DocumentTooLarge, NameTaken, NoSuchFile, UnusableName

MOST_NAME_BYTES, MOST_PATH_BYTES, MOST_DEPTH = 200, 1000, 16
"""Of a part of a name (file systems take 255, and the hidden name needs some), of the whole, and folders in all."""
_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""With these `exe.txt` can be made to read `txt.exe`. A file that is there under such a name can be taken out."""
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


class CorpusEditor:
    """Puts files into a corpus folder and takes them out. `check` raises for a path that no parser reads.

    `index` is the folder of the index, which nothing is put into when it lies inside the corpus.
    """

    def __init__(self, corpus: Path, *, index: Path, check: Callable[[str], object], most_bytes: int) -> None:
        self._corpus = corpus
        self._index = index
        self._check = check
        self.most_bytes = most_bytes

    def writable(self) -> bool:
        """Whether the folder lets itself be changed now."""
        return self._corpus.is_dir() and os.access(self._corpus, os.W_OK | os.X_OK)

    def put(self, path: str, data: bytes, *, replace: bool = False) -> bool:
        """Put a file at a path relative to the corpus; returns whether it took the place of another.

        Raises UnusableName, UnsupportedFormat, DocumentTooLarge, NameTaken (there is one, and `replace` is not set) or
        ChangeNotWritten, and then nothing has changed.
        """
        parts = checked_parts(path)
        if not _TURNING.isdisjoint(path):
            raise UnusableName("A name may not turn the direction of writing.", remedy="Choose another name.")
        self._check(path)
        if len(data) > self.most_bytes:
            raise DocumentTooLarge(
                f"The file is over the limit of {self.most_bytes / 1e6:.1f} MB.",
                remedy="Split it, or raise QA_MAX_DOCUMENT_MEGABYTES.",
            )
        if self._is_index(parts):
            raise UnusableName("That is the folder of the index.", remedy="Choose another folder.")
        with _changing(path), self._folder(parts[:-1], make=True) as folder:
            there = _is_there(folder, parts[-1])
            try:
                _write(folder, parts[-1], data, replace=replace)
            except FileExistsError:
                raise NameTaken(
                    f"There is a file {path} already.", remedy="Choose another name, or ask for it to be replaced."
                ) from None
            return there

    def remove(self, path: str) -> None:
        """Take a file out of the corpus for good; raises NoSuchFile, UnusableName or ChangeNotWritten."""
        parts = checked_parts(path)
        with _changing(path), self._folder(parts[:-1], make=False) as folder:
            if not _is_there(folder, parts[-1]):
                raise _absent(path)
            try:
                os.unlink(parts[-1], dir_fd=folder)
            except FileNotFoundError:  # somebody else was quicker
                raise _absent(path) from None
            os.fsync(folder)

    def _is_index(self, parts: tuple[str, ...]) -> bool:
        return (self._corpus.resolve() / Path(*parts)).is_relative_to(self._index.resolve())

    @contextmanager
    def _folder(self, parts: tuple[str, ...], *, make: bool) -> Iterator[int]:
        """The handle of a folder of the corpus, made when it is not there; without `make` raises NoSuchFile then."""
        handle = os.open(self._corpus, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            for part in parts:
                if make:
                    with suppress(FileExistsError):
                        os.mkdir(part, dir_fd=handle)
                        os.fsync(handle)
                below = _below(handle, part, "/".join(parts))
                os.close(handle)
                handle = below
            yield handle
        finally:
            os.close(handle)


def checked_parts(path: str) -> tuple[str, ...]:
    """The parts of a path that may be a document's; raises UnusableName.

    Relative, with `/` between the parts; no part is hidden, an editor's leftover, or made to mislead.
    """
    parts = tuple(path.split("/"))
    if len(path.encode("utf-8", "surrogatepass")) > MOST_PATH_BYTES or len(parts) > MOST_DEPTH:
        raise UnusableName("The name is too long.", remedy="Shorten it.")
    for part in parts:
        if not part or part.startswith(".") or part.endswith("~") or part != part.strip():
            raise UnusableName(
                "A name may not be empty or hidden, end in ~ or have spaces at its ends.", remedy="Choose another name."
            )
        if "\\" in part or any(unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"} for character in part):
            raise UnusableName("A name may not hold a backslash or control characters.", remedy="Choose another name.")
        if len(part.encode("utf-8")) > MOST_NAME_BYTES:
            raise UnusableName("A part of the name is too long.", remedy="Shorten it.")
    return parts


@contextmanager
def _changing(path: str) -> Iterator[None]:
    """Tell in words what the system refuses."""
    try:
        yield
    except OSError as error:
        raise ChangeNotWritten(
            f"{path} could not be changed in the corpus ({error.strerror or error}).",
            remedy="Give write permission, or make room.",
        ) from None


def _absent(path: str) -> NoSuchFile:
    return NoSuchFile(f"There is no file {path}.", remedy="See the list of documents.")


def _below(folder: int, part: str, path: str) -> int:
    """The handle of a folder in another one; raises NoSuchFile, or UnusableName for a file or a link."""
    try:
        return os.open(part, _FOLDER, dir_fd=folder)
    except FileNotFoundError:
        raise _absent(path) from None
    except OSError as error:
        if error.errno in {errno.ENOTDIR, errno.ELOOP}:
            raise UnusableName(
                "A part of the name before its end is a file or a link, which is not followed.",
                remedy="Choose another name.",
            ) from None
        raise


def _is_there(folder: int, name: str) -> bool:
    """Whether a regular file has this name; anything else under it raises UnusableName."""
    try:
        found = os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return False
    if not stat.S_ISREG(found.st_mode):
        raise UnusableName("What has this name is no regular file.", remedy="Choose another name.")
    return True


def _write(folder: int, name: str, data: bytes, *, replace: bool) -> None:
    """Write beside, sync, rename; or link, which fails with FileExistsError when somebody else was quicker."""
    beside = f".{name}.{os.urandom(6).hex()}.new"
    try:
        with os.fdopen(os.open(beside, _NEW, 0o666, dir_fd=folder), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        move = os.rename if replace else os.link
        move(beside, name, src_dir_fd=folder, dst_dir_fd=folder)
    finally:
        with suppress(FileNotFoundError):
            os.unlink(beside, dir_fd=folder)
    os.fsync(folder)
