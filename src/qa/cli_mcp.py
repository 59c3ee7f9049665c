"""`qa mcp`: answers an agent over standard input and output, as the Model Context Protocol has it; a message a line.

It answers from the index as it is, and from a newer one as soon as there is one; it builds none. Loading waits for the
first question, so that the agent's start does not.
"""

import argparse
import json
import os
import sys
from typing import IO, TYPE_CHECKING

from qa import cli_collections

if TYPE_CHECKING:
    from qa.service.mcp import McpServer
    from qa.settings import Settings

MOST_BYTES = 1_000_000
"""Of a message."""


def mcp(settings: "Settings", options: argparse.Namespace) -> int:
    """Answer agents on standard input and output (Model Context Protocol)."""
    from qa.service.holdings import Allowed, Collection
    from qa.service.mcp import McpServer
    from qa.service.mcp_tools import make_tools
    from qa.wiring import make_encoder, make_engines

    each = cli_collections.chosen(settings, options)
    collections = tuple(
        Collection.of(engine, own.corpus, own.index, recording=own.journal)
        for own, engine in zip(each.values(), make_engines(each, make_encoder(settings)), strict=True)
    )
    with os.fdopen(os.dup(1), "wb") as answers:
        os.dup2(2, 1)  # what a library prints must not mix with the answers
        converse(McpServer(make_tools(Allowed(collections))), sys.stdin.buffer, answers)
    return 0


def converse(server: "McpServer", messages: IO[bytes], answers: IO[bytes]) -> None:
    """Answer line after line until the input ends."""
    while line := messages.readline(MOST_BYTES):
        if line.isspace():
            continue
        reply = server.answer(line)
        if reply is not None:
            answers.write(json.dumps(reply).encode() + b"\n")
            answers.flush()
