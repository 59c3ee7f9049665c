"""Probes: `/livez` says that the process answers, `/readyz` whether it can answer questions, and why not. Figures."""

from dataclasses import replace
from http import HTTPStatus

from fastapi import APIRouter, HTTPException, Request, Response

from qa.engine import Health
from qa.errors import RoleMissing
from qa.service.access import may_see_all
from qa.service.dependencies import AllowedDependency
from qa.service.draining import Drain
from qa.service.holdings import Collection, Holdings, allowed
from qa.service.metrics import CONTENT_TYPE, Metrics
from qa.service.schemas import HealthResponse
from qa.together import told_together

router = APIRouter(tags=["operations"])


@router.get("/livez")
async def livez() -> dict[str, str]:
    """Always `ok` while the process runs; depends on nothing."""
    return {"status": "ok"}


@router.get("/metrics", include_in_schema=False)
def metrics(request: Request, seen: AllowedDependency) -> Response:
    """Figures for Prometheus; not there when others could read them without a token.

    They are of the whole service, so a token of a single collection does not open them.
    """
    counted: Metrics | None = request.app.state.metrics
    if counted is None:
        raise HTTPException(HTTPStatus.NOT_FOUND)
    if seen.grant is not None and not seen.grant.everywhere:
        raise RoleMissing(
            "The figures are of all collections, and the token opens some.", remedy="Use a token of the whole service."
        )
    return Response(counted.exposition(seen.collections), media_type=CONTENT_TYPE)


@router.get("/readyz", responses={503: {"model": HealthResponse}})
def readyz(request: Request, response: Response) -> HealthResponse:
    """200 when questions can be answered, else 503; the body names the generation and any problem.

    `stale` means that an older index answers: the newest cannot be opened, or the corpus cannot be indexed. Where
    tokens are set, all but the status is told to those who have one. Several
    collections are told together, and one that can be asked is enough for 200.
    """
    holdings: Holdings = request.app.state.holdings
    everybody, own = holdings.collections, allowed(request).collections
    health = told_together([_health(one) for one in (own if may_see_all(request) else everybody)])
    drain: Drain = request.app.state.drain
    response.status_code = 200 if health.ready and not drain.began else 503
    told = HealthResponse.of(health)
    if drain.began:
        told = told.model_copy(update={"status": "stopping"})
    return told if may_see_all(request) else HealthResponse(status=told.status)


def _health(collection: Collection) -> Health:
    health = collection.engine.health()
    return health if health.problem else replace(health, problem=collection.follower.state().reason)
