"""What runs in the child processes of the sandbox: pure functions from bytes to plain JSON and bytes."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from qa.parsing.formats import make_parsers
from qa.parsing.registry import ParserRegistry
from qa.parsing.transfer import told
from qa.types import Source


def parse(arguments: Mapping[str, Any], data: bytes) -> tuple[dict[str, Any], bytes]:
    """Parse a file; the arguments are the fields of its `Source`. Raises the parser's DocumentError."""
    source = Source(**arguments)
    return told(_parsers().for_path(source.path).parse(source, data))


@cache
def _parsers() -> ParserRegistry:
    return ParserRegistry(make_parsers())
