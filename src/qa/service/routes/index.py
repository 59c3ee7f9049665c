"""The index: `GET /index` says what it is doing, `POST /reindex` has it compared with the corpus now.

`GET /collections` lists the collections with the state of each.
"""

from fastapi import APIRouter, Depends

from qa.service.dependencies import AllowedDependency, CollectionDependency
from qa.service.index_state import CollectionModel, CollectionsResponse, IndexResponse, ReindexRequest
from qa.service.origin import json_only, same_site_only
from qa.service.schemas import problems

router = APIRouter(tags=["index"])


@router.get("/collections")
def list_collections(allowed: AllowedDependency) -> CollectionsResponse:
    """The collections that the token opens, in the order in which they are asked; one without a name has null."""
    found = [CollectionModel.of(one.engine, one.follower.state()) for one in allowed.collections]
    return CollectionsResponse(collections=found)


@router.get("/index", responses=problems(404, 422))
def index_state(collection: CollectionDependency) -> IndexResponse:
    """What is being served and how fresh it is: state, progress, generation, age, skipped files and the last build."""
    return IndexResponse.of(collection.engine, collection.follower.state())


@router.post(
    "/reindex",
    status_code=202,
    dependencies=[Depends(same_site_only), Depends(json_only)],
    responses=problems(400, 403, 404, 413, 415, 422),
)
def reindex(request: ReindexRequest, allowed: AllowedDependency) -> IndexResponse:
    """Compare every file with the index, and build what differs; nothing new while that is queued or running.

    The answer comes at once; follow the work with `GET /index`.
    """
    collection = allowed.one(request.collection)
    state = collection.follower.reindex(allow_mass_delete=request.allow_mass_delete)
    return IndexResponse.of(collection.engine, state)
