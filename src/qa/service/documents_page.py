"""The Documents page: what is indexed and what was skipped, and, where that is allowed, adding and deleting files."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.datastructures import UploadFile
from starlette.types import Scope

from qa.errors import QAError
from qa.index.editing import CorpusEditor
from qa.service.dates import Day, FileDates
from qa.service.dependencies import EditorDependency, EngineDependency, FollowerDependency
from qa.service.document_views import Row
from qa.service.index_state import follow
from qa.service.origin import same_site_only
from qa.service.pages import Pages
from qa.text.words import counted

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

ADD = "/sources/add"
MAX_FILES = 100
"""Files in one form; more come in several."""


def takes_documents(scope: Scope) -> bool:
    """Whether a request may bring whole documents."""
    path, method = str(scope["path"]), str(scope["method"])
    return (method == "PUT" and path.startswith("/documents/")) or (method == "POST" and path == ADD)


@router.get("/sources")
def sources(request: Request, engine: EngineDependency) -> HTMLResponse:
    """The documents, and the files that were skipped with their reasons."""
    return _page(request, engine)


@router.post("/sources/reindex", dependencies=[Depends(same_site_only)])
def reindex(follower: FollowerDependency) -> RedirectResponse:
    """The button on the documents page."""
    follower.reindex()
    return RedirectResponse("/sources#index", HTTPStatus.SEE_OTHER)


@router.post(ADD, dependencies=[Depends(same_site_only)])
async def add(
    request: Request, engine: EngineDependency, editor: EditorDependency, follower: FollowerDependency
) -> Response:
    """The form that adds files, for browsers without scripts; what cannot be added is told with the reason."""
    added, refused = 0, []
    async with request.form(max_files=MAX_FILES, max_fields=10) as form:
        replace = bool(form.get("replace"))
        files = [file for file in form.getlist("files") if isinstance(file, UploadFile) and file.filename]
        for file in files:
            name = str(file.filename).replace("\\", "/").rpartition("/")[2]
            try:
                await run_in_threadpool(editor.put, name, await file.read(), replace=replace)
                added += 1
            except QAError as error:
                refused.append((name, str(error)))
    if added:
        follow(follower)
    if files and not refused:
        return RedirectResponse("/sources#index", HTTPStatus.SEE_OTHER)
    if not files:
        refused.append(("", "No file was chosen."))
    said = f"{counted(added, 'file')} added." if added else ""
    return await run_in_threadpool(_page, request, engine, said, refused)


@router.get("/sources/delete")
def ask_delete(
    request: Request, engine: EngineDependency, editor: EditorDependency, path: Annotated[str, Query()]
) -> HTMLResponse:
    """Asks whether a file is to be deleted."""
    record = next((record for record in engine.documents() if record.path == path), None)
    row = Row.of(record) if record else None
    found = row is not None and editor.writable()
    return _pages(request).render("delete.html", engine, status=200 if found else 404, row=row if found else None)


@router.post("/sources/delete", dependencies=[Depends(same_site_only)])
async def delete(request: Request, editor: EditorDependency, follower: FollowerDependency) -> RedirectResponse:
    """Deletes a file, after the question."""
    async with request.form(max_files=0, max_fields=10) as form:
        path = str(form.get("path", ""))
    await run_in_threadpool(editor.remove, path)
    follow(follower)
    return RedirectResponse("/sources#index", HTTPStatus.SEE_OTHER)


def _pages(request: Request) -> Pages:
    pages: Pages = request.app.state.pages
    return pages


def _page(
    request: Request, engine: EngineDependency, said: str = "", refused: list[tuple[str, str]] | None = None
) -> HTMLResponse:
    editor: CorpusEditor | None = request.app.state.editor
    dates: FileDates = request.app.state.dates
    rows = [Row.of(record, Day.of(dates.of(record.path, record.sha256))) for record in engine.documents()]
    writable = editor is not None and editor.writable()
    status = HTTPStatus.UNPROCESSABLE_ENTITY if refused else HTTPStatus.OK
    return _pages(request).render(
        "documents.html",
        engine,
        status=status,
        rows=rows,
        writable=writable,
        most=f"{editor.most_bytes / 1e6:g} MB" if editor else "",
        said=said,
        refused=refused or [],
    )
