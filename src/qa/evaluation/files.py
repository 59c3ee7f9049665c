"""Reads what question sets are made of: text files, plain or compressed, JSON, and JSON lines, naming every fault."""

import gzip
import hashlib
import json
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from qa.errors import QuestionSetError

GZIP_MAGIC = b"\x1f\x8b"
COMPRESSED = ".gz"


def read_text(path: Path) -> str:
    """The text of a UTF-8 file, unpacked when it is gzip (by its first bytes, whatever its name)."""
    try:
        data = path.read_bytes()
        if data.startswith(GZIP_MAGIC):
            data = gzip.decompress(data)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise QuestionSetError(
            f"{path} is compressed and cannot be unpacked ({error}).", remedy="Fetch it again; it may be incomplete."
        ) from None
    except OSError as error:
        raise QuestionSetError(
            f"{path} cannot be read ({error.strerror or error}).", remedy="Check its name and permissions."
        ) from None
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise QuestionSetError(f"{path}, line {line}: this is not UTF-8.", remedy="Save the file as UTF-8.") from None


def existing(folder: Path, name: str) -> Path:
    """The file of that name in a folder, or its compressed form; the plain name when neither is there."""
    plain = folder / name
    compressed = folder / f"{name}{COMPRESSED}"
    return compressed if compressed.is_file() and not plain.is_file() else plain


def stem(path: Path) -> str:
    """A file's name without `.gz` and without what stands after its last dot."""
    name = path.name.removesuffix(COMPRESSED)
    return name.rpartition(".")[0] or name


def digest(*texts: str) -> str:
    """SHA-256 over several texts, as hexadecimal digits."""
    whole = hashlib.sha256()
    for text in texts:
        whole.update(text.encode("utf-8") + b"\0")
    return whole.hexdigest()


def json_of(text: str, path: Path) -> Any:
    """One JSON document."""
    try:
        return json.loads(text)
    except (json.JSONDecodeError, RecursionError) as error:
        line = error.lineno if isinstance(error, json.JSONDecodeError) else 1
        what = error.msg if isinstance(error, json.JSONDecodeError) else "nested too deeply"
        raise QuestionSetError(f"{path}, line {line}: not valid JSON ({what}).", remedy="Mend that line.") from None


def json_lines(text: str, path: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every line that is not blank, as its place (`file, line 3`) and its JSON object."""
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        place = f"{path}, line {number}"
        try:
            row = json.loads(line)
        except (json.JSONDecodeError, RecursionError):
            raise QuestionSetError(f"{place}: not valid JSON.", remedy="Write one JSON object on each line.") from None
        if not isinstance(row, dict):
            raise QuestionSetError(f"{place}: not a JSON object.", remedy="Write one JSON object on each line.")
        yield place, row


def text_of(row: Mapping[str, Any], name: str, place: str, *, empty: bool = False) -> str:
    """A text field that must be there, and must hold something unless `empty` is allowed."""
    value = row.get(name)
    if not isinstance(value, str):
        raise QuestionSetError(f"{place}: “{name}” is not a text.", remedy=f"Give every entry its “{name}”.")
    if not empty and not value.strip():
        raise QuestionSetError(f"{place}: “{name}” is empty.", remedy=f"Give every entry its “{name}”.")
    _check_text(value, name, place)
    return value


def list_of(row: Mapping[str, Any], name: str, place: str) -> list[Any]:
    """A list field that must be there; it may be empty."""
    value = row.get(name)
    if not isinstance(value, list):
        raise QuestionSetError(f"{place}: “{name}” is not a list.", remedy=f"Give it a list “{name}”, if only [].")
    return value


def object_in(value: object, place: str) -> Mapping[str, Any]:
    """A value that must be a JSON object."""
    if not isinstance(value, dict):
        raise QuestionSetError(f"{place}: not a JSON object.", remedy="Compare the file with its format.")
    return value


def _check_text(value: str, name: str, place: str) -> None:
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        raise QuestionSetError(
            f"{place}: “{name}” holds half of a surrogate pair, which is no character.", remedy="Remove it."
        ) from None
