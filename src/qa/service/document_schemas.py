"""What the API answers of the files of the corpus: what was read of each, or why it was not."""

from typing import Any, Literal

from pydantic import Field

from qa.service.dates import Dates, unknown
from qa.service.links import source_url
from qa.service.originals import original_url
from qa.service.response_model import ResponseModel
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

    @classmethod
    def of(cls, record: DocumentRecord, dates: Dates = unknown) -> "DocumentModel":
        """From a manifest's record; `dates` gives the times of files."""
        return cls(**_document_fields(record, dates))


class DocumentsResponse(ResponseModel):
    """Every file of the corpus, by path."""

    documents: list[DocumentModel]


class ChangeResponse(ResponseModel):
    """What was changed in the corpus; the index follows."""

    path: str
    document_id: str
    change: Literal["added", "replaced", "deleted"]

    @classmethod
    def of(cls, path: str, change: Literal["added", "replaced", "deleted"]) -> "ChangeResponse":
        """For a path."""
        return cls(path=path, document_id=document_id(path), change=change)


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
    def detailed(cls, record: DocumentRecord, document: ParsedDocument, dates: Dates = unknown) -> "DocumentDetail":
        """From a record and its document; `dates` gives the times of files."""
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
        return cls(**_document_fields(record, dates), text=document.text, blocks=blocks)


def _document_fields(record: DocumentRecord, dates: Dates) -> dict[str, Any]:
    time = dates(record.path, record.sha256)
    return {
        "document_id": record.document_id,
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
        "url": source_url(record.document_id) if record.reason is None else None,
        "reach": round(record.reach, 6) if record.reason is None else None,
        "note": record.note,
        "modified": time.isoformat() if time else None,
        "duplicate_of": DuplicateModel.of(record),
        "original_url": original_url(record.document_id) if record.reason is None else None,
    }
