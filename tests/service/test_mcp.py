"""Agents over the Model Context Protocol: the official client talks to the service and to `qa mcp`, old way and new."""

import json
import sys
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import anyio
import jsonschema
import pytest
from fastapi.testclient import TestClient
from mcp import Client, MCPError, StdioServerParameters

from browser.conftest import serving
from library import BERTH, BERTH_QUOTE, SQUAWK, UNANSWERED, Library
from qa.engine import Engine
from qa.service.holdings import Allowed, Collection
from qa.service.mcp import HANDSHAKE, MODERN, McpServer
from qa.service.mcp_tools import MOST_CHARACTERS, make_tools
from service.test_errors import assert_problem

ROOT = Path(__file__).resolve().parents[2]
MODES = ["legacy", "auto", MODERN[-1]]
Talk = Callable[[Client], Awaitable[None]]


@pytest.fixture(scope="module")
def address(shared_library: Library, engine: Engine) -> Iterator[str]:
    with serving(shared_library.client(engine).app) as here:
        yield f"{here}/mcp"


def talk(server: str | StdioServerParameters, mode: str, said: Talk) -> None:
    """What is said to a client that is connected."""

    async def whole() -> None:
        async with Client(server, mode=mode, read_timeout_seconds=60) as client:
            await said(client)

    anyio.run(whole)


async def everything(client: Client) -> None:
    """Ask, search, read, verify: each finds what the one before it named."""
    tools = {tool.name: tool for tool in (await client.list_tools()).tools}
    assert list(tools) == ["ask", "search", "read_passage", "verify"]
    assert all(tool.annotations and tool.annotations.read_only_hint for tool in tools.values())

    async def called(name: str, arguments: dict[str, Any]) -> Any:
        result = await client.call_tool(name, arguments)
        assert not result.is_error, result
        jsonschema.validate(result.structured_content, tools[name].output_schema or {})
        (block,) = result.content
        assert block.type == "text"
        assert json.loads(block.text) == result.structured_content
        return result.structured_content

    answer = await called("ask", {"question": BERTH})
    citation = answer["citations"][0]
    assert (answer["answered"], citation["quote"], answer["nearest"]) == (True, BERTH_QUOTE, [])
    assert answer["answer"] in citation["quote"]
    nothing = await called("ask", {"question": UNANSWERED})
    assert (nothing["answered"], nothing["citations"]) == (False, [])
    found = await called("search", {"query": "berth", "top_k": 1})
    (passage,) = found["passages"]
    assert passage["document_id"] == citation["document_id"]
    place = {name: citation[name] for name in ("document_id", "start", "end")}
    read = await called("read_passage", {**place, "around": 20})
    assert read["text"][citation["start"] - read["start"] :].startswith(BERTH_QUOTE)
    assert (read["start"], read["end"]) == (citation["start"] - 20, citation["end"] + 20)
    checked = await called("verify", {"citations": [citation, {**citation, "quote": "A berth is free."}]})
    assert [one["status"] for one in checked["citations"]] == ["same", "edited"]


@pytest.mark.parametrize("mode", MODES)
def test_over_http(address: str, mode: str) -> None:
    talk(address, mode, everything)


@pytest.mark.parametrize("mode", ["legacy", "auto"])
def test_over_standard_input_and_output(shared_library: Library, mode: str) -> None:
    program = [str(ROOT / "tests" / "live" / "served.py"), "mcp", str(shared_library.settings.corpus.parent)]
    settings = shared_library.settings.model_dump_json()
    command = StdioServerParameters(
        command=sys.executable, args=[*program, settings], env={"PYTHONPATH": f"{ROOT / 'tests'}:{ROOT / 'src'}"}
    )

    talk(command, mode, everything)


@pytest.mark.parametrize("mode", ["legacy", "auto"])
def test_the_connection_says_who_is_there(address: str, mode: str) -> None:
    async def said(client: Client) -> None:
        assert client.server_info is not None
        assert client.server_info.name == "quoth"
        assert client.protocol_version == (HANDSHAKE[-1] if mode == "legacy" else MODERN[-1])
        assert client.instructions is not None
        assert "`ask`" in client.instructions

    talk(address, mode, said)


@pytest.mark.parametrize("mode", MODES)
def test_errors_are_told_so_that_an_agent_can_mend_them(address: str, mode: str) -> None:
    async def said(client: Client) -> None:
        for name, arguments, words in (
            ("ask", {}, "question: missing"),
            ("ask", {"question": " "}, "Ask something, in words."),
            ("ask", {"question": BERTH, "k": 3}, "extra_forbidden"),
            ("read_passage", {"document_id": "0123456789abcdef"}, "no indexed document"),
            ("verify", {"citations": [{}]}, "citations.0: value_error"),
        ):
            result = await client.call_tool(name, arguments)
            assert result.is_error
            (block,) = result.content
            assert block.type == "text"
            assert words.lower() in block.text.lower()
        with pytest.raises(MCPError, match="read_passage"):
            await client.call_tool("answer", {})

    talk(address, mode, said)


@pytest.fixture(scope="module")
def server(engine: Engine) -> McpServer:
    return McpServer(make_tools(Allowed((Collection.of(engine, Path("corpus")),))))


def answer(server: McpServer, message: object, headers: dict[str, str] | None = None) -> Any:
    return server.answer(message if isinstance(message, bytes) else json.dumps(message).encode(), headers)


META = {"io.modelcontextprotocol/protocolVersion": MODERN[-1], "io.modelcontextprotocol/clientCapabilities": {}}


