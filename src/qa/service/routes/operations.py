"""Probes: `/livez` says that the process answers, `/readyz` whether it can answer questions, and why not. Figures."""

from dataclasses import replace
from http import HTTPStatus

from fastapi import APIRouter, HTTPException, Request, Response

from qa.service.access import may_see_all
from qa.service.dependencies import EngineDependency, FollowerDependency
from qa.service.draining import Drain
from qa.service.metrics import CONTENT_TYPE, Metrics
from qa.service.schemas import HealthResponse

router = APIRouter(tags=["operations"])


@router.get("/livez")
async def livez() -> dict[str, str]:
    """Always `ok` while the process runs; depends on nothing."""
    return {"status": "ok"}


@router.get("/metrics", include_in_schema=False)
def metrics(request: Request, engine: EngineDependency, follower: FollowerDependency) -> Response:
    """Figures for Prometheus; not there when others could read them without a token."""
    counted: Metrics | None = request.app.state.metrics
    if counted is None:
        raise HTTPException(HTTPStatus.NOT_FOUND)
    return Response(counted.exposition(engine, follower), media_type=CONTENT_TYPE)


@router.get("/readyz", responses={503: {"model": HealthResponse}})
def readyz(
    request: Request, engine: EngineDependency, follower: FollowerDependency, response: Response
) -> HealthResponse:
    """200 when questions can be answered, else 503; the body names the generation and any problem.

    `stale` means that an older index answers: the newest cannot be opened, or the corpus cannot be indexed. Where
    tokens are set, all but the status is told to those who have one.
    """
    health = engine.health()
    if health.problem is None:
        health = replace(health, problem=follower.state().reason)
    told = HealthResponse.of(health)
    drain: Drain = request.app.state.drain
    if drain.began:
        told = told.model_copy(update={"status": "stopping"})
    response.status_code = 200 if health.ready and not drain.began else 503
    return told if may_see_all(request) else HealthResponse(status=told.status)
