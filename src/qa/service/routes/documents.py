"""Documents: what is indexed, what was skipped and why, the text that offsets refer to, and the file as it was read."""

from typing import Annotated
from urllib.parse import unquote_to_bytes

from fastapi import APIRouter, Depends, Header, HTTPException, Path, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response
from starlette.convertors import CONVERTOR_TYPES, PathConvertor

from qa.depot.remedies import advising
from qa.errors import UnsupportedFormat, UnusableName
from qa.index.originals import original
from qa.service.dependencies import ChoiceDependency, CollectionDependency, editor_of
from qa.service.document_schemas import ChangeResponse, DocumentDetail, DocumentModel, DocumentsResponse
from qa.service.index_state import follow
from qa.service.origin import same_site_only
from qa.service.originals import file_response
from qa.service.schemas import problems


class _AnyPath(PathConvertor):
    """A path in which a line break may stand, so that the reply says that no such name can be used."""

    regex = r"[\s\S]*"


def named_in_utf8(request: Request) -> None:
    """Refuse a name in another encoding: with marks in the place of its bytes it would be that of another file."""
    try:
        unquote_to_bytes(request.scope["raw_path"]).decode("utf-8")
    except UnicodeDecodeError:
        raise UnusableName("The name is not UTF-8.", remedy="Encode it in UTF-8, and then for the address.") from None


def unencoded(request: Request) -> None:
    """Refuse a file in a content encoding: what would be kept is not the file itself."""
    if request.headers.get("content-encoding", "identity").strip().lower() != "identity":
        raise UnsupportedFormat(
            "The file comes in a content encoding.", remedy="Send its bytes as they are, without Content-Encoding."
        )


CONVERTOR_TYPES["any_path"] = _AnyPath()
BINARY = {"type": "string", "format": "binary"}
router = APIRouter(tags=["documents"], responses=problems(503))


@router.get("/documents", responses=problems(404, 422))
def list_documents(choice: ChoiceDependency) -> DocumentsResponse:
    """Every file of the corpus, by path, with its status."""
    found = [(record, one.home) for one in choice.collections for record in one.engine.documents()]
    return DocumentsResponse(documents=[DocumentModel.of(record, home) for record, home in found])


@router.get("/documents/{document_id}", responses=problems(404, 422))
def get_document(document_id: str, collection: CollectionDependency) -> DocumentDetail:
    """One document with its canonical text: `text[start:end]` of a citation is its quote."""
    engine = collection.engine
    return DocumentDetail.detailed(engine.record(document_id), engine.document(document_id), collection.home)


@router.get(
    "/documents/{document_id}/original",
    response_class=Response,
    responses={
        200: {
            "content": {kind: {"schema": BINARY} for kind in ("application/octet-stream", "*/*")},
            "description": "The file's bytes, by its media type.",
        },
        **problems(404, 409, 410, 422),
    },
)
def get_original(document_id: str, collection: CollectionDependency) -> Response:
    """The file that a document was read from: the very bytes whose SHA-256 is `source_sha256`, never others.

    409 when the file in the corpus has changed since it was indexed, 410 when it is gone.
    """
    record = collection.engine.record(document_id)
    with advising(replica=collection.replica):
        return file_response(record, original(collection.corpus, record))


@router.get(
    "/documents/{document_id}/pages/{page}",
    response_class=Response,
    responses={
        200: {
            "content": {"image/png": {"schema": BINARY}},
            "description": "The page as a PNG file, 1,200 pixels across.",
        },
        **problems(404, 409, 410, 422),
    },
)
def get_page(
    document_id: str,
    page: Annotated[int, Path(ge=1, description="Number of the page, from 1.")],
    collection: CollectionDependency,
) -> Response:
    """A page of a PDF as a picture; the `boxes` of a citation lie on it, scaled by its width in points.

    404 for other formats, and past the last page; 409 and 410 as for the original.
    """
    record = collection.engine.record(document_id)
    with advising(replica=collection.replica):
        picture = collection.pictures.page(record, page) if collection.pictures else None
    if picture is None:
        raise HTTPException(404)
    return Response(picture, media_type="image/png")


@router.put(
    "/documents/{path:any_path}",
    status_code=201,
    dependencies=[Depends(same_site_only), Depends(named_in_utf8), Depends(unencoded)],
    openapi_extra={
        "requestBody": {
            "content": {"application/octet-stream": {"schema": BINARY}},
            "description": "The file.",
            "required": True,
        }
    },
    responses={200: {"model": ChangeResponse}, **problems(403, 404, 412, 413, 422)},
)
async def put_document(
    path: str,
    request: Request,
    response: Response,
    collection: CollectionDependency,
    if_none_match: Annotated[str | None, Header(description="`*` replaces no file; 412 when there is one.")] = None,
) -> ChangeResponse:
    """Put a file into the corpus at a path relative to it; the whole file is there afterwards, or nothing has changed.

    It is read and indexed soon after; follow that with `GET /index`. Only files that a parser reads are taken.
    """
    editor = editor_of(collection)
    data = await request.body()
    replaced = await run_in_threadpool(editor.put, path, data, replace=if_none_match != "*")
    follow(collection.follower)
    response.status_code = 200 if replaced else 201
    return ChangeResponse.of(path, "replaced" if replaced else "added", collection.name)


@router.delete(
    "/documents/{path:any_path}",
    dependencies=[Depends(same_site_only), Depends(named_in_utf8)],
    responses=problems(403, 404, 422),
)
def delete_document(path: str, collection: CollectionDependency) -> ChangeResponse:
    """Delete a file of the corpus, by its path, for good. It stays citable until the index has followed."""
    editor_of(collection).remove(path)
    follow(collection.follower)
    return ChangeResponse.of(path, "deleted", collection.name)
