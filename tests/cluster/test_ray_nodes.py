"""What is said before there is a cluster: no address, nothing there, no Ray; and what is loaded without `--ray`."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import qa
from fake_ray import BUSY, FakeRay
from qa.cli import ERROR
from qa.cluster.errands import ENCODE, PARSE, Errand
from qa.cluster.ray_nodes import DESERTED_SECONDS, LOOK_SECONDS, VARIABLES, RayNodes, ray_nodes
from qa.errors import BackendUnavailable, ConfigError, ModelUnavailable

TESTS = Path(__file__).resolve().parents[1]
INDEX = "import sys, qa.cli\nqa.cli.main(['index'])\nprint(*(name for name in sys.modules if name.startswith(NAMES)))"


@pytest.mark.parametrize("address", ["here", "", ":6379", "host:", "host:port", "ray://host:10001", "host:6379/1"])
def test_what_is_no_address_is_wrong_usage(address: str) -> None:
    with pytest.raises(ConfigError, match="is no address of a Ray cluster"), ray_nodes(address):
        pass


@pytest.mark.parametrize("host", ["127.0.0.1", "host.invalid"])
def test_nothing_there_is_told_at_once(host: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with pytest.raises(BackendUnavailable, match=f"Nothing answers at {host}:{port}"), ray_nodes(f"{host}:{port}"):
        pass


def test_without_ray_the_remedy_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)  # as if it were not installed
    for name in VARIABLES:
        monkeypatch.setenv(name, os.environ.get(name, "0"))
    with pytest.raises(ModelUnavailable, match=r"pip install 'quoth\[ray\]'"), ray_nodes("auto"):
        pass


def test_nothing_of_it_is_loaded_unless_asked_for(tmp_path: Path) -> None:
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus" / "pier.txt").write_text("The pier opened in 1902.")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("QA_")}
    done = subprocess.run(
        [sys.executable, "-c", INDEX.replace("NAMES", "('ray', 'qa.cluster', 'qa.index.build')")],
        env={**environment, "PYTHONPATH": str(Path(qa.__file__).parents[1])},
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
        self.now, self._busy, self._inhabited = 0.0, busy, inhabited

    def cluster_resources(self) -> dict[str, float]:
        """What there is now."""
        return {"CPU": 1.0} if self._inhabited(self.now) else {}

    def get(self, reference: Any, timeout: float) -> Any:
        """An outcome, or time passes."""
        if self._busy(self.now):
            self.now += timeout
            raise self.exceptions.GetTimeoutError
        return ("done",)


ERRAND = Errand(PARSE, {}, {}, {}, b"")


def test_a_cluster_that_is_deserted_twice_for_a_moment_is_not_given_up() -> None:
    """In between there were quick outcomes, so that nobody had to look whether there are nodes."""
    ray = Scripted(busy=lambda now: now < 10 or 500 <= now < 520, inhabited=lambda now: 10 <= now < 500)
    nodes = RayNodes(ray, clock=lambda: ray.now)
    assert nodes.perform(ERRAND).value == "done"
    ray.now = 500.0
    assert nodes.perform(ERRAND).value == "done"


def test_a_cluster_that_stays_deserted_is_given_up() -> None:
    ray = Scripted(busy=lambda _: True, inhabited=lambda _: False)
    with pytest.raises(BackendUnavailable, match="no processor left"):
        RayNodes(ray, clock=lambda: ray.now).perform(ERRAND)
    assert DESERTED_SECONDS <= ray.now <= DESERTED_SECONDS + 3 * LOOK_SECONDS


def test_ctrl_c_ends_a_spread_build_soon(tmp_path: Path) -> None:
    """Also while nodes are busy with errands that do not come to an end; it says what any command says."""
    (tmp_path / "corpus").mkdir()
    for number in range(3):
        (tmp_path / "corpus" / f"pier {number}.txt").write_text(f"Pier {number} opened in 1902.")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("QA_")}
    for kind in (PARSE, ENCODE):
        with socket.create_server(("127.0.0.1", 0)) as head:
            build = subprocess.Popen(
                [sys.executable, TESTS / "fake_ray.py", kind, "index", "--ray", f"127.0.0.1:{head.getsockname()[1]}"],
                env={**environment, "PYTHONPATH": str(Path(qa.__file__).parents[1])},
                cwd=tmp_path,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            try:
                assert build.stdout is not None
                assert build.stdout.readline().strip() == BUSY
                build.send_signal(signal.SIGINT)
                _, errors = build.communicate(timeout=20)
            finally:
                build.kill()
                build.wait()
        assert build.returncode == ERROR, errors
        assert errors.splitlines()[-1] == "qa: interrupted"
        assert "Traceback" not in errors


def test_the_way_of_ctrl_c_is_put_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", FakeRay())
    before = signal.getsignal(signal.SIGINT)
    with socket.create_server(("127.0.0.1", 0)) as head, ray_nodes(f"127.0.0.1:{head.getsockname()[1]}") as nodes:
        assert signal.getsignal(signal.SIGINT) is not before
    assert signal.getsignal(signal.SIGINT) is before
    with pytest.raises(BackendUnavailable, match=r"broken off\. Run `qa index` again"):
        nodes.perform(ERRAND)
