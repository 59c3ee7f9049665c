"""Compares the API's description with the one kept in `docs/openapi.json`, and says what that means for clients.

Run as a program (`make contract`) it prints the differences and keeps the new description; a change that can break a
client needs a new major `API_VERSION` first. Whatever is not known to be harmless counts as breaking.
"""

import json
import sys
import tempfile
from collections.abc import Iterator, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any, NamedTuple

from library import Library

KEPT = Path(__file__).resolve().parents[1] / "docs" / "openapi.json"
WORDS = frozenset({"title", "description", "summary", "example", "examples", "tags", "version"})
"""What only people read."""
METHODS = frozenset({"get", "put", "post", "delete", "patch", "head", "options"})

Json = Mapping[str, Any]


class Kind(StrEnum):
    """What a difference means for a client of the kept description."""

    BREAKING = "breaking"
    ADDITIVE = "additive"
    WORDING = "wording"


class Difference(NamedTuple):
    """One difference, at a place such as `POST /ask › 200 › citations[] › page`."""

    kind: Kind
    place: str
    what: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.place}: {self.what}"


class Side(NamedTuple):
    """A schema with the document that its references lead into."""

    document: Json
    schema: Any

    def resolved(self) -> "Side":
        """The schema itself, where this is a reference to it."""
        schema = self.schema
        while isinstance(schema, Mapping) and "$ref" in schema:
            name = str(schema["$ref"]).rpartition("/")[2]
            schema = self.document["components"]["schemas"][name]
        return Side(self.document, schema)

    def at(self, schema: Any) -> "Side":
        """Another schema of the same document."""
        return Side(self.document, schema)


def running() -> dict[str, Any]:
    """The description as the service gives it, as it is after a journey through JSON."""
    with tempfile.TemporaryDirectory() as folder:
        response = Library.at(Path(folder) / "library", {}).client().get("/openapi.json")
        described: dict[str, Any] = json.loads(response.text)
        return described


def differences(old: Json, new: Json) -> list[Difference]:
    """All that differs, the worst first; a difference in words alone is one line for each operation."""
    found = list(_operations(old, new))
    if not found and old != new:
        found = [Difference(Kind.WORDING, "the description", "titles, descriptions or examples differ")]
    return sorted(found, key=lambda difference: (list(Kind).index(difference.kind), difference.place))


def _operations(old: Json, new: Json) -> Iterator[Difference]:
    before, after = _named(old), _named(new)
    for name in sorted(before.keys() | after.keys()):
        if name not in after:
            yield Difference(Kind.BREAKING, name, "is gone")
        elif name not in before:
            yield Difference(Kind.ADDITIVE, name, "is new")
        else:
            yield from _operation(name, Side(old, before[name]), Side(new, after[name]))


def _named(document: Json) -> dict[str, Json]:
    return {
        f"{method.upper()} {path}": operation
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
        if method in METHODS
    }


def _operation(name: str, old: Side, new: Side) -> Iterator[Difference]:
    if old.schema["operationId"] != new.schema["operationId"]:
        yield Difference(Kind.BREAKING, name, f"operationId is {new.schema['operationId']}: methods are named by it")
    yield from _parameters(name, old, new)
    yield from _body(name, old, new)
    yield from _responses(name, old, new)


def _parameters(name: str, old: Side, new: Side) -> Iterator[Difference]:
    before, after = ({(p["in"], p["name"]): p for p in side.schema.get("parameters", [])} for side in (old, new))
    for key in sorted(before.keys() | after.keys()):
        place = f"{name} › {key[0]} parameter {key[1]}"
        if key not in after:
            yield Difference(Kind.BREAKING, place, "is gone")
        elif key not in before:
            needed = after[key].get("required", False)
            yield Difference(Kind.BREAKING if needed else Kind.ADDITIVE, place, "is new")
        else:
            if after[key].get("required", False) and not before[key].get("required", False):
                yield Difference(Kind.BREAKING, place, "is required now")
            yield from _schema(place, old.at(before[key]["schema"]), new.at(after[key]["schema"]), sent=True)


def _body(name: str, old: Side, new: Side) -> Iterator[Difference]:
    before, after = old.schema.get("requestBody"), new.schema.get("requestBody")
    place = f"{name} › body"
    if after and after.get("required") and not (before and before.get("required")):
        yield Difference(Kind.BREAKING, place, "is required now")
    before, after = (body["content"] if body else {} for body in (before, after))
    yield from _contents(place, old, new, (before, after), sent=True)


