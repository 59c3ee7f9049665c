"""Documents: what is indexed, what was skipped and why, the text that offsets refer to, and the file as it was read."""

from typing import Annotated

from fastapi import APIRouter, HTTPException, Path
from fastapi.responses import Response

from qa.index.originals import original
from qa.service.dependencies import CorpusDependency, EngineDependency, PicturesDependency
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


@router.get(
    "/documents/{document_id}/pages/{page}",
    response_class=Response,
    responses={
        200: {"content": {"image/png": {}}, "description": "The page as a PNG file, 1,200 pixels across."},
        **{code: {"model": Problem} for code in (409, 410)},
    },
)
def document_page(
    document_id: str,
    page: Annotated[int, Path(ge=1, description="Number of the page, from 1.")],
    engine: EngineDependency,
    pictures: PicturesDependency,
) -> Response:
    """A page of a PDF as a picture; the `boxes` of a citation lie on it, scaled by its width in points.

    404 for other formats, and past the last page; 409 and 410 as for the original.
    """
    record = engine.record(document_id)
    picture = pictures.page(record, page) if pictures else None
    if picture is None:
        raise HTTPException(404)
    return Response(picture, media_type="image/png")
