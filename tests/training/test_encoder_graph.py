"""The encoder's graph is what its script writes, and holds no weights."""

import pytest

from qa.embedding.packaged import GRAPH, WEIGHTS, packaged_folder

pytest.importorskip("onnx", reason="onnx is installed for training only")


def test_the_shipped_graph_is_what_the_script_writes() -> None:
    """The loaded models are compared: another version of protobuf may write the same in other bytes."""
    import onnx
    from training.encoder_graph import model

    shipped = onnx.load(GRAPH, load_external_data=False)
    assert shipped == model(packaged_folder() / WEIGHTS)
    assert GRAPH.stat().st_size < 50_000
