"""The index: `GET /index` says what it is doing, `POST /reindex` has it compared with the corpus now."""

from fastapi import APIRouter, Depends

from qa.service.dependencies import EngineDependency, FollowerDependency
from qa.service.index_state import IndexResponse, ReindexRequest
from qa.service.origin import json_only, same_site_only
from qa.service.schemas import problems

router = APIRouter(tags=["index"])


@router.get("/index")
def index_state(engine: EngineDependency, follower: FollowerDependency) -> IndexResponse:
    """What is being served and how fresh it is: state, progress, generation, age, skipped files and the last build."""
    return IndexResponse.of(engine, follower.state())


@router.post(
    "/reindex",
    status_code=202,
    dependencies=[Depends(same_site_only), Depends(json_only)],
    responses=problems(400, 403, 413, 415, 422),
)
def reindex(request: ReindexRequest, engine: EngineDependency, follower: FollowerDependency) -> IndexResponse:
    """Compare every file with the index, and build what differs; nothing new while that is queued or running.

    The answer comes at once; follow the work with `GET /index`.
    """
    return IndexResponse.of(engine, follower.reindex(allow_mass_delete=request.allow_mass_delete))
