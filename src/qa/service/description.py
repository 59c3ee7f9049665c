"""The contract of the API, as `/openapi.json` gives it: version, promise, and an example of every request and answer.

The examples lie in `examples.json`, by the name of the operation. What they quote is in the shipped corpus; a test
compares.
"""

import json
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from qa import errors
from qa.service.errors import problem_of, refusal, unreadable, wrong_form
from qa.service.openai_schemas import MODEL, ChatProblem
from qa.service.schemas import AskResponse, Problem
from qa.service.stream import ReadModel, RetrievedModel

API_VERSION = "1.1.0"
"""Of the contract, not of Quoth. The first number rises when a client may break, the second when something is added."""
DESCRIPTION = """Answers from a folder of documents, in the documents' own words.

Every quotation carries its document, section, page and character offsets (Unicode code points, half-open) with the
SHA-256 of the text and of the file, so that anyone can check it: fetch `GET /documents/{id}` and compare
`text[start:end]` with `quote`. That there is no answer is an answer as well: 200 with `answered` false. Errors have one
shape (RFC 9457) and say what to do.

**Stable.** Within version 1 nothing is renamed, removed or given another meaning, and no request that is good now is
refused. Fields, operations, events and `type`s of errors may be added: pass over what you do not know.

**Tokens and limits.** Where tokens are set, send one: `Authorization: Bearer TOKEN`. Any request may then get 401 (no
token that is known) or 403 (it may read only), and any at all 429 or 503 with `Retry-After` (ask again after so many
seconds), and 414 or 431 (an address or headers that are too long).

**Request ids.** Every response has an `X-Request-Id`, which problems repeat and the log names. Send your own (up to 100
letters, digits, `.`, `_` and `-`) to have it used."""

EXAMPLES = Path(__file__).with_name("examples.json")
_STREAMS = ("ask_stream", "ask_stream_by_query")
_REQUEST_ID = "0f8fad5bd9cb469fa165b6b9f2b1a9c0"


def described(description: dict[str, Any]) -> dict[str, Any]:
    """The description that FastAPI makes, with examples and the media type that errors really have."""
    events, models = _events()
    description["components"]["schemas"].update(models)
    for path in description["paths"].values():
        for operation in path.values():
            _with_problems(operation["responses"])
            stream = operation["responses"].get("200", {}).get("content", {}).get("text/event-stream")
            if stream is not None and operation["operationId"] in _STREAMS:
                stream["itemSchema"] = events
            _with_examples(operation, _examples().get(operation["operationId"], {}))
    return description


def _events() -> tuple[dict[str, Any], dict[str, Any]]:
    """The schema of one event of a stream, and those of the data that it may have."""
    data: dict[str, type[BaseModel]] = {
        "retrieved": RetrievedModel,
        "read": ReadModel,
        "replied": AskResponse,
        "error": Problem,
    }
    schemas, models = models_json_schema(
        [(model, "serialization") for model in data.values()], ref_template="#/components/schemas/{model}"
    )
    kinds = [
        {
            "type": "object",
            "properties": {
                "event": {"type": "string", "const": name},
                "data": {
                    "type": "string",
                    "contentMediaType": "application/json",
                    "contentSchema": schemas[model, "serialization"],
                },
            },
            "required": ["event", "data"],
        }
        for name, model in data.items()
    ]
    return {"oneOf": kinds}, models["$defs"]


def _with_problems(responses: dict[str, Any]) -> None:
    for status, response in responses.items():
        content = response.get("content", {})
        for kind, shape in list(content.items()):
            name = shape.get("schema", {}).get("$ref", "").rpartition("/")[2]
            if name in {"Problem", "ChatProblem"}:
                shown = _problem_examples(int(status), chat=name == "ChatProblem")
                shape["examples"] = {example["type"]: {"value": example} for example in shown}
                content["application/problem+json"] = content.pop(kind)


def _with_examples(operation: dict[str, Any], examples: dict[str, Any]) -> None:
    for shape in operation.get("requestBody", {}).get("content", {}).values():
        if "request" in examples:
            shape["examples"] = examples["request"]
    for parameter in operation.get("parameters", []):
        if parameter["name"] in examples.get("parameters", {}):
            parameter["example"] = examples["parameters"][parameter["name"]]
    for status, response in operation["responses"].items():
        for shape in response.get("content", {}).values():
            if status in examples:
                shape["example"] = examples[status]


@cache
def _examples() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(EXAMPLES.read_text(encoding="utf-8"))
    return found


def _problem_examples(status: int, *, chat: bool = False) -> list[dict[str, Any]]:
    """What an error of a status looks like; those of one status that tell different things."""
    shown: dict[int, list[errors.QAError]] = {
        401: [errors.TokenMissing("No token came with the request.", remedy="Send `Authorization: Bearer TOKEN`.")],
        403: [errors.ChangesForbidden("The service does not change the corpus.", remedy="Set QA_ALLOW_UPLOAD=always.")],
        404: [errors.DocumentUnknown("There is no document 0123456789abcdef.", remedy="See GET /documents.")],
        409: [errors.OriginalChanged("lemoa.md has changed since it was indexed.", remedy="Wait for the index.")],
        410: [errors.OriginalGone("lemoa.md is no longer in the corpus.", remedy="Wait for the index to follow.")],
        412: [errors.NameTaken("There is a file notes.md already.", remedy="Choose another name, or replace it.")],
        422: [errors.InvalidQuestion("The question is empty.", remedy="Ask something, in words.")],
        429: [errors.RateExceeded("You have sent too many requests in a short time.", remedy="Ask more slowly.")],
        503: [
            errors.IndexMissing("There is no index in index.", remedy="Build one: qa index."),
            errors.Overloaded("Too many requests are waiting already.", remedy="Ask again in a second."),
        ],
    }
    if chat:
        shown[404] = [errors.ModelUnknown("There is no model of that name.", remedy=f"Name the model {MODEL}.")]
    found = [problem_of(error) for error in shown.get(status, [])] or [refusal(HTTPStatus(status))]
    if status == HTTPStatus.BAD_REQUEST:
        found.insert(0, unreadable())
    if status == HTTPStatus.UNPROCESSABLE_ENTITY:
        found.append(wrong_form([{"field": "body.question", "problem": "missing"}]))
    named = [problem.model_copy(update={"request_id": _REQUEST_ID}) for problem in found]
    return [(ChatProblem.of(problem) if chat else problem).model_dump() for problem in named]
