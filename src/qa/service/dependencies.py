"""What routes need, by type: the engine, as the app was made with."""

from typing import Annotated

from fastapi import Depends, Request

from qa.engine import Engine


def _engine(request: Request) -> Engine:
    engine: Engine = request.app.state.engine
    return engine


EngineDependency = Annotated[Engine, Depends(_engine)]
