"""What is encoded of a passage: one text under its headings, and in it the place of every child.

A child is a stretch of some 64 tokens whose vector is searched. It is encoded in its passage and not by itself, so that
“it” and “the company” are what they are there.
"""

import hashlib
from collections.abc import Iterator

from qa.ports import TextPart
from qa.text.tables import searched
from qa.types import Chunk, ParsedDocument, Span


def parts_of(document: ParsedDocument, chunk: Chunk) -> Iterator[tuple[bytes, TextPart]]:
    """The children of a passage in order, each after the digest by which its vector is known.

    The digest is the SHA-256 of the text and the place in it, so a vector is taken over wherever both are the same.
    """
    text, spans = " / ".join(chunk.headings), []
    for child in chunk.children:
        text += "\n" if text else ""
        words = searched(document, child)
        spans.append(Span(len(text), len(text) + len(words)))
        text += words
    for span in spans:
        yield hashlib.sha256(f"{span.start}-{span.end}\n{text}".encode()).digest(), TextPart(text, span)
