"""Cuts the documents of a generation into volumes, so that the cost of a build follows the change.

A volume is a run of documents in the order of their paths, with all that depends on these alone: records, vectors,
word index, word counts. Where a run ends is decided by the document at its end, not by counting from the start, so a
change leaves every other volume as it was; and a volume is named by what it is made of, so a build knows which ones it
can take over. Both are functions of the documents alone: an incremental build cuts as a full one does.
"""

import hashlib
import json
import os
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path

from qa.index.manifest import Recipe, plain_record
from qa.types import DocumentRecord

FOLDER = "volumes"
DENSE_FOLDER = "dense"
LEXICAL_FOLDER = "lexical"
VOLUME_PASSAGES = 1024
"""Passages in a volume, on average. Smaller ones make a change cheaper and a question dearer: each is searched."""
_NAME_DIGITS = 32
_HASH_BYTES = 8


def cut(documents: Iterable[DocumentRecord], passages: int = VOLUME_PASSAGES) -> list[list[DocumentRecord]]:
    """The documents in runs of about that many passages; a document ends its run by chance, by the hash of its path."""
    runs: list[list[DocumentRecord]] = [[]]
    for document in documents:
        runs[-1].append(document)
        drawn = hashlib.sha256(document.path.encode("utf-8")).digest()[:_HASH_BYTES]
        if int.from_bytes(drawn, "big") * passages < document.passages << (8 * _HASH_BYTES):
            runs.append([])
    return [run for run in runs if run]


def name_of(documents: Sequence[DocumentRecord], recipe: Recipe) -> str:
    """Names a volume by all that decides its content; what a document is a near duplicate of does not."""
    plain = [{**plain_record(document), "duplicate_of": None, "likeness": 0.0} for document in documents]
    content = json.dumps([asdict(recipe), plain], sort_keys=True)
    return hashlib.sha256(content.encode("utf-8")).hexdigest()[:_NAME_DIGITS]


def take_over(source: Path, target: Path, names: Iterable[str]) -> set[str]:
    """Make the files of one folder appear in another, as links to the same bytes where the file system has such.

    Returns the names of those that are links.
    """
    linked = set()
    for name in names:
        place = target / name
        place.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.link(source / name, place)
            linked.add(name)
        except OSError:  # no links here, or too many of this file
            shutil.copyfile(source / name, place)
    return linked
