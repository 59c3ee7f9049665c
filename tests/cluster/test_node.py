"""A node: who it says it is, what it has for an errand, and whose trouble is whose."""

import ast
import platform
import sys
from collections.abc import Iterator, Mapping
from importlib.metadata import packages_distributions, version
from pathlib import Path
from typing import Any

import pytest

import qa
from fakes import FakeEncoder
from qa.cluster import errands, node
from qa.cluster.errands import ENCODE, PARSE, Errand, Outcome
from qa.cluster.node import Bench, perform
from qa.settings import Settings
from qa.wiring import make_builder

SOURCE = Path(qa.__file__).parent
PARTS = ("parsing", "sandbox", "embedding", "text", "onnx_models.py", "local_models.py")
"""What a node runs to make a text of a file and a vector of a text."""
FINDS = {"huggingface-hub"}
"""Finds a model by its name, and decides nothing."""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Those of a sender, with a size that no other test has, so that no node is ready for them."""
    return Settings(corpus=tmp_path / "corpus", index=tmp_path / "index", overlap_tokens=31, threads=7)


def errand(settings: Settings, kind: str, **arguments: Any) -> Errand:
    """From a sender that is as this node."""
    identity = errands.identity(settings, make_builder(settings, FakeEncoder()).recipe)
    return Errand(kind, errands.sent_settings(settings), identity, arguments, b"")


def imported(path: Path) -> Iterator[str]:
    """The packages that a module imports, wherever in it."""
    for found in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(found, ast.Import):
            yield from (name.name.partition(".")[0] for name in found.names)
        elif isinstance(found, ast.ImportFrom) and found.module:
            yield found.module.partition(".")[0]


def test_every_library_that_files_and_texts_go_through_is_compared() -> None:
    modules = [
        path for part in PARTS for path in ((SOURCE / part).rglob("*.py") if part[-3:] != ".py" else [SOURCE / part])
    ]
    names = {name for path in modules for name in imported(path)} - {"qa"} - sys.stdlib_module_names
    homes = packages_distributions()
    found = {homes[name][0].lower().replace("_", "-") for name in names if name in homes}
    missing = {name.replace("_", "-") for name in names if name not in homes}  # in a lighter set-up than this test's
    assert found | missing == {*errands.LIBRARIES, *errands.LIBRARIES_OF_NAMED} | FINDS


def test_an_identity_says_all_that_decides(settings: Settings) -> None:
    recipe = make_builder(settings, FakeEncoder()).recipe
    assert errands.identity(settings, recipe) == {
        "Quoth": qa.__version__,
        "Python": ".".join(platform.python_version_tuple()[:2]),
        **{name: version(name) for name in errands.LIBRARIES},
        "the encoder": FakeEncoder().fingerprint,
        "the parsers": list(recipe.parsers),
        "the sizes of passages": [["most", 192], ["least", 128], ["overlap", 31], ["child", 64], ["word", 60]],
    }


def made_with(monkeypatch: pytest.MonkeyPatch) -> list[Settings]:
    """The settings of all encoders that a node makes from now on."""
    made: list[Settings] = []

    def make_encoder(own: Settings) -> FakeEncoder:
        made.append(own)
        return FakeEncoder()

    monkeypatch.setattr(node, "make_encoder", make_encoder)
    return made


class Room:
    """A sandbox that remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[Any] = []

    def run(self, job: str, arguments: Mapping[str, Any], data: bytes, *, name: str) -> tuple[Any, bytes]:
        """A job."""
        self.asked.append((job, arguments, data, name))
        return "done", b"so"

    def close(self) -> None:
        """The end of all children."""
        self.asked.append("close")


def test_a_process_has_one_thread_and_one_child_which_ends_when_texts_are_encoded(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, room = made_with(monkeypatch), Room()

    def make_sandbox(own: Settings) -> Room:
        made.append(own)
        return room

    monkeypatch.setattr(node, "make_sandbox", make_sandbox)

    bench = Bench(settings)
    told = bench.parse(Errand(PARSE, {}, {}, {"job": "a:b", "arguments": {"c": 1}, "name": "d.txt"}, b"e"))
    shape, data = bench.encode(Errand(ENCODE, {}, {}, {"texts": ["A heron."], "parts": [(0, 0, 8)]}, b""))

    assert [(own.threads, own.parser_processes) for own in made] == [(1, 1), (1, 1)]
    assert told == ("done", b"so")
    assert room.asked == [("a:b", {"c": 1}, b"e", "d.txt"), "close"]
    assert len(data) == 4 * shape[0] * shape[1]


def test_what_an_errand_needs_is_made_once(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    made = made_with(monkeypatch)
    for _ in range(3):
        outcome = Outcome(*perform(*errand(settings, ENCODE, texts=["A heron."], parts=[(0, 0, 8)])))
        assert outcome.error is None
    assert len(made) == 1


def test_trouble_of_a_node_is_told_with_its_name(settings: Settings) -> None:
    """The sender has the model, so that a message without a name would send people to the wrong machine."""
    own = settings.model_copy(update={"encoder": "/no/such/model"})
    error = Outcome(*perform(*errand(own, PARSE))).error
    assert error is not None
    assert error["name"] == "ModelUnavailable"
    assert error["message"].startswith(f"On the node {platform.node()} of the cluster: The encoder '/no/such/model' is")
    assert "Quoth never downloads" in error["remedy"]
