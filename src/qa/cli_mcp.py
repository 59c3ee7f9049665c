"""`qa mcp`: answers an agent over standard input and output, as the Model Context Protocol has it; a message a line.

It answers from the index as it is, and from a newer one as soon as there is one; it builds none. Loading waits for the
first question, so that the agent's start does not.
"""

import argparse
import json
import os
import sys
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from qa.service.mcp import McpServer
    from qa.settings import Settings

MOST_BYTES = 1_000_000
"""Of a message."""


def mcp(settings: "Settings", _options: argparse.Namespace) -> int:
    """Answer agents on standard input and output (Model Context Protocol)."""
    from qa.journal import Journal
    from qa.service.mcp import McpServer
    from qa.service.mcp_tools import make_tools
    from qa.service.recording import Recorder
    from qa.wiring import make_encoder, make_engine

    engine = make_engine(settings, make_encoder(settings))
    recorder = Recorder(Journal(settings.index), engine, recording=settings.journal)
    with os.fdopen(os.dup(1), "wb") as answers:
        os.dup2(2, 1)  # what a library prints must not mix with the answers
        converse(McpServer(make_tools(engine, recorder.heard)), sys.stdin.buffer, answers)
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
