"""The doctor: each fault is seeded for real, just that check is not well, and its remedy is the right one."""

import fcntl
import json
import os
import shutil
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from commands import Qa
from fakes import FakeEncoder, no_progress
from library import FILES, WEB, Library
from qa.depot.place import Depot
from qa.depot.pushing import push
from qa.doctor.examine import CHECKS, examine
from qa.doctor.findings import Finding, Patient, State
from qa.embedding.sentence_transformer import SentenceTransformerEncoder
from qa.index import manifest as manifests
from qa.local_models import SUMS_FILE
from qa.wiring import make_builder, packaged_reader
from shelf import make_deep, public_folder, without_privileges

TOKEN = "doctor" * 6


@dataclass
class Case:
    """A healthy set-up that a fault is put into: settings may be changed, and what else is looked at."""

    library: Library
    changes: dict[str, Any]

    @property
    def corpus(self) -> Path:
        return self.library.settings.corpus

    @property
    def index(self) -> Path:
        return self.library.settings.index

    @property
    def generation(self) -> Path:
        return self.library.store.folder(self.library.store.current())

    def patient(self) -> Patient:
        settings = self.library.settings.model_copy(update={"port": 0, **self.changes.pop("settings", {})})
        encoder = self.changes.get("encoder", self.library.encoder)
        parts = {
            "settings": settings, "encoder": encoder, "builder": lambda: make_builder(settings, encoder),
            "web": lambda: WEB, "reader_weights": packaged_reader(),
        }  # fmt: skip
        return Patient(**{**parts, **self.changes})

    def ill(self) -> list[Finding]:
        """What is not well; what could not be looked at because of that is left out."""
        return [finding for finding in examine(self.patient()) if finding.state not in {State.OK, State.SKIPPED}]


@pytest.fixture
def case(built: Library) -> Case:
    return Case(built, {})


def no_corpus(case: Case) -> None:
    shutil.rmtree(case.corpus)


def empty_corpus(case: Case) -> None:
    shutil.rmtree(case.corpus)
    case.corpus.mkdir()


def linked_corpus(case: Case) -> None:
    case.corpus.rename(case.corpus.with_name("elsewhere"))
    case.corpus.symlink_to(case.corpus.with_name("elsewhere"))


def index_in_corpus(case: Case) -> None:
    inside = case.corpus / "index"
    shutil.move(case.index, inside)
    case.changes["settings"] = {"index": inside}


def corpus_in_index(case: Case) -> None:
    inside = case.index / "documents"
    shutil.move(case.corpus, inside)
    case.changes["settings"] = {"corpus": inside}


def index_is_a_file(case: Case) -> None:
    shutil.rmtree(case.index)
    case.index.write_text("")


def no_index(case: Case) -> None:
    shutil.rmtree(case.index)


def missing_generation(case: Case) -> None:
    case.generation.rename(case.index / "taken-away")


def damaged_pointer(case: Case) -> None:
    (case.index / "CURRENT").write_text("nonsense")


def damaged_manifest(case: Case) -> None:
    (case.generation / manifests.FILE).write_text("{")


def other_format(case: Case) -> None:
    path = case.generation / manifests.FILE
    path.write_text(json.dumps({**json.loads(path.read_text()), "format": 1}))


def damaged_file(case: Case) -> None:
    case.library.spoil()


def missing_file(case: Case) -> None:
    next(path for path in case.generation.rglob("words.txt")).unlink()


def other_encoder(case: Case) -> None:
    case.changes["encoder"] = FakeEncoder("other@2")


def changed_document(case: Case) -> None:
    case.library.write("harbour.md", "# Harbour\n\nIt is closed.")


def new_document(case: Case) -> None:
    case.library.write("new.md", "News.")


def other_sizes(case: Case) -> None:
    case.changes["settings"] = {"passage_tokens": 64}


def damaged_stamps(case: Case) -> None:
    (case.index / "stamps.json").write_text("[")


def staging_folder(case: Case) -> None:
    (case.index / "generations" / ".staging-1").mkdir()


def half_embedded(case: Case) -> None:
    (case.index / "embedded.part").write_bytes(b"half")


def damaged_generation(case: Case) -> None:
    (case.index / "damaged").mkdir()


def fast_clock(case: Case) -> None:
    builder = make_builder(case.library.settings, case.library.encoder)
    case.library.write("later.txt", "Later.")
    late = replace(builder, clock=lambda: datetime(2099, 1, 1, tzinfo=UTC))
    late.build(case.corpus, no_progress)


