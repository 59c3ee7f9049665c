"""Reads from a log of strace what a program did to one folder, for the model of a disk.

The log is one of `strace -f -y -xx -s` with a large number, of the calls in `TRACED`. What the reader does not know how
to follow is refused, so that nothing is left out by mistake.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from torture.disk import Op
from torture.syscalls import CHANGING

TRACED = (*CHANGING, "read", "lseek")
"""Reading moves the place at which the next writing goes on."""
STRACE = ("-xx", "-s", "1000000000", "-e", f"trace={','.join(TRACED)}")
_LINE = re.compile(r"(\d+) +(.*)")
_BEGUN = re.compile(r"(\w+)\((.*) <unfinished \.\.\.>")
_RESUMED = re.compile(r"<\.\.\. (\w+) resumed>(.*)")
_CALL = re.compile(r"(\w+)\((.*)\) += (-?\d+).*")
_DESCRIPTOR = re.compile(r"(-?\w+)<(.*)>(\(deleted\))?")


def operations(log: Path, root: Path) -> list[Op]:
    """What was done below a folder, in the order in which the calls came to an end."""
    reader = _Reader(root)
    begun: dict[str, tuple[str, int]] = {}
    for line in log.read_text(encoding="ascii").splitlines():
        matched = _LINE.fullmatch(line)
        assert matched, line[:200]
        thread, said = matched.groups()
        since = -1
        if found := _BEGUN.fullmatch(said):
            begun[thread] = (f"{found[1]}({found[2]}", len(reader.done))
            continue
        if found := _RESUMED.fullmatch(said):
            start, since = begun.pop(thread)
            said = start + found[2]
        if found := _CALL.fullmatch(said):
            call, arguments, result = found.groups()
            if int(result) >= 0:
                reader.read(call, arguments.split(", "), int(result), since)
    return reader.done


class _Reader:
    """Follows the places of descriptors; `done` is what was found."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._places: dict[str, int] = {}
        self.done: list[Op] = []

    def read(self, call: str, words: list[str], result: int, since: int) -> None:
        """One call that went well."""
        if call == "openat":
            self._opened(words, str(result))
        elif call in {"read", "lseek"}:
            number = words[0].partition("<")[0]
            self._places[number] = result if call == "lseek" else self._places.get(number, 0) + result
        else:
            self.done.extend(self._operations(call, words, result, since))

    def _opened(self, words: list[str], number: str) -> None:
        self._places[number] = 0
        path = self._path(words[0], words[1])
        if path is None or "O_CREAT" not in words[2]:
            assert path is None or "O_TRUNC" not in words[2]
            return
        self.done.append(Op("create", path))
        if "O_TRUNC" in words[2]:
            self.done.append(Op("truncate", path, number=0))

    def _operations(self, call: str, words: list[str], result: int, since: int) -> Iterator[Op]:
        """What a call other than opening does."""
        if call in _BY_DESCRIPTOR:
            matched = _DESCRIPTOR.fullmatch(words[0])
            path = self._below(_text(matched[2])) if matched and not matched[3] else None
            if path is None:
                return
            number = words[0].partition("<")[0]
            if call == "write":
                place = self._places.get(number, 0)
                self._places[number] = place + result
                yield Op("write", path, number=place, data=_bytes(words[1])[:result])
            elif call == "pwrite64":
                yield Op("write", path, number=int(words[3]), data=_bytes(words[1])[:result])
            elif call == "ftruncate":
                yield Op("truncate", path, number=int(words[1]))
            else:
                yield Op("sync", path, number=since)
            return
        assert call in _BY_NAME, f"{call} is not followed"
        kind, two, at = _BY_NAME[call]
        one = self._path(*(words[:2] if at else ("", words[0])))
        other = self._path(*(words[2:4] if at else ("", words[1]))) if two else ""
        if one is None and not other:
            return
        assert one is not None
        assert other is not None
        yield Op(kind, one, other)

    def _path(self, folder: str, name: str) -> str | None:
        matched = _DESCRIPTOR.fullmatch(folder)
        base = Path(_text(matched[2])) if matched else Path("/")
        return self._below(str(base / _text(name.strip('"'))))

    def _below(self, path: str) -> str | None:
        place = Path(path)
        return place.relative_to(self._root).as_posix() if place.is_relative_to(self._root) else None


_BY_DESCRIPTOR = {"write", "pwrite64", "ftruncate", "fsync", "fdatasync"}
_BY_NAME = {
    "mkdir": ("mkdir", False, False), "mkdirat": ("mkdir", False, True), "rmdir": ("rmdir", False, False),
    "unlink": ("unlink", False, False), "unlinkat": ("unlink", False, True), "rename": ("rename", True, False),
    "renameat": ("rename", True, True), "renameat2": ("rename", True, True), "link": ("link", True, False),
    "linkat": ("link", True, True),
}  # fmt: skip
"""Each call with what it does, whether it takes two paths, and whether each comes with a folder."""


def _bytes(word: str) -> bytes:
    return bytes.fromhex(word.strip('"').replace("\\x", ""))


def _text(word: str) -> str:
    return _bytes(word).decode()
