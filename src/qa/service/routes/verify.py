"""Citations of earlier, looked for in the documents of now: `POST /verify`."""

from fastapi import APIRouter

from qa.service.dependencies import EngineDependency
from qa.service.schemas import problems
from qa.service.verifying import VerifyRequest, VerifyResponse, verified

router = APIRouter(tags=["ask"], responses=problems(400, 413, 422, 503))


@router.post("/verify")
def verify(request: VerifyRequest, engine: EngineDependency) -> VerifyResponse:
    """Whether citations still hold: send an answer of `/ask` as it was given, its `citations`, or one of them.

    The words are looked for to the character, first at their old place, then by what stood around them, then in a
    document that has been renamed. Nothing is guessed: words whose place is not certain are reported as `edited`.
    """
    return verified(request.citations, engine)
