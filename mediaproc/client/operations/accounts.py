"""Operations on the account and its API keys."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from mediaproc.client.methods import listing, operation
from mediaproc.client.models import ApiKey, NewApiKey, Scope, Session, User
from mediaproc.client.request import Listing, Repeat, Request, model_of, nothing


class AccountOperations:
    """The signed-in user, and API keys."""

    @operation
    def me(self) -> Request[User]:
        """The user that the credential belongs to."""
        return Request("GET", "/auth/me", model_of(User))

    @operation
    def register(self, email: str, password: str) -> Request[Session]:
        """Create an account with a personal team. ApiError `email_taken` if the address is already registered.

        To use the account, pass the session's access token to a new client, or call `sign_in`.
        """
        body = {"email": email, "password": password}
        return Request("POST", "/auth/register", model_of(Session), json=body, repeat=Repeat.NEVER)

    @operation
    def create_session(self, email: str, password: str) -> Request[Session]:
        """Sign in with a password. ApiError `wrong_credentials`. `sign_in` makes a client of it."""
        body = {"email": email, "password": password}
        return Request("POST", "/auth/login", model_of(Session), json=body, repeat=Repeat.NEVER)

    @operation
    def sign_out(self) -> Request[None]:
        """End the session of `sign_in`. API keys stay valid; see `revoke_api_key`."""
        return Request("POST", "/auth/logout", nothing, repeat=Repeat.NEVER)

    @listing
    def api_keys(self) -> Listing[ApiKey]:
        """All API keys that are not revoked, newest first. Needs the scope `admin`."""
        return Listing("/api-keys", ApiKey)

    @operation
    def create_api_key(
        self, name: str, scopes: Sequence[Scope], *, expires_at: datetime | None = None
    ) -> Request[NewApiKey]:
        """Create an API key. Only this response contains the key itself. Without `expires_at` it doesn't expire.

        `expires_at` needs a time zone. Needs the scope `admin`.
        """
        body = {"name": name, "scopes": list(scopes), "expires_at": expires_at.isoformat() if expires_at else None}
        return Request("POST", "/api-keys", model_of(NewApiKey), json=body, repeat=Repeat.NEVER)

    @operation
    def revoke_api_key(self, id: str) -> Request[None]:
        """Revoke an API key. Needs the scope `admin`."""
        return Request("DELETE", "/api-keys/{id}", nothing, {"id": id})