def request(method: str, **params: object) -> dict[str, object]:
    return {"jsonrpc": "2.0", "id": 7, "method": method, "params": params}


@pytest.mark.parametrize(
    ("message", "code"),
    [
        (b"{", -32700),
        (b'"\xff"', -32700),
        (b"[" * 100_000, -32700),
        ([request("ping")], -32600),
        ({"id": 1, "method": "ping"}, -32600),
        ({"jsonrpc": "2.0", "id": 1, "result": {}}, -32600),
        ({"jsonrpc": "2.0", "id": None, "method": "ping"}, -32600),
        ({"jsonrpc": "2.0", "id": True, "method": "ping"}, -32600),
        ({"jsonrpc": "2.0", "id": 1, "method": "ping", "params": []}, -32602),
        (request("resources/list"), -32601),
        (request("tools/call", name=["ask"]), -32602),
        (request("tools/list", _meta={"io.modelcontextprotocol/protocolVersion": MODERN[-1]}), -32602),
        (request("tools/list", _meta={**META, "io.modelcontextprotocol/protocolVersion": 5}), -32602),
        (request("tools/list", _meta={**META, "io.modelcontextprotocol/protocolVersion": "2031-01-01"}), -32022),
    ],
)
def test_what_is_no_message_is_refused(server: McpServer, message: object, code: int) -> None:
    reply = answer(server, message)

    assert reply["error"]["code"] == code
    assert reply["error"]["message"]
    if code == -32022:
        assert reply["error"]["data"] == {"supported": [*MODERN], "requested": "2031-01-01"}


def test_notifications_want_no_answer(server: McpServer) -> None:
    assert answer(server, {"jsonrpc": "2.0", "method": "notifications/initialized"}) is None
    assert answer(server, {"jsonrpc": "2.0", "method": "no/such"}) is None


@pytest.mark.parametrize(("wanted", "given"), [*((one, one) for one in HANDSHAKE), ("1999-01-01", HANDSHAKE[-1])])
def test_the_revision_is_the_one_that_is_wanted_if_it_is_known(server: McpServer, wanted: str, given: str) -> None:
    assert answer(server, request("initialize", protocolVersion=wanted))["result"]["protocolVersion"] == given


def test_headers_must_say_what_the_body_says(server: McpServer) -> None:
    call = request("tools/call", name="search", arguments={"query": "berth"}, _meta=META)
    headers = {"mcp-protocol-version": MODERN[-1], "mcp-method": "tools/call", "mcp-name": "search"}

    assert answer(server, call, headers)["result"]["resultType"] == "complete"
    for name in headers:
        for wrong in ({**headers, name: "other"}, {key: text for key, text in headers.items() if key != name}):
            assert answer(server, call, wrong)["error"]["code"] == -32020
    old = answer(server, request("tools/list"), {"mcp-protocol-version": "1999-01-01"})
    assert old["error"]["code"] == -32022
    assert "tools" in answer(server, request("tools/list"), {"mcp-protocol-version": HANDSHAKE[1]})["result"]


def test_a_place_is_read_to_the_ends_of_the_document_and_no_further(server: McpServer, engine: Engine) -> None:
    document = engine.document(engine.ask(SQUAWK).reply.passages[0].passage.chunk.document_id)

    def read(**arguments: object) -> Any:
        reply = answer(server, request("tools/call", name="read_passage", arguments=arguments))
        return reply["result"]

    whole = read(document_id=document.id, around=MOST_CHARACTERS)["structuredContent"]
    assert (whole["text"], whole["start"], whole["characters"]) == (document.text, 0, len(document.text))
    assert read(document_id=document.id, start=3, end=9, around=0)["structuredContent"]["text"] == document.text[3:9]
    for start, end in ((9, 3), (0, len(document.text) + 1)):
        assert read(document_id=document.id, start=start, end=end)["isError"]


def test_another_site_or_host_is_refused(client: TestClient) -> None:
    body = request("tools/list")

    assert client.post("/mcp", json=body).status_code == 200
    assert_problem(client.post("/mcp", json=body, headers={"origin": "https://evil.example"}), 403)
    assert_problem(client.post("/mcp", json=body, headers={"sec-fetch-site": "cross-site"}), 403)
    assert_problem(client.post("/mcp", json=body, headers={"host": "evil.example"}), 400)
    assert_problem(client.post("/mcp", content=json.dumps(body), headers={"content-type": "text/plain"}), 415)
    assert_problem(client.post("/mcp", json=body, headers={"accept": "text/event-stream"}), 406)
    for method in ("GET", "DELETE"):
        assert client.request(method, "/mcp").status_code == 405


def test_over_http_errors_have_a_status(client: TestClient) -> None:
    assert client.post("/mcp", content=b"{", headers={"content-type": "application/json"}).status_code == 400
    assert client.post("/mcp", json=request("no/such")).status_code == 404
    assert client.post("/mcp", json={"jsonrpc": "2.0", "method": "notifications/initialized"}).status_code == 202
    odd = client.post(
        "/mcp",
        content=b'{"jsonrpc":"2.0","id":"\\ud800","method":"ping"}',
        headers={"content-type": "application/json"},
    )
    assert (odd.status_code, odd.text) == (200, '{"jsonrpc": "2.0", "id": "\\ud800", "result": {}}')


def test_what_agents_ask_is_noted_where_that_is_wanted(built: Library) -> None:
    client = built.client(recording=True)
    call = request("tools/call", name="ask", arguments={"question": UNANSWERED})

    assert client.post("/mcp", json=call).status_code == 200
    assert [one["question"] for one in client.get("/unanswered").json()["questions"]] == [UNANSWERED]
