"""Probes: `/livez` says that the process answers, `/readyz` whether it can answer questions, and why not."""

from dataclasses import replace

from fastapi import APIRouter, Response

from qa.service.dependencies import EngineDependency, FollowerDependency
from qa.service.schemas import HealthResponse

router = APIRouter(tags=["operations"])


@router.get("/livez")
def livez() -> dict[str, str]:
    """Always `ok` while the process runs; depends on nothing."""
    return {"status": "ok"}


@router.get("/readyz", responses={503: {"model": HealthResponse}})
def readyz(engine: EngineDependency, follower: FollowerDependency, response: Response) -> HealthResponse:
    """200 when questions can be answered, else 503; the body names the generation and any problem.

    `stale` means that an older index answers: the newest cannot be opened, or the corpus cannot be indexed.
    """
    health = engine.health()
    if health.problem is None:
        health = replace(health, problem=follower.state().reason)
    response.status_code = 200 if health.ready else 503
    return HealthResponse.of(health)
