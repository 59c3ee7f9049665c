"""R3: a power cut at any moment of a build leaves the last generation or the new one, whole; and the model is right."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from torture.disk import DROP, KEEP, PART, ZERO, Disk, Op, State, read_state, write_state
from torture.oplog import operations
from torture.places import CHILD
from torture.syscalls import strace_problem

PROBLEM = strace_problem()
needs_strace = pytest.mark.skipif(PROBLEM is not None, reason=f"{PROBLEM}, so no build can be traced")
REPLACED = [
    Op("create", "new"), Op("write", "new", number=0, data=b"second"), Op("sync", "new"),
    Op("rename", "new", "name"), Op("sync", ""),
]  # fmt: skip
"""A file is replaced, as it should be."""


def disk(*done: Op) -> Disk:
    """A disk on which `name` says `first`; then this is done."""
    return Disk(State({0: {"name": 1}}, {1: b"first"})).run(done)


def found(disk: Disk, fate: str = DROP) -> object:
    """What `name` says when the power is back and the same has become of all that was not synced."""
    return disk.after_power_cut(lambda effect: fate if fate in {KEEP, DROP} or not effect.names else KEEP).tree()[
        "name"
    ]


def test_a_file_that_is_replaced_with_every_sync_is_the_old_or_the_new_one() -> None:
    for number in range(len(REPLACED) + 1):
        for fate in (KEEP, DROP, ZERO, PART):
            assert found(disk(*REPLACED[:number]), fate) in {b"first", b"second"}
    assert found(disk(*REPLACED)) == b"second"
    assert disk(*REPLACED).pending() == []


def test_a_file_that_was_not_synced_may_be_empty_or_zeros_or_half_written() -> None:
    careless = disk(*REPLACED[:2], *REPLACED[3:])
    assert found(careless) == b""
    assert found(careless, ZERO) == bytes(6)
    assert found(careless, PART) == b"sec"
    assert found(careless, KEEP) == b"second"


def test_a_rename_is_lost_until_its_folder_is_synced() -> None:
    assert found(disk(*REPLACED[:-1])) == b"first"
    assert disk(*REPLACED[:-1]).unnamed() == {2}


def test_a_file_in_a_new_folder_is_lost_unless_each_folder_on_the_way_is_synced() -> None:
    made = [Op("mkdir", "a"), Op("create", "a/b"), Op("write", "a/b", number=0, data=b"x"), Op("sync", "a/b")]
    for syncs, left in ((["a", ""], {"a", "a/b", "name"}), (["a"], {"name"}), ([""], {"a", "name"})):
        tree = disk(*made, *(Op("sync", path) for path in syncs)).after_power_cut(lambda _: DROP).tree()
        assert set(tree) == left


def test_what_was_written_after_a_sync_is_not_covered_by_it() -> None:
    more = Op("write", "new", number=6, data=b" half")
    late = [*REPLACED[:3], more, *REPLACED[3:]]
    assert found(disk(*late)) == b"second"
    beside = [*REPLACED[:2], more, Op("sync", "new", number=2), *REPLACED[3:]]
    assert found(disk(*beside)) == b"second", "the sync began when two operations were over"


def test_links_share_their_data_and_unlinking_is_lost_like_anything_else() -> None:
    linked = disk(Op("link", "name", "other"), Op("sync", ""), Op("write", "other", number=0, data=b"F"))
    linked.do(Op("truncate", "other", number=3))
    linked.do(Op("sync", "name"))
    assert found(linked) == b"Fir"
    linked.do(Op("unlink", "name"))
    assert set(linked.now.tree()) == {"other"}
    assert found(linked) == b"Fir"


def test_a_state_is_read_from_a_folder_and_written_to_one(tmp_path: Path) -> None:
    (tmp_path / "one" / "deep").mkdir(parents=True)
    (tmp_path / "one" / "deep" / "a").write_bytes(b"text")
    (tmp_path / "one" / "b").hardlink_to(tmp_path / "one" / "deep" / "a")
    state = read_state(tmp_path / "one")
    assert state.tree() == {"b": b"text", "deep": None, "deep/a": b"text"}
    assert state.find("b") == state.find("deep/a")
    (tmp_path / "two").mkdir()
    write_state(state, tmp_path / "two")
    assert read_state(tmp_path / "two").tree() == state.tree()


def test_a_log_is_read_in_the_order_in_which_calls_end(tmp_path: Path) -> None:
    def shown(text: str) -> str:
        return "".join(f"\\x{byte:02x}" for byte in text.encode())

    here, one, two = shown("/r"), shown("/r/one"), shown("/r/two")
    (tmp_path / "log").write_text(
        f'1 openat(AT_FDCWD<{here}>, "{shown("one")}", O_WRONLY|O_CREAT|O_TRUNC, 0666) = 3<{one}>\n'
        f'1 write(3<{one}>, "{shown("abcd")}", 4) = 2\n'
        f"1 fsync(3<{one}> <unfinished ...>\n"
        f'2 write(3<{one}>, "{shown("cd")}", 2) = 2\n'
        f"1 <... fsync resumed>) = 0\n"
        f'2 rename("{one}", "{two}") = 0\n'
        f'2 rename("{one}", "{two}") = -1 ENOENT (No such file or directory)\n'
        f'2 unlinkat(5<{here}>, "{shown("two")}", 0) = 0\n'
        f'2 mkdir("{shown("/elsewhere")}", 0777) = 0\n'
        "2 +++ exited with 0 +++\n"
    )
    assert operations(tmp_path / "log", Path("/r")) == [
        Op("create", "one"),
        Op("truncate", "one", number=0),
        Op("write", "one", number=0, data=b"ab"),
        Op("write", "one", number=2, data=b"cd"),
        Op("sync", "one", number=3),
        Op("rename", "one", "two"),
        Op("unlink", "two"),
    ]


@needs_strace
def test_a_power_cut_in_a_build_tears_and_loses_nothing() -> None:
    tally = output_of("-m", "torture.power", "100", "200")
    assert tally["wrong"] == []
    assert tally["operations"] > 150, "a first build and one that takes over and prunes"
    assert tally["states"] > 100


BROKEN = """
import json
from torture import power
from qa.index import store
sync, found = store._sync, {}
LEFT_OUT = {
    "files": lambda path: path.is_file() and path.name[0] != ".",
    "folders": lambda path: path.is_dir() and "volumes" in path.parts,
    "generations": lambda path: path.name == "generations",
    "pointer": lambda path: path.name == ".CURRENT.new",
    "index": lambda path: path.name == "index",
}
with power.quick_folder() as folder:
    power.prepared(folder / "warm", first=False)
    for name, left_out in LEFT_OUT.items():
        (folder / name).mkdir()
        store._sync = lambda path: None if left_out(path) else sync(path)
        build = power.traced(folder / name, first=False)
        store._sync = sync
        tally = power.Tally()
        power.cut_everywhere(build, folder / name, tally, subsets=0, enough=1)
        found[name] = [len(tally.wrong), power.order_faults(build)]
print(json.dumps(found))
"""


@needs_strace
def test_a_sync_that_is_left_out_is_found_by_the_cuts_and_by_the_order() -> None:
    said = {
        "files": "a generation got its name before all of it was synced",
        "folders": "a generation got its name before all of it was synced",
        "generations": "CURRENT was replaced before the name of the generation was synced",
        "pointer": "CURRENT was replaced before its new content was synced",
        "index": "the build said that it was done before CURRENT was synced",
    }
    found = output_of("-c", BROKEN)
    assert {name: faults for name, (_, faults) in found.items()} == {name: [fault] for name, fault in said.items()}
    assert all(cuts > 0 for cuts, _ in found.values())


def output_of(*program: str) -> dict[str, Any]:
    """The JSON that a program prints."""
    environment = {**CHILD, "OMP_NUM_THREADS": "1"}
    command = [sys.executable, *program]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found
