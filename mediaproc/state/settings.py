"""Settings page: API keys, active sessions and the password."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import reflex as rx

from mediaproc.domain import tables
from mediaproc.domain.errors import Invalid, TooManyRequests, WrongCredentials
from mediaproc.domain.roles import Scope
from mediaproc.domain.tables import ApiKey
from mediaproc.operations import api_keys, sessions
from mediaproc.state import labels
from mediaproc.state.session import SessionState, whoami

SCOPES = (
    (Scope.VIDEOS_READ, "Read", "retrieve, follow and download videos"),
    (Scope.VIDEOS_WRITE, "Write", "upload, rename, process and delete videos"),
    (Scope.WEBHOOKS_WRITE, "Webhooks", "manage webhooks and read their deliveries"),
    (Scope.ADMIN, "Admin", "all of the above, and API keys"),
)
"""Scopes to choose from: scope, label, meaning."""

LIFETIMES = (("30", "30 days"), ("90", "90 days"), ("365", "1 year"), ("", "No expiration"))
"""Expirations to choose from: days, label."""

_MOST_SHOWN = 100


@dataclass(frozen=True)
class KeyRow:
    """One API key. `used_at` is RFC 3339, empty for never; `prefix` is the start of the key."""

    id: str
    name: str
    prefix: str
    scopes: str
    used_at: str
    expires: str
    expired: bool


@dataclass(frozen=True)
class SessionRow:
    """One active session. `current`: it is this browser's."""

    id: str
    device: str
    used_at: str
    current: bool


class SettingsState(SessionState):
    """The page."""

    ready: bool = False
    keys: list[KeyRow] = []
    sessions: list[SessionRow] = []
    password_error: str = ""
    announcement: str = ""
    revoking: str = ""
    revoking_name: str = ""

    @rx.var
    def other_sessions(self) -> int:
        """Number of other sessions."""
        return sum(not row.current for row in self.sessions)

    @rx.event
    async def load(self) -> None:
        """Load the page."""
        self.password_error = self.announcement = self.revoking = ""
        await self._reload()
        self.ready = True

    @rx.event
    async def key_created(self) -> None:
        """List the key that the browser has created and shows."""
        self.announcement = "API key created"
        await self._reload()

    @rx.event
    def ask_to_revoke(self, id: str, name: str) -> None:
        """Open the dialog that confirms revoking a key."""
        self.revoking, self.revoking_name = id, name

    @rx.event
    def close_dialog(self, _open: bool) -> None:
        """Close the dialog."""
        self.revoking = ""

    @rx.event
    async def revoke(self) -> None:
        """Revoke the key of the dialog."""
        id, self.revoking = self.revoking, ""
        await self._ask(api_keys.revoke, UUID(id))
        self.announcement = f"API key {self.revoking_name} revoked"
        await self._reload()

    @rx.event
    async def end_session(self, id: str) -> None:
        """Sign out another session."""
        await self._ask(sessions.end, UUID(id))
        self.announcement = "Session signed out"
        await self._reload()

    @rx.event
    async def end_other_sessions(self) -> None:
        """Sign out all other sessions."""
        await self._ask(sessions.end_others)
        self.announcement = "All other sessions signed out"
        await self._reload()

    @rx.event
    async def change_password(self, form: dict[str, Any]) -> Any:
        """Change the password and sign out all other sessions."""
        present, new = str(form.get("present") or ""), str(form.get("new") or "")
        try:
            await self._ask(sessions.change_password, present=present, new=new)
        except (Invalid, WrongCredentials, TooManyRequests) as error:
            self.password_error = error.detail
            return None
        self.password_error = ""
        await self._reload()
        return SessionState.notify("Password changed. All other sessions have been signed out.")

    async def _reload(self) -> None:
        principal, page, found = await asyncio.gather(
            self._ask(whoami), self._ask(api_keys.page, limit=_MOST_SHOWN), self._ask(sessions.live)
        )
        self.keys = [_key_row(row) for row in page.items]
        self.sessions = [
            SessionRow(
                id=str(row.id),
                device=labels.device(row.user_agent),
                used_at=_text(row.last_used_at),
                current=row.id == principal.credential_id,
            )
            for row in found
        ]


def _key_row(row: ApiKey) -> KeyRow:
    scopes = {scope.value: label for scope, label, _ in SCOPES}
    expired = row.expires_at is not None and row.expires_at <= tables.now()
    return KeyRow(
        id=str(row.id),
        name=row.name,
        prefix=f"{row.prefix}…",
        scopes=", ".join(scopes.get(scope, scope) for scope in row.scopes),
        used_at=_text(row.last_used_at),
        expires=f"{row.expires_at:%d %b %Y}" if row.expires_at else "Never",
        expired=expired,
    )


def _text(at: datetime | None) -> str:
    return at.isoformat() if at else ""
