"""Publishing is atomic, whatever ends it; damage is noticed before use; one build at a time."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from qa.errors import IndexBusy, IndexCorrupt, IndexIncompatible, IndexMissing, IndexStoreError
from qa.index.build import BuildRequest
from qa.index.manifest import FORMAT
from qa.index.store import CURRENT, IndexStore
from shelf import FILES, Shelf, without_privileges

TESTS = Path(__file__).resolve().parents[1]
CHILD = {**os.environ, "PYTHONPATH": f"{TESTS}{os.pathsep}{TESTS.parent / 'src'}", "OPENBLAS_NUM_THREADS": "1"}
NEWS = {"stones.txt": "Marble is soft. Everything is new here."}


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    """A corpus with its index."""
    made = Shelf(tmp_path / "shelf").write()
    made.build()
    return made


@pytest.mark.parametrize("way", ["kill", "raise"])
def test_a_build_broken_off_at_any_step_leaves_the_last_generation_answering(shelf: Shelf, way: str) -> None:
    before, bytes_before = shelf.store.current(), shelf.generation_files()
    shelf.write(NEWS)
    program = [sys.executable, str(TESTS / "index" / "crash_child.py"), str(shelf.root), way]
    copies = subprocess.run(program, env=CHILD, check=True, capture_output=True, text=True, timeout=60).stdout.split()
    names = [IndexStore(Path(copy) / "index").current() for copy in copies]
    assert names.count(before) >= 15, "a build has more steps than that before it publishes"
    assert set(names) == {before, names[-1]}
    if way == "kill":
        assert names == sorted(names), "once a build has published it stays published"
    for copy in copies:
        broken = Shelf(Path(copy))
        opened = broken.open()
        assert [record.path for record in opened.documents()] == sorted(FILES)
        if opened.generation == before:
            assert broken.generation_files() == bytes_before
        if way == "raise":
            assert not list((broken.root / "index" / "generations").glob(".*"))
    for copy in copies[::3]:
        mended = Shelf(Path(copy))
        mended.build()
        assert mended.open().lexical.document_frequency("marble") == 1
        assert not list((mended.root / "index" / "generations").glob(".*"))


def test_every_single_file_is_checked_before_use(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path, real=True).write()
    shelf.build()
    folder = shelf.store.folder(shelf.store.current())
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    assert len(files) > 8
    for path in files:
        data = path.read_bytes()
        for damaged in (data[:-2], data + b"\0", bytes([data[0] ^ 1]) + data[1:], data[:-1] + bytes([data[-1] ^ 1])):
            path.write_bytes(damaged)
            with pytest.raises(IndexCorrupt, match="Run `qa index`"):
                shelf.open()
        path.unlink()
        with pytest.raises(IndexCorrupt, match="cannot be read"):
            shelf.open()
        path.write_bytes(data)
    shelf.open()


def test_damage_is_found_before_any_library_sees_the_file(shelf: Shelf) -> None:
    (vectors,) = shelf.store.folder(shelf.store.current()).rglob("vectors.npy")
    vectors.write_bytes(b"not an array")
    with pytest.raises(IndexCorrupt, match=r"vectors\.npy is not as it was built"):
        shelf.open()


@pytest.mark.parametrize(
    "content", [b"", b" \n", b"../secret", b".hidden", b"a/b", b"\xff\xfe", b"\0" * 20, b"x" * 5000]
)
def test_a_pointer_that_names_no_generation_is_damage(shelf: Shelf, content: bytes) -> None:
    (shelf.store.root / CURRENT).write_bytes(content)
    with pytest.raises(IndexCorrupt):
        shelf.open()
    assert shelf.build().published
    shelf.open()


def test_a_pointer_to_a_generation_that_is_gone_is_damage(shelf: Shelf) -> None:
    (shelf.store.root / CURRENT).write_text("000009-0123456789ab\n")
    with pytest.raises(IndexCorrupt, match="cannot be read"):
        shelf.open()


def test_a_generation_under_another_name_is_damage(shelf: Shelf) -> None:
    name = shelf.store.current()
    other = f"000009{name[6:]}"
    shelf.store.folder(name).rename(shelf.store.folder(other))
    (shelf.store.root / CURRENT).write_text(other)
    with pytest.raises(IndexCorrupt, match=f"belongs to generation {name}"):
        shelf.open()


def test_another_format_is_incompatible(shelf: Shelf) -> None:
    path = shelf.store.folder(shelf.store.current()) / "manifest.json"
    path.write_text(path.read_text().replace(f'"format": {FORMAT}', '"format": 999'))
    with pytest.raises(IndexIncompatible, match="has format 999"):
        shelf.open()
    assert shelf.build().published


def test_nothing_published_is_missing(tmp_path: Path) -> None:
    for root in (tmp_path / "nowhere", tmp_path):
        with pytest.raises(IndexMissing, match="qa index"):
            IndexStore(root).current()
    (tmp_path / "file").write_text("x")
    with pytest.raises(IndexMissing):
        IndexStore(tmp_path / "file").current()


def test_one_process_builds_at_a_time_and_a_dead_one_holds_nothing(shelf: Shelf) -> None:
    program = (
        "import sys; from pathlib import Path; from qa.index.store import IndexStore\n"
        "with IndexStore(Path(sys.argv[1])).lock():\n    print('held', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", program, str(shelf.store.root)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"held\n"
        with pytest.raises(IndexBusy, match="Another process is building"):
            shelf.build(force=True)
        shelf.open()
        other.kill()
    assert shelf.build(force=True).published


def test_a_build_may_wait_for_another_process(shelf: Shelf) -> None:
    program = (
        "import sys; from pathlib import Path; from qa.index.store import IndexStore\n"
        "with IndexStore(Path(sys.argv[1])).lock():\n    print('held', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", program, str(shelf.store.root)]
    told: list[str] = []
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=CHILD) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"held\n"

        def waited(stage: str, done: int, total: int) -> None:
            if not told:
                other.kill()  # frees the lock
            told.append(stage)

        report = shelf.builder().build(shelf.corpus, waited, BuildRequest(wait=True))
    assert (told[0], report.published) == ("waiting", False)
    told.clear()
    shelf.builder().build(shelf.corpus, waited, BuildRequest(wait=True))
    assert "waiting" not in told


def test_the_lock_is_free_after_an_error(shelf: Shelf) -> None:
    with pytest.raises(RuntimeError, match="odd"), shelf.store.lock():
        raise RuntimeError("odd")
    with shelf.store.lock():
        pass


def test_an_index_folder_that_cannot_be_written_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(IndexStoreError, match="cannot be written"), IndexStore(tmp_path / "file").lock():
        pass
    tmp_path.chmod(0o555)
    monkeypatch.chdir(tmp_path)
    store = IndexStore(Path("index"))
    with without_privileges(), pytest.raises(IndexStoreError, match="Permission denied"), store.lock():
        pass
    tmp_path.chmod(0o755)


def test_staging_is_removed_unless_published_and_clears_what_a_dead_build_left(tmp_path: Path) -> None:
    store = IndexStore(tmp_path)
    with store.staging() as staged:
        (staged / "half").write_text("x")
        assert store.generations() == []
    assert not staged.exists()
    dead = staged.with_name(".staging-1")
    dead.mkdir()
    (dead / "half").write_text("x")
    with pytest.raises(IndexCorrupt), store.lock(), store.staging():
        store.verify("neither the dead one nor this one")
    assert list((tmp_path / "generations").iterdir()) == []


def test_old_generations_are_pruned_and_the_newest_kept(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path, keep=2).write()
    names = []
    for number in range(4):
        shelf.write({"stones.txt": f"Granite number {number}."})
        names.append(shelf.build().manifest.id)
    assert shelf.store.generations() == names[-2:]
    assert [name[:6] for name in names] == ["000001", "000002", "000003", "000004"]
    assert shelf.store.prune(1) == [names[2]]
    assert shelf.store.generations() == [shelf.store.current()] == [names[3]]


def test_the_current_generation_is_never_pruned(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path, keep=5).write()
    names = [shelf.build(force=True).manifest.id for _ in range(3)]
    (shelf.store.root / CURRENT).write_text(names[0])
    assert shelf.store.prune(1) == [names[1]]
    assert shelf.store.generations() == [names[0], names[2]]


def test_what_is_open_goes_on_answering_when_its_generation_is_pruned(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path, keep=1, real=True).write()
    shelf.build()
    opened = shelf.open()
    (tmp_path / "corpus" / "stones.txt").unlink()
    shelf.build()
    assert shelf.store.generations() == [shelf.store.current()] != [opened.generation]
    (hit,) = opened.lexical.search("granite", 5)
    assert opened.passage(hit.ordinal).text.startswith("Granite is hard.")
    assert opened.nearest(shelf.encoder.encode(["Granite is hard."])[0], 1)[0].ordinal == hit.ordinal
    assert opened.vocabulary.nearest("granitte") == "granite"
