"""The API's contract: no silent change, an example of everything, and no name that clients cannot use."""

import copy
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from api_contract import KEPT, Kind, differences, running
from library import Library
from qa.engine import Engine
from qa.journal import Journal
from qa.service.description import API_VERSION, EXAMPLES
from test_readme import parsed as shipped

Schema = dict[str, Any]
ACCEPT = "`make contract` shows and keeps them; see “The contract” in docs/architecture.md"


@pytest.fixture(scope="module")
def described() -> Schema:
    return running()


@pytest.fixture(scope="module")
def kept() -> Schema:
    document: Schema = json.loads(KEPT.read_text(encoding="utf-8"))
    return document


def operations(description: Schema) -> Iterator[tuple[str, Schema]]:
    for path in description["paths"].values():
        for operation in path.values():
            yield operation["operationId"], operation


def test_nothing_has_changed_in_silence(described: Schema, kept: Schema) -> None:
    found = differences(kept, described)

    assert not found, "\n".join(["The API differs from docs/openapi.json.", ACCEPT, *map(str, found)])
    assert described["info"]["version"] == API_VERSION


def test_every_operation_has_a_name_of_its_own_that_is_a_word_of_code(described: Schema) -> None:
    names = [name for name, _ in operations(described)]

    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[a-z][a-z_]*", name) for name in names)
    assert all(operation["description"] for _, operation in operations(described))


def validator(schema: Schema, described: Schema) -> Any:
    return jsonschema.Draft202012Validator({**schema, "components": described["components"]})


def test_every_request_and_answer_has_an_example_that_fits(described: Schema) -> None:
    for name, operation in operations(described):
        for kind, body in operation.get("requestBody", {}).get("content", {}).items():
            if kind == "application/json":
                assert body["examples"], name
                for example in body["examples"].values():
                    validator(body["schema"], described).validate(example["value"])
        for parameter in operation.get("parameters", []):
            assert not parameter["required"] or "example" in parameter, f"{name}: {parameter['name']}"
        for status, response in operation["responses"].items():
            for kind, content in response["content"].items():
                if kind == "application/problem+json":
                    for example in content["examples"].values():
                        assert example["value"]["status"] == int(status)
                        validator(content["schema"], described).validate(example["value"])
                elif kind == "application/json":
                    validator(content["schema"], described).validate(content["example"])


def test_every_example_of_a_request_works(described: Schema, shared_library: Library, engine: Engine) -> None:
    client = shared_library.client(engine)
    for path, operation in described["paths"].items():
        content = operation.get("post", {}).get("requestBody", {}).get("content", {}).get("application/json", {})
        for name, example in content.get("examples", {}).items():
            assert client.post(path, json=example["value"]).is_success, f"{path}: {name}"
    Journal(shared_library.settings.index).forget()


def test_the_events_of_the_example_are_those_that_are_described(described: Schema) -> None:
    content = described["paths"]["/ask/stream"]["post"]["responses"]["200"]["content"]["text/event-stream"]
    events = [
        dict(line.split(": ", 1) for line in part.splitlines()) for part in content["example"].strip().split("\n\n")
    ]

    assert [event["event"] for event in events] == ["retrieved", "read", "replied"]
    for event in events:
        validator(content["itemSchema"], described).validate(event)
        (kind,) = (
            one for one in content["itemSchema"]["oneOf"] if one["properties"]["event"]["const"] == event["event"]
        )
        validator(kind["properties"]["data"]["contentSchema"], described).validate(json.loads(event["data"]))
    assert "error" in json.dumps(content["itemSchema"])


def test_every_quotation_of_the_examples_is_in_the_shipped_corpus() -> None:
    pending: list[Any] = [json.loads(EXAMPLES.read_text(encoding="utf-8"))]
    checked = 0
    while pending:
        value = pending.pop()
        if isinstance(value, dict):
            words = value.get("quote") or (value.get("text") if "score" in value else None)
            if words and "start" in value and value.get("path"):
                assert shipped(value["path"]).text[value["start"] : value["end"]] == words
                checked += 1
            pending.extend(value.values())
        elif isinstance(value, list):
            pending.extend(value)
    assert checked >= 6


