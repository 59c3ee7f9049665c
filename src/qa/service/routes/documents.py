"""Documents: what is indexed, what was skipped and why, the text that offsets refer to, and the file as it was read."""

from fastapi import APIRouter
from fastapi.responses import Response

from qa.index.originals import original
from qa.service.dependencies import CorpusDependency, EngineDependency
from qa.service.document_schemas import DocumentDetail, DocumentModel, DocumentsResponse
from qa.service.originals import file_response
from qa.service.schemas import Problem

router = APIRouter(tags=["documents"])


@router.get("/documents")
def documents(engine: EngineDependency) -> DocumentsResponse:
    """Every file of the corpus, by path, with its status."""
    return DocumentsResponse(documents=[DocumentModel.of(record) for record in engine.documents()])


@router.get("/documents/{document_id}")
def document(document_id: str, engine: EngineDependency) -> DocumentDetail:
    """One document with its canonical text: `text[start:end]` of a citation is its quote."""
    return DocumentDetail.detailed(engine.record(document_id), engine.document(document_id))


@router.get(
    "/documents/{document_id}/original",
    response_class=Response,
    responses={
        200: {"content": {"application/octet-stream": {}}, "description": "The file's bytes."},
        **{code: {"model": Problem} for code in (409, 410)},
    },
)
def document_original(document_id: str, engine: EngineDependency, corpus: CorpusDependency) -> Response:
    """The file that a document was read from: the very bytes whose SHA-256 is `source_sha256`, never others.

    409 when the file in the corpus has changed since it was indexed, 410 when it is gone.
    """
    record = engine.record(document_id)
    return file_response(record, original(corpus, record))
