"""Route dependencies: the authenticated caller and the scopes that a route requires.

A caller authenticates by access token, API key, or the web app's cookie. A browser sends the cookie from any site, so
an unsafe method by cookie also needs an Origin header of ours, which no script can forge. Scopes are required here and
nowhere else: `videos:read` to read, `videos:write` to change, `webhooks:write` for everything about webhooks, `admin`
for what grants access. A signed-in user has all scopes.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import Cookie, Depends, Request
from fastapi.security import APIKeyCookie, HTTPAuthorizationCredentials, HTTPBearer

from mediaproc.database import transaction
from mediaproc.domain.errors import Detail, NotSignedIn, OriginRejected, TooManyRequests
from mediaproc.domain.roles import Scope
from mediaproc.operations import accounts, api_keys
from mediaproc.operations.rate_limits import api_requests
from mediaproc.operations.tenancy import Principal
from mediaproc.operations.tokens import ACCESS_COOKIE, REFRESH_COOKIE
from mediaproc.settings import settings

_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

_bearer = HTTPBearer(auto_error=False, scheme_name="bearer", description="An access token or an API key.")
_cookie = APIKeyCookie(
    name=ACCESS_COOKIE,
    auto_error=False,
    scheme_name="cookie",
    description="The web app's HttpOnly cookie. Unsafe methods also need an Origin header of this app.",
)

BearerToken = Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]
AccessCookie = Annotated[str | None, Depends(_cookie)]
RefreshCookie = Annotated[str | None, Cookie(alias=REFRESH_COOKIE, include_in_schema=False)]


def principal(request: Request, bearer: BearerToken, cookie: AccessCookie) -> Principal:
    """Caller of a route about videos. Raises NotSignedIn, InsufficientScope and OriginRejected."""
    caller = _caller(request, bearer, cookie)
    caller.require(Scope.VIDEOS_READ if request.method in _SAFE_METHODS else Scope.VIDEOS_WRITE)
    return caller


def administrator(request: Request, bearer: BearerToken, cookie: AccessCookie) -> Principal:
    """Caller of a route that manages access. Raises the same errors as `principal`."""
    caller = _caller(request, bearer, cookie)
    caller.require(Scope.ADMIN)
    return caller


def webhook_manager(request: Request, bearer: BearerToken, cookie: AccessCookie) -> Principal:
    """Caller of a route about webhooks. Reading needs `webhooks:write` too, since deliveries contain payloads."""
    caller = _caller(request, bearer, cookie)
    caller.require(Scope.WEBHOOKS_WRITE)
    return caller


SignedIn = Annotated[Principal, Depends(principal)]
Administrator = Annotated[Principal, Depends(administrator)]
WebhookManager = Annotated[Principal, Depends(webhook_manager)]


def require_our_origin(request: Request) -> None:
    """Raise OriginRejected unless the Origin header is one of our origins."""
    if request.headers.get("Origin") not in settings().origins:
        raise OriginRejected


def reject_other_origin(request: Request) -> None:
    """Raise OriginRejected if the Origin header names another site. Programs send none."""
    if "Origin" in request.headers:
        require_our_origin(request)


def _caller(request: Request, bearer: HTTPAuthorizationCredentials | None, cookie: str | None) -> Principal:
    with transaction() as session:
        if bearer is not None and api_keys.is_key(bearer.credentials):
            caller = api_keys.principal_of(session, key=bearer.credentials)
        else:
            caller = accounts.principal_of(session, access_token=_token_of(request, bearer, cookie))
    request.state.principal = caller
    _count(request, caller)
    return caller


def _count(request: Request, caller: Principal) -> None:
    """Count the request against the caller's rate limit. Raises TooManyRequests."""
    allowance = api_requests.take(caller.credential_id)
    request.state.allowance = allowance
    if allowance and allowance.exceeded:
        raise TooManyRequests(
            Detail.REQUESTS_PER_MINUTE.format(limit=allowance.limit), retry_after_seconds=allowance.reset_seconds
        )


def _token_of(request: Request, bearer: HTTPAuthorizationCredentials | None, cookie: str | None) -> str:
    if bearer is not None:
        return bearer.credentials
    if not cookie:
        raise NotSignedIn
    if request.method not in _SAFE_METHODS:
        require_our_origin(request)
    return cookie
