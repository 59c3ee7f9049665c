"""`qa index --ray` on real nodes: the same bytes as on one machine, also when nodes or the builder are killed."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path

import pytest

import qa
from cluster.test_spreading import files_of
from fakes import no_progress
from qa.embedding.packaged import PackagedEncoder
from qa.index.pending import FILE
from qa.index.store import IndexStore
from qa.settings import Settings
from qa.wiring import make_builder
from ray_machines import Machines, machines

pytestmark = pytest.mark.skipif(
    find_spec("ray") is None, reason="the package ray is not installed (make .venv/.extras)"
)
ROOT = Path(__file__).resolve().parents[2]
LIMITS = {"parser_cpu_seconds": 1.0}
"""Too few for the slow file: its reason must be the same on a node."""
BIRDS = ("heron", "stork", "gull", "tern", "plover", "curlew", "bittern", "egret")


@pytest.fixture(scope="module")
def head() -> Iterator[Machines]:
    """A cluster whose head alone is there, without a processor."""
    with machines() as cluster:
        yield cluster


@pytest.fixture(scope="module")
def cluster(head: Machines) -> Machines:
    """Three nodes of one processor."""
    for _ in range(3):
        head.add()
    return head


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Files of several formats, good and bad, and one that takes longer to read than it may."""
    folder = tmp_path_factory.mktemp("spread") / "corpus"
    folder.mkdir()
    for path in (ROOT / "corpus").glob("*.md"):
        (folder / path.name).write_bytes(path.read_bytes())
    for number in range(12):
        lines = (f"The {bird} of bay {number} returns in week {number + week}." for week, bird in enumerate(BIRDS * 3))
        suffix, start = (("txt", ""), ("md", "# Birds\n\n"), ("html", "<title>Birds</title><p>"))[number % 3]
        (folder / f"bay {number}.{suffix}").write_text(start + "\n\n".join(lines))
    (folder / "broken.pdf").write_bytes(b"%PDF-1.7 no more")
    (folder / "latin.txt").write_bytes(b"caf\xe9 is no UTF-8")
    (folder / "slow.md").write_text("\n\n".join(f"*Word* {number} of `many`." for number in range(60_000)))
    return folder


@pytest.fixture(scope="module")
def local(corpus: Path, packaged_encoder: PackagedEncoder) -> Settings:
    """The same, built on this machine alone."""
    settings = Settings(corpus=corpus, index=corpus.parent / "local", **LIMITS)
    make_builder(settings, packaged_encoder).build(corpus, no_progress)
    return settings


def command(settings: Settings, *more: str) -> list[str]:
    return [
        sys.executable,
        "-m",
        "qa",
        "index",
        "--corpus",
        str(settings.corpus),
        "--index",
        str(settings.index),
        *more,
    ]


def environment() -> Mapping[str, str]:
    own = {name: value for name, value in os.environ.items() if not name.startswith(("QA_", "RAY_"))}
    limits = {f"QA_{name.upper()}": str(value) for name, value in LIMITS.items()}
    return {**own, "PYTHONPATH": str(Path(qa.__file__).parents[1]), **limits}


