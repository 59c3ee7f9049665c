"""Passages without reading them: `POST /search`."""

from fastapi import APIRouter

from qa.service.dependencies import EngineDependency
from qa.service.requests import SearchRequest
from qa.service.schemas import PassageModel, SearchResponse, problems

router = APIRouter(tags=["search"], responses=problems(400, 413, 422, 503))


@router.post("/search")
def search(request: SearchRequest, engine: EngineDependency) -> SearchResponse:
    """The passages nearest to a query, best first; whether they answer it is not judged."""
    passages = engine.search(request.query, limit=request.top_k)
    return SearchResponse(query=request.query, passages=[PassageModel.of(ranked) for ranked in passages])
