"""Which reader the settings choose, and that a bad one stops the service before it serves."""

from collections.abc import Callable
from pathlib import Path

import huggingface_hub.constants
import pytest
import uvicorn

import tiny_models
from commands import Qa, failed
from fakes import FakeEncoder
from library import BERTH, FILES, Library
from onnx_bytes import write_lookup
from qa.calibration import threshold_for
from qa.depot.remedies import PULL, SAME
from qa.errors import IndexStoreError, ModelUnavailable
from qa.index.manifest import FILE, REBUILD
from qa.index.store import CURRENT
from qa.reading.onnx_network import OnnxNetwork
from qa.reading.sentence import SentenceReader
from qa.reading.span import SpanReader
from qa.reading.transformers_network import TransformersNetwork
from qa.settings import Settings
from qa.wiring import answer_threshold, load_network, make_engines, make_reader, reader_fingerprint


def settings(reader: str) -> Settings:
    return Settings.model_validate({"reader": reader, "threads": 1})


def test_the_sentence_reader_needs_no_network() -> None:
    assert isinstance(make_reader(settings("sentence"), FakeEncoder()), SentenceReader)


@pytest.mark.parametrize("reader", ["packaged", "/no/such/folder"])
def test_nothing_is_loaded_before_the_first_question(reader: str) -> None:
    assert isinstance(make_reader(settings(reader), FakeEncoder()), SpanReader)


def test_the_packaged_weights_are_the_default() -> None:
    assert isinstance(load_network(settings(Settings.model_validate({}).reader)), OnnxNetwork)


def test_a_folder_in_the_layout_of_hugging_face_is_read(tmp_path: Path) -> None:
    assert isinstance(load_network(settings(str(tiny_models.write_bert(tmp_path)))), TransformersNetwork)


def test_an_exported_model_is_preferred(tmp_path: Path) -> None:
    tiny_models.write_xlnet(tmp_path)
    write_lookup(tmp_path / "model.onnx", [0.0] * 200, [0.0] * 200)

    assert isinstance(load_network(settings(str(tmp_path))), OnnxNetwork)


def test_a_cached_name_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path))
    tiny_models.write_roberta(tiny_models.cached(tmp_path, "someone/tiny-roberta"))

    assert isinstance(load_network(settings("someone/tiny-roberta")), TransformersNetwork)


def test_a_folder_of_something_else_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable, match=r"neither model\.onnx nor config\.json.*QA_READER"):
        load_network(settings(str(tmp_path)))


@pytest.mark.parametrize("command", ["ask", "serve"])
@pytest.mark.parametrize("reader", ["someone/no-model", "empty.onnx", "headless"])
def test_a_bad_reader_stops_at_the_start(
    qa: Qa, tmp_path: Path, command: str, reader: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr(uvicorn.Server, "run", lambda *_, **__: pytest.fail("the service started"))
    if reader == "empty.onnx":
        (tmp_path / reader).mkdir()
        (tmp_path / reader / "model.onnx").touch()
    elif reader == "headless":
        tiny_models.write_headless_bert(tmp_path / reader)
    name = reader if reader.startswith("someone") else str(tmp_path / reader)
    qa("index")

    words = ["Who raises the pennant?"] if command == "ask" else ["--port", "0"]
    failed(qa(command, *words, QA_READER=name), 1, "QA_READER", name)


@pytest.mark.parametrize("write", [tiny_models.write_bert, tiny_models.write_roberta, tiny_models.write_xlnet])
def test_another_reader_answers_or_abstains_in_the_documents_words(
    qa: Qa, tmp_path: Path, write: Callable[[Path], Path]
) -> None:
    folder = write(tmp_path / "model")
    qa("index")

    ran = qa("ask", "Who raises the red pennant at noon?", QA_READER=str(folder), QA_ANSWER_THRESHOLD="0")

    assert ran.code == 0
    quote = ran.out.partition("[1] “")[2].partition("”")[0]
    assert quote
    assert any(quote in file.decode("utf-8", "replace") for file in FILES.values())


def test_a_reader_is_named_by_its_weights(tmp_path: Path) -> None:
    (tmp_path / "model.onnx").write_bytes(b"weights")

    first = reader_fingerprint(settings(str(tmp_path)))
    (tmp_path / "README.md").write_text("no part of the model")
    assert reader_fingerprint(settings(str(tmp_path))) == first
    (tmp_path / "model.onnx").write_bytes(b"other weights")
    assert reader_fingerprint(settings(str(tmp_path))) != first
    assert first.startswith(f"{tmp_path}@")
    assert reader_fingerprint(settings("sentence")) == "sentence"
    assert reader_fingerprint(settings("packaged")).startswith("packaged@")


def test_a_target_precision_picks_the_threshold() -> None:
    assert answer_threshold(Settings(answer_threshold=0.3)) == 0.3
    assert answer_threshold(Settings(answer_threshold=0.3, target_precision=0.9)) == threshold_for(0.9)


def test_where_a_depot_is_followed_no_error_of_the_index_advises_to_build(built: Library) -> None:
    """It is pulled there; and what does not fit what runs is mended on neither side alone."""
    here = built.settings.model_copy(update={"reader": "sentence"})
    settings: dict[str | None, Settings] = {
        "builds": here,
        "follows": here.model_copy(update={"follow": str(here.index / "depot")}),
    }

    def remedies(encoder: FakeEncoder) -> list[str]:
        found = []
        for engine in make_engines(settings, encoder):
            with pytest.raises(IndexStoreError) as raised:
                engine.search(BERTH)
            found.append(raised.value.remedy)
        return found

    assert remedies(FakeEncoder("other@2")) == [REBUILD, SAME]
    (built.store.folder(built.store.current()) / FILE).write_text("{")
    assert remedies(FakeEncoder()) == [REBUILD, PULL]
    (here.index / CURRENT).unlink()
    assert "`qa index" in remedies(FakeEncoder())[0]
    assert remedies(FakeEncoder())[1] == PULL
