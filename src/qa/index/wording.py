"""The index terms of a passage, cut when it is indexed: a search weighs some ninety passages by them."""

from collections.abc import Callable, Iterable

from qa.text.coverage import packed
from qa.text.tables import head_of
from qa.types import Chunk, ParsedDocument

Terms = Callable[[str], Iterable[str]]
"""Cuts a text into its index terms, as the lexical index does."""


def wording_of(document: ParsedDocument, chunk: Chunk, terms: Terms) -> bytes:
    """The terms of a passage, as a search compares them; a row stands there with the head of its table."""
    above, *units = (
        dict.fromkeys(terms(text)) for text in (" ".join((document.title, *chunk.headings)), *_units(document, chunk))
    )
    return packed(above, units)


def _units(document: ParsedDocument, chunk: Chunk) -> Iterable[str]:
    for span in chunk.sentences:
        head, text = head_of(document, span), span.of(document.text)
        yield f"{head} {text}" if head else text
