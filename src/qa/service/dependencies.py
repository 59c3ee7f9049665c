"""What routes need, by type: the engine, the follower and the corpus, as the app was made with."""

from http import HTTPStatus
from pathlib import Path
from typing import Annotated

from fastapi import Depends, HTTPException, Request

from qa.engine import Engine
from qa.errors import ChangesForbidden
from qa.index.editing import CorpusEditor
from qa.journal import Journal
from qa.live.shared import Following
from qa.service.dates import FileDates
from qa.service.pictures import PagePictures
from qa.service.recording import Recorder


def _engine(request: Request) -> Engine:
    engine: Engine = request.app.state.engine
    return engine


def _follower(request: Request) -> Following:
    follower: Following = request.app.state.follower
    return follower


def _corpus(request: Request) -> Path:
    corpus: Path = request.app.state.corpus
    return corpus


def _pictures(request: Request) -> PagePictures | None:
    pictures: PagePictures | None = request.app.state.pictures
    return pictures


def _editor(request: Request) -> CorpusEditor:
    """Raises ChangesForbidden when the corpus cannot be changed here."""
    editor: CorpusEditor | None = request.app.state.editor
    if editor is None:
        raise ChangesForbidden(
            "The service does not change the corpus.",
            remedy="Put the file into the folder itself, or set QA_ALLOW_UPLOAD=always.",
        )
    return editor


def _recorder(request: Request) -> Recorder:
    recorder: Recorder = request.app.state.recorder
    return recorder


def _journal(request: Request) -> Journal:
    journal = _recorder(request).journal
    if journal is None:
        raise HTTPException(HTTPStatus.NOT_FOUND)
    return journal


def _dates(request: Request) -> FileDates:
    dates: FileDates = request.app.state.dates
    return dates


EngineDependency = Annotated[Engine, Depends(_engine)]
FollowerDependency = Annotated[Following, Depends(_follower)]
CorpusDependency = Annotated[Path, Depends(_corpus)]
RecorderDependency = Annotated[Recorder, Depends(_recorder)]
JournalDependency = Annotated[Journal, Depends(_journal)]
DatesDependency = Annotated[FileDates, Depends(_dates)]
EditorDependency = Annotated[CorpusEditor, Depends(_editor)]
PicturesDependency = Annotated[PagePictures | None, Depends(_pictures)]
