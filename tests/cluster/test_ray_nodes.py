"""What is said before there is a cluster: no address, nothing there, no Ray; and what is loaded without `--ray`."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

import qa
from qa.cluster.ray_nodes import VARIABLES, ray_nodes
from qa.errors import BackendUnavailable, ConfigError, ModelUnavailable

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
