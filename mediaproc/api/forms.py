"""Sign-in, registration and sign-out forms of the web app: native POSTs answered by 303.

Only a plain response can set HttpOnly cookies, and only a full page load opens a new websocket that carries them.
"""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlencode, urlsplit

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import RedirectResponse

from mediaproc import routes
from mediaproc.api import cookies, dependencies
from mediaproc.api import sign_in as sign_in_module
from mediaproc.api.dependencies import AccessCookie, RefreshCookie
from mediaproc.database import transaction
from mediaproc.domain.errors import Expected
from mediaproc.operations import accounts

router = APIRouter(
    prefix="/auth",
    include_in_schema=False,
    dependencies=[Depends(dependencies.require_our_origin)],
    default_response_class=RedirectResponse,
)

Field = Annotated[str, Form(max_length=2000)]


@router.post("/sign-in")
async def sign_in(request: Request, email: Field = "", password: Field = "", next: Field = "") -> RedirectResponse:
    """Sign in and redirect to `next`. On failure, redirect to the form with the error."""
    try:
        done = await sign_in_module.sign_in(request, email=email, password=password)
    except Expected as error:
        return _back(routes.SIGN_IN, error, email=email, next=next)
    return _onward(next, done)


@router.post("/register")
async def register(request: Request, email: Field = "", password: Field = "", next: Field = "") -> RedirectResponse:
    """Create an account and redirect to the library. On failure, redirect to the form with the error."""
    try:
        done = await sign_in_module.register(request, email=email, password=password)
    except Expected as error:
        return _back(routes.REGISTER, error, email=email, next=next)
    return _onward(next, done)


@router.post("/sign-out")
def sign_out(access: AccessCookie, refresh: RefreshCookie = None, next: Field = "") -> RedirectResponse:
    """End the session and redirect to the sign-in page."""
    with transaction() as session:
        accounts.sign_out_by_tokens(session, access_token=access, refresh_token=refresh)
    answer = RedirectResponse(local_path(next, otherwise=routes.SIGN_IN), status_code=303)
    cookies.take(answer)
    return answer


def local_path(next: str, *, otherwise: str = routes.LIBRARY) -> str:
    """Return `next` if it is a path on this site that requires a session, else `otherwise`.

    Browsers read `//host` and `/\\host` as other sites. A sign-in that led back to the sign-in page would never end.
    """
    parts = urlsplit(next)
    odd = parts.scheme or parts.netloc or "\\" in next or any(ord(letter) < 33 for letter in next)
    odd = odd or parts.path.rstrip("/") in routes.PUBLIC
    return next if next.startswith("/") and not next.startswith("//") and not odd else otherwise


def _onward(next: str, done: accounts.SignIn) -> RedirectResponse:
    answer = RedirectResponse(local_path(next), status_code=303)
    cookies.give(answer, done)
    return answer


def _back(page: str, error: Expected, *, email: str, next: str) -> RedirectResponse:
    fields = [each["field"] for each in error.extra.get("errors", [])]
    query = {
        "error": error.code,
        "field": ",".join(fields),
        "email": email,
        "next": next if local_path(next) == next else "",
    }
    return RedirectResponse(
        f"{page}?{urlencode({name: value for name, value in query.items() if value})}", status_code=303
    )