BEFORE: Schema = {
    "info": {"version": "1.0.0"},
    "paths": {
        "/x": {
            "post": {
                "operationId": "x",
                "parameters": [{"in": "query", "name": "q", "required": False, "schema": {"type": "string"}}],
                "requestBody": {"required": False, "content": {"a": {"schema": {"$ref": "#/components/schemas/In"}}}},
                "responses": {"200": {"content": {"a": {"schema": {"$ref": "#/components/schemas/Out"}}}}},
            }
        }
    },
    "components": {
        "schemas": {
            "In": {"type": "object", "properties": {"a": {"type": "integer"}}, "required": []},
            "Out": {
                "type": "object",
                "description": "d",
                "properties": {
                    "list": {"type": "array", "items": {"$ref": "#/components/schemas/Item"}},
                    "state": {"enum": ["idle", "busy"]},
                },
                "required": ["list"],
            },
            "Item": {"properties": {"page": {"anyOf": [{"type": "integer"}, {"type": "null"}]}}},
        }
    },
}


@pytest.mark.parametrize(
    ("place", "value", "kind", "told"),
    [
        ("schemas/Out/description", "other", Kind.WORDING, "the description"),
        ("schemas/Out/properties/more", {"type": "string"}, Kind.ADDITIVE, "POST /x › 200 › more"),
        ("schemas/Out/properties/list", None, Kind.BREAKING, "POST /x › 200 › list"),
        ("schemas/Out/required", ["list", "state"], Kind.ADDITIVE, "POST /x › 200 › state"),
        ("schemas/Out/required", [], Kind.BREAKING, "POST /x › 200 › list"),
        ("schemas/Out/properties/state/enum", ["idle", "busy", "new"], Kind.BREAKING, "POST /x › 200 › state"),
        ("schemas/Out/properties/state/enum", ["idle"], Kind.ADDITIVE, "POST /x › 200 › state"),
        ("schemas/Item/properties/page/anyOf/0/type", "string", Kind.BREAKING, "POST /x › 200 › list[] › page"),
        ("schemas/Item/properties/page/anyOf", [{"type": "null"}], Kind.BREAKING, "POST /x › 200 › list[] › page"),
        ("schemas/In/properties/b", {"type": "string"}, Kind.ADDITIVE, "POST /x › body › b"),
        ("schemas/In/properties/a", None, Kind.BREAKING, "POST /x › body › a"),
        ("schemas/In/required", ["a"], Kind.BREAKING, "POST /x › body › a"),
        ("schemas/In/properties/a/maximum", 5, Kind.BREAKING, "POST /x › body › a"),
        ("x/post/requestBody/required", True, Kind.BREAKING, "POST /x › body"),
        ("x/post/parameters/0/required", True, Kind.BREAKING, "POST /x › query parameter q"),
        ("x/post/parameters", [], Kind.BREAKING, "POST /x › query parameter q"),
        ("x/post/responses/404", {"content": {}}, Kind.ADDITIVE, "POST /x › 404"),
        ("x/post/responses/200", None, Kind.BREAKING, "POST /x › 200"),
        ("x/post/operationId", "y", Kind.BREAKING, "POST /x"),
        ("x/get", {"operationId": "z", "responses": {}}, Kind.ADDITIVE, "GET /x"),
        ("x", None, Kind.BREAKING, "POST /x"),
    ],
)  # fmt: skip
def test_what_a_difference_means(place: str, value: Any, kind: Kind, told: str) -> None:
    after = copy.deepcopy(BEFORE)
    starts = {"schemas": ["components", "schemas"], "x": ["paths", "/x"]}
    first, *rest = place.split("/")
    way: list[str | int] = [*starts[first], *(int(part) if part == "0" else part for part in rest)]
    last = way.pop()
    inside: Any = after
    for part in way:
        inside = inside[part]
    if value is None:
        del inside[last]
    else:
        inside[last] = value

    (difference,) = differences(BEFORE, after)

    assert (difference.kind, difference.place) == (kind, told)


def test_the_examples_are_of_operations_that_there_are(described: Schema) -> None:
    assert json.loads(Path(EXAMPLES).read_text(encoding="utf-8")).keys() == dict(operations(described)).keys()
