"""`/api/problems/{code}`: what the `type` of a problem leads to. And `/api/…`, where there is nothing."""

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
    """What a code means."""

    code: str
    title: str
    status: int
    description: str


@router.get("/problems/{code}", responses=documented(404))
def explain(code: str) -> Explanation:
    """What a problem's code means."""
    for kind in problems.kinds():
        if kind.code == code:
            return Explanation(code=code, title=kind.title, status=kind.status, description=kind.__doc__ or kind.title)
    raise NotFound


nothing = APIRouter()

_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


@nothing.api_route("/api/{path:path}", methods=_METHODS, include_in_schema=False)
async def nothing_here(request: Request) -> JSONResponse:
    """A problem for addresses that are none, where the page's app would otherwise answer with its own 404."""
    allowed = _methods(request)
    if allowed:
        raise HTTPException(405, f"Use {allowed} here", headers={"Allow": allowed})
    raise NotFound


def _methods(request: Request) -> str:
    """The methods that would do at this address."""
    router: Router = request.app.router
    others = [route for route in router.routes if not _takes_everything(route)]
    tried = {method: head.as_get({**request.scope, "method": method}) for method in _METHODS}
    return ", ".join(
        method for method, scope in tried.items() if any(route.matches(scope)[0] is Match.FULL for route in others)
    )


def _takes_everything(route: BaseRoute) -> bool:
    """Whether it is `nothing` itself or the page's app."""
    return isinstance(route, Mount) or getattr(route, "original_router", None) is nothing
