"""Session cookies of the web app: HttpOnly, SameSite=Lax, and Secure behind HTTPS."""

from __future__ import annotations

from fastapi import Response

from mediaproc.operations.accounts import SignIn
from mediaproc.operations.tokens import ACCESS_COOKIE, REFRESH_COOKIE
from mediaproc.settings import settings


def give(response: Response, sign_in: SignIn) -> None:
    """Set both token cookies."""
    _set(response, ACCESS_COOKIE, sign_in.access_token, seconds=sign_in.expires_in)
    _set(response, REFRESH_COOKIE, sign_in.refresh_token, seconds=settings().refresh_token_seconds)


def take(response: Response) -> None:
    """Clear both token cookies."""
    _set(response, ACCESS_COOKIE, "", seconds=0)
    _set(response, REFRESH_COOKIE, "", seconds=0)


def _set(response: Response, name: str, value: str, *, seconds: int) -> None:
    response.set_cookie(
        name, value, max_age=seconds, path="/", secure=settings().secure_cookies, httponly=True, samesite="lax"
    )
