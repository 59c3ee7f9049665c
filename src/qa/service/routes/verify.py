"""Citations of earlier, looked for in the documents of now: `POST /verify`."""

from fastapi import APIRouter

from qa.service.dependencies import AllowedDependency
from qa.service.schemas import problems
from qa.service.verifying import VerifyRequest, VerifyResponse, traced_in

router = APIRouter(tags=["ask"], responses=problems(400, 404, 413, 422, 503))


@router.post("/verify")
def verify(request: VerifyRequest, allowed: AllowedDependency) -> VerifyResponse:
    """Whether citations still hold: send an answer of `/ask` as it was given, its `citations`, or one of them.

    The words are looked for to the character, first at their old place, then by what stood around them, then in a
    document that has been renamed. Nothing is guessed: words whose place is not certain are reported as `edited`. Of
    several collections the one that a citation names is looked in, and the others only when it has no such document.
    """
    return traced_in(request.citations, allowed.choice(request.collection).generations)
