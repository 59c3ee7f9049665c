"""Spread builds give what local ones give; what comes back is checked; a node that is not like the sender refuses."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from fakes import no_progress
from nodes import NodesHere
from qa.cluster import errands, spreading
from qa.cluster.errands import PARSE, Errand, Outcome
from qa.cluster.node import perform
from qa.cluster.spreading import MOST_AT_ONCE, MOST_BYTES, Sender, SpreadEncoder, SpreadSandbox, make_spread_builder
from qa.embedding.packaged import PackagedEncoder
from qa.errors import (
    BackendUnavailable,
    DocumentError,
    DocumentTooLarge,
    NoText,
    ParserDied,
    ParserTimeout,
    QAError,
    SandboxUnavailable,
    UnreadableDocument,
)
from qa.index.build import BuildReport
from qa.index.store import IndexStore
from qa.ports import TextPart
from qa.settings import Settings
from qa.types import Span
from qa.wiring import make_builder

FILES = {
    "birds.md": "# Birds\n\nThe heron stands in the shallow water. It waits.\n\n## Nests\n\n- Storks nest on roofs.\n",
    "sea/tides.txt": "The tide rises twice a day.\r\n\r\nThe moon pulls the water, and 🌊 follows.",
    "page.html": "<title>Stones</title><p>Granite is hard.<p>Slate splits into plates.",
    "broken.pdf": "%PDF-1.7 no more",
    "empty.txt": "  ",
}


def settings_of(folder: Path, **values: Any) -> Settings:
    """A corpus of FILES."""
    for name, text in FILES.items():
        path = folder / "corpus" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
    return Settings(corpus=folder / "corpus", index=folder / "index", **values)


def files_of(index: Path) -> Mapping[str, bytes]:
    """The files of the published generation, but for the manifest, in which the time stands."""
    store = IndexStore(index)
    folder = store.folder(store.current())
    paths = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    return {name: path.read_bytes() for name, path in paths.items() if name != "manifest.json"}


def outcome_of(report: BuildReport) -> tuple[Any, ...]:
    """What must not differ."""
    return report.manifest.digest, report.manifest.documents, report.embedded, report.reused


def test_a_spread_build_is_the_local_one_to_the_byte(tmp_path: Path, packaged_encoder: PackagedEncoder) -> None:
    local, spread, nodes = settings_of(tmp_path / "a"), settings_of(tmp_path / "b"), NodesHere()
    expected = make_builder(local, packaged_encoder).build(local.corpus, no_progress)

    found = make_spread_builder(spread, packaged_encoder, nodes).build(spread.corpus, no_progress)

    assert outcome_of(found) == outcome_of(expected)
    assert files_of(spread.index) == files_of(local.index)
    assert nodes.kinds.count("parse") == len(FILES), "every file was read by the nodes, the broken one once as well"
    assert nodes.kinds.count("encode") >= 1
    assert [record.path for record in found.skipped] == ["broken.pdf", "empty.txt"]


def test_what_is_known_already_is_sent_to_no_node(tmp_path: Path, packaged_encoder: PackagedEncoder) -> None:
    settings, nodes = settings_of(tmp_path), NodesHere()
    make_builder(settings, packaged_encoder).build(settings.corpus, no_progress)
    (settings.corpus / "stones.txt").write_text("Basalt is dark.")

    report = make_spread_builder(settings, packaged_encoder, nodes).build(settings.corpus, no_progress)

    assert (report.published, report.embedded) == (True, 1)
    assert nodes.kinds == ["parse", "encode"], "the new file alone"


def errand(settings: Settings, encoder: PackagedEncoder, **changed: Any) -> Errand:
    """To read a text, from a sender that differs in what is `changed`."""
    own = errands.identity(settings, make_builder(settings, encoder).recipe)
    source = {"path": "a.txt", "media_type": "text/plain", "size": 5, "sha256": "0" * 64}
    told = {"job": "qa.parsing.jobs:parse", "arguments": source, "name": "a.txt"}
    return Errand(PARSE, errands.sent_settings(settings), {**own, **changed}, told, b"Words")


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("Quoth", "9.9.9", "Quoth 0.1.0 instead of 9.9.9"),
        ("lxml", errands.ABSENT, "instead of is not installed"),
        ("the encoder", "packaged@0", "instead of packaged@0"),
        ("the parsers", ["plain 0"], "the parsers"),
        ("the sizes of passages", [["most", 1]], "the sizes of passages"),
        ("another library", "1", "another library"),
    ],
)
def test_a_node_that_is_not_like_the_sender_refuses(
    tmp_path: Path, packaged_encoder: PackagedEncoder, name: str, value: object, words: str
) -> None:
    settings = settings_of(tmp_path)
    assert Outcome(*perform(*errand(settings, packaged_encoder))).error is None

    refused = Outcome(*perform(*errand(settings, packaged_encoder, **{name: value})))

    assert refused.error is not None
    error = errands.error_of(refused.error)
    assert isinstance(error, BackendUnavailable)
    assert words in error.message
    assert "Install the same on every node" in error.remedy


@pytest.mark.parametrize(("encoder", "compared"), [("packaged", False), ("static", False), ("/models/one", True)])
def test_libraries_of_other_encoders_are_compared_only_where_one_is_used(
    tmp_path: Path, packaged_encoder: PackagedEncoder, encoder: str, *, compared: bool
) -> None:
    """Nodes that lack torch, as the light set-up does, can do what needs none."""
    settings = settings_of(tmp_path, encoder=encoder)
    own = errands.identity(settings, make_builder(settings, packaged_encoder).recipe)
    assert ("torch" in own) is compared
    assert "onnxruntime" in own


def test_what_a_node_gives_is_checked_before_it_is_believed(
    tmp_path: Path, packaged_encoder: PackagedEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = settings_of(tmp_path)
    lies = Outcome({"title": "birds.md", "text_bytes": 900, "headings": [], "blocks": [], "note": ""}, b"short")
    nodes = NodesHere()
    true = nodes.perform
    monkeypatch.setattr(nodes, "perform", lambda one: lies if one.arguments.get("name") == "birds.md" else true(one))

    report = make_spread_builder(settings, packaged_encoder, nodes).build(settings.corpus, no_progress)

    assert [record.path for record in report.skipped] == ["birds.md", "broken.pdf", "empty.txt"]


def test_folders_and_tokens_are_not_sent(tmp_path: Path) -> None:
    settings = settings_of(tmp_path, read_token="r" * 32, write_token="w" * 32)
    sent = errands.sent_settings(settings)
    limits = {name for name in Settings.model_fields if name.startswith("parser_")} - {"parser_processes"}
    sizes = {name for name in Settings.model_fields if name.endswith(("_tokens", "_tokens_min"))}
    assert set(sent) == {"encoder", *limits, *sizes}
    assert "r" * 32 not in str(sent)
    assert str(tmp_path) not in str(sent)


def test_errors_of_ours_come_back_as_they_are() -> None:
    error = NoText("a.txt holds no text.", remedy="Write some.")
    back = errands.error_of(errands.error_told(error))
    assert isinstance(back, DocumentError)
    assert (type(back), str(back)) == (NoText, str(error))
    unknown = errands.error_of({"name": "TooNew", "message": "It is too new.", "remedy": "Wait."})
    assert (type(unknown), str(unknown)) == (QAError, "It is too new. Wait.")


@pytest.mark.parametrize(
    ("processors", "most_file_bytes", "expected"),
    [
        (0, 1, 2),
        (1, 1, 2),
        (8, 1, 16),
        (8, 0, 16),
        (10_000, 1, MOST_AT_ONCE),
        (8, MOST_BYTES // 5, 5),
        (8, 2 * MOST_BYTES, 1),
    ],
)
def test_memory_bounds_what_is_under_way(processors: int, most_file_bytes: int, expected: int) -> None:
    assert SpreadSandbox(Sender(NodesHere(processors), {}, {}), most_file_bytes).processes == expected


def test_each_text_is_sent_once_and_vectors_come_in_the_order_of_the_parts(packaged_encoder: PackagedEncoder) -> None:
    sent: list[Any] = []

    class Remembering(NodesHere):
        def perform(self, errand: Errand) -> Outcome:
            """Encode here."""
            sent.append(errand.arguments)
            parts = [
                TextPart(errand.arguments["texts"][text], Span(*span)) for text, *span in errand.arguments["parts"]
            ]
            vectors = packaged_encoder.encode_parts(parts)
            return Outcome(list(vectors.shape), vectors.tobytes())

    texts = ("Herons wait. They fish.", "Storks nest on roofs.")
    parts = [
        TextPart(texts[text], Span(*span)) for text, span in ((1, (0, 6)), (0, (13, 23)), (1, (0, 21)), (0, (0, 12)))
    ]

    found = SpreadEncoder(packaged_encoder, Sender(Remembering(), {}, {})).encode_parts(parts)

    assert found.tobytes() == packaged_encoder.encode_parts(parts).tobytes()
    assert sorted(sent[0]["texts"]) == sorted(texts)


def test_as_many_errands_are_under_way_as_keep_the_nodes_busy(
    tmp_path: Path, packaged_encoder: PackagedEncoder
) -> None:
    builder = make_spread_builder(settings_of(tmp_path), packaged_encoder, NodesHere(processors=5))
    assert (builder.readers, builder.encoders) == (10, 10)


class Ending(NodesHere):
    """The first node that is asked is being ended, and its sandbox goes before it does, with this `error`."""

    error: QAError
    has_told: bool = False

    def perform(self, errand: Errand) -> Outcome:
        """The first outcome tells of the sandbox, the others are sound."""
        if self.has_told:
            return super().perform(errand)
        self.has_told = True
        return Outcome(error=errands.error_told(self.error))


@pytest.mark.parametrize(
    "error",
    [SandboxUnavailable("It does not start.", remedy="-"), ParserDied("It made the process end.", remedy="-")],
)
def test_what_a_node_tells_while_it_ends_is_not_believed(
    tmp_path: Path, packaged_encoder: PackagedEncoder, monkeypatch: pytest.MonkeyPatch, error: QAError
) -> None:
    monkeypatch.setattr(spreading, "PAUSE_SECONDS", 0.0)
    local, spread, nodes = settings_of(tmp_path / "a"), settings_of(tmp_path / "b"), Ending(processors=1)
    nodes.error = error
    expected = make_builder(local, packaged_encoder).build(local.corpus, no_progress)

    found = make_spread_builder(spread, packaged_encoder, nodes).build(spread.corpus, no_progress)

    assert outcome_of(found) == outcome_of(expected)


class Telling(NodesHere):
    """Every node that is asked tells of this `error`."""

    error: QAError

    def perform(self, errand: Errand) -> Outcome:
        """The same each time."""
        self.kinds.append(errand.kind)
        return Outcome(error=errands.error_told(self.error))


@pytest.mark.parametrize(
    ("kind", "times"),
    [
        (ParserDied, 2),
        (SandboxUnavailable, 2),
        (UnreadableDocument, 1),
        (DocumentTooLarge, 1),
        (ParserTimeout, 1),
        (NoText, 1),
        (BackendUnavailable, 1),
    ],
)
def test_only_a_death_is_asked_about_again_and_the_reason_is_told_as_it_came(
    monkeypatch: pytest.MonkeyPatch, kind: type[QAError], times: int
) -> None:
    pauses: list[float] = []
    monkeypatch.setattr("qa.cluster.spreading.time.sleep", pauses.append)
    nodes = Telling()
    nodes.error = kind("a.pdf, and why.", remedy="What to do.")

    with pytest.raises(QAError) as caught:
        Sender(nodes, {}, {}).send(PARSE, {}, b"")

    assert (type(caught.value), str(caught.value)) == (kind, "a.pdf, and why. What to do.")
    assert nodes.stopped == ([] if issubclass(kind, DocumentError) else [caught.value]), "what ends the build"
    assert len(nodes.kinds) == times
    assert pauses == [spreading.PAUSE_SECONDS] * (times - 1)
