"""What routes need, by type: the engine, the follower and the corpus, as the app was made with."""

from pathlib import Path
from typing import Annotated

from fastapi import Depends, Request

from qa.engine import Engine
from qa.live.shared import Following
from qa.service.pictures import PagePictures


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


EngineDependency = Annotated[Engine, Depends(_engine)]
FollowerDependency = Annotated[Following, Depends(_follower)]
CorpusDependency = Annotated[Path, Depends(_corpus)]
PicturesDependency = Annotated[PagePictures | None, Depends(_pictures)]
