"""No connection to anywhere: the whole product runs where there is no way out, and does not even try.

`unshare` makes a network of its own with nothing but a loopback device; where that is not allowed, the test says so.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parents[1]
APART = ("unshare", "--map-root-user", "--net")
PROGRAM = r"""
import fcntl, http.client, json, socket, struct, sys, threading

with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:  # the loopback device is down in a new network
    fcntl.ioctl(any_socket, 0x8914, struct.pack("16sh", b"lo", 0x1 | 0x40))

tried = []
def heard(event, arguments):
    if event in {"socket.connect", "socket.sendto", "socket.getaddrinfo", "socket.gethostbyname"}:
        tried.append(str(arguments[1:] if event.startswith("socket.c") else arguments))
sys.addaudithook(heard)

import qa.cli, uvicorn
serve, told = uvicorn.Server.run, {}
def serve_and_ask(server, sockets):
    def ask():
        connection = http.client.HTTPConnection(*sockets[0].getsockname())
        body = json.dumps({"question": "When did the pier open?"})
        connection.request("POST", "/ask", body, {"Content-Type": "application/json"})
        told["quote"] = json.load(connection.getresponse())["citations"][0]["quote"]
        connection.request("GET", "/readyz")
        told["status"] = json.load(connection.getresponse())["status"]
        connection.close()
        server.finish(linger=False)
    threading.Thread(target=ask).start()
    serve(server, sockets)
uvicorn.Server.run = serve_and_ask
told["code"] = qa.cli.main(["serve", "--port", "0"])
told["tried"] = [one for one in tried if "127.0.0.1" not in one]
sys.stderr.write("\nTOLD " + json.dumps(told))
"""


def test_it_indexes_serves_answers_and_stops_where_there_is_no_way_out(tmp_path: Path) -> None:
    try:
        subprocess.run([*APART, "true"], check=True, capture_output=True, timeout=60)
    except (OSError, subprocess.SubprocessError) as error:
        pytest.skip(f"a network of its own cannot be made here: {error}")
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    (corpus / "pier.txt").write_text("The northern pier opened in 1902.\n")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("QA_")}
    environment["PYTHONPATH"] = str(TESTS.parent / "src")
    command = [*APART, sys.executable, "-c", PROGRAM]

    ran = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300, check=True
    )

    told = json.loads(ran.stderr.rpartition("\nTOLD ")[2])
    assert told == {"quote": "The northern pier opened in 1902.", "status": "ready", "code": 0, "tried": []}
