"""Page guard: redirects visitors without a session to the sign-in page, and those with one away from it.

It fails closed: every HTML page that the app answers with is guarded, unless its route is in `routes.PUBLIC`. Only the
presence of the cookie is checked, so that no page flashes up; the page's state verifies it.
"""

from __future__ import annotations

import asyncio
from urllib.parse import quote

from starlette.datastructures import Headers
from starlette.requests import HTTPConnection
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mediaproc import database, routes
from mediaproc.api.forms import local_path
from mediaproc.api.middleware import paths
from mediaproc.domain.errors import NotSignedIn
from mediaproc.operations import accounts

_FORMS = {routes.SIGN_IN, routes.REGISTER}


class PageGuard:
    """Replaces a page by a redirect if the request has no access cookie."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = HTTPConnection(scope) if scope["type"] == "http" else None
        if request and scope["path"].rstrip("/") in _FORMS and await asyncio.to_thread(_is_signed_in, request):
            onward = RedirectResponse(local_path(request.query_params.get("next", "")), status_code=303)
            return await onward(scope, receive, send)
        url = sign_in_url(request) if request else None
        if url is None:
            return await self.app(scope, receive, send)
        redirect = RedirectResponse(url, status_code=303)
        replaced = False

        async def guard(message: Message) -> None:
            nonlocal replaced
            if message["type"] == "http.response.start" and _is_page(scope["path"], message):
                replaced = True
                await redirect(scope, receive, send)
            elif not replaced:
                await send(message)

        return await self.app(scope, receive, guard)


def _is_signed_in(request: HTTPConnection) -> bool:
    """True if the access cookie is that of a session. A stale one must not lead away from the form: that would
    never end.
    """
    token = request.cookies.get("mp_access")
    if not token:
        return False
    try:
        with database.transaction() as session:
            accounts.principal_of(session, access_token=token)
    except NotSignedIn:
        return False
    return True


def sign_in_url(request: HTTPConnection) -> str | None:
    """URL that this request is redirected to if the answer is a page. None if it may have any page, or is for the
    API.
    """
    path = request.url.path
    if path.rstrip("/") in routes.PUBLIC or "mp_access" in request.cookies or paths.API.match(path):
        return None
    page = routes.RENEW if "mp_refresh" in request.cookies else routes.SIGN_IN
    here = path + (f"?{request.url.query}" if request.url.query else "")
    return page if here == routes.LIBRARY else f"{page}?next={quote(here, safe='/')}"


def _is_page(path: str, start: Message) -> bool:
    """True for an HTML document, also one that the browser has (304 has no content type); not for an error page."""
    if start["status"] == 304:
        return "." not in path.rpartition("/")[2]
    return start["status"] < 400 and Headers(raw=start["headers"]).get("content-type", "").startswith("text/html")
