"""Tokens: signed ones that say who asks (JWT, HS256), and random ones kept only as hashes.

Each purpose has its own key, audience and `typ` (RFC 8725, 3.11), so that one is never taken for another. `kid` names
the key, so that tokens of the secret before stay valid while JWT_SECRET is rotated.
"""

from __future__ import annotations

import hashlib
import secrets
import time
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import jwt

from mediaproc.domain.errors import Detail, NotFound, NotSignedIn
from mediaproc.settings import settings

ACCESS_COOKIE = "mp_access"
REFRESH_COOKIE = "mp_refresh"

_ALGORITHM = "HS256"
_ISSUER = "mediaproc"


@dataclass(frozen=True)
class Access:
    """Content of an access token: its user and session."""

    user_id: UUID
    session_id: UUID


def access(*, user_id: UUID, session_id: UUID) -> str:
    """An access token that lives for `access_token_seconds`."""
    claims = {"sub": str(user_id), "sid": str(session_id), "exp": int(time.time()) + settings().access_token_seconds}
    return _sign("access-token", "at+jwt", claims)


def read_access(token: str) -> Access:
    """Verify an access token. Raises NotSignedIn if it is invalid, foreign or expired."""
    try:
        claims = _read("access-token", "at+jwt", token)
        return Access(user_id=UUID(claims["sub"]), session_id=UUID(claims["sid"]))
    except (jwt.InvalidTokenError, KeyError, ValueError) as error:
        raise NotSignedIn(Detail.ACCESS_TOKEN_REJECTED) from error


def playback(video_id: UUID, *, expires_at: int) -> str:
    """A token that opens the playlists of one video until `expires_at` (Unix seconds); the same text each time."""
    return _sign("playback", "playback+jwt", {"sub": str(video_id), "exp": expires_at})


def check_playback(token: str, video_id: UUID) -> None:
    """Raise NotFound unless this token opens this video's playlists."""
    try:
        opens = _read("playback", "playback+jwt", token)["sub"] == str(video_id)
    except (jwt.InvalidTokenError, KeyError) as error:
        raise NotFound(Detail.PLAYBACK_TOKEN_REJECTED) from error
    if not opens:
        raise NotFound(Detail.PLAYBACK_TOKEN_OF_ANOTHER_VIDEO)


def new_refresh() -> str:
    """A refresh token: 256 random bits."""
    return secrets.token_urlsafe(32)


def digest(token: str) -> str:
    """How a random token is kept: SHA-256, hex. It has full entropy, so a slow hash would add nothing."""
    return hashlib.sha256(token.encode()).hexdigest()


def _sign(purpose: str, kind: str, claims: dict[str, Any]) -> str:
    whole = {"iss": _ISSUER, "aud": purpose, **claims}
    secret = settings().derived_secret(purpose)
    return jwt.encode(whole, secret, algorithm=_ALGORITHM, headers={"typ": kind, "kid": _key_id(secret)})


def _read(purpose: str, kind: str, token: str) -> dict[str, Any]:
    whole = jwt.decode_complete(
        token,
        _secret_of(token, purpose),
        algorithms=[_ALGORITHM],
        audience=purpose,
        issuer=_ISSUER,
        options={"require": ["exp", "sub"]},
    )
    if whole["header"].get("typ") != kind:
        raise jwt.InvalidTokenError("wrong typ")
    return whole["payload"]


def _secret_of(token: str, purpose: str) -> str:
    """The secret that `kid` names; the newest for a token from before there was one. Raises InvalidTokenError."""
    known = {_key_id(secret): secret for secret in settings().derived_secrets(purpose)}
    named = jwt.get_unverified_header(token).get("kid")
    if named is None:
        return settings().derived_secret(purpose)
    if named not in known:
        raise jwt.InvalidTokenError("unknown kid")
    return known[named]


def _key_id(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()[:16]
