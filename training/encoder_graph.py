"""Writes the encoder's network as a graph that holds no weights: it refers to their places in `model.safetensors`.

python -m training.encoder_graph        # writes src/qa/embedding/encoder.onnx

Inputs: `ids` (texts, tokens), int64, nothing padded. Output: `tokens` (texts, tokens, 384), float32, the last layer.
Texts and tokens are one axis wherever the layers work token by token, so that each layer is one matrix product with the
weights as they lie in the file. The offsets hold for the one file whose SHA-256 `qa.embedding.packaged` checks.
"""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
from onnx import ModelProto, TensorProto, helper, numpy_helper

from qa.embedding.packaged import GRAPH, WEIGHTS, packaged_folder

LAYERS, HEADS, WIDTH = 6, 12, 384
EPSILON = 1e-12
CONTRIBUTED = "com.microsoft"
"""ONNX Runtime's own operators; attention is the only one used."""


class Graph:
    """Nodes and weights as they are added; every method gives the name of what it made."""

    def __init__(self, weights: Path) -> None:
        with weights.open("rb") as file:
            self._start = 8 + struct.unpack("<Q", file.read(8))[0]
            self._held: dict[str, Any] = json.loads(file.read(self._start - 8))
        self._file = weights.name
        self.nodes: list[Any] = []
        self.initializers: list[TensorProto] = []

    def node(self, operator: str, *inputs: str, domain: str = "", **attributes: Any) -> str:
        """One operation with one output."""
        output = f"{operator.lower()}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, inputs, [output], name=output, domain=domain, **attributes))
        return output

    def weight(self, name: str) -> str:
        """A tensor of the weights file, by its place there."""
        held = self._held[name]
        begin, end = held["data_offsets"]
        tensor = TensorProto(
            name=name, data_type=TensorProto.FLOAT, dims=held["shape"], data_location=TensorProto.EXTERNAL
        )
        for key, value in (("location", self._file), ("offset", self._start + begin), ("length", end - begin)):
            tensor.external_data.add(key=key, value=str(value))
        self.initializers.append(tensor)
        return name

    def constant(self, name: str, *values: int) -> str:
        """A small vector of whole numbers."""
        self.initializers.append(numpy_helper.from_array(np.array(values, np.int64), name))
        return name

    def linear(self, source: str, name: str) -> str:
        """A dense layer: the file has its weights as (outputs, inputs)."""
        return self.node("Gemm", source, self.weight(f"{name}.weight"), self.weight(f"{name}.bias"), transB=1)

    def norm(self, source: str, name: str) -> str:
        """Layer normalisation over a token."""
        weights = self.weight(f"{name}.weight"), self.weight(f"{name}.bias")
        return self.node("LayerNormalization", source, *weights, epsilon=EPSILON)


def embedded(graph: Graph, ids: str, shape: str, flat: str) -> str:
    """Word, position and type of each token; there is one text, so every token has the first type."""
    words = graph.node("Gather", graph.weight("embeddings.word_embeddings.weight"), ids)
    length = graph.node("Slice", shape, graph.constant("one", 1), graph.constant("two", 2))
    zero = graph.constant("zero", 0)
    positions = graph.node("Slice", graph.weight("embeddings.position_embeddings.weight"), zero, length, zero)
    first = graph.node("Slice", graph.weight("embeddings.token_type_embeddings.weight"), zero, "one", zero)
    summed = graph.node("Add", words, graph.node("Add", positions, first))
    return graph.norm(graph.node("Reshape", summed, flat), "embeddings.LayerNorm")


def layer(graph: Graph, states: str, name: str, cube: str, flat: str) -> str:
    """Attention and the two dense layers, each added to what came in and normalised after (as BERT does)."""
    parts = [
        graph.node("Reshape", graph.linear(states, f"{name}.attention.self.{part}"), cube)
        for part in ("query", "key", "value")
    ]
    mixed = graph.node("MultiHeadAttention", *parts, domain=CONTRIBUTED, num_heads=HEADS)
    attended = graph.linear(graph.node("Reshape", mixed, flat), f"{name}.attention.output.dense")
    states = graph.norm(graph.node("Add", attended, states), f"{name}.attention.output.LayerNorm")
    widened = graph.node("Gelu", graph.linear(states, f"{name}.intermediate.dense"))
    return graph.norm(
        graph.node("Add", graph.linear(widened, f"{name}.output.dense"), states), f"{name}.output.LayerNorm"
    )


def model(weights: Path) -> ModelProto:
    """The whole network."""
    graph = Graph(weights)
    shape = graph.node("Shape", "ids")
    cube = graph.node("Concat", shape, graph.constant("width", WIDTH), axis=0)
    flat = graph.constant("flat", -1, WIDTH)
    states = embedded(graph, "ids", shape, flat)
    for number in range(LAYERS):
        states = layer(graph, states, f"encoder.layer.{number}", cube, flat)
    graph.nodes.append(helper.make_node("Reshape", [states, cube], ["tokens"], name="tokens"))
    return helper.make_model(
        helper.make_graph(
            graph.nodes,
            "all-MiniLM-L6-v2",
            [helper.make_tensor_value_info("ids", TensorProto.INT64, ["texts", "length"])],
            [helper.make_tensor_value_info("tokens", TensorProto.FLOAT, ["texts", "length", WIDTH])],
            initializer=graph.initializers,
        ),
        opset_imports=[helper.make_opsetid("", 20), helper.make_opsetid(CONTRIBUTED, 1)],
        ir_version=9,
        producer_name="quoth",
    )


def main() -> None:
    """Write the graph that is shipped."""
    GRAPH.write_bytes(model(packaged_folder() / WEIGHTS).SerializeToString(deterministic=True))
    print(f"{GRAPH.name}: {GRAPH.stat().st_size} bytes")


if __name__ == "__main__":
    main()
