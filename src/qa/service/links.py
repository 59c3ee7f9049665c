"""The addresses of documents and places in them, as the API and the page give them."""

from qa.anchoring.seal import Seal
from qa.types import Passage, Span


def source_url(document_id: str, span: Span | None = None, seal: str = "") -> str:
    """Where the page shows a document, at a span if one is given; a seal finds its words again after a change."""
    if span is None:
        return f"/source/{document_id}"
    sealed = f"&h={seal}" if seal else ""
    return f"/source/{document_id}?c={span.start}-{span.end}{sealed}#c"


def passage_url(passage: Passage) -> str:
    """Where the page shows a passage."""
    seal = Seal.of_words(passage.text, text_sha256=passage.text_sha256)
    return source_url(passage.chunk.document_id, passage.chunk.span, str(seal))
