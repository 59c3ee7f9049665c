"""What runs an ONNX model: a session whose threads do not spin, and a tokenizer. The one home of both libraries."""

import os
from pathlib import Path
from typing import Any

FATAL = 4
"""ONNX Runtime's level of logging; errors arrive as exceptions, so nothing need be printed besides."""


def open_session(graph: Path, *, threads: int, weights: Path | None = None, as_written: bool = False) -> Any:
    """An InferenceSession on the processor; what is amiss raises any Exception.

    `threads` work on one operation, 0 leaves the number to ONNX Runtime. `weights` is the folder of the files that a
    graph without weights refers to. `as_written` leaves operations apart that the graph has apart.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = FATAL
    # Threads that spin while they wait take the core that another model or another caller needs.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    if as_written:
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    if weights is None:
        model: str | bytes = str(graph)
    else:
        options.add_session_config_entry("session.model_external_initializers_file_folder_path", str(weights))
        model = graph.read_bytes()
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def read_tokenizer(text: str) -> Any:
    """The Tokenizer in the text of a `tokenizer.json`, which neither pads nor cuts; raises ValueError."""
    # Cutting texts into tokens is a hundredth of the work; threads of its own would take cores from the networks.
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    from tokenizers import Tokenizer

    try:
        tokenizer = Tokenizer.from_str(text)
    except Exception as error:  # tokenizers raises plain Exception
        raise ValueError(f"its tokenizer cannot be read: {error}") from error
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer
