"""The connection to a cluster: addresses that are none, what Ray is asked for, what is lost, and how waiting ends."""

import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from commands import Qa
from fake_ray import BUSY, FakeRay, RayError, RayTaskError
from fakes import FakeEncoder
from library import Library
from qa import __file__ as package
from qa.cli import ERROR
from qa.cluster import node
from qa.cluster.errands import ENCODE, PARSE, Errand
from qa.cluster.ray_nodes import (
    DESERTED_SECONDS,
    LOOK_SECONDS,
    RETRIES,
    VARIABLES,
    RayNodes,
    ray_nodes,
)
from qa.cluster.spreading import Sender
from qa.errors import BackendUnavailable, ConfigError, ModelUnavailable

TESTS = Path(__file__).resolve().parents[1]
INDEX = "import sys, qa.cli\nqa.cli.main(['index'])\nprint(*(name for name in sys.modules if name.startswith(NAMES)))"


@pytest.mark.parametrize(
    "address", ["here", "", ":6379", "host:", "host:port", "ray://host:10001", "host:6379/1", "host:²"]
)
def test_what_is_no_address_is_wrong_usage(address: str) -> None:
    with pytest.raises(ConfigError, match="is no address of a Ray cluster"), ray_nodes(address):
        pass


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "host.invalid", "no..name", "n" * 64])
def test_nothing_there_is_told_at_once(host: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # so that nobody else listens there
        address = f"{host}:{taken.getsockname()[1]}"
        with pytest.raises(BackendUnavailable, match=re.escape(f"Nothing answers at {address} (")), ray_nodes(address):
            pass


def test_nothing_is_at_a_port_that_is_none() -> None:
    with pytest.raises(BackendUnavailable, match="Nothing answers"), ray_nodes("127.0.0.1:65536"):
        pass


def test_without_ray_the_remedy_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)  # as if it were not installed
    for name in VARIABLES:
        monkeypatch.setenv(name, os.environ.get(name, "0"))
    with pytest.raises(ModelUnavailable, match=r"pip install 'quoth\[ray\]'"), ray_nodes("auto"):
        pass


