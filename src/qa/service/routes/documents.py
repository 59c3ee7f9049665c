"""Documents: what is indexed, what was skipped and why, and the text that offsets refer to."""

from fastapi import APIRouter

from qa.service.dependencies import EngineDependency
from qa.service.schemas import DocumentDetail, DocumentModel, DocumentsResponse

router = APIRouter(tags=["documents"])


@router.get("/documents")
def documents(engine: EngineDependency) -> DocumentsResponse:
    """Every file of the corpus, by path, with its status."""
    return DocumentsResponse(documents=[DocumentModel.of(record) for record in engine.documents()])


@router.get("/documents/{document_id}")
def document(document_id: str, engine: EngineDependency) -> DocumentDetail:
    """One document with its canonical text: `text[start:end]` of a citation is its quote."""
    return DocumentDetail.detailed(engine.record(document_id), engine.document(document_id))
