"""A disk that may lose power: which of the things done to it survive is only certain for what was synced.

Operations name paths, as programs do. A data operation is durable once its file was synced after it, a change of names
once the folder of each name was. At any moment the power may go: what is durable stays, and of everything else each
piece may have reached the disk, or not, or in part, or as zeros. That is more than most file systems would do to one.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

KEEP, DROP, ZERO, PART = "keep", "drop", "zero", "part"
ROOT = 0


class Op(NamedTuple):
    """What a program did: `create`, `mkdir`, `write`, `truncate`, `sync`, `rename`, `link`, `unlink` (and `rmdir`).

    Paths are relative to the root, which is "". `number` is the offset of a write or the length of a truncation; for a
    sync that ran beside others, how many operations were over when it began, else -1.
    """

    call: str
    path: str
    other: str = ""
    number: int = -1
    data: bytes = b""


class Entry(NamedTuple):
    """What a name in a folder stands for from now on; `node` None takes it away."""

    folder: int
    name: str
    node: int | None


class Effect(NamedTuple):
    """One piece that the power may cut out: names that change together, or data of the file `node`."""

    names: tuple[Entry, ...] = ()
    node: int = -1
    offset: int = 0
    data: bytes | None = None
    """What is written, or None where the file is cut to `offset`."""
    born: str = ""
    """`folder` or `file` where the name is that of a new one."""

    @property
    def needs(self) -> set[int]:
        """What must be synced to make it durable."""
        return {entry.folder for entry in self.names} or {self.node}


@dataclass
class State:
    """Folders and files by node; node 0 is the root."""

    folders: dict[int, dict[str, int]] = field(default_factory=lambda: {ROOT: {}})
    files: dict[int, bytes] = field(default_factory=dict)

    def copy(self) -> "State":
        """Another with the same in it."""
        return State({node: dict(names) for node, names in self.folders.items()}, dict(self.files))

    def find(self, path: str) -> int | None:
        """The node at a path, or None."""
        node = ROOT
        for name in Path(path).parts:
            found = self.folders.get(node, {}).get(name)
            if found is None:
                return None
            node = found
        return node

    def bear(self, effect: Effect) -> None:
        """Let the node exist that an effect is the first to name."""
        for _, _, node in effect.names if effect.born else ():
            assert node is not None
            if effect.born == "folder":
                self.folders[node] = {}
            else:
                self.files[node] = b""

    def apply(self, effect: Effect, fate: str = KEEP) -> None:
        """Let an effect reach the disk as its fate is."""
        if fate == DROP:
            return
        for folder, name, node in effect.names:
            self.folders[folder].pop(name, None)
            if node is not None:
                self.folders[folder][name] = node
        if effect.names:
            return
        old = self.files[effect.node]
        if effect.data is None:
            self.files[effect.node] = old[: effect.offset].ljust(effect.offset, b"\0")
            return
        data = {ZERO: bytes(len(effect.data)), PART: effect.data[: len(effect.data) // 2]}.get(fate, effect.data)
        before = old[: effect.offset].ljust(effect.offset, b"\0")
        self.files[effect.node] = before + data + old[effect.offset + len(data) :]

    def tree(self) -> dict[str, bytes | None]:
        """Every path that can be reached, with the bytes of a file or None for a folder."""
        found: dict[str, bytes | None] = {}
        left = [("", ROOT)]
        while left:
            path, node = left.pop()
            for name, inner in self.folders[node].items():
                place = f"{path}{name}"
                if inner in self.folders:
                    found[place] = None
                    left.append((place + "/", inner))
                else:
                    found[place] = self.files[inner]
        return found


class Disk:
    """The disk after some operations: what a program sees (`now`), and what of it is not yet durable (`pending`)."""

    def __init__(self, start: State | None = None) -> None:
        self.start = start or State()
        self.now = self.start.copy()
        self._effects: list[tuple[Effect, int]] = []
        self._lasting: set[int] = set()
        self._operations = 0
        self._synced: dict[int, int] = {}

    def after(self, operation: Op) -> "Disk":
        """Another disk, on which one operation more was done."""
        disk = Disk(self.start)
        disk.now = self.now.copy()
        disk._effects, disk._lasting = list(self._effects), set(self._lasting)
        disk._operations, disk._synced = self._operations, dict(self._synced)
        disk.do(operation)
        return disk

    def run(self, operations: Iterable[Op]) -> "Disk":
        """Do all of them."""
        for operation in operations:
            self.do(operation)
        return self

    def do(self, op: Op) -> None:
        """One operation; what cannot be found is nobody's concern any more (a file that is removed but still open)."""
        self._operations += 1
        if op.call == "sync":
            self._sync(op)
            return
        for effect in _EFFECTS[op.call](self.now, op):
            self.now.bear(effect)
            self.now.apply(effect)
            self._effects.append((effect, self._operations))

    def _sync(self, op: Op) -> None:
        node = self.now.find(op.path)
        if node is None:
            return
        self._synced[node] = op.number if op.number >= 0 else self._operations
        for position, (effect, when) in enumerate(self._effects):
            if node in effect.needs and all(self._synced.get(need, 0) >= when for need in effect.needs):
                self._lasting.add(position)

    def pending(self) -> list[Effect]:
        """All that is not durable, in the order in which it was done."""
        return [effect for position, (effect, _) in enumerate(self._effects) if position not in self._lasting]

    def unsynced(self) -> set[int]:
        """The files and folders that have something pending in them."""
        return {need for effect in self.pending() for need in effect.needs}

    def unnamed(self) -> set[int]:
        """The files and folders whose name is pending."""
        return {entry.node for effect in self.pending() for entry in effect.names if entry.node is not None}

    def node(self, path: str) -> int:
        """What lies at a path now."""
        found = self.now.find(path)
        assert found is not None, path
        return found

    def after_power_cut(self, fate: Callable[[Effect], str]) -> State:
        """What is found when the power is back; `fate` decides on each pending effect."""
        state = self.start.copy()
        for effect, _ in self._effects:
            state.bear(effect)
        for position, (effect, _) in enumerate(self._effects):
            state.apply(effect, KEEP if position in self._lasting else fate(effect))
        return state

    def below(self, path: str) -> set[int]:
        """The nodes at and below a path."""
        found: set[int] = set()
        left = [self.node(path)]
        while left:
            node = left.pop()
            found.add(node)
            left.extend(self.now.folders.get(node, {}).values())
        return found