def _responses(name: str, old: Side, new: Side) -> Iterator[Difference]:
    before, after = old.schema["responses"], new.schema["responses"]
    for status in sorted(before.keys() | after.keys()):
        place = f"{name} › {status}"
        if status not in after:
            yield Difference(Kind.BREAKING, place, "is gone")
        elif status not in before:
            yield Difference(Kind.BREAKING if status.startswith("2") else Kind.ADDITIVE, place, "is new")
        else:
            contents = (before[status].get("content", {}), after[status].get("content", {}))
            yield from _contents(place, old, new, contents, sent=False)


def _contents(place: str, old: Side, new: Side, contents: tuple[Json, Json], *, sent: bool) -> Iterator[Difference]:
    before, after = contents
    for kind in sorted(before.keys() | after.keys()):
        if kind not in after:
            yield Difference(Kind.BREAKING, place, f"is no longer {kind}")
        elif kind not in before:
            yield Difference(Kind.ADDITIVE, place, f"may be {kind}")
        else:
            for name in ("schema", "itemSchema"):
                sides = old.at(before[kind].get(name, {})), new.at(after[kind].get(name, {}))
                yield from _schema(place, *sides, sent=sent)


def _schema(place: str, old: Side, new: Side, *, sent: bool) -> Iterator[Difference]:
    """Of two schemas, of what a client sends or is answered."""
    old, new = old.resolved(), new.resolved()
    before, after = old.schema, new.schema
    if not isinstance(before, Mapping) or not isinstance(after, Mapping):
        if before != after:
            yield Difference(Kind.BREAKING, place, f"was {before!r} and is {after!r}")
        return
    yield from _properties(place, old, new, sent=sent)
    for name in sorted((before.keys() | after.keys()) - WORDS - {"properties", "required", "default"}):
        was, now = before.get(name), after.get(name)
        if name == "items":
            yield from _schema(f"{place}[]", old.at(was), new.at(now), sent=sent)
        elif name == "enum" and was and now:
            yield from _values(place, set(was), set(now), sent=sent)
        elif isinstance(was, list) and isinstance(now, list) and len(was) == len(now):
            for one, other in zip(was, now, strict=True):
                yield from _schema(place, old.at(one), new.at(other), sent=sent)
        elif isinstance(was, Mapping) and isinstance(now, Mapping):
            yield from _schema(f"{place} › {name}", old.at(was), new.at(now), sent=sent)
        elif was != now:
            yield Difference(Kind.BREAKING, place, f"{name} was {json.dumps(was)} and is {json.dumps(now)}")


def _properties(place: str, old: Side, new: Side, *, sent: bool) -> Iterator[Difference]:
    before, after = old.schema.get("properties", {}), new.schema.get("properties", {})
    needed_before, needed_after = set(old.schema.get("required", ())), set(new.schema.get("required", ()))
    for name in sorted(before.keys() | after.keys()):
        here = f"{place} › {name}"
        if name not in after:
            yield Difference(Kind.BREAKING, here, "is gone")
        elif name not in before:
            yield Difference(Kind.BREAKING if sent and name in needed_after else Kind.ADDITIVE, here, "is new")
        else:
            yield from _schema(here, old.at(before[name]), new.at(after[name]), sent=sent)
            if (name in needed_before) != (name in needed_after):
                broken = (name in needed_after) is sent
                what = "is required now" if name in needed_after else "may be left out now"
                yield Difference(Kind.BREAKING if broken else Kind.ADDITIVE, here, what)


def _values(place: str, before: set[Any], after: set[Any], *, sent: bool) -> Iterator[Difference]:
    for value in sorted(before ^ after):
        broken = (value in before) is sent
        what = f"{value!r} is {'no longer' if value in before else 'now'} a value"
        yield Difference(Kind.BREAKING if broken else Kind.ADDITIVE, place, what)


def major(document: Json) -> int:
    """The first number of the contract's version."""
    return int(str(document["info"]["version"]).partition(".")[0])


def main() -> int:
    """Print what differs, and keep the new description unless it breaks clients within a version."""
    now = running()
    kept = json.loads(KEPT.read_text(encoding="utf-8")) if KEPT.is_file() else now
    found = differences(kept, now)
    print(*found, sep="\n")
    if any(one.kind is Kind.BREAKING for one in found) and major(now) <= major(kept):
        print("Not kept: give API_VERSION in src/qa/service/description.py a new major number, or change it back.")
        return 1
    KEPT.write_text(json.dumps(now, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"Kept in {KEPT.name}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