def unknown_encoder(case: Case) -> None:
    case.changes["encoder"] = SentenceTransformerEncoder("nobody/has-this-model")


def unknown_reader(case: Case) -> None:
    case.changes["settings"] = {"reader": "nobody/has-this-model"}


def torn_reader(case: Case) -> None:
    folder = case.index.with_name("reader")
    shutil.copytree(packaged_reader(), folder)
    os.truncate(folder / "model.onnx", 1_000_000)
    case.changes["settings"] = {"reader": str(folder)}


def flipped_bit(case: Case) -> None:
    folder = case.index.with_name("reader")
    shutil.copytree(packaged_reader(), folder)
    data = bytearray((folder / "model.onnx").read_bytes())
    data[len(data) // 2] ^= 1
    (folder / "model.onnx").write_bytes(data)
    case.changes.update(settings={"reader": "packaged"}, reader_weights=folder)


def lost_weights(case: Case) -> None:
    folder = case.index.with_name("reader")
    shutil.copytree(packaged_reader(), folder)
    (folder / SUMS_FILE).unlink()
    case.changes.update(settings={"reader": "packaged"}, reader_weights=folder)


def open_host(case: Case) -> None:
    case.changes["settings"] = {"host": "0.0.0.0", "read_token": TOKEN}


def strange_host(case: Case) -> None:
    case.changes["settings"] = {"host": "192.0.2.1", "read_token": TOKEN}


def unguarded(case: Case) -> None:
    case.changes["settings"] = {"host": "0.0.0.0", "allowed_hosts": "quoth.example"}


def behind_a_proxy(case: Case) -> None:
    case.changes["settings"] = {"allowed_hosts": "quoth.example"}


def weak_token(case: Case) -> None:
    case.changes["settings"] = {"read_token": "guessme"}


def few_watches(case: Case) -> None:
    limit = case.index.with_name("proc") / "sys" / "fs" / "inotify" / "max_user_watches"
    limit.parent.mkdir(parents=True)
    limit.write_text("1\n")
    case.changes["proc"] = case.index.with_name("proc")


def full_disk(case: Case) -> None:
    """An index that has no room a second time, whatever the disk: a file without content, twice as long as is free."""
    free = shutil.disk_usage(case.index).free
    with (case.index / "long").open("wb") as file:
        file.truncate(min(2 * free, 8 << 40))


def no_page(case: Case) -> None:
    case.changes["web"] = lambda: case.index


Fault = Callable[[Case], None]
FAULTS: list[tuple[Fault, str, State, str]] = [
    (no_corpus, "corpus", State.FAIL, "--corpus"),
    (empty_corpus, "corpus", State.FAIL, "Put some in"),
    (linked_corpus, "corpus link", State.WARN, "Name the folder itself"),
    (index_in_corpus, "folders apart", State.WARN, "--index"),
    (corpus_in_index, "folders apart", State.FAIL, "--index"),
    (missing_generation, "index", State.FAIL, "qa index"),
    (no_index, "index", State.FAIL, "qa index"),
    (damaged_pointer, "index", State.FAIL, "qa index"),
    (damaged_manifest, "index", State.FAIL, "qa index"),
    (other_format, "index format", State.FAIL, "qa index"),
    (damaged_file, "index files", State.FAIL, "qa index"),
    (missing_file, "index files", State.FAIL, "qa index"),
    (other_encoder, "index encoder", State.FAIL, "QA_ENCODER"),
    (changed_document, "index fresh", State.WARN, "qa index"),
    (new_document, "index fresh", State.WARN, "qa index"),
    (other_sizes, "index fresh", State.WARN, "anew"),
    (damaged_stamps, "stamps", State.WARN, "qa index"),
    (staging_folder, "leftovers", State.WARN, "qa index"),
    (half_embedded, "leftovers", State.WARN, "qa index"),
    (damaged_generation, "leftovers", State.WARN, "Look for the cause"),
    (fast_clock, "clock", State.WARN, "Set the clock"),
    (unknown_encoder, "encoder", State.FAIL, "QA_ENCODER"),
    (unknown_reader, "reader", State.FAIL, "QA_READER"),
    (torn_reader, "reader", State.FAIL, "QA_READER"),
    (flipped_bit, "reader", State.FAIL, "Reinstall"),
    (lost_weights, "reader", State.FAIL, "Reinstall"),
    (open_host, "hosts", State.FAIL, "allowed_hosts"),
    (unguarded, "access", State.FAIL, "QA_READ_TOKEN"),
    (behind_a_proxy, "access", State.WARN, "Set a token"),
    (weak_token, "access", State.FAIL, "openssl"),
    (strange_host, "address", State.WARN, "--port"),
    (few_watches, "watches", State.WARN, "max_user_watches"),
    (full_disk, "disk", State.FAIL, "--prune"),
    (no_page, "page", State.FAIL, "Reinstall"),
]


def test_in_a_healthy_set_up_all_is_well(case: Case) -> None:
    found = list(examine(case.patient()))

    assert [finding for finding in found if finding.state is not State.OK] == []
    assert [finding.name for finding in found] == [check.name for check in CHECKS]
    assert all(finding.remedy == "" for finding in found)


@pytest.mark.parametrize(("fault", "name", "state", "remedy"), FAULTS, ids=[case[0].__name__ for case in FAULTS])
def test_just_that_check_finds_the_fault(case: Case, fault: Fault, name: str, state: State, remedy: str) -> None:
    fault(case)

    ill = case.ill()

    assert [(finding.name, finding.state) for finding in ill] == [(name, state)], ill
    assert remedy in ill[0].remedy
    assert ill[0].words.endswith(".")


def test_a_replica_needs_no_documents_and_is_compared_with_its_depot(case: Case, tmp_path: Path) -> None:
    depot = str(tmp_path / "depot")
    push(case.library.store, Depot(depot), no_progress, keep=1)
    shutil.rmtree(case.corpus)

    def found() -> list[tuple[str, State, str]]:
        case.changes["settings"] = {"follow": depot}
        return [(finding.name, finding.state, finding.remedy) for finding in case.ill()]

    assert found() == []
    (tmp_path / "depot" / "CURRENT").write_text("000009-0123456789ab")
    assert [(name, state, "qa pull" in remedy) for name, state, remedy in found()] == [
        ("index fresh", State.WARN, True)
    ]
    (tmp_path / "depot" / "CURRENT").unlink()
    assert [(name, state, "qa push" in remedy) for name, state, remedy in found()] == [
        ("index fresh", State.WARN, True)
    ]


AT_A_REPLICA: list[tuple[Fault, str]] = [
    (no_index, "qa pull"),
    (damaged_pointer, "qa pull"),
    (missing_generation, "qa pull"),
    (damaged_manifest, "qa pull"),
    (damaged_file, "qa pull"),
    (damaged_stamps, "qa pull"),
    (half_embedded, "qa pull"),
    (other_format, "the same version"),
    (other_encoder, "the same encoder"),
]


@pytest.mark.parametrize(("fault", "remedy"), AT_A_REPLICA, ids=[case[0].__name__ for case in AT_A_REPLICA])
def test_where_a_depot_is_followed_no_remedy_builds(case: Case, tmp_path: Path, fault: Fault, remedy: str) -> None:
    push(case.library.store, Depot(str(tmp_path / "depot")), no_progress, keep=1)
    fault(case)
    case.changes["settings"] = {"follow": str(tmp_path / "depot")}

    (ill,) = case.ill()

    assert remedy in ill.remedy
    assert "qa index" not in ill.remedy


@pytest.mark.parametrize(
    ("fault", "remedy"),
    [(fast_clock, "Set the clock."), (full_disk, "Make room, or remove older generations: `qa index --prune`.")],
)
def test_what_no_pull_mends_has_its_own_remedy_at_a_replica(
    case: Case, tmp_path: Path, fault: Fault, remedy: str
) -> None:
    fault(case)
    push(case.library.store, Depot(str(tmp_path / "depot")), no_progress, keep=1)
    case.changes["settings"] = {"follow": str(tmp_path / "depot")}
    (ill,) = case.ill()
    assert ill.remedy == remedy


def test_folders_too_deep_to_be_named_do_not_stop_it(case: Case) -> None:
    make_deep(case.corpus)

    assert [finding.name for finding in examine(case.patient())] == [check.name for check in CHECKS]
    assert [finding.name for finding in case.ill()] == ["index fresh"]


def test_the_doctor_changes_nothing(case: Case) -> None:
    def state() -> list[tuple[str, int]]:
        return sorted((str(path), path.stat().st_mtime_ns) for path in case.index.parent.rglob("*"))

    before = state()
    assert case.ill() == []
    assert state() == before


def test_a_port_that_is_used_is_found(case: Case) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        case.changes["settings"] = {"port": taken.getsockname()[1]}
        (finding,) = case.ill()

    assert (finding.name, finding.state) == ("address", State.WARN)
    assert "--port" in finding.remedy


def test_a_running_build_is_found_with_its_process(case: Case) -> None:
    with (case.index / ".lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        (finding,) = case.ill()

    assert (finding.name, finding.state) == ("lock", State.WARN)
    assert str(os.getpid()) in finding.words
    assert "Wait" in finding.remedy


def test_a_package_of_another_version_is_found(case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    older = tmp_path / "site" / "tqdm-1.0.dist-info"
    older.mkdir(parents=True)
    (older / "METADATA").write_text("Metadata-Version: 2.1\nName: tqdm\nVersion: 1.0\n")
    monkeypatch.syspath_prepend(older.parent)

    (finding,) = case.ill()

    assert (finding.name, finding.state) == ("packages", State.FAIL)
    assert "tqdm 1.0 (needed: " in finding.words
    assert "reinstall" in finding.remedy


@contextmanager
def closed_to_us(path: Path) -> Iterator[None]:
    mode = path.stat().st_mode
    path.chmod(0)
    try:
        with without_privileges():
            yield
    finally:
        path.chmod(mode)


@pytest.mark.parametrize(
    ("closed", "names"),
    [
        ("corpus", {("corpus", State.FAIL)}),
        ("corpus/harbour.md", {("corpus", State.WARN)}),
        ("index/generations", {("index folder", State.FAIL), ("index", State.FAIL)}),
    ],
)
def test_what_may_not_be_read_or_written_is_found(closed: str, names: set[tuple[str, State]]) -> None:
    with public_folder() as folder:
        library = Library.at(folder / "library", FILES)
        library.build()
        shutil.copytree(WEB, folder / "web")
        for path in folder.rglob("*"):
            path.chmod(0o777 if path.is_dir() else 0o666)
        with closed_to_us(folder / "library" / closed):
            ill = Case(library, {"web": lambda: folder / "web"}).ill()

    assert {(finding.name, finding.state) for finding in ill} == names
    assert all("permission" in finding.remedy or "qa index" in finding.remedy for finding in ill)


def test_what_cannot_even_be_looked_at_is_a_finding() -> None:
    with public_folder() as folder:
        library = Library.at(folder / "library", FILES)
        library.build()
        for path in folder.rglob("*"):
            path.chmod(0o777 if path.is_dir() else 0o666)
        (folder / "web" / "templates").mkdir(parents=True)
        builder = make_builder(library.settings, library.encoder)  # as packages may lie where only their owner can look
        with closed_to_us(folder / "web"):
            (finding,) = Case(library, {"web": lambda: folder / "web", "builder": lambda: builder}).ill()

    assert (finding.name, finding.state) == ("page", State.FAIL)
    assert "Permission denied" in finding.words
    assert "Give the permission" in finding.remedy


def test_an_index_folder_that_cannot_be_made_is_found(case: Case) -> None:
    index_is_a_file(case)
    found = {finding.name: finding for finding in case.ill()}

    assert found.keys() == {"index folder", "index"}
    assert "--index" in found["index folder"].remedy


def test_the_command_tells_by_its_exit_code(qa: Qa, library: Library) -> None:
    assert qa("index", "--allow-skipped").code == 0
    ran = qa("doctor", "--port", "0")
    assert (ran.code, ran.out.splitlines()[-1]) == (0, "All is well.")
    assert len([line for line in ran.out.splitlines() if line.startswith("ok")]) == len(CHECKS)

    library.write("new.txt", "News.")
    ran = qa("doctor", "--port", "0")
    assert (ran.code, ran.out.splitlines()[-1]) == (0, "0 failed, 1 worth knowing.")

    shutil.rmtree(library.settings.corpus)
    ran = qa("doctor", "--port", "0")
    assert ran.code == 1
    assert "FAIL  corpus " in ran.out
    assert "→ Create it and put documents in it" in ran.out

    found = json.loads(qa("doctor", "--port", "0", "--json").out)
    assert [finding["name"] for finding in found if finding["state"] == "fail"] == ["corpus"]


@pytest.mark.parametrize(
    ("toml", "words"), [("no_such = 1", "no setting 'no_such'"), ("top_k = 0", "'top_k'"), ("= =", "not valid TOML")]
)
def test_settings_that_cannot_be_used_are_a_finding(qa: Qa, library: Library, toml: str, words: str) -> None:
    Path("quoth.toml").write_text(toml)

    ran = qa("doctor", "--json")

    assert ran.code == 1
    (finding,) = json.loads(ran.out)
    assert (finding["name"], finding["state"]) == ("settings", "fail")
    assert words in finding["words"]
    assert finding["remedy"]
    assert qa("doctor").out.startswith("FAIL  settings")
