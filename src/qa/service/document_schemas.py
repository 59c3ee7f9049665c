"""What the API answers of the files of the corpus: what was read of each, or why it was not."""

from typing import Any, Literal

from pydantic import Field

from qa.service.home import SOMEWHERE, Home
from qa.service.links import original_url, source_url
from qa.service.response_model import ResponseModel
from qa.service.schemas import COLLECTION
from qa.types import DocumentRecord, ParsedDocument, document_id


class DuplicateModel(ResponseModel):
    """The document that another one repeats; `likeness` is 1 for the very same text, else an estimate from 0.8 on."""

    document_id: str
    path: str
    likeness: float

    @classmethod
    def of(cls, record: DocumentRecord) -> "DuplicateModel | None":
        """From the record of the one that repeats; None when it repeats none."""
        if record.duplicate_of is None:
            return None
        first = record.duplicate_of
        return cls(document_id=document_id(first), path=first, likeness=record.likeness)


class DocumentModel(ResponseModel):
    """One file of the corpus: indexed, or skipped with the reason."""

    document_id: str
    path: str
    title: str
    status: str = Field(description="`indexed` or `skipped`.")
    reason: str | None = Field(description="Why it was skipped, and what to do.")
    media_type: str
    size: int = Field(description="Bytes of the file.")
    characters: int
    passages: int
    text_sha256: str | None
    source_sha256: str
    url: str | None
    original_url: str | None = Field(description="The file as it was indexed.")
    reach: float | None = Field(
        description="Share of its characters (white space left out) that the passages and the headings above them hold."
    )
    duplicate_of: DuplicateModel | None = Field(description="An earlier document whose text is nearly the same.")
    note: str = Field(
        "", description="How it was read, where the file leaves a doubt: an encoding, letters without a name."
    )
    modified: str | None = Field(
        None, description="When the file was last changed before it was indexed, as its folder says; ISO 8601."
    )

    collection: str | None = Field(None, description=COLLECTION)

    @classmethod
    def of(cls, record: DocumentRecord, home: Home = SOMEWHERE) -> "DocumentModel":
        """From a manifest's record of a document of `home`."""
        return cls(**_document_fields(record, home))


class DocumentsResponse(ResponseModel):
    """Every file of the corpus, by path; of several collections, one after the other."""

    documents: list[DocumentModel]


class ChangeResponse(ResponseModel):
    """What was changed in the corpus; the index follows."""

    path: str
    document_id: str
    change: Literal["added", "replaced", "deleted"]
    collection: str | None = Field(None, description=COLLECTION)

    @classmethod
    def of(
        cls, path: str, change: Literal["added", "replaced", "deleted"], collection: str | None = None
    ) -> "ChangeResponse":
        """For a path in a collection."""
        return cls(path=path, document_id=document_id(path), change=change, collection=collection)


class BlockModel(ResponseModel):
    """A heading, paragraph, list item or table row of a document."""

    kind: str
    start: int
    end: int
    page: int | None
    section: list[str]
    place: str | None = None


class DocumentDetail(DocumentModel):
    """A document with the text that all offsets refer to."""

    text: str
    blocks: list[BlockModel]

    @classmethod
    def detailed(cls, record: DocumentRecord, document: ParsedDocument, home: Home = SOMEWHERE) -> "DocumentDetail":
        """From a record and its document, which is one of `home`."""
        blocks = [
            BlockModel(
                kind=block.kind.value,
                start=block.span.start,
                end=block.span.end,
                page=block.page,
                section=list(block.headings),
                place=block.place,
            )
            for block in document.blocks
        ]
        return cls(**_document_fields(record, home), text=document.text, blocks=blocks)


def _document_fields(record: DocumentRecord, home: Home) -> dict[str, Any]:
    time = home.dates(record.path, record.sha256)
    document, collection, indexed = record.document_id, home.collection, record.reason is None
    return {
        "document_id": document,
        "path": record.path,
        "title": record.title,
        "status": record.status,
        "reason": record.reason,
        "media_type": record.media_type,
        "size": record.size,
        "characters": record.characters,
        "passages": record.passages,
        "text_sha256": record.text_sha256,
        "source_sha256": record.sha256,
        "collection": collection,
        "url": source_url(document, collection=collection) if indexed else None,
        "reach": round(record.reach, 6) if indexed else None,
        "note": record.note,
        "modified": time.isoformat() if time else None,
        "duplicate_of": DuplicateModel.of(record),
        "original_url": original_url(document, collection=collection) if indexed else None,
    }
