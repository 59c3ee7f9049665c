"""What the machine that builds and the nodes of a cluster say to one another: plain values and bytes, nothing else.

An errand says what is to be done, and carries the settings that decide how, and the identity of the sender. A node with
another identity refuses, since what it gave might differ from what the sender would have made itself.
"""

import sys
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from typing import Any, NamedTuple

from qa import __version__, errors
from qa.errors import QAError
from qa.index.manifest import Recipe
from qa.settings import Settings
from qa.wiring import OWN_ENCODERS

PARSE, ENCODE = "parse", "encode"
SENT = (
    "encoder", "passage_tokens", "passage_tokens_min", "overlap_tokens", "child_tokens", "parser_memory_megabytes",
    "parser_cpu_seconds", "parser_seconds", "parser_open_files", "parser_files",
)  # fmt: skip
"""The settings that a node is told: folders and tokens of the sender are no business of it."""
LIBRARIES = ("charset-normalizer", "lxml", "markdown-it-py", "numpy", "onnxruntime", "pypdfium2", "tokenizers")
"""Those whose version may change a text or a vector."""
LIBRARIES_OF_NAMED = ("sentence-transformers", "torch", "transformers")
"""Those that run an encoder that does not come with Quoth."""
ABSENT = "is not installed"

Settled = dict[str, Any]


class Errand(NamedTuple):
    """`arguments` and `data` are what the `kind` says; all of it plain values."""

    kind: str
    settings: Settled
    identity: Settled
    arguments: Settled
    data: bytes


class Outcome(NamedTuple):
    """A plain value and bytes, or else an error as `error_told` writes it."""

    value: Any = None
    data: bytes = b""
    error: Settled | None = None


def identity(settings: Settings, recipe: Recipe) -> Settled:
    """All that decides what this machine makes of a file and of a text, but for its processor."""
    libraries = LIBRARIES if settings.encoder in OWN_ENCODERS else (*LIBRARIES, *LIBRARIES_OF_NAMED)
    return {
        "Quoth": __version__,
        "Python": f"{sys.version_info.major}.{sys.version_info.minor}",
        **{name: _version(name) for name in libraries},
        "the encoder": recipe.encoder,
        "the parsers": list(recipe.parsers),
        "the sizes of passages": [list(size) for size in recipe.chunking],
    }


def differences(here: Mapping[str, Any], there: Mapping[str, Any]) -> list[str]:
    """In what two identities differ, as in “lxml 6.1.3 instead of 6.1.2”, what is `here` first."""
    found = []
    for name in dict.fromkeys([*there, *here]):
        own, other = here.get(name), there.get(name)
        if own != other:
            short = isinstance(own, str) and isinstance(other, str)
            found.append(f"{name} {own} instead of {other}" if short else f"{name}")
    return found


def sent_settings(settings: Settings) -> Settled:
    """What a node is told of the settings."""
    return settings.model_dump(mode="json", include=set(SENT))


def error_told(error: QAError) -> Settled:
    """An error as plain values."""
    return {"name": type(error).__name__, "message": error.message, "remedy": error.remedy}


def error_of(told: Mapping[str, str]) -> QAError:
    """The error that `error_told` wrote, a plain QAError for one that only another version has."""
    kind: type[QAError] = getattr(errors, told["name"], QAError)
    return kind(told["message"], remedy=told["remedy"])


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ABSENT
