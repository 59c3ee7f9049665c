"""`qa mcp`: a line in, a line out, until the input ends; what is odd ends nothing."""

import io
import json
import subprocess
import sys
from pathlib import Path

from library import BERTH, Library
from qa.cli_mcp import MOST_BYTES, converse
from qa.engine import Engine
from qa.service.holdings import Allowed, Collection
from qa.service.mcp import McpServer
from qa.service.mcp_tools import make_tools


def conversation(engine: Engine, *lines: bytes) -> list[dict[str, object]]:
    answers = io.BytesIO()
    converse(
        McpServer(make_tools(Allowed((Collection.of(engine, Path("corpus")),)))), io.BytesIO(b"".join(lines)), answers
    )
    return [json.loads(line) for line in answers.getvalue().splitlines()]


def test_lines_are_answered_in_order(engine: Engine) -> None:
    ping = b'{"jsonrpc": "2.0", "id": %d, "method": "ping"}\n'
    told = b'{"jsonrpc": "2.0", "method": "notifications/initialized"}\n'

    first, odd, last = conversation(engine, ping % 1, told, b"\n", b"what?\n", ping % 2)

    assert first == {"jsonrpc": "2.0", "id": 1, "result": {}}
    assert (odd["id"], last) == (None, {"jsonrpc": "2.0", "id": 2, "result": {}})


def test_an_endless_line_is_refused_in_pieces(engine: Engine) -> None:
    answers = conversation(engine, b"[" * (2 * MOST_BYTES), b"\n")

    assert len(answers) == 2
    assert all("error" in answer for answer in answers)


def test_the_command_itself_says_what_is_missing(library: Library) -> None:
    """Without an index it starts all the same, and tells it the agent; standard output holds answers only."""
    call = {"name": "ask", "arguments": {"question": BERTH}}
    message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": call}
    program = [sys.executable, "-m", "qa", "mcp", "--index", str(library.settings.index)]
    done = subprocess.run(
        program, input=json.dumps(message) + "\n", capture_output=True, text=True, timeout=60, check=False,
        cwd=Path(library.settings.corpus).parent,
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    (line,) = done.stdout.splitlines()
    result = json.loads(line)["result"]
    assert result["isError"]
    assert "qa index" in result["content"][0]["text"]
