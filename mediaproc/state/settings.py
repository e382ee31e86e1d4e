"""Settings: the API keys, where one is signed in, and the password."""

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
    (Scope.VIDEOS_READ, "Read", "look at videos, follow them, download"),
    (Scope.VIDEOS_WRITE, "Write", "upload, rename, process, delete"),
    (Scope.WEBHOOKS_WRITE, "Webhooks", "manage webhooks, read what they were told"),
    (Scope.ADMIN, "Everything", "the above, and API keys too"),
)
"""What a key can be made for here, with the words for it."""

LIVES = (("30", "30 days"), ("90", "90 days"), ("365", "A year"), ("", "Until it is revoked"))
_MOST_SHOWN = 100


@dataclass(frozen=True)
class KeyRow:
    """A key as it is listed. Times are RFC 3339, empty for never."""

    id: str
    name: str
    begins: str
    scopes: str
    used_at: str
    ends: str
    ended: bool


@dataclass(frozen=True)
class SessionRow:
    """A sign-in as it is listed."""

    id: str
    device: str
    used_at: str
    this: bool


class SettingsState(SessionState):
    """What the settings page shows."""

    ready: bool = False
    keys: list[KeyRow] = []
    sign_ins: list[SessionRow] = []
    password_trouble: str = ""
    spoken: str = ""
    revoking: str = ""
    revoking_name: str = ""

    @rx.var
    def others(self) -> int:
        """How many sign-ins there are besides this one."""
        return sum(not row.this for row in self.sign_ins)

    @rx.event
    async def load(self) -> None:
        """Last of the page's `on_load`."""
        self.password_trouble = self.spoken = self.revoking = ""
        await self._reload()
        self.ready = True

    @rx.event
    async def key_made(self) -> None:
        """The browser made one, and shows it; here it is only listed."""
        self.spoken = "The key is made"
        await self._reload()

    @rx.event
    def ask_to_revoke(self, id: str, name: str) -> None:
        """Open the question before a key is revoked."""
        self.revoking, self.revoking_name = id, name

    @rx.event
    def keep(self, _open: bool) -> None:
        """Close the question."""
        self.revoking = ""

    @rx.event
    async def revoke(self) -> None:
        """Revoke the key that was asked about."""
        id, self.revoking = self.revoking, ""
        await self._ask(api_keys.revoke, UUID(id))
        self.spoken = f"The key {self.revoking_name} is revoked"
        await self._reload()

    @rx.event
    async def end_session(self, id: str) -> None:
        """Sign out one other device."""
        await self._ask(sessions.end, UUID(id))
        self.spoken = "Signed out there"
        await self._reload()

    @rx.event
    async def end_others(self) -> None:
        """Sign out all other devices."""
        await self._ask(sessions.end_others)
        self.spoken = "Signed out everywhere else"
        await self._reload()

    @rx.event
    async def change_password(self, form: dict[str, Any]) -> Any:
        """Change the password; every other device is signed out."""
        present, new = str(form.get("present") or ""), str(form.get("new") or "")
        try:
            await self._ask(sessions.change_password, present=present, new=new)
        except (Invalid, WrongCredentials, TooManyRequests) as error:
            self.password_trouble = error.detail
            return None
        self.password_trouble = ""
        await self._reload()
        return SessionState.notify("Your password is changed, and every other device is signed out.")

    async def _reload(self) -> None:
        principal, page, found = await asyncio.gather(
            self._ask(whoami), self._ask(api_keys.page, limit=_MOST_SHOWN), self._ask(sessions.live)
        )
        self.keys = [_key_row(row) for row in page.items]
        self.sign_ins = [
            SessionRow(
                id=str(row.id),
                device=labels.device(row.user_agent),
                used_at=_text(row.last_used_at),
                this=row.id == principal.credential_id,
            )
            for row in found
        ]


def _key_row(row: ApiKey) -> KeyRow:
    words = {scope.value: word for scope, word, _ in SCOPES}
    ended = row.expires_at is not None and row.expires_at <= tables.now()
    return KeyRow(
        id=str(row.id),
        name=row.name,
        begins=f"{row.prefix}…",
        scopes=", ".join(words.get(scope, scope) for scope in row.scopes),
        used_at=_text(row.last_used_at),
        ends=f"{row.expires_at:%d %b %Y}" if row.expires_at else "Never",
        ended=ended,
    )


def _text(at: datetime | None) -> str:
    return at.isoformat() if at else ""
