"""The addresses of documents and places in them, as the API and the page give them."""

from qa.anchoring.seal import Seal
from qa.types import Passage, Span


def inside(collection: str | None, *, more: bool = False) -> str:
    """What an address ends with that leads into a collection; `more` says that other parameters stand before."""
    return f"{'&' if more else '?'}collection={collection}" if collection else ""


def source_url(document_id: str, span: Span | None = None, seal: str = "", *, collection: str | None = None) -> str:
    """Where the page shows a document, at a span if one is given; a seal finds its words again after a change."""
    if span is None:
        return f"/source/{document_id}{inside(collection)}"
    sealed = f"&h={seal}" if seal else ""
    return f"/source/{document_id}?c={span.start}-{span.end}{sealed}{inside(collection, more=True)}#c"


def passage_url(passage: Passage, collection: str | None = None) -> str:
    """Where the page shows a passage."""
    seal = Seal.of_words(passage.text, text_sha256=passage.text_sha256)
    return source_url(passage.chunk.document_id, passage.chunk.span, str(seal), collection=collection)


def original_url(document_id: str, page: int | None = None, *, collection: str | None = None) -> str:
    """Where the file of a document is, opened at a page if one is given (PDF viewers understand it)."""
    return f"/documents/{document_id}/original{inside(collection)}" + (f"#page={page}" if page else "")


def picture_url(document_id: str, page: int, *, collection: str | None = None) -> str:
    """Where the picture of a page is."""
    return f"/documents/{document_id}/pages/{page}{inside(collection)}"
