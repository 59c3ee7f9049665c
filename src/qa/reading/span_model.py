"""The span model: question and passages in, windows of logits out, whatever computes the logits.

Each window is read by itself, so what is read beside it changes nothing. A network is loaded by the first call and
tried before it is used: whatever is wrong with a model shows there, not with some later question.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from threading import Lock
from typing import TYPE_CHECKING, Protocol

import numpy as np

from qa.errors import ModelUnavailable
from qa.local_models import first_line
from qa.reading.decode import Window
from qa.reading.windows import MAX_TOKENS, TokenLayout, TokenWindow, Windower

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from qa.reading.windows import Inputs

    Logits = tuple[NDArray[np.float32], NDArray[np.float32]]


class SpanNetwork(Protocol):
    """What computes the logits; safe for several threads."""

    @property
    def layout(self) -> TokenLayout:
        """How it wants its tokens."""

    def logits(self, inputs: "Inputs") -> "Logits":
        """Start and end logits of shape (windows, tokens), as float32.

        For `input_ids`, `attention_mask` and `token_type_ids` of that shape; a network ignores what it has no use for.
        """


class SpanModel:
    """A network with its tokenizer; `load` gives the network and `name` is what the settings call it."""

    def __init__(self, load: Callable[[], SpanNetwork], *, name: str) -> None:
        self._load = load
        self._name = name
        self._loading = Lock()
        self._loaded: tuple[SpanNetwork, Windower] | None = None

    def windows(self, question: str, texts: Sequence[str]) -> list[list[Window]]:
        """For each text its windows in order; a text that fits into one with the question has one.

        Raises ModelUnavailable when the model cannot be loaded or fails a trial.
        """
        network, windower = self._ready()
        results: list[list[Window]] = [[] for _ in texts]
        for window in windower.cut(question, texts):
            results[window.text].append(_read(network, windower, window))
        return results

    def _ready(self) -> tuple[SpanNetwork, Windower]:
        with self._loading:
            if self._loaded is None:
                try:
                    network = self._load()
                    windower = Windower(network.layout)
                except ModelUnavailable:
                    raise
                except Exception as error:  # what the libraries raise shares only Exception
                    raise self._unavailable(f"cannot be loaded: {first_line(error)}") from error
                try:
                    _try(network, windower)
                except Exception as error:  # as above
                    raise self._unavailable(
                        f"fails on a trial passage: {first_line(error)} (do its tokenizer and weights belong together?)"
                    ) from error
                self._loaded = network, windower
            return self._loaded

    def _unavailable(self, what: str) -> ModelUnavailable:
        return ModelUnavailable(
            f"The reader {self._name!r} {what}.",
            remedy="Set QA_READER to the folder or cached name of a question-answering model, or to `sentence` to do "
            "without one, or unset it for the packaged reader (if that is the one that fails, reinstall Quoth).",
        )


def _try(network: SpanNetwork, windower: Windower) -> None:
    """Read a window that is as long as any and holds the highest token id; raises what the network raises."""
    trial = windower.cut("a", ["a " * MAX_TOKENS])[0]
    if not trial.inside:
        raise ValueError("its tokenizer gives no offsets")
    last = trial.inside[-1]
    trial = replace(trial, ids=[*trial.ids[:last], windower.highest_id, *trial.ids[last + 1 :]])
    for logits in network.logits(windower.padded([trial])):
        if logits.shape != (1, len(trial.ids)):
            raise ValueError(f"its logits have shape {logits.shape} where {(1, len(trial.ids))} is right")
        if not np.isfinite(logits).all():
            raise ValueError("its logits are not finite")


def _read(network: SpanNetwork, windower: Windower, window: TokenWindow) -> Window:
    """Read one window alone.

    An int8 network scales its activations over the whole batch, padding included, so beside others a window has other
    logits, and worse ones. On two cores windows of passages take no longer one by one.
    """
    (start,), (end,) = network.logits(windower.padded([window]))
    return Window(
        start=start[window.inside],
        end=end[window.inside],
        offsets=window.offsets,
        null=float(start[window.null] + end[window.null]),
    )
