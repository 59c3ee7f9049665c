"""Passages without reading them: `POST /search`."""

from fastapi import APIRouter

from qa.service.dependencies import AllowedDependency
from qa.service.requests import SearchRequest
from qa.service.schemas import PassageModel, SearchResponse, problems

router = APIRouter(tags=["search"], responses=problems(400, 404, 413, 422, 503))


@router.post("/search")
def search(request: SearchRequest, allowed: AllowedDependency) -> SearchResponse:
    """The passages nearest to a query, best first; whether they answer it is not judged."""
    found = allowed.choice(request.collection).together.search(request.query, limit=request.top_k)
    return SearchResponse(query=request.query, passages=[PassageModel.of(one.passage, one.collection) for one in found])
