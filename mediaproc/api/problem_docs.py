"""`/api/problems/{code}`: documentation of error codes, and the 404 of unknown API paths."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.routing import BaseRoute, Match, Mount, Router

from mediaproc.api import problems
from mediaproc.api.middleware import head
from mediaproc.api.problems import documented
from mediaproc.domain.errors import NotFound

router = APIRouter(prefix="/api", tags=["problems"])


class Explanation(BaseModel):
    """Documentation of an error code."""

    code: str
    title: str
    status: int
    description: str


@router.get("/problems/{code}", operation_id="explain_problem", responses=documented(404))
def explain(code: str) -> Explanation:
    """Get the documentation of an error code."""
    for kind in problems.kinds():
        if kind.code == code:
            return Explanation(code=code, title=kind.title, status=kind.status, description=kind.__doc__ or kind.title)
    raise NotFound


nothing = APIRouter()

_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


@nothing.api_route("/api/{path:path}", methods=_METHODS, include_in_schema=False)
async def nothing_here(request: Request) -> JSONResponse:
    """Answer unknown API paths with a problem document instead of the web app's 404 page."""
    allowed = _methods(request)
    if allowed:
        raise HTTPException(405, f"Allowed methods: {allowed}", headers={"Allow": allowed})
    raise NotFound


def _methods(request: Request) -> str:
    """Methods that are allowed at this path."""
    router: Router = request.app.router
    others = [route for route in router.routes if not _takes_everything(route)]
    tried = {method: head.as_get({**request.scope, "method": method}) for method in _METHODS}
    return ", ".join(
        method for method, scope in tried.items() if any(route.matches(scope)[0] is Match.FULL for route in others)
    )


def _takes_everything(route: BaseRoute) -> bool:
    """Return whether the route is `nothing` itself or the web app."""
    return isinstance(route, Mount) or getattr(route, "original_router", None) is nothing
