"""Cuts the documents of a generation into volumes, so that the cost of a build follows the change.

A volume is a run of documents in the order of their paths, with all that depends on these alone: records, terms,
vectors, word index, word counts. Where a run ends is decided by the document at its end, with a least and a largest
size (content-defined chunking: Muthitacharoen et al., “A low-bandwidth network file system”, 2001). So a change leaves
the other volumes as they were; now and then it moves the end of its run, and the next one or two begin elsewhere until
a run ends where one ended before. A volume is named by what it is made of, so a build knows which ones it can take
over. Both are functions of the documents alone: an incremental build cuts as a full one does.
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
LEAST_PASSAGES, MOST_PASSAGES = 1024, 4096
"""In a volume, on average. Smaller ones make a change cheaper and a question dearer: each is searched."""
ENOUGH_VOLUMES = 8
"""So many volumes or fewer are searched about as fast as one; where there would be more, they are made larger."""
_NAME_DIGITS = 32
_HASH_BYTES = 8


def size_for(passages: int) -> int:
    """How many passages a volume of a corpus of so many has on average.

    Where a change leads from one size to another, all volumes are written anew, once; no text is encoded again.
    """
    size = LEAST_PASSAGES
    while size < MOST_PASSAGES and passages > ENOUGH_VOLUMES * size:
        size *= 2
    return size


def cut(documents: Iterable[DocumentRecord], passages: int) -> list[list[DocumentRecord]]:
    """The documents in runs of about that many passages, of half as many at least and of twice as many at most.

    In between a document ends its run by chance, by the hash of its path. The last run may be shorter, and a document
    with many passages makes a run longer.
    """
    runs: list[list[DocumentRecord]] = [[]]
    held = 0
    for document in documents:
        runs[-1].append(document)
        held += document.passages
        if 2 * held >= passages and (held >= 2 * passages or _ends(document, passages)):
            runs.append([])
            held = 0
    return [run for run in runs if run]


def _ends(document: DocumentRecord, passages: int) -> bool:
    """One in half so many passages, by chance."""
    drawn = hashlib.sha256(document.path.encode("utf-8")).digest()[:_HASH_BYTES]
    return int.from_bytes(drawn, "big") * passages < 2 * document.passages << (8 * _HASH_BYTES)


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
