"""Documents: what is indexed, what was skipped and why, the text that offsets refer to, and the file as it was read."""

from typing import Annotated

from fastapi import APIRouter, Depends, Header, HTTPException, Path, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response

from qa.index.originals import original
from qa.service.dependencies import (
    CorpusDependency,
    DatesDependency,
    EditorDependency,
    EngineDependency,
    FollowerDependency,
    PicturesDependency,
)
from qa.service.document_schemas import ChangeResponse, DocumentDetail, DocumentModel, DocumentsResponse
from qa.service.index_state import follow
from qa.service.origin import same_site_only
from qa.service.originals import file_response
from qa.service.schemas import Problem

router = APIRouter(tags=["documents"])


@router.get("/documents")
def documents(engine: EngineDependency, dates: DatesDependency) -> DocumentsResponse:
    """Every file of the corpus, by path, with its status."""
    return DocumentsResponse(documents=[DocumentModel.of(record, dates.of) for record in engine.documents()])


@router.get("/documents/{document_id}")
def document(document_id: str, engine: EngineDependency, dates: DatesDependency) -> DocumentDetail:
    """One document with its canonical text: `text[start:end]` of a citation is its quote."""
    return DocumentDetail.detailed(engine.record(document_id), engine.document(document_id), dates.of)


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


@router.put(
    "/documents/{path:path}",
    status_code=201,
    dependencies=[Depends(same_site_only)],
    openapi_extra={"requestBody": {"content": {"application/octet-stream": {}}, "description": "The file."}},
    responses={200: {"model": ChangeResponse}, **{code: {"model": Problem} for code in (403, 412)}},
)
async def put_document(
    path: str,
    request: Request,
    response: Response,
    editor: EditorDependency,
    follower: FollowerDependency,
    if_none_match: Annotated[str | None, Header(description="`*` replaces no file; 412 when there is one.")] = None,
) -> ChangeResponse:
    """Put a file into the corpus at a path relative to it; the whole file is there afterwards, or nothing has changed.

    It is read and indexed soon after; follow that with `GET /index`. Only files that a parser reads are taken.
    """
    data = await request.body()
    replaced = await run_in_threadpool(editor.put, path, data, replace=if_none_match != "*")
    follow(follower)
    response.status_code = 200 if replaced else 201
    return ChangeResponse.of(path, "replaced" if replaced else "added")


@router.delete("/documents/{path:path}", dependencies=[Depends(same_site_only)], responses={403: {"model": Problem}})
def delete_document(path: str, editor: EditorDependency, follower: FollowerDependency) -> ChangeResponse:
    """Delete a file of the corpus, by its path, for good. It stays citable until the index has followed."""
    editor.remove(path)
    follow(follower)
    return ChangeResponse.of(path, "deleted")