def index(settings: Settings, *more: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    env = {**environment(), **variables}
    return subprocess.run(command(settings, *more), env=env, capture_output=True, text=True, timeout=300, check=False)


def started(settings: Settings, *more: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        command(settings, *more), env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def wait_for_vectors(settings: Settings, building: "subprocess.Popen[str]", size: int = 1) -> None:
    """Wait until a build has kept vectors."""
    kept = settings.index / FILE
    end = time.monotonic() + 200
    while not kept.exists() or kept.stat().st_size < size:
        assert building.poll() is None, building.communicate()
        assert time.monotonic() < end
        time.sleep(0.01)


def is_the_local_one(settings: Settings, local: Settings) -> None:
    """The same generation to the byte, with the same files skipped for the same reasons."""
    mine, theirs = IndexStore(settings.index), IndexStore(local.index)
    found, expected = mine.manifest(mine.current()), theirs.manifest(theirs.current())
    assert found.documents == expected.documents
    assert found.digest == expected.digest
    assert files_of(settings.index) == files_of(local.index)


def test_a_cluster_without_a_processor_is_refused(head: Machines, corpus: Path) -> None:
    ran = index(Settings(corpus=corpus, index=corpus.parent / "none"), "--ray", head.address)
    assert ran.returncode == 1
    assert ran.stderr.splitlines()[-1].startswith(f"qa: The Ray cluster at {head.address} has no processor to work on.")


def test_a_spread_build_is_the_local_one_to_the_byte(cluster: Machines, local: Settings) -> None:
    settings = local.model_copy(update={"index": local.index.with_name("spread")})

    ran = index(settings, "--ray", cluster.address)

    assert ran.returncode == 5, ran.stderr
    is_the_local_one(settings, local)
    assert "took longer than 1 seconds of computing" in ran.stderr, "the limits hold on the nodes"
    assert ran.stderr.count("skipped: ") == 3
    for stage in ("reading: ", "embedding: "):
        assert stage in ran.stderr
    again = index(settings, "--ray", "auto", RAY_ADDRESS=cluster.address)
    assert "is up to date as generation" in again.stdout


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_and_sigterm_end_a_build_in_seconds(cluster: Machines, local: Settings, number: int) -> None:
    settings = local.model_copy(update={"index": local.index.with_name(f"interrupted {number}")})
    building = started(settings, "--ray", cluster.address)
    wait_for_vectors(settings, building)
    building.send_signal(number)

    _, told = building.communicate(timeout=30)

    assert building.returncode == 1
    assert told.splitlines()[-1] == "qa: interrupted"
    assert "Traceback" not in told


def test_a_killed_builder_goes_on_where_it_was(cluster: Machines, local: Settings) -> None:
    settings = local.model_copy(update={"index": local.index.with_name("resumed")})
    building = started(settings, "--ray", cluster.address)
    wait_for_vectors(settings, building)
    building.kill()
    building.communicate()
    kept = (settings.index / FILE).stat().st_size // (32 + 4 * 384 + 4)
    assert kept > 0
    assert not IndexStore(settings.index).generations()

    ran = index(settings, "--ray", cluster.address)

    assert ran.returncode == 5, ran.stderr
    reused = int(ran.stdout.rsplit("re-used ", 1)[1].rstrip(".\n"))
    assert reused >= kept
    is_the_local_one(settings, local)


def test_a_node_killed_in_mid_build_costs_no_document(cluster: Machines, local: Settings) -> None:
    settings = local.model_copy(update={"index": local.index.with_name("killed")})
    building = started(settings, "--ray", cluster.address)
    time.sleep(4)  # files are being read, or soon will be
    cluster.kill("node 1")
    wait_for_vectors(settings, building)
    cluster.kill("node 2")

    out, told = building.communicate(timeout=300)

    assert building.returncode == 5, told
    assert "published generation" in out
    is_the_local_one(settings, local)


def test_a_node_with_another_version_is_refused(cluster: Machines, local: Settings, tmp_path: Path) -> None:
    source = Path(qa.__file__).parent
    other = tmp_path / "qa"
    other.mkdir()
    for entry in source.iterdir():
        (other / entry.name).symlink_to(entry)
    (other / "__init__.py").unlink()
    text = (source / "__init__.py").read_text()
    (other / "__init__.py").write_text(text.replace(f'__version__ = "{qa.__version__}"', '__version__ = "0.0.1"'))
    cluster.add({"PYTHONPATH": str(tmp_path)})

    ran = index(local.model_copy(update={"index": tmp_path / "index"}), "--ray", cluster.address)

    assert ran.returncode == 1, ran.stderr
    last = ran.stderr.splitlines()[-1]
    assert f"has Quoth 0.0.1 instead of {qa.__version__}" in last
    assert "Install the same on every node" in last


def test_an_address_where_nothing_answers_is_told_within_seconds(corpus: Path) -> None:
    settings = Settings(corpus=corpus, index=corpus.parent / "none")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # so that nobody else listens there
        port = taken.getsockname()[1]
        ran = index(settings, "--ray", f"127.0.0.1:{port}")
    assert ran.returncode == 1
    assert ran.stderr.startswith(f"qa: Nothing answers at 127.0.0.1:{port} (")
    assert index(settings, "--ray", "here").returncode == 2


def test_a_service_that_is_no_ray_is_told_as_well(corpus: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        started_at = time.monotonic()
        address = f"127.0.0.1:{silent.getsockname()[1]}"
        ran = index(Settings(corpus=corpus, index=corpus.parent / "none"), "--ray", address)
    assert ran.returncode == 1
    assert ran.stderr.splitlines()[-1].startswith(f"qa: There is no Ray cluster to use at {address}")
    assert time.monotonic() - started_at < 90
