"""Run as a program (`make client`): asks a running service through a client generated from `docs/openapi.json`.

Arguments: the `qa` command to serve with, and the folder that holds the generated package `quoth_client`. It runs where
that package's own needs are installed, which are not Quoth's.
"""

import importlib
import io
import os
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

CORPUS = Path(__file__).resolve().parents[1] / "corpus"
QUESTION = "Which countries has India held 2+2 meetings with?"
PATIENCE_S = 60.0


def called(name: str, **arguments: Any) -> Any:
    """The parsed reply of one operation, such as `ask.ask`."""
    return importlib.import_module(f"quoth_client.api.{name}").sync(**arguments)


def model(name: str) -> Any:
    """A class of the generated package."""
    return getattr(importlib.import_module("quoth_client.models"), name)


def walk(client: Any) -> None:
    """Ask, search, look the citation up, verify it, change the corpus, and be refused; raises AssertionError."""
    answer = called("ask.ask", client=client, body=model("AskRequest")(question=QUESTION))
    assert answer.answered, answer
    assert "Japan" in answer.citations[0].quote
    citation = answer.citations[0]
    document = called("documents.get_document", client=client, document_id=citation.document_id)
    assert document.text[citation.start : citation.end] == citation.quote
    verified = called(
        "ask.verify",
        client=client,
        body=model("VerifyRequest")(citations=[model("SavedCitation").from_dict(citation.to_dict())]),
    )
    assert verified.holds
    found = called("search.search", client=client, body=model("SearchRequest")(query=QUESTION))
    assert found.passages
    before = called("index.index_state", client=client)
    assert before.generation == answer.generation
    added = importlib.import_module("quoth_client.types").File(payload=io.BytesIO(b"The pier was built in 1861.\n"))
    assert called("documents.put_document", client=client, path="pier.txt", body=added).path == "pier.txt"
    until(lambda: any(one.path == "pier.txt" for one in called("documents.list_documents", client=client).documents))
    said = called("ask.ask", client=client, body=model("AskRequest")(question="When was the pier built?"))
    assert said.answer == "1861", said
    refused = called("documents.get_document", client=client, document_id="none")
    assert isinstance(refused, model("Problem"))
    assert (refused.status, bool(refused.remedy)) == (404, True)


def until(good: Any) -> None:
    """Wait for something; raises TimeoutError after a minute."""
    for _ in range(int(PATIENCE_S / 0.2)):
        if good():
            return
        time.sleep(0.2)
    raise TimeoutError("the service took too long")


def is_open(port: int) -> bool:
    """Whether somebody listens there."""
    with socket.socket() as there:
        return there.connect_ex(("127.0.0.1", port)) == 0


def main(qa: str, generated: str) -> None:
    """Serve a copy of the shipped documents and walk through the API."""
    sys.path.insert(0, generated)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        corpus = Path(folder, "corpus")
        corpus.mkdir()
        for path in CORPUS.iterdir():
            (corpus / path.name).write_bytes(path.read_bytes())
        settings = {"QA_CORPUS": str(corpus), "QA_INDEX": str(Path(folder, "index")), "QA_PORT": str(port)}
        served = subprocess.Popen([qa, "serve"], env={**os.environ, **settings}, cwd=folder)
        try:
            until(lambda: is_open(port))
            client = importlib.import_module("quoth_client").Client(
                base_url=f"http://127.0.0.1:{port}", raise_on_unexpected_status=True
            )
            walk(client)
        finally:
            served.terminate()
            served.wait(30)
    sys.stdout.write(
        "The generated client asked, searched, looked up, verified, added a document and was refused as described.\n"
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
