"""What has become of a quotation in the documents as they are now: same, moved, edited or deleted.

A document is known by its path, and by its content when it has been renamed; what was quoted is then looked for in it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from qa.anchoring.anchor import MAX_PLACES, Anchor, find, gap
from qa.text.words import counted
from qa.types import DocumentRecord, ParsedDocument, Span


class Status(StrEnum):
    """What has become of a quotation."""

    SAME = "same"
    MOVED = "moved"
    EDITED = "edited"
    DELETED = "deleted"

    @property
    def holds(self) -> bool:
        """Whether the words still stand in the documents, at a place that is certain."""
        return self in {Status.SAME, Status.MOVED}


class Holdings(Protocol):
    """The documents as they are indexed now."""

    def documents(self) -> Sequence[DocumentRecord]:
        """Every file of the corpus, indexed or skipped."""

    def document(self, document_id: str) -> ParsedDocument:
        """An indexed document with its text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quoted:
    """A quotation of earlier: which document it was in, and how to find it. Hashes are empty when not known."""

    document_id: str
    anchor: Anchor
    text_sha256: str = ""
    source_sha256: str = ""

    def whole(self, record: DocumentRecord) -> bool:
        """Whether an indexed document has the very text that was quoted."""
        if self.text_sha256:
            return record.text_sha256 == self.text_sha256
        return self.anchor.seal is not None and self.anchor.seal.made_of(record.text_sha256)

    def renamed(self, record: DocumentRecord) -> bool:
        """Whether an indexed document of another path has the text or the bytes that were quoted."""
        if record.reason is not None or record.document_id == self.document_id:
            return False
        return self.whole(record) or (bool(self.source_sha256) and record.sha256 == self.source_sha256)


@dataclass(frozen=True, slots=True, kw_only=True)
class Traced:
    """What was found: the document and span are those of now, and None when there is none; `reason` is a sentence."""

    status: Status
    document: ParsedDocument | None
    span: Span | None
    reason: str
    places: int = 0


def trace(quoted: Quoted, holdings: Holdings) -> Traced:
    """Look at the document of that path first, then, if the words are not there, at one that has its content."""
    records = holdings.documents()
    here = next((record for record in records if record.document_id == quoted.document_id), None)
    missing: Traced | None = None
    if here is not None and here.reason is None:
        traced = _within(quoted, here, holdings.document(here.document_id))
        if traced.status.holds:
            return traced
        missing = traced
    renamed = [record for record in records if quoted.renamed(record)]
    if len(renamed) == 1:
        document = holdings.document(renamed[0].document_id)
        traced = _within(quoted, renamed[0], document)
        if traced.status.holds:
            reason = f"The document is now {document.source.path}; the words stand in it to the character."
            return Traced(status=Status.MOVED, document=document, span=traced.span, reason=reason, places=traced.places)
    return missing or _gone(here, len(renamed))


def _within(quoted: Quoted, record: DocumentRecord, document: ParsedDocument) -> Traced:
    """What has become of the quotation in one document."""
    anchor, text = quoted.anchor, document.text
    if quoted.whole(record) and anchor.at(text) is not None:
        return Traced(
            status=Status.SAME, document=document, span=anchor.span, reason="The document has not changed.", places=1
        )
    found = find(text, anchor)
    if found.span is None:
        return _lost(anchor, document, found.places, never=quoted.whole(record))
    if found.span == anchor.span:
        status, reason = Status.SAME, "The words stand where they stood; the document has changed elsewhere."
    else:
        status, reason = Status.MOVED, "The words stand to the character at another place of the document."
    return Traced(status=status, document=document, span=found.span, reason=reason, places=found.places)


def _lost(anchor: Anchor, document: ParsedDocument, places: int, *, never: bool) -> Traced:
    """`never`: the document is the one that was quoted, and the words are not in it."""
    status = Status.EDITED
    if places > 1:
        number = f"more than {MAX_PLACES}" if places > MAX_PLACES else str(places)
        reason = f"The same words stand at {number} places of the document, and nothing tells which one was quoted."
    elif places:
        reason = (
            "The words stand in the document once, but not between what stood around them, so it may be another place."
        )
    elif never:
        reason = "The document has not changed and never held these words: the citation is not true."
    elif gap(document.text, anchor):
        status, reason = Status.DELETED, "The words were taken out of the document; what stood around them is there."
    else:
        reason = "The words do not stand in the document any more."
    return Traced(status=status, document=document, span=None, reason=reason, places=places)


def _gone(here: DocumentRecord | None, twins: int) -> Traced:
    if here is not None:
        reason = f"The document cannot be read any more: {here.reason}"
    elif twins:
        reason = (
            f"The document is gone, and {counted(twins, 'other document')} with its content do not tell which it is."
        )
    else:
        reason = "The document is not among the documents any more."
    return Traced(status=Status.DELETED, document=None, span=None, reason=reason)
