"""The Documents page: what is indexed and what was skipped, and, where that is allowed, adding and deleting files."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.datastructures import UploadFile
from starlette.types import Scope

from qa.errors import QAError
from qa.service.dates import Day
from qa.service.dependencies import CollectionDependency, ShownDependency, editor_of
from qa.service.document_views import Row
from qa.service.holdings import Choice, Collection
from qa.service.index_state import follow
from qa.service.links import inside
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
def sources(request: Request, choice: ShownDependency) -> HTMLResponse:
    """The documents of a collection, and the files that were skipped with their reasons."""
    return _page(request, choice)


@router.post("/sources/reindex", dependencies=[Depends(same_site_only)])
def reindex(collection: CollectionDependency) -> RedirectResponse:
    """The button on the documents page."""
    collection.follower.reindex()
    return _back(collection)


@router.post(ADD, dependencies=[Depends(same_site_only)])
async def add(request: Request, choice: ShownDependency) -> Response:
    """The form that adds files, for browsers without scripts; what cannot be added is told with the reason."""
    editor, added, refused = editor_of(choice.only), 0, []
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
        follow(choice.only.follower)
    if files and not refused:
        return _back(choice.only)
    if not files:
        refused.append(("", "No file was chosen."))
    said = f"{counted(added, 'file')} added." if added else ""
    return await run_in_threadpool(_page, request, choice, said, refused)


@router.get("/sources/delete")
def ask_delete(request: Request, choice: ShownDependency, path: Annotated[str, Query()]) -> HTMLResponse:
    """Asks whether a file is to be deleted."""
    editor = editor_of(choice.only)
    record = next((record for record in choice.only.engine.documents() if record.path == path), None)
    row = Row.of(record) if record else None
    found = row is not None and editor.writable()
    return _pages(request).render("delete.html", choice, status=200 if found else 404, row=row if found else None)


@router.post("/sources/delete", dependencies=[Depends(same_site_only)])
async def delete(request: Request, collection: CollectionDependency) -> RedirectResponse:
    """Deletes a file, after the question."""
    editor = editor_of(collection)
    async with request.form(max_files=0, max_fields=10) as form:
        path = str(form.get("path", ""))
    await run_in_threadpool(editor.remove, path)
    follow(collection.follower)
    return _back(collection)


def _back(collection: Collection) -> RedirectResponse:
    """To the list of its documents."""
    return RedirectResponse(f"/sources{inside(collection.name)}#index", HTTPStatus.SEE_OTHER)


def _pages(request: Request) -> Pages:
    pages: Pages = request.app.state.pages
    return pages


def _page(
    request: Request, choice: Choice, said: str = "", refused: list[tuple[str, str]] | None = None
) -> HTMLResponse:
    shown = choice.only
    editor, dates = shown.editor, shown.dates
    rows = [
        Row.of(record, Day.of(dates.of(record.path, record.sha256)), shown.name) for record in shown.engine.documents()
    ]
    writable = editor is not None and editor.writable()
    status = HTTPStatus.UNPROCESSABLE_ENTITY if refused else HTTPStatus.OK
    return _pages(request).render(
        "documents.html",
        choice,
        status=status,
        rows=rows,
        writable=writable,
        most=f"{editor.most_bytes / 1e6:g} MB" if editor else "",
        said=said,
        refused=refused or [],
    )
