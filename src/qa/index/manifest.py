"""What a generation is: format, encoder, parsers, chunk policy, volumes, every document, a checksum for every file.

It also says how the vectors are searched. The id of a generation is a running number and a digest of all that, the
time of the build left out: the same corpus gives the same digest.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import Any

from qa.errors import IndexCorrupt, IndexIncompatible
from qa.ports import DenseSearch
from qa.types import DocumentRecord

FORMAT = 13
"""Raised whenever a reader of the old format would misread the new one."""

FILE = "manifest.json"
NAME = re.compile(r"\d{6,}-[0-9a-f]{12}")
"""What a generation's name looks like."""
_ENTRY = re.compile(r',\n(?=")')
_NOT_IN_DIGEST = ("number", "created", "format", "digest", "seal")
_RECORD_FIELDS = tuple(field.name for field in fields(DocumentRecord))
REBUILD = "Run `qa index` to build it anew."


@dataclass(frozen=True, slots=True)
class FileSum:
    """Size in bytes and SHA-256 of one file of a generation."""

    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """What, besides the documents, decides what an index holds."""

    encoder: str
    parsers: tuple[str, ...]
    chunking: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Volume:
    """A run of indexed documents with its own folder `name`, and how many documents, passages and children it has."""

    name: str
    documents: int
    passages: int
    children: int


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """One generation: `documents` by path; the `volumes` hold the indexed ones of them, in the same order.

    `dense` says how the vectors are searched. `files` maps POSIX paths inside its folder to their sums.
    """

    number: int
    created: str
    recipe: Recipe
    documents: tuple[DocumentRecord, ...]
    volumes: tuple[Volume, ...]
    dense: DenseSearch
    files: Mapping[str, FileSum]

    @property
    def passages(self) -> int:
        """How many passages can be found."""
        return sum(volume.passages for volume in self.volumes)

    @property
    def children(self) -> int:
        """How many vectors there are."""
        return sum(volume.children for volume in self.volumes)

    @cached_property
    def digest(self) -> str:
        """SHA-256 over everything but number and time, as hexadecimal digits."""
        return _digest(self._lines)

    @property
    def id(self) -> str:
        """Name of the generation's folder."""
        return f"{self.number:06d}-{self.digest[:12]}"

    @property
    def seal(self) -> str:
        """SHA-256 over all of it, number and time as well."""
        sealed = {"digest": self.digest, "number": self.number, "created": self.created}
        return hashlib.sha256(_joined(_encoded(sealed)).encode()).hexdigest()

    def to_json(self) -> str:
        """The manifest file's content; it carries its own digest and seal."""
        own = {"number": self.number, "created": self.created}
        return _joined({**self._lines, **_encoded({**own, "format": FORMAT, "digest": self.digest, "seal": self.seal})})

    @cached_property
    def _lines(self) -> dict[str, str]:
        """All that the digest is of, as it is written."""
        return _encoded(
            {
                "recipe": asdict(self.recipe),
                "documents": [plain_record(record) for record in self.documents],
                "volumes": [asdict(volume) for volume in self.volumes],
                "dense": asdict(self.dense),
                "files": {name: asdict(entry) for name, entry in self.files.items()},
            }
        )

    @classmethod
    def from_json(cls, text: str, where: Path) -> "Manifest":
        """Read a manifest; raises IndexIncompatible for another format and IndexCorrupt for damage."""
        try:
            data = json.loads(text)
            if data["format"] != FORMAT:
                raise IndexIncompatible(
                    f"The index at {where} has format {data['format']}, this version reads {FORMAT}.", remedy=REBUILD
                )
            manifest = cls(
                number=data["number"],
                created=data["created"],
                recipe=Recipe(
                    encoder=data["recipe"]["encoder"],
                    parsers=tuple(data["recipe"]["parsers"]),
                    chunking=tuple((name, size) for name, size in data["recipe"]["chunking"]),
                ),
                documents=tuple(DocumentRecord(**record) for record in data["documents"]),
                volumes=tuple(Volume(**volume) for volume in data["volumes"]),
                dense=DenseSearch(**data["dense"]),
                files={name: FileSum(**entry) for name, entry in data["files"].items()},
            )
            digest, seal = data["digest"], data["seal"]
            vars(manifest)["digest"] = _digest(_separated(text))  # of what was read: cheaper than to write it anew
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise IndexCorrupt(f"The manifest at {where} is damaged ({error}).", remedy=REBUILD) from None
        if (digest, seal) != (manifest.digest, manifest.seal):
            raise IndexCorrupt(f"The manifest at {where} does not match its own digest.", remedy=REBUILD)
        return manifest


def plain_record(record: DocumentRecord) -> dict[str, Any]:
    """A record as JSON has it."""
    return {name: getattr(record, name) for name in _RECORD_FIELDS}


def file_sum(path: Path) -> FileSum:
    """Size and SHA-256 of a file."""
    with path.open("rb") as file:
        return FileSum(path.stat().st_size, hashlib.file_digest(file, "sha256").hexdigest())


def _digest(lines: Mapping[str, str]) -> str:
    content = {key: value for key, value in lines.items() if key not in _NOT_IN_DIGEST}
    return hashlib.sha256(_joined(content).encode()).hexdigest()


def _encoded(data: Mapping[str, Any]) -> dict[str, str]:
    """Each value as JSON with sorted keys, one line for each item of a list: to be read by people, written fast."""
    encode = json.JSONEncoder(sort_keys=True, ensure_ascii=True).encode
    return {
        key: "[\n" + ",\n".join(map(encode, value)) + "\n]" if isinstance(value, list) else encode(value)
        for key, value in data.items()
    }


def _separated(text: str) -> dict[str, str]:
    """What `_joined` was given: no line but the first of an entry begins with a quotation mark."""
    entries = (entry.partition(": ") for entry in _ENTRY.split(text.removeprefix("{\n").removesuffix("\n}\n")))
    return {json.loads(key): value for key, _, value in entries}


def _joined(lines: Mapping[str, str]) -> str:
    return "{\n" + ",\n".join(f"{json.dumps(key)}: {value}" for key, value in sorted(lines.items())) + "\n}\n"
