"""What is encoded of a passage: one text under its title and headings, and in it the place of every child.

A child is a stretch of some 64 tokens whose vector is searched. It is encoded in its passage and not by itself, so that
“it” and “the company” are what they are there. The last of several is the passage as a whole, under them.
"""

import hashlib
from collections.abc import Iterator
from functools import lru_cache
from pathlib import PurePosixPath

from qa.ports import TextPart
from qa.text.tables import searched
from qa.types import Chunk, ParsedDocument, Span


def parts_of(document: ParsedDocument, chunk: Chunk) -> Iterator[tuple[bytes, TextPart]]:
    """The children of a passage in order, each after the digest by which its vector is known.

    The digest is the SHA-256 of the text and the place in it, so a vector is taken over wherever both are the same.
    """
    text, spans = " / ".join(dict.fromkeys((*_own_title(document.source.path, document.title), *chunk.headings))), []
    stretches = chunk.children[: max(1, len(chunk.children) - 1)]
    for child in stretches:
        text += "\n" if text else ""
        words = searched(document, child)
        spans.append(Span(len(text), len(text) + len(words)))
        text += words
    if len(stretches) < len(chunk.children):
        spans.append(Span(0, len(text)))
    for span in spans:
        yield hashlib.sha256(f"{span.start}-{span.end}\n{text}".encode()).digest(), TextPart(text, span)


@lru_cache(maxsize=64)
def _own_title(path: str, title: str) -> tuple[str, ...]:
    """The title that a document has of itself; one made of its file's name would change when the file is renamed."""
    return () if _letters(title) == _letters(PurePosixPath(path).stem) else (title,)


def _letters(name: str) -> str:
    return "".join(filter(str.isalnum, name))
