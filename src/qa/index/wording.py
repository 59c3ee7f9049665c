"""The index terms of a passage, cut when it is indexed: a search weighs some ninety passages by them.

To cut them anew took more than half of a search. Terms hold letters and digits only, so a line of words keeps a set of
them: the first line is that of the title and headings, the others are those of the quotable units in order.
"""

from collections.abc import Callable, Iterable

from qa.ports import Wording
from qa.text.tables import head_of
from qa.types import Chunk, ParsedDocument

Terms = Callable[[str], Iterable[str]]
"""Cuts a text into its index terms, as the lexical index does."""


def wording_of(document: ParsedDocument, chunk: Chunk, terms: Terms) -> Wording:
    """The terms of a passage of a document; a row stands there with the head of its table."""
    above, *units = (
        tuple(dict.fromkeys(terms(text)))
        for text in (" ".join((document.title, *chunk.headings)), *_units(document, chunk))
    )
    return Wording(above, tuple(units))


def packed(wording: Wording) -> str:
    """As the records keep it."""
    return "\n".join(map(" ".join, (wording.above, *wording.units)))


def unpacked(text: str) -> Wording:
    """What `packed` was given."""
    above, *units = (tuple(line.split()) for line in text.split("\n"))
    return Wording(above, tuple(units))


def _units(document: ParsedDocument, chunk: Chunk) -> Iterable[str]:
    for span in chunk.sentences:
        head, text = head_of(document, span), span.of(document.text)
        yield f"{head} {text}" if head else text
