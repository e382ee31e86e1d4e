"""Users, sessions and API keys."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from mediaproc.client.models.base import Model

Scope = Literal["videos:read", "videos:write", "webhooks:write", "admin"] | str


class User(Model):
    """A user account."""

    id: str
    email: str
    created_at: datetime


class Session(Model):
    """A sign-in. `expires_in` is the lifetime of the access token, in seconds."""

    user: User
    access_token: str
    token_type: Literal["bearer"] = "bearer"  # noqa: S105  # a kind, not a secret
    expires_in: int
    refresh_token: str | None = None


class ApiKey(Model):
    """An API key, without the key itself. `prefix` is its beginning."""

    id: str
    name: str
    prefix: str
    scopes: list[Scope]
    created_at: datetime
    expires_at: datetime | None = None
    last_used_at: datetime | None = None


class NewApiKey(ApiKey):
    """A new API key. Only this response contains the key itself."""

    key: str