@contextmanager
def listening() -> Iterator[str]:
    """An address where something listens, though it says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as head:
        yield f"127.0.0.1:{head.getsockname()[1]}"


@pytest.fixture
def ray(monkeypatch: pytest.MonkeyPatch) -> FakeRay:
    """What is imported as Ray; the environment is as before afterwards."""
    fake = FakeRay()
    monkeypatch.setitem(sys.modules, "ray", fake)
    for name in VARIABLES:
        monkeypatch.setenv(name, "before")
        monkeypatch.delenv(name)
    return fake


def test_a_connection_is_quiet_and_ends_with_the_build(ray: FakeRay) -> None:
    with listening() as address:
        with ray_nodes(address) as nodes:
            assert ray.connected == {"address": address, "log_to_driver": False, "logging_level": "critical"}
            assert nodes.processors == 2
        assert not ray.connected
        with pytest.raises(RuntimeError, match="the build fails"), ray_nodes(address):
            raise RuntimeError("the build fails")
        assert not ray.connected


def test_a_cluster_without_a_processor_is_refused_and_left(ray: FakeRay, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ray, "_processors", 0.0)
    with listening() as address:
        remedy = re.escape(f"ray start --address {address}`")
        with pytest.raises(BackendUnavailable, match=f"no processor to work on.*{remedy}"), ray_nodes(address):
            pass
    assert not ray.connected
    with pytest.raises(BackendUnavailable, match="ray start --address HOST:PORT`"), ray_nodes("auto"):
        pass


@pytest.mark.parametrize("error", [ConnectionError, RuntimeError, ValueError, TimeoutError, RayError, Exception])
def test_whatever_ray_says_to_a_connection_is_told(
    ray: FakeRay, monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    def refuse(**_: object) -> None:
        raise error("Not today.\nAnd more.")

    monkeypatch.setattr(ray, "init", refuse)
    with listening() as address, pytest.raises(BackendUnavailable) as caught, ray_nodes(address):
        pass
    assert caught.value.message == f"There is no Ray cluster to use at {address} (Not today)."
    assert f"ray start --num-cpus=0 --address {address}`" in caught.value.remedy
    with pytest.raises(BackendUnavailable, match=r"ray start --num-cpus=0 --address HOST:PORT`"), ray_nodes("auto"):
        pass


def test_ray_is_told_to_be_silent_but_what_is_set_already_stays(ray: FakeRay, monkeypatch: pytest.MonkeyPatch) -> None:
    name, *others = VARIABLES
    monkeypatch.setenv(name, "1")
    with ray_nodes("auto"):
        assert os.environ[name] == "1"
        assert {other: os.environ[other] for other in others} == {other: VARIABLES[other] for other in others}
    monkeypatch.delenv(name)
    with ray_nodes("auto"):
        assert os.environ[name] == VARIABLES[name]
    assert VARIABLES["RAY_USAGE_STATS_ENABLED"] == "0"


def test_an_errand_takes_one_processor_anywhere_and_is_done_again_when_that_is_lost(ray: FakeRay) -> None:
    RayNodes(ray)
    assert ray.options == {"num_cpus": 1, "max_retries": RETRIES, "scheduling_strategy": "SPREAD"}


def test_nothing_of_it_is_loaded_unless_asked_for(tmp_path: Path) -> None:
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus" / "pier.txt").write_text("The pier opened in 1902.")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("QA_")}
    done = subprocess.run(
        [sys.executable, "-c", INDEX.replace("NAMES", "('ray', 'qa.cluster', 'qa.index.build')")],
        env={**environment, "PYTHONPATH": str(Path(package).parents[1])},
        cwd=tmp_path,
        check=True,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.stdout.splitlines()[-1] == "qa.index.build"


class Scripted(FakeRay):
    """Gives outcomes or none and has processors or none, as the time is on its clock."""

    def __init__(self, busy: Callable[[float], bool], inhabited: Callable[[float], bool]) -> None:
        super().__init__()
        self.now, self.looks, self._busy, self._inhabited = 0.0, 0, busy, inhabited

    def cluster_resources(self) -> dict[str, float]:
        """What there is now."""
        self.looks += 1
        return {"CPU": 1.0} if self._inhabited(self.now) else {}

    def get(self, reference: Any, timeout: float) -> Any:
        """An outcome, or time passes."""
        if self._busy(self.now):
            assert self.now < 1000, "nobody gives up"
            self.now += timeout
            raise self.exceptions.GetTimeoutError
        return ("done",)


ERRAND = Errand(PARSE, {}, {}, {}, b"")


def test_a_cluster_that_is_deserted_twice_for_a_moment_is_not_given_up() -> None:
    """In between there were quick outcomes, so that nobody had to look whether there are nodes."""
    ray = Scripted(busy=lambda now: now < 10 or 500 <= now < 520, inhabited=lambda now: 10 < now < 500)
    nodes = RayNodes(ray, clock=lambda: ray.now)
    assert nodes.perform(ERRAND).value == "done"
    ray.now = 500.0
    assert nodes.perform(ERRAND).value == "done"


def test_nor_is_one_that_was_inhabited_in_between() -> None:
    ray = Scripted(busy=lambda now: now < 300, inhabited=lambda now: 100 <= now < 200)
    assert RayNodes(ray, clock=lambda: ray.now).perform(ERRAND).value == "done"
    assert ray.looks == 300 / LOOK_SECONDS


def test_a_cluster_that_stays_deserted_is_given_up() -> None:
    ray = Scripted(busy=lambda _: True, inhabited=lambda _: False)
    with pytest.raises(BackendUnavailable, match="no processor left"):
        RayNodes(ray, clock=lambda: ray.now).perform(ERRAND)
    assert DESERTED_SECONDS <= ray.now <= DESERTED_SECONDS + 3 * LOOK_SECONDS


def test_an_outcome_that_comes_just_as_another_thread_looks_does_no_harm() -> None:
    """The other thread reads the clock to know how long the cluster has been deserted, which is forgotten just then."""
    ray = Scripted(busy=lambda now: now < 20, inhabited=lambda _: False)

    def clock() -> float:
        if ray.looks == 2:  # the second time that there is nobody
            nodes._deserted = None  # what an outcome does
        return ray.now

    nodes = RayNodes(ray, clock=clock)
    assert nodes.perform(ERRAND).value == "done"


@pytest.mark.parametrize("when", ["sent", "fetched"])
@pytest.mark.parametrize(
    ("error", "message", "remedy"),
    [
        (RayTaskError(KeyError("depth")), "A node of the Ray cluster cannot do its part ('depth').", "same version"),
        (RayTaskError(), "A node of the Ray cluster cannot do its part (a long report).", "same version"),
        (RayError("Full.\nAlas."), "The Ray cluster lost a part of the work for good (Full).", "Run `qa index` again"),
    ],
)
def test_what_ray_gives_up_is_told(
    monkeypatch: pytest.MonkeyPatch, when: str, error: Exception, message: str, remedy: str
) -> None:
    class Lossy(FakeRay):
        def get(self, reference: Any, timeout: float) -> Any:
            """Nothing."""
            raise error

    class Full:
        def remote(self, *_: object) -> None:
            """No room for it."""
            raise error

    ray = Lossy()
    if when == "sent":
        monkeypatch.setattr(ray, "remote", lambda **_: lambda _: Full())
    with pytest.raises(BackendUnavailable) as caught:
        RayNodes(ray).perform(ERRAND)
    assert caught.value.message == message
    assert remedy in caught.value.remedy


def test_what_ends_the_build_is_told_to_all_who_wait_at_once() -> None:
    """Else one errand that waits for a processor for hours would keep back why the build has failed long ago."""
    waits = threading.Event()

    class Held(FakeRay):
        def get(self, reference: Any, timeout: float) -> Any:
            """Files never have a processor; texts come to a node that is not like the sender."""
            if reference[1][0] == PARSE:
                waits.set()
                raise self.exceptions.GetTimeoutError
            return super().get(reference, timeout)

    nodes = RayNodes(Held())
    sender, told = Sender(nodes, {}, {}), []

    def wait() -> None:
        with pytest.raises(BackendUnavailable) as caught:
            sender.send(PARSE, {}, b"")
        told.append(str(caught.value))

    waiting = threading.Thread(target=wait, daemon=True)
    waiting.start()
    assert waits.wait(60)
    with pytest.raises(BackendUnavailable, match=r"The node .* of the cluster has Quoth") as caught:
        sender.send(ENCODE, {}, b"")
    waiting.join(60)

    assert told == [str(caught.value)]
    nodes.stop()  # as at the end of a build
    with pytest.raises(BackendUnavailable, match=re.escape(str(caught.value))):
        nodes.perform(ERRAND)


def test_a_build_by_the_command_line_shows_its_progress_and_does_as_asked(
    qa: Qa, library: Library, ray: FakeRay, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(node, "make_encoder", lambda settings: FakeEncoder())
    monkeypatch.setenv("QA_PARSER_FILES", "1")  # as in no other test, for which a node would keep its encoder
    with listening() as address:
        ran = qa("index", "--ray", address)
        assert "published generation" in ran.out
        for stage in ("reading: 100%", "embedding: 100%"):
            assert stage in ran.err
        assert "is up to date as" in qa("index", "--ray", address).out
        assert "published generation" in qa("index", "--ray", address, "--force").out
        assert (library.store.current()[:6], bool(ray.options)) == ("000002", True)


@pytest.mark.parametrize(
    ("kind", "number"), [(PARSE, signal.SIGINT), (ENCODE, signal.SIGINT), (ENCODE, signal.SIGTERM)]
)
def test_ctrl_c_and_sigterm_end_a_spread_build_soon(tmp_path: Path, kind: str, number: int) -> None:
    """Also while nodes are busy with errands that do not come to an end; it says what any command says."""
    (tmp_path / "corpus").mkdir()
    for name in range(3):
        (tmp_path / "corpus" / f"pier {name}.txt").write_text(f"Pier {name} opened in 1902.")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("QA_")}
    with listening() as address:
        build = subprocess.Popen(
            [sys.executable, TESTS / "fake_ray.py", kind, "index", "--ray", address],
            env={**environment, "PYTHONPATH": str(Path(package).parents[1])},
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            assert build.stdout is not None
            assert build.stdout.readline().strip() == BUSY
            build.send_signal(number)
            _, errors = build.communicate(timeout=20)
        finally:
            build.kill()
            build.wait()
    assert build.returncode == ERROR, errors
    assert errors.splitlines()[-1] == "qa: interrupted"
    assert "Traceback" not in errors


@pytest.fixture
def ways() -> Iterator[dict[int, Any]]:
    """What is done at the signals that end a build, before one; it is so again after the test."""
    before: dict[int, Any] = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield before
    for number, way in before.items():
        signal.signal(number, way)


@pytest.mark.usefixtures("ray")
def test_the_ways_of_signals_are_put_back(ways: dict[int, Any]) -> None:
    with ray_nodes("auto") as nodes:
        for number, way in ways.items():
            assert signal.getsignal(number) is not way
    assert {number: signal.getsignal(number) for number in ways} == ways
    with pytest.raises(BackendUnavailable, match=r"broken off\. Run `qa index` again"):
        nodes.perform(ERRAND)


@pytest.mark.usefixtures("ray", "ways")
def test_a_signal_that_is_ignored_remains_so() -> None:
    """As in what a shell has started in the background."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with ray_nodes("auto"):
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
        assert signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL


@pytest.mark.usefixtures("ray")
def test_another_thread_can_connect_and_leaves_signals_alone(ways: dict[int, Any]) -> None:
    found = []

    def connect() -> None:
        with ray_nodes("auto"):
            found.append({number: signal.getsignal(number) for number in ways})

    thread = threading.Thread(target=connect)
    thread.start()
    thread.join()
    assert found == [ways]
