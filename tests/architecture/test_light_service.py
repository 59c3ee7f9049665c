"""With the settings as they are, indexing, asking and serving load neither torch nor what is built on it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import qa

ABSENT = {"torch", "transformers", "sentence_transformers", "huggingface_hub", "scipy", "sklearn", "fsspec", "pymilvus",
          "ray"}  # fmt: skip
REPORT = "\nimport sys; sys.stderr.write('\\nLOADED ' + ' '.join(sys.modules))"
COMMAND = "import qa.cli\nqa.cli.main({arguments!r})"
SERVE = """
import urllib.request
import qa.cli, uvicorn
def answer_once(server, sockets):  # what a service does, without waiting for a client
    import asyncio
    from fastapi.testclient import TestClient
    client = TestClient(server.config.app, base_url="http://127.0.0.1")
    assert client.post("/ask", json={"question": "When did the pier open?"}).json()["answered"]
uvicorn.Server.run = answer_once
qa.cli.main(["serve", "--port", "0"])
"""


def loaded(program: str, folder: Path) -> set[str]:
    """The top-level modules that a process has loaded at its end."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("QA_")}
    environment |= {"PYTHONPATH": str(Path(qa.__file__).parents[1])}
    done = subprocess.run(
        [sys.executable, "-c", program + REPORT], env=environment, cwd=folder, check=True, capture_output=True,
        text=True, timeout=120,
    )  # fmt: skip
    return {name.partition(".")[0] for name in done.stderr.rpartition("LOADED ")[2].split()}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A working folder whose corpus is one document."""
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus" / "pier.md").write_text("# The pier\n\nThe pier opened in 1902 and is made of iron.\n")
    return tmp_path


def test_no_torch_to_index_ask_and_serve(folder: Path) -> None:
    assert loaded(COMMAND.format(arguments=["index"]), folder) & ABSENT == set()
    asked = loaded(COMMAND.format(arguments=["ask", "When did the pier open?"]), folder)
    assert {"onnxruntime", "faiss"} <= asked
    assert asked & ABSENT == set()
    assert loaded(SERVE, folder) & ABSENT == set()