def _placed(state: State, path: str) -> tuple[int, str]:
    parent, _, name = path.rpartition("/")
    folder = state.find(parent)
    assert folder is not None, f"{path} lies in no folder"
    return folder, name


def _new(state: State, path: str, born: str) -> list[Effect]:
    if state.find(path) is not None:
        return []
    node = 1 + max(*state.folders, *state.files, ROOT)
    return [Effect((Entry(*_placed(state, path), node),), born=born)]


def _create(state: State, op: Op) -> list[Effect]:
    return _new(state, op.path, "file")


def _mkdir(state: State, op: Op) -> list[Effect]:
    return _new(state, op.path, "folder")


def _write(state: State, op: Op) -> list[Effect]:
    node = state.find(op.path)
    return [] if node is None else [Effect(node=node, offset=op.number, data=op.data)]


def _truncate(state: State, op: Op) -> list[Effect]:
    node = state.find(op.path)
    return [] if node is None or len(state.files[node]) == op.number else [Effect(node=node, offset=op.number)]


def _rename(state: State, op: Op) -> list[Effect]:
    node = state.find(op.path)
    return [Effect((Entry(*_placed(state, op.path), None), Entry(*_placed(state, op.other), node)))]


def _link(state: State, op: Op) -> list[Effect]:
    return [Effect((Entry(*_placed(state, op.other), state.find(op.path)),))]


def _unlink(state: State, op: Op) -> list[Effect]:
    return [Effect((Entry(*_placed(state, op.path), None),))]


_EFFECTS: dict[str, Callable[[State, Op], Sequence[Effect]]] = {
    "create": _create, "mkdir": _mkdir, "write": _write, "truncate": _truncate, "rename": _rename, "link": _link,
    "unlink": _unlink, "rmdir": _unlink,
}  # fmt: skip


def read_state(folder: Path) -> State:
    """What lies in a folder, as a disk has it; links to one file stay so."""
    state = State()
    nodes: dict[int, int] = {}
    for path in sorted(folder.rglob("*")):
        inode = path.stat().st_ino
        node = nodes.setdefault(inode, len(nodes) + 1)
        parent = state.find(path.parent.relative_to(folder).as_posix())
        assert parent is not None
        state.folders[parent][path.name] = node
        if path.is_dir():
            state.folders[node] = {}
        else:
            state.files[node] = path.read_bytes()
    return state


def write_state(state: State, folder: Path) -> None:
    """Put it into an empty folder."""
    for path, data in sorted(state.tree().items()):
        if data is None:
            (folder / path).mkdir()
        else:
            (folder / path).write_bytes(data)
