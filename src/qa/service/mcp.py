"""The server's side of the Model Context Protocol: one JSON-RPC message in, at most one out, and nothing kept between.

Both ways to speak it are understood: with the handshake (`initialize`, revisions up to 2025-11-25), and without it
(2026-07-28), where each request says its revision in `_meta`. Of all that the protocol has, Quoth has tools.
"""

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from qa import __version__
from qa.service.mcp_tools import Tool

HANDSHAKE = ("2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25")
MODERN = ("2026-07-28",)
PARSE_ERROR, INVALID_REQUEST, METHOD_NOT_FOUND, INVALID_PARAMS, INTERNAL_ERROR = -32700, -32600, -32601, -32602, -32603
HEADER_MISMATCH, UNSUPPORTED_VERSION = -32020, -32022
STATUS = {
    PARSE_ERROR: HTTPStatus.BAD_REQUEST,
    INVALID_REQUEST: HTTPStatus.BAD_REQUEST,
    INVALID_PARAMS: HTTPStatus.BAD_REQUEST,
    HEADER_MISMATCH: HTTPStatus.BAD_REQUEST,
    UNSUPPORTED_VERSION: HTTPStatus.BAD_REQUEST,
    METHOD_NOT_FOUND: HTTPStatus.NOT_FOUND,
}
"""What an error of the protocol is over HTTP."""
VERSION_HEADER, METHOD_HEADER, NAME_HEADER = "mcp-protocol-version", "mcp-method", "mcp-name"
_META = "io.modelcontextprotocol/"
_TTL_MILLISECONDS = 3_600_000
"""So long clients may keep the list of tools; it changes with the version of Quoth only."""
INSTRUCTIONS = """Quoth answers from a folder of documents in their own words. `ask` gives exact quotations or says that
the documents have no answer; take both as they are, and give the user the quotation with its document and place.
`search` and `read_passage` show more of the documents, `verify` tells whether earlier quotations still stand there."""

Message = dict[str, Any]


class McpError(Exception):
    """A request that the protocol refuses; becomes a JSON-RPC error."""

    def __init__(self, code: int, message: str, data: object = None) -> None:
        super().__init__(message)
        self.code, self.message, self.data = code, message, data


class McpServer:
    """Answers messages with the help of tools. Safe for several threads."""

    def __init__(self, tools: Mapping[str, Tool]) -> None:
        self._tools = tools

    def answer(self, data: bytes, headers: Mapping[str, str] | None = None) -> Message | None:
        """The reply to a message, or None for one that wants none. `headers` are those of HTTP, in lower case."""
        name: str | int | None = None
        try:
            message = _read(data)
            if "id" not in message:
                return None
            name = _id_of(message)
            return {"jsonrpc": "2.0", "id": name, "result": self._result(message, headers)}
        except McpError as error:
            told: Message = {"code": error.code, "message": error.message}
            if error.data is not None:
                told["data"] = error.data
            return {"jsonrpc": "2.0", "id": name, "error": told}

    def _result(self, message: Message, headers: Mapping[str, str] | None) -> Message:
        params = message.get("params", {})
        if not isinstance(params, dict):
            raise McpError(INVALID_PARAMS, "params is an object.")
        method = message["method"]
        if not _is_modern(params, headers or {}):
            return self._called(method, params)
        _check_modern(method, params, headers)
        if method == "server/discover":
            supported = {"supportedVersions": list(MODERN), "capabilities": {"tools": {}}}
            return _complete({**supported, "instructions": INSTRUCTIONS}, kept=True)
        return _complete(self._called(method, params), kept=method == "tools/list")

    def _called(self, method: str, params: Message) -> Message:
        if method == "initialize":
            return _welcome(params.get("protocolVersion"))
        if method == "ping":
            return {}
        if method == "tools/list":
            return {"tools": [tool.described() for tool in self._tools.values()]}
        if method == "tools/call":
            name = params.get("name")
            tool = self._tools.get(name) if isinstance(name, str) else None
            if tool is None:
                raise McpError(INVALID_PARAMS, f"The tools are {', '.join(self._tools)}.")
            return tool.result(params.get("arguments") or {})
        raise McpError(METHOD_NOT_FOUND, "There is no such method here.")


def _read(data: bytes) -> Message:
    """One message; raises McpError for what is none."""
    try:
        message = json.loads(data.decode("utf-8"))
    except (ValueError, RecursionError):
        raise McpError(PARSE_ERROR, "That is no JSON text in UTF-8.") from None
    if not isinstance(message, dict) or message.get("jsonrpc") != "2.0" or not isinstance(message.get("method"), str):
        raise McpError(INVALID_REQUEST, "Send one request or notification of JSON-RPC 2.0.")
    return message


def _id_of(message: Message) -> str | int:
    found = message["id"]
    if isinstance(found, bool) or not isinstance(found, str | int):
        raise McpError(INVALID_REQUEST, "An id is a string or a whole number.")
    return found


def _welcome(wanted: object) -> Message:
    """The answer to `initialize`: the revision that was asked for, or the newest one that begins like this."""
    return {
        "protocolVersion": wanted if wanted in HANDSHAKE else HANDSHAKE[-1],
        "capabilities": {"tools": {}},
        "serverInfo": _server(),
        "instructions": INSTRUCTIONS,
    }


def _server() -> Message:
    return {"name": "quoth", "title": "Quoth", "version": __version__}


def _is_modern(params: Message, headers: Mapping[str, str]) -> bool:
    """Whether a request says its revision itself; raises McpError where it says one in its headers that is unknown."""
    meta = params.get("_meta")
    if isinstance(meta, dict) and f"{_META}protocolVersion" in meta:
        return True
    said = headers.get(VERSION_HEADER)
    if said is not None and said not in (*HANDSHAKE, *MODERN):
        raise _unsupported(said)
    return said in MODERN


def _check_modern(method: str, params: Message, headers: Mapping[str, str] | None) -> None:
    """Raise McpError unless `_meta` has what it must, the headers say the same, and the revision is known."""
    meta = params.get("_meta")
    needed = [f"{_META}{name}" for name in ("protocolVersion", "clientCapabilities")]
    if not isinstance(meta, dict) or not all(name in meta for name in needed):
        raise McpError(INVALID_PARAMS, f"params._meta needs {' and '.join(needed)}.")
    version = meta[needed[0]]
    if headers is not None:
        named = params.get("name") if method == "tools/call" else None
        expected = {VERSION_HEADER: version, METHOD_HEADER: method, **({NAME_HEADER: named} if named else {})}
        wrong = [name for name, value in expected.items() if headers.get(name) != value]
        if wrong:
            raise McpError(HEADER_MISMATCH, f"The header {wrong[0]} does not say what the body says.")
    if not isinstance(version, str):
        raise McpError(INVALID_PARAMS, "The revision is a string.")
    if version not in MODERN:
        raise _unsupported(version)


def _unsupported(version: str) -> McpError:
    return McpError(
        UNSUPPORTED_VERSION, "That revision is not spoken here.", {"supported": list(MODERN), "requested": version}
    )


def _complete(result: Message, *, kept: bool) -> Message:
    """A result of the newer revision; one that is `kept` may be used again for a while."""
    hints = {"ttlMs": _TTL_MILLISECONDS, "cacheScope": "private"} if kept else {}
    return {**result, **hints, "resultType": "complete", "_meta": {f"{_META}serverInfo": _server()}}
