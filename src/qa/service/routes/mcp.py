"""The Model Context Protocol over HTTP: every message is a POST of its own, answered at once, in JSON.

There are no sessions, and the server never calls back, so GET and DELETE are not allowed. Pages of other sites are
refused like everywhere, and so are hosts that the service does not answer to.
"""

import json

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response

from qa.service.dependencies import AllowedDependency
from qa.service.mcp import STATUS, McpServer
from qa.service.mcp_tools import make_tools
from qa.service.origin import json_only, same_site_only

router = APIRouter(include_in_schema=False)

PATH = "/mcp"


@router.post(PATH, dependencies=[Depends(same_site_only), Depends(json_only)])
async def mcp(request: Request, allowed: AllowedDependency) -> Response:
    """Answer one message; 202 for a notification, and 406 when the client does not take JSON."""
    accepted = request.headers.get("accept", "*/*")
    if not any(kind in accepted for kind in ("application/json", "application/*", "*/*")):
        raise HTTPException(406)
    server = McpServer(make_tools(allowed))
    reply = await run_in_threadpool(server.answer, await request.body(), dict(request.headers))
    if reply is None:
        return Response(status_code=202)
    code = reply.get("error", {}).get("code", 0)
    content = json.dumps(reply)  # in ASCII: an id may hold half of a surrogate pair
    return Response(content, STATUS.get(code, 200), media_type="application/json")
